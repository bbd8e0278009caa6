/* SPDX-License-Identifier: MIT */
#include "advisor/lab.h"

#include "advisor/cloak.h"
#include "advisor/copy.h"
#include "base/clock.h"
#include "schema/gate.h"
#include "schema/text.h"

#include <string.h>

struct hp_lab {
  sqlite3 *db;
  const hp_sample *sample; /* borrowed; NULL: all rows */
  hp_gate gate;
  hp_lab_index *at; /* n of them */
  int n;
  hp_cloak cloak;
};

/* ---- helpers */

static int explain_failure(hp_lab *lab, int rc, const char *what, char **err) {
  if (rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s: %s", what, sqlite3_errmsg(lab->db));
  }
  return rc;
}

/* Says of what an error is. */
static int of_copy(int rc, char **err) {
  char *text = *err ? sqlite3_mprintf("the private copy: %s", *err) : NULL;

  if (!text) return rc;
  sqlite3_free(*err);
  *err = text;
  return rc;
}

/* First column of the first row, or 0. */
static int64_t number(const hp_lab *lab, const char *sql, const char *text) {
  sqlite3_stmt *stmt = NULL;
  int64_t value = 0;

  if (sqlite3_prepare_v2(lab->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
    if (text) sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
      value = sqlite3_column_int64(stmt, 0);
    }
  }
  sqlite3_finalize(stmt);
  return value;
}

static char *text_of(sqlite3_stmt *row, int i) {
  return sqlite3_mprintf("%s", (const char *)sqlite3_column_text(row, i));
}

static void free_index(hp_lab_index *x) {
  sqlite3_free(x->name);
  sqlite3_free(x->table);
  sqlite3_free(x->sql);
  sqlite3_free(x->columns);
}

/* Appends the index of a row of INDEX_COLUMNS. */
static int add_index(hp_lab *lab, sqlite3_stmt *row, hp_lab_index rest) {
  hp_lab_index *grown =
      sqlite3_realloc64(lab->at, ((size_t)lab->n + 1) * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  lab->at = grown;
  rest.name = text_of(row, 0);
  rest.table = text_of(row, 1);
  rest.root = sqlite3_column_int64(row, 2);
  rest.sql = text_of(row, 3);
  rest.is_unique = sqlite3_column_int(row, 4) != 0;
  rest.columns = text_of(row, 5);
  if (!rest.name || !rest.table || !rest.sql || !rest.columns) {
    free_index(&rest);
    return SQLITE_NOMEM;
  }
  rest.is_partial = hp_text_mentions(rest.sql, "WHERE");
  lab->at[lab->n++] = rest;
  return SQLITE_OK;
}

#define INDEX_COLUMNS                                                          \
  "name, tbl_name, rootpage, sql, (SELECT \"unique\" FROM"                     \
  " pragma_index_list(tbl_name, 'main') AS l WHERE l.name = s.name),"          \
  " (SELECT group_concat(cid, ' ') FROM (SELECT cid FROM"                      \
  " pragma_index_xinfo(s.name, 'main') ORDER BY seqno))"

/* What is proportional to the rows of a table that were copied. */
static int64_t for_all_rows(const hp_lab *lab, const char *table, int64_t n) {
  return (int64_t)((double)n * hp_sample_scale(lab->sample, table));
}

static int find_originals(hp_lab *lab, char **err) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(lab->db,
                              "SELECT " INDEX_COLUMNS " FROM sqlite_schema AS s"
                              " WHERE type = 'index' AND sql IS NOT NULL"
                              " ORDER BY rowid",
                              -1, &rows, NULL);

  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = add_index(lab, rows, (hp_lab_index){.is_original = true});
  }
  sqlite3_finalize(rows);
  if (rc != SQLITE_DONE) {
    return explain_failure(lab, rc, "the indexes of the copy", err);
  }
  for (int i = 0; i < lab->n; i++) {
    hp_lab_index *x = &lab->at[i];
    int64_t n_bytes =
        number(lab, "SELECT sum(pgsize) FROM dbstat WHERE name = ?", x->name);

    x->n_bytes = for_all_rows(lab, x->table, n_bytes);
  }
  return SQLITE_OK;
}

/* ---- showing and hiding */

static int list_index(hp_lab *lab, int i, char **err) {
  const hp_lab_index *x = &lab->at[i];

  return of_copy(
      hp_cloak_list(&lab->cloak, x->name, x->table, x->sql, x->root, err), err);
}

