/* SPDX-License-Identifier: MIT
**
** Tables of the copy's temp database, all of hotpath's own:
**   hp_index(id, name, tbl, root, sql, shown)  the indexes that can be hidden
**   hp_stat1, hp_stat4                         all statistics, of hidden ones
**                                              too
*/
#include "advisor/lab.h"

#include "advisor/copy.h"
#include "base/clock.h"
#include "base/hash.h"
#include "schema/gate.h"
#include "schema/text.h"

#include <stdarg.h>
#include <string.h>

struct hp_lab {
  sqlite3 *db;
  const hp_sample *sample; /* borrowed; NULL: all rows */
  hp_gate gate;
  hp_lab_index *at; /* n of them */
  int n;
  bool has_stat1, has_stat4;
};

/* ---- helpers */

static int explain_failure(hp_lab *lab, int rc, const char *what, char **err) {
  if (rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s: %s", what, sqlite3_errmsg(lab->db));
  }
  return rc;
}

/* Runs formatted statements of our own. */
static int run(hp_lab *lab, char **err, const char *fmt, ...) {
  va_list args;
  char *sql;
  int rc = SQLITE_NOMEM;

  va_start(args, fmt);
  sql = sqlite3_vmprintf(fmt, args);
  va_end(args);
  if (sql) rc = sqlite3_exec(lab->db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK) return rc;
  return explain_failure(lab, rc, "the private copy", err);
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
}

/* Appends the index of a row (name, tbl_name, rootpage, sql, unique) of the
** schema. */
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
  if (!rest.name || !rest.table || !rest.sql) {
    free_index(&rest);
    return SQLITE_NOMEM;
  }
  rest.is_partial = hp_text_mentions(rest.sql, "WHERE");
  lab->at[lab->n++] = rest;
  return SQLITE_OK;
}

#define INDEX_COLUMNS                                                          \
  "name, tbl_name, rootpage, sql, (SELECT \"unique\" FROM"                     \
  " pragma_index_list(tbl_name, 'main') AS l WHERE l.name = s.name)"

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

/* Copies what ANALYZE has written beside; the tables are then ours to fill. */
static int keep_statistics(hp_lab *lab, char **err) {
  int rc = run(lab, err,
               "CREATE TEMP TABLE hp_stat1 AS"
               " SELECT * FROM main.sqlite_stat1");

  lab->has_stat4 = number(lab, "SELECT 1 FROM sqlite_schema WHERE name = ?",
                          "sqlite_stat4") != 0;
  if (rc == SQLITE_OK && lab->has_stat4) {
    rc = run(lab, err,
             "CREATE TEMP TABLE hp_stat4 AS"
             " SELECT * FROM main.sqlite_stat4");
  }
  return rc;
}

static int list_index(hp_lab *lab, int i, char **err) {
  const hp_lab_index *x = &lab->at[i];

  return run(lab, err,
             "INSERT INTO temp.hp_index"
             " VALUES(%d, %Q, %Q, %lld, %Q, 0)",
             i, x->name, x->table, x->root, x->sql);
}

/* Statistics of the host may be stale: the copy's are made anew, so that all
** indexes are judged alike. */
static int prepare_hiding(hp_lab *lab, char **err) {
  int rc = run(lab, err,
               "CREATE TEMP TABLE hp_index(id INTEGER PRIMARY KEY, name, tbl,"
               " root, sql, shown)");

  for (int i = 0; rc == SQLITE_OK && i < lab->n; i++) {
    rc = list_index(lab, i, err);
  }
  lab->has_stat1 = number(lab, "SELECT 1 FROM sqlite_schema WHERE name = ?",
                          "sqlite_stat1") != 0 &&
                   number(lab, "SELECT 1 FROM sqlite_stat1", NULL) != 0;
  if (rc == SQLITE_OK && lab->has_stat1) rc = run(lab, err, "ANALYZE main");
  if (rc == SQLITE_OK && lab->has_stat1) rc = keep_statistics(lab, err);
  return rc;
}

static int show_statistics(hp_lab *lab, char **err) {
  static const char hidden[] = "SELECT name FROM temp.hp_index WHERE NOT shown";
  int rc = SQLITE_OK;

  if (lab->has_stat1) {
    rc = run(lab, err,
             "DELETE FROM main.sqlite_stat1;"
             "INSERT INTO main.sqlite_stat1 SELECT * FROM temp.hp_stat1"
             " WHERE idx IS NULL OR idx NOT IN (%s)",
             hidden);
  }
  if (rc == SQLITE_OK && lab->has_stat4) {
    rc = run(lab, err,
             "DELETE FROM main.sqlite_stat4;"
             "INSERT INTO main.sqlite_stat4 SELECT * FROM temp.hp_stat4"
             " WHERE idx NOT IN (%s)",
             hidden);
  }
  return rc;
}

