/* SPDX-License-Identifier: MIT */
#include "query/habit.h"

#include "base/clock.h"
#include "query/fingerprint.h"
#include "schema/plan.h"

#include <string.h>

#define MIN_CALLS     50  /* before preparing is a habit */
#define MIN_WORKLOAD  100 /* calls before an index can be called unused */
#define MIN_SAVING_MS 1

static bool is_here(const hp_habit *h, const hp_stat_view *v) {
  return hp_explain_covers(h->explain, v->stat->database);
}

static sqlite3_stmt *prepare(const hp_habit *h, const char *sql) {
  sqlite3_stmt *stmt = NULL;

  sqlite3_prepare_v2(h->facts->conn->db, sql, -1, &stmt, NULL);
  return stmt;
}

static const char *column(sqlite3_stmt *row, int i) {
  const char *text = (const char *)sqlite3_column_text(row, i);

  return text ? text : "";
}

/* The kinds of nplus1_suspects that are reported here; preparing is measured
** by hp_habit_add_prepares(). */
typedef struct suspect_kind {
  const char *name;  /* in nplus1_suspects */
  const char *kind;  /* of the finding */
  const char *basis; /* of its price: see query/nplus1_vtab.h */
} suspect_kind;

static const suspect_kind *kind_of(const char *name) {
  static const suspect_kind kinds[] = {
      {"n+1", "n+1", "measured"},
      {"n+1 interleaved", "n+1", "measured"},
      {"duplicate", "duplicate", "estimate"},
      {"autocommit writes", "no transaction", "estimate"}};

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!strcmp(kinds[i].name, name)) return &kinds[i];
  }
  return NULL;
}

/* The rewrite, else the remedy's name; NULL for what has neither. */
static char *fix_of(sqlite3_stmt *row) {
  const char *fix = column(row, 6);

  if (!*fix) fix = column(row, 5);
  return *fix ? sqlite3_mprintf("%s", fix) : NULL;
}

static void add_suspect(hp_habit *h, sqlite3_stmt *row) {
  bool is_priced = sqlite3_column_type(row, 4) != SQLITE_NULL;
  const suspect_kind *kind = kind_of(column(row, 0));

  if (!kind) return;
  hp_findings_add(
      h->out,
      (hp_finding){.kind = kind->kind,
                   .fingerprint = hp_fingerprint_of_normal(column(row, 1)),
                   .saves_ms = is_priced ? sqlite3_column_double(row, 4)
                                         : HP_FINDING_UNKNOWN,
                   .basis = is_priced ? kind->basis : NULL,
                   .what = sqlite3_mprintf("%s", column(row, 1)),
                   .evidence = sqlite3_mprintf(
                       "%lld calls took %.1f ms%s%s",
                       sqlite3_column_int64(row, 2),
                       sqlite3_column_double(row, 3),
                       *column(row, 7) ? ", after: " : "", column(row, 7)),
                   .fix = fix_of(row)});
}

void hp_habit_add_suspects(hp_habit *h) {
  sqlite3_stmt *rows = prepare(
      h, "SELECT kind, query, calls, cost_ms, saving_ms, remedy, rewrite,"
         " source_query FROM nplus1_suspects WHERE verdict <> 'benign'");

  while (rows && sqlite3_step(rows) == SQLITE_ROW) add_suspect(h, rows);
  sqlite3_finalize(rows);
}

/* What preparing costs now, in ms: the least of five; -1 if it fails. */
static double price_of_prepare(const hp_habit *h, const char *sql) {
  int64_t least = INT64_MAX;

  for (int i = 0; i < 5; i++) {
    int64_t start = hp_clock_ns(), ns;
    sqlite3_stmt *stmt = prepare(h, sql);
    ns = hp_clock_ns() - start;
    if (!stmt) return -1;
    sqlite3_finalize(stmt);
    if (ns < least) least = ns;
  }
  return (double)least / 1e6;
}

static void add_prepare(hp_habit *h, const hp_stat_view *v) {
  double price = price_of_prepare(h, v->stat->sample);
  double saves = price * (double)v->tally.prepares;

  if (saves < MIN_SAVING_MS) return;
  hp_findings_add(
      h->out,
      (hp_finding){
          .kind = "re-prepared",
          .fingerprint = v->stat->fingerprint,
          .saves_ms = saves,
          .basis = "measured",
          .what = sqlite3_mprintf("%s", v->stat->query),
          .evidence = sqlite3_mprintf(
              "prepared for %lld of %lld calls; preparing takes %.1f us",
              (sqlite3_int64)v->tally.prepares, (sqlite3_int64)v->tally.calls,
              price * 1e3),
          .fix = sqlite3_mprintf("prepare it once and bind the values: %s",
                                 v->stat->query)});
}

void hp_habit_add_prepares(hp_habit *h) {
  for (int i = 0; i < h->n_views; i++) {
    const hp_stat_view *v = &h->views[i];
    if (v->tally.calls < MIN_CALLS || !is_here(h, v)) continue;
    if (v->tally.prepares * 10 >= v->tally.calls * 9) add_prepare(h, v);
  }
}

void hp_habit_add_errors(hp_habit *h) {
  for (int i = 0; i < h->n_views; i++) {
    const hp_stat_view *v = &h->views[i];
    if (!v->tally.errors || !is_here(h, v)) continue;
    hp_findings_add(
        h->out,
        (hp_finding){.kind = "lock waits",
                     .fingerprint = v->stat->fingerprint,
                     .saves_ms = HP_FINDING_UNKNOWN,
                     .what = sqlite3_mprintf("%s", v->stat->query),
                     .evidence = sqlite3_mprintf(
                         "at least %lld of %lld calls could not begin",
                         (sqlite3_int64)v->tally.errors,
                         (sqlite3_int64)v->tally.calls),
                     .fix = sqlite3_mprintf("PRAGMA busy_timeout = 5000")});
  }
}

