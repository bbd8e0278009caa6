/* SPDX-License-Identifier: MIT */
#include "advisor/usage.h"

#include "base/hook.h"
#include "query/explain.h"
#include "query/stats.h"
#include "query/trace.h"
#include "schema/plan.h"

#include <string.h>

/* COVERS(wide, narrow): the key columns of narrow are the first of wide. */
#define COVERS(wide, narrow)                                                   \
  "NOT EXISTS (SELECT 1 FROM pragma_index_xinfo(" narrow ", 'main') AS n"      \
  " WHERE n.key AND NOT EXISTS (SELECT 1 FROM pragma_index_xinfo(" wide        \
  ", 'main') AS w WHERE w.key AND w.seqno = n.seqno AND w.name = n.name"       \
  " AND w.coll = n.coll AND w.\"desc\" = n.\"desc\"))"

#define COLUMNS                                                                \
  "(SELECT group_concat(coalesce(x.name, '(expression)') ||"                   \
  "  iif(x.coll = 'BINARY', '', ' COLLATE ' || x.coll) ||"                     \
  "  iif(x.\"desc\", ' DESC', ''), ', ')"                                      \
  " FROM pragma_index_xinfo(s.name, 'main') AS x WHERE x.key)"

/* The alias of the rowid begins no index that the table is not already. */
#define ROWID                                                                  \
  "(SELECT 'rowid' FROM pragma_table_info(s.tbl_name, 'main') AS p,"           \
  "  pragma_index_xinfo(s.name, 'main') AS x WHERE p.pk = 1 AND x.seqno = 0"   \
  "  AND upper(p.type) = 'INTEGER' AND p.name = x.name AND NOT EXISTS"         \
  "  (SELECT 1 FROM pragma_index_list(s.tbl_name, 'main') WHERE origin = "     \
  "'pk'))"

#define SUPPORTS_FK                                                            \
  "EXISTS (SELECT 1 FROM pragma_index_xinfo(s.name, 'main') AS x"              \
  " JOIN pragma_foreign_key_list(s.tbl_name, 'main') AS f ON f.\"from\" = "    \
  "x.name"                                                                     \
  " WHERE x.seqno = 0)"

/* clang-format off */
/* Of two that are equal the constraint stays, else the first by name. */
#define WIDER                                                                  \
  "(SELECT o.name FROM pragma_index_list(s.tbl_name, 'main') AS o"             \
  " WHERE o.name <> s.name AND NOT o.partial"                                  \
  " AND " COVERS("o.name", "s.name")                                           \
  " AND (NOT (" COVERS("s.name", "o.name") ")"                                 \
  "  OR o.origin <> 'c' OR o.\"unique\" OR o.name < s.name)"                   \
  " ORDER BY o.origin = 'c', o.name LIMIT 1)"

static const char list_sql[] =
    "SELECT s.name, s.tbl_name, " COLUMNS ", l.origin,"
    " iif(l.origin <> 'c' OR l.\"unique\" OR l.partial, NULL,"
    "     coalesce(" ROWID ", " WIDER ")),"
    " " SUPPORTS_FK
    " FROM main.sqlite_schema AS s"
    " JOIN pragma_index_list(s.tbl_name, 'main') AS l ON l.name = s.name"
    " WHERE s.type = 'index' ORDER BY s.tbl_name, s.name";
/* clang-format on */

static char *copy(sqlite3_stmt *row, int i, int *rc) {
  const char *text = (const char *)sqlite3_column_text(row, i);
  char *own = text ? sqlite3_mprintf("%s", text) : NULL;

  if (text && !own) *rc = SQLITE_NOMEM;
  return own;
}

static int add(hp_usage *u, sqlite3_stmt *row) {
  hp_index_use *grown =
      sqlite3_realloc64(u->at, ((size_t)u->n + 1) * sizeof *grown);
  int rc = SQLITE_OK;

  if (!grown) return SQLITE_NOMEM;
  u->at = grown;
  grown[u->n++] = (hp_index_use){.name = copy(row, 0, &rc),
                                 .table = copy(row, 1, &rc),
                                 .columns = copy(row, 2, &rc),
                                 .origin = copy(row, 3, &rc),
                                 .redundant_with = copy(row, 4, &rc),
                                 .supports_fk = sqlite3_column_int(row, 5) != 0,
                                 .n_bytes = -1};
  return rc;
}