/* The shown indexes in hp_index become the schema's. */
static int apply(hp_lab *lab, char **err) {
  int rc = run(lab, err,
               "PRAGMA main.writable_schema = ON; BEGIN;"
               "DELETE FROM main.sqlite_schema WHERE type = 'index'"
               " AND name IN (SELECT name FROM temp.hp_index);"
               "INSERT INTO main.sqlite_schema"
               "(type, name, tbl_name, rootpage, sql)"
               " SELECT 'index', name, tbl, root, sql FROM temp.hp_index"
               " WHERE shown ORDER BY id");

  if (rc == SQLITE_OK) rc = show_statistics(lab, err);
  if (rc == SQLITE_OK)
    rc = run(lab, err, "COMMIT");
  else
    sqlite3_exec(lab->db, "ROLLBACK", NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = run(lab, err, "PRAGMA writable_schema = RESET");
  else
    sqlite3_exec(lab->db, "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
  return rc;
}

int hp_lab_show(hp_lab *lab, const bool *shown, char **err) {
  sqlite3_stmt *set = NULL;
  int rc;

  *err = NULL;
  rc = sqlite3_prepare_v2(lab->db,
                          "UPDATE temp.hp_index SET shown = ?2 WHERE id = ?1",
                          -1, &set, NULL);
  for (int i = 0; rc == SQLITE_OK && i < lab->n; i++) {
    sqlite3_bind_int(set, 1, i);
    sqlite3_bind_int(set, 2, shown[i]);
    sqlite3_step(set);
    rc = sqlite3_reset(set);
  }
  sqlite3_finalize(set);
  if (rc != SQLITE_OK) return explain_failure(lab, rc, "the copy", err);
  return apply(lab, err);
}

static int hide_all(hp_lab *lab, char **err) {
  int rc = run(lab, err, "UPDATE temp.hp_index SET shown = 0");

  return rc == SQLITE_OK ? apply(lab, err) : rc;
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

static int analyze_newest(hp_lab *lab, char **err) {
  const char *name = lab->at[lab->n - 1].name;
  int rc = run(lab, err, "ANALYZE main.\"%w\"", name);

  if (rc == SQLITE_OK) {
    rc = run(lab, err,
             "INSERT INTO temp.hp_stat1 SELECT * FROM"
             " main.sqlite_stat1 WHERE idx = %Q",
             name);
  }
  if (rc == SQLITE_OK && lab->has_stat4) {
    rc = run(lab, err,
             "INSERT INTO temp.hp_stat4 SELECT * FROM"
             " main.sqlite_stat4 WHERE idx = %Q",
             name);
  }
  return rc;
}

static bool is_create_index(const char *sql) {
  const char *s = hp_text_skip(sql);

  if (!hp_text_begins(s, "CREATE")) return false;
  s = hp_text_skip(s + hp_text_token(s));
  if (hp_text_begins(s, "UNIQUE")) s = hp_text_skip(s + hp_text_token(s));
  return hp_text_begins(s, "INDEX");
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
  rc = hide_all(lab, err);
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
  if (rc == SQLITE_OK && lab->has_stat1) rc = analyze_newest(lab, err);
  if (rc == SQLITE_OK) rc = list_index(lab, lab->n - 1, err);
  if (rc == SQLITE_OK) rc = hide_all(lab, err);
  if (rc == SQLITE_OK) *out = lab->n - 1;
  return rc;
}

/* ---- statements */

/* VACUUM INTO writes a file without asking the authorizer. */
static bool is_on_rows(const char *sql) {
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
  if (!is_on_rows(sql)) {
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

int hp_lab_program(hp_lab *lab, const char *explain, const char *sql,
                   uint64_t *out, char **err) {
  char *full = sqlite3_mprintf("%s %s", is_on_rows(sql) ? explain : "", sql);
  sqlite3_str *text = sqlite3_str_new(NULL);
  sqlite3_stmt *rows = NULL;
  int rc = SQLITE_NOMEM;

  *err = NULL;
  if (full) rc = hp_lab_prepare(lab, full, &rows, err);
  sqlite3_free(full);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    const char *opcode = (const char *)sqlite3_column_text(rows, 1);

    rc = SQLITE_OK;
    if (opcode && strcmp(opcode, "Transaction") == 0) continue;
    for (int i = 1; i <= 5 && i < sqlite3_column_count(rows); i++) {
      sqlite3_str_appendf(text, "%s\t", sqlite3_column_text(rows, i));
    }
  }
  sqlite3_finalize(rows);
  if (rc == SQLITE_DONE) rc = sqlite3_str_errcode(text);
  if (rc == SQLITE_OK) {
    *out = hp_hash64(sqlite3_str_value(text), (size_t)sqlite3_str_length(text));
  }
  sqlite3_free(sqlite3_str_finish(text));
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
  sqlite3_close(lab->db);
  sqlite3_free(lab);
}

int hp_lab_analyze(hp_lab *lab, const bool *shown, int64_t *ns, char **err) {
  int rc = hp_lab_show(lab, shown, err);
  int64_t start = hp_clock_ns();

  if (rc == SQLITE_OK) rc = run(lab, err, "ANALYZE main");
  *ns = hp_clock_ns() - start;
  if (rc == SQLITE_OK) rc = keep_statistics(lab, err);
  lab->has_stat1 = rc == SQLITE_OK;
  return rc;
}

sqlite3 *hp_lab_db(const hp_lab *lab) {
  return lab->db;
}

const hp_sample *hp_lab_sample(const hp_lab *lab) {
  return lab->sample;
}

bool hp_lab_has_statistics(const hp_lab *lab) {
  return lab->has_stat1;
}

int hp_lab_count(const hp_lab *lab) {
  return lab->n;
}

const hp_lab_index *hp_lab_index_at(const hp_lab *lab, int i) {
  return &lab->at[i];
}