/* Statistics of the host may be stale: the copy's are made anew, so that all
** indexes are judged alike. */
static int prepare_hiding(hp_lab *lab, char **err) {
  bool has_statistics =
      number(lab, "SELECT 1 FROM sqlite_schema WHERE name = ?",
             "sqlite_stat1") &&
      number(lab, "SELECT 1 FROM sqlite_stat1", NULL);
  int rc = of_copy(hp_cloak_init(&lab->cloak, lab->db, err), err);

  for (int i = 0; rc == SQLITE_OK && i < lab->n; i++) {
    rc = list_index(lab, i, err);
  }
  if (rc != SQLITE_OK || !has_statistics) return rc;
  return of_copy(hp_cloak_analyze(&lab->cloak, err), err);
}

int hp_lab_show(hp_lab *lab, const bool *shown, char **err) {
  *err = NULL;
  return of_copy(hp_cloak_show(&lab->cloak, shown, err), err);
}

/* ---- building */

static int64_t used_pages(hp_lab *lab) {
  return number(lab,
                "SELECT page_count - freelist_count FROM"
                " pragma_page_count, pragma_freelist_count",
                NULL);
}

int64_t hp_lab_bytes(const hp_lab *lab) {
  return number(lab, "PRAGMA page_count", NULL) *
         number(lab, "PRAGMA page_size", NULL);
}

/* Runs the CREATE INDEX under the gate for schemas. */
static int create(hp_lab *lab, const char *sql, char **err) {
  sqlite3_stmt *stmt = NULL;
  int rc;

  lab->gate.mode = HP_GATE_REPLAY;
  rc = sqlite3_prepare_v2(lab->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK && !stmt) rc = SQLITE_MISUSE;
  if (rc == SQLITE_OK) {
    sqlite3_step(stmt);
    rc = sqlite3_finalize(stmt);
  } else {
    sqlite3_finalize(stmt);
  }
  lab->gate.mode = HP_GATE_OPEN;
  if (rc == SQLITE_OK) return rc;
  return explain_failure(lab, rc, "the index cannot be built", err);
}

/* The newest row of the schema is the index just made. */
static int find_newest(hp_lab *lab, hp_lab_index rest, char **err) {
  sqlite3_stmt *row = NULL;
  int rc = sqlite3_prepare_v2(lab->db,
                              "SELECT " INDEX_COLUMNS " FROM sqlite_schema AS s"
                              " WHERE type = 'index' ORDER BY rowid DESC",
                              -1, &row, NULL);

  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    rc = add_index(lab, row, rest);
  } else if (rc == SQLITE_OK) {
    rc = SQLITE_CORRUPT;
  }
  sqlite3_finalize(row);
  return rc == SQLITE_OK ? rc : explain_failure(lab, rc, "the new index", err);
}

static bool is_create_index(const char *sql) {
  const char *s = hp_text_skip(sql);

  if (!hp_text_begins(s, "CREATE")) return false;
  s = hp_text_skip(s + hp_text_token(s));
  if (hp_text_begins(s, "UNIQUE")) s = hp_text_skip(s + hp_text_token(s));
  return hp_text_begins(s, "INDEX");
}

/* Every commit goes through the list of all pages that are not written yet, and
** a temporary database writes them late. */
static int write_out(hp_lab *lab, char **err) {
  int rc = sqlite3_db_cacheflush(lab->db);

  return rc == SQLITE_OK ? rc : explain_failure(lab, rc, "the copy", err);
}