static void add_setting(hp_habit *h, const char *what, char *evidence,
                        const char *fix) {
  hp_findings_add(h->out, (hp_finding){.kind = "setting",
                                       .saves_ms = HP_FINDING_UNKNOWN,
                                       .what = sqlite3_mprintf("%s", what),
                                       .evidence = evidence,
                                       .fix = sqlite3_mprintf("%s", fix)});
}

static double writing_ms(const hp_habit *h) {
  int64_t ns = 0;

  for (int i = 0; i < h->n_views; i++) {
    if (h->views[i].tally.sum.changes && is_here(h, &h->views[i]))
      ns += h->views[i].tally.total_ns;
  }
  return (double)ns / 1e6;
}

static void add_journal(hp_habit *h) {
  int is_wal = (int)hp_facts_int(
      h->facts, -1, "SELECT journal_mode = 'wal' FROM pragma_journal_mode");
  int sync = (int)hp_facts_int(h->facts, -1,
                               "SELECT synchronous FROM pragma_synchronous");

  if (!h->n_writes) return;
  if (is_wal == 0) {
    add_setting(h, "journal_mode is not WAL",
                sqlite3_mprintf("%lld writing calls took %.1f ms; in this mode "
                                "readers and the writer wait for each other",
                                (sqlite3_int64)h->n_writes, writing_ms(h)),
                "PRAGMA journal_mode = WAL");
  }
  if (is_wal == 1 && sync >= 2) {
    add_setting(h, "synchronous = FULL in WAL mode",
                sqlite3_mprintf("%lld writing calls took %.1f ms; NORMAL syncs "
                                "at checkpoints only: a power failure may lose "
                                "the last commits, never the database",
                                (sqlite3_int64)h->n_writes, writing_ms(h)),
                "PRAGMA synchronous = NORMAL");
  }
}

void hp_habit_add_settings(hp_habit *h) {
  const char *file = sqlite3_db_filename(h->facts->conn->db, "main");

  if (!file || !*file) return; /* in memory */
  add_journal(h);
  if (hp_facts_int(h->facts, -1, "SELECT timeout FROM pragma_busy_timeout") ==
      0) {
    add_setting(h, "busy_timeout = 0",
                sqlite3_mprintf("a locked database is an error at once"),
                "PRAGMA busy_timeout = 5000");
  }
}

/* Adds the plans of all statements, one detail per line, to s. */
static int64_t append_plans(hp_habit *h, sqlite3_str *s) {
  int64_t n_calls = 0;

  for (int i = 0; i < h->n_views; i++) {
    const hp_stat_view *v = &h->views[i];
    hp_plan plan;
    char *err = NULL;
    if (!is_here(h, v)) continue;
    if (hp_plan_read(hp_explain_shadow(h->explain), v->stat->sample, &plan,
                     &err) == SQLITE_OK) {
      for (int k = 0; k < plan.n; k++)
        sqlite3_str_appendf(s, "%s \n", plan.at[k].detail);
      if (plan.n) n_calls += v->tally.calls;
    }
    hp_plan_term(&plan);
    sqlite3_free(err);
  }
  return n_calls;
}

/* An index that only supports a foreign key is not in any plan. */
static const char unused_sql[] =
    "SELECT s.name, s.tbl_name FROM sqlite_schema AS s"
    " JOIN pragma_index_list(s.tbl_name, 'main') AS l ON l.name = s.name"
    " WHERE s.type = 'index' AND l.origin = 'c' AND NOT l.\"unique\""
    " AND NOT EXISTS (SELECT 1 FROM pragma_index_info(s.name, 'main') AS i"
    "  JOIN pragma_foreign_key_list(s.tbl_name, 'main') AS f ON f.\"from\" = "
    "i.name"
    "  WHERE i.seqno = 0)";

static void add_unused(hp_habit *h, sqlite3_stmt *row, int64_t n_calls) {
  hp_findings_add(
      h->out,
      (hp_finding){
          .kind = "unused index",
          .saves_ms = HP_FINDING_UNKNOWN,
          .what =
              sqlite3_mprintf("index %s on %s", column(row, 0), column(row, 1)),
          .evidence = sqlite3_mprintf(
              "no plan of the statements recorded so far (%lld calls) uses "
              "it; every write to %s pays for it",
              (sqlite3_int64)n_calls, column(row, 1)),
          .fix = sqlite3_mprintf("DROP INDEX \"%w\"", column(row, 0))});
}

void hp_habit_add_unused(hp_habit *h) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  int64_t n_calls = append_plans(h, s);
  char *plans = sqlite3_str_finish(s);
  sqlite3_stmt *rows = n_calls < MIN_WORKLOAD ? NULL : prepare(h, unused_sql);

  while (plans && rows && sqlite3_step(rows) == SQLITE_ROW) {
    char *wanted = sqlite3_mprintf("INDEX %s ", column(rows, 0));
    if (!wanted)
      h->out->rc = SQLITE_NOMEM;
    else if (!strstr(plans, wanted))
      add_unused(h, rows, n_calls);
    sqlite3_free(wanted);
  }
  sqlite3_finalize(rows);
  sqlite3_free(plans);
}