static int list(sqlite3 *db, hp_usage *u, char **err) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(db, list_sql, -1, &rows, NULL);

  while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) rc = add(u, rows);
  if (rc != SQLITE_DONE && rc != SQLITE_NOMEM) {
    *err =
        sqlite3_mprintf("the indexes cannot be listed: %s", sqlite3_errmsg(db));
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Reads all pages of the indexes, which takes its time in a large database;
** not every SQLite can. */
static void measure(sqlite3 *db, hp_usage *u) {
  sqlite3_stmt *size = NULL;
  int rc = sqlite3_prepare_v2(
      db,
      "SELECT sum(pgsize) FROM dbstat('main') WHERE name = ?1 AND"
      " (SELECT page_count FROM pragma_page_count('main')) *"
      " (SELECT page_size FROM pragma_page_size('main')) <= ?2",
      -1, &size, NULL);

  for (int i = 0; !rc && i < u->n; i++) {
    sqlite3_bind_text(size, 1, u->at[i].name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(size, 2, HP_USAGE_MAX_BYTES);
    if (sqlite3_step(size) == SQLITE_ROW &&
        sqlite3_column_type(size, 0) != SQLITE_NULL) {
      u->at[i].n_bytes = sqlite3_column_int64(size, 0);
    }
    sqlite3_reset(size);
  }
  sqlite3_finalize(size);
}

/* SEARCH t USING [COVERING] INDEX name (a=?); an automatic index has no name
** but looks as if. */
static bool is_named(const char *detail, const char *name) {
  size_t n = strlen(name);

  for (const char *s = detail; (s = strstr(s, "INDEX ")); s += 6) {
    if (strncmp(s + 6, name, n) == 0 && (s[6 + n] == ' ' || !s[6 + n])) {
      return true;
    }
  }
  return false;
}

static bool plan_names(const hp_plan *plan, const char *name) {
  for (int i = 0; i < plan->n; i++) {
    if (is_named(plan->at[i].detail, name)) return true;
  }
  return false;
}

static void count(hp_usage *u, const hp_stat_view *v, const hp_plan *plan) {
  for (int i = 0; i < u->n; i++) {
    hp_index_use *x = &u->at[i];
    if (!plan_names(plan, x->name)) continue;
    x->calls += v->tally.calls;
    x->n_statements++;
    if (v->tally.last_ns > x->last_ns) x->last_ns = v->tally.last_ns;
  }
}

/* A statement that cannot be planned (any more) uses nothing. */
static int count_all(hp_explain *e, hp_usage *u) {
  hp_stat_view *views;
  int n, rc = hp_stats_view(&views, &n);

  for (int i = 0; i < n && !rc; i++) {
    hp_plan plan;
    char *why = NULL;
    if (!hp_explain_covers(e, views[i].stat->database)) continue;
    rc = hp_plan_read(hp_explain_shadow(e), views[i].stat->sample, &plan, &why);
    if (!rc) count(u, &views[i], &plan);
    if (rc != SQLITE_NOMEM) rc = SQLITE_OK;
    hp_plan_term(&plan);
    sqlite3_free(why);
  }
  hp_stats_view_free(views, n);
  return rc;
}

int hp_usage_read(hp_conn *c, hp_usage *out, char **err) {
  hp_explain *e;
  int rc;

  *out = (hp_usage){0};
  *err = NULL;
  rc = hp_explain_open(c, &e, err);
  if (rc) return rc;
  hp_trace_settle(c);
  hp_hook_mute(c);
  rc = list(c->db, out, err);
  if (!rc) measure(c->db, out);
  if (!rc) rc = count_all(e, out);
  hp_hook_unmute(c);
  return rc;
}

void hp_usage_term(hp_usage *u) {
  for (int i = 0; i < u->n; i++) {
    sqlite3_free(u->at[i].name);
    sqlite3_free(u->at[i].table);
    sqlite3_free(u->at[i].columns);
    sqlite3_free(u->at[i].origin);
    sqlite3_free(u->at[i].redundant_with);
  }
  sqlite3_free(u->at);
  *u = (hp_usage){0};
}