int hp_lab_build(hp_lab *lab, const char *sql, int *out, char **err) {
  int64_t start, before;
  int rc;

  *err = NULL;
  if (!is_create_index(sql)) {
    *err = sqlite3_mprintf("only a CREATE INDEX statement can be tried, not: "
                           "%s",
                           sql);
    return SQLITE_MISUSE;
  }
  rc = hp_lab_show(lab, NULL, err);
  if (rc != SQLITE_OK) return rc;
  before = used_pages(lab);
  start = hp_clock_ns();
  rc = create(lab, sql, err);
  if (rc != SQLITE_OK) return rc;
  rc = find_newest(
      lab,
      (hp_lab_index){.build_ns = hp_clock_ns() - start,
                     .n_bytes = (used_pages(lab) - before) *
                                number(lab, "PRAGMA page_size", NULL)},
      err);
  if (rc == SQLITE_OK) {
    hp_lab_index *x = &lab->at[lab->n - 1];

    x->n_bytes = for_all_rows(lab, x->table, x->n_bytes);
    x->build_ns = for_all_rows(lab, x->table, x->build_ns);
  }
  if (rc == SQLITE_OK) {
    rc = of_copy(
        hp_cloak_analyze_one(&lab->cloak, lab->at[lab->n - 1].name, err), err);
  }
  if (rc == SQLITE_OK) rc = list_index(lab, lab->n - 1, err);
  if (rc == SQLITE_OK) rc = hp_lab_show(lab, NULL, err);
  if (rc == SQLITE_OK) rc = write_out(lab, err);
  if (rc == SQLITE_OK) *out = lab->n - 1;
  return rc;
}

/* ---- statements */

/* VACUUM INTO writes a file without asking the authorizer. */
bool hp_lab_takes(const char *sql) {
  static const char *const verbs[] = {"SELECT", "WITH",   "VALUES",  "INSERT",
                                      "UPDATE", "DELETE", "REPLACE", "EXPLAIN"};

  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (hp_text_begins(sql, verbs[i])) return true;
  }
  return false;
}

int hp_lab_prepare(hp_lab *lab, const char *sql, sqlite3_stmt **out,
                   char **err) {
  int rc;

  *out = NULL;
  *err = NULL;
  if (!hp_lab_takes(sql)) {
    *err = sqlite3_mprintf("it is not a statement that reads or writes rows");
    return SQLITE_AUTH;
  }
  lab->gate.mode = HP_GATE_COMPILE;
  rc = sqlite3_prepare_v2(lab->db, sql, -1, out, NULL);
  lab->gate.mode = HP_GATE_OPEN;
  if (rc == SQLITE_OK && !*out) {
    *err = sqlite3_mprintf("there is no statement");
    rc = SQLITE_MISUSE;
  } else if (rc != SQLITE_OK && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(lab->db));
  }
  return rc;
}

int hp_lab_run(hp_lab *lab, sqlite3_stmt *stmt, int64_t cap_steps, hp_cost *out,
               char **err) {
  int rc;

  lab->gate.mode = HP_GATE_COMPILE;
  rc = hp_measure_run(lab->db, stmt, cap_steps, out, err);
  lab->gate.mode = HP_GATE_OPEN;
  return rc;
}

/* ---- life */

int hp_lab_open(sqlite3 *host, hp_sample *sample, hp_lab **out, char **err) {
  hp_lab *lab = sqlite3_malloc64(sizeof *lab);
  int rc;

  *out = NULL;
  *err = NULL;
  if (!lab) return SQLITE_NOMEM;
  *lab = (hp_lab){.sample = sample};
  rc = hp_copy_open(host, sample, &lab->gate, &lab->db, err);
  if (rc == SQLITE_OK) rc = find_originals(lab, err);
  if (rc == SQLITE_OK) rc = prepare_hiding(lab, err);
  if (rc == SQLITE_OK)
    *out = lab;
  else
    hp_lab_close(lab);
  return rc;
}

void hp_lab_close(hp_lab *lab) {
  if (!lab) return;
  for (int i = 0; i < lab->n; i++) free_index(&lab->at[i]);
  sqlite3_free(lab->at);
  hp_cloak_term(&lab->cloak);
  sqlite3_close(lab->db);
  sqlite3_free(lab);
}

int hp_lab_analyze(hp_lab *lab, const bool *shown, int64_t *ns, char **err) {
  int rc = hp_lab_show(lab, shown, err);
  int64_t start = hp_clock_ns();

  if (rc == SQLITE_OK) {
    rc = of_copy(hp_cloak_analyze(&lab->cloak, err), err);
  }
  *ns = hp_clock_ns() - start;
  return rc;
}

sqlite3 *hp_lab_db(const hp_lab *lab) {
  return lab->db;
}

const hp_sample *hp_lab_sample(const hp_lab *lab) {
  return lab->sample;
}

bool hp_lab_has_statistics(const hp_lab *lab) {
  return lab->cloak.has_stat1;
}

int hp_lab_count(const hp_lab *lab) {
  return lab->n;
}

const hp_lab_index *hp_lab_index_at(const hp_lab *lab, int i) {
  return &lab->at[i];
}
