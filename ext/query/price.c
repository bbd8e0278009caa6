/* SPDX-License-Identifier: MIT */
#include "query/price.h"
#include "base/clock.h"

#include <string.h>

enum {
  MAX_VALUES = 256,
  MAX_SCAN = 10 * 1000,        /* rows in which they are looked for */
  ROUNDS = 3,                  /* of which the fastest counts */
  BUDGET_NS = 5 * 1000 * 1000, /* for one measurement */
  COPY_NS = 20 * 1000 * 1000,  /* for copying a column */
  MAX_COPY = 200 * 1000        /* rows */
};

/* The values to look up. */
typedef struct sample {
  sqlite3_value *value[MAX_VALUES];
  int n;
} sample;

static void free_sample(sample *s) {
  int i;

  for (i = 0; i < s->n; i++) sqlite3_value_free(s->value[i]);
  s->n = 0;
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) {
  int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);

  if (rc == SQLITE_OK && *out && !sqlite3_stmt_readonly(*out)) {
    sqlite3_finalize(*out);
    *out = NULL;
    return SQLITE_READONLY;
  }
  return rc == SQLITE_OK && !*out ? SQLITE_ERROR : rc;
}

/* Steps to the end and resets; the code of the reset. */
static int run(sqlite3_stmt *stmt) {
  while (sqlite3_step(stmt) == SQLITE_ROW) continue;
  return sqlite3_reset(stmt);
}

/* Prepares a SELECT of result over up to n different values x. An index may
** give the same one many times in a row, and a batch takes it once. */
static int prepare_values(sqlite3 *db, const char *result, const char *values,
                          int n, sqlite3_stmt **out) {
  char *sql = sqlite3_mprintf(
      "WITH v(x) AS (%s), d(x) AS (SELECT DISTINCT x FROM v LIMIT %d)"
      " SELECT %s FROM d",
      values, n, result);
  int rc = sql ? prepare(db, sql, out) : SQLITE_NOMEM;

  sqlite3_free(sql);
  if (rc == SQLITE_OK) sqlite3_bind_int(*out, 1, MAX_SCAN);
  return rc;
}

static int read_sample(sqlite3 *db, const char *values, int n, sample *out) {
  sqlite3_stmt *stmt;
  int rc = prepare_values(db, "x", values, n, &stmt);

  if (rc != SQLITE_OK) return rc;
  while (rc == SQLITE_OK && out->n < n && sqlite3_step(stmt) == SQLITE_ROW) {
    sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(stmt, 0));

    if (v)
      out->value[out->n++] = v;
    else
      rc = SQLITE_NOMEM;
  }
  if (rc != SQLITE_OK) {
    sqlite3_finalize(stmt);
    return rc;
  }
  return sqlite3_finalize(stmt);
}

/* Looks up the first *n values, or as many as the budget allows. */
static int look_up(sqlite3_stmt *stmt, const sample *s, int *n, double *ns) {
  int64_t start = hp_clock_ns(), end = start;
  int i, rc = SQLITE_OK;

  for (i = 0; i < *n && rc == SQLITE_OK; i++) {
    rc = sqlite3_bind_value(stmt, 1, s->value[i]);
    if (rc == SQLITE_OK) rc = run(stmt);
    end = hp_clock_ns();
    if (end - start > BUDGET_NS) *n = i + 1;
  }
  *ns = (double)(end - start);
  return rc;
}

static int measure_lookups(sqlite3 *db, const char *sql, const sample *s,
                           int *n, double *ns) {
  sqlite3_stmt *stmt;
  int i, rc = prepare(db, sql, &stmt);
  double best = 0, now;

  for (i = 0; i < ROUNDS && rc == SQLITE_OK; i++) {
    rc = look_up(stmt, s, n, &now);
    now /= *n;
    if (i == 0 || now < best) best = now;
  }
  *ns = best;
  if (rc != SQLITE_OK) {
    sqlite3_finalize(stmt);
    return rc;
  }
  return sqlite3_finalize(stmt);
}

/* Binds the first n values as a JSON array to stmt. */
static int bind_array(sqlite3 *db, const char *values, int n,
                      sqlite3_stmt *stmt) {
  sqlite3_stmt *array = NULL;
  int rc = prepare_values(db, "json_group_array(x)", values, n, &array);

  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(array) == SQLITE_ROW)
    rc = sqlite3_bind_value(stmt, 1, sqlite3_column_value(array, 0));
  if (rc != SQLITE_OK) {
    sqlite3_finalize(array);
    return rc;
  }
  return sqlite3_finalize(array);
}

/* The fastest of a few runs of stmt, as long as the budget allows. */
static int fastest_run(sqlite3_stmt *stmt, int rounds, double *ns) {
  int64_t begin = hp_clock_ns();
  int i, rc = SQLITE_OK;

  for (i = 0; i < rounds && rc == SQLITE_OK; i++) {
    int64_t start = hp_clock_ns();
    double now;

    if (i > 0 && start - begin > BUDGET_NS) break;
    rc = run(stmt);
    now = (double)(hp_clock_ns() - start);
    if (i == 0 || now < *ns) *ns = now;
  }
  return rc;
}

static int measure_batch(sqlite3 *db, const hp_batch *b, hp_price *out) {
  sqlite3_stmt *stmt;
  int rc = prepare(db, out->many, &stmt);

  if (rc != SQLITE_OK) return rc;
  rc = bind_array(db, b->values, out->n_values, stmt);
  if (rc == SQLITE_OK) rc = fastest_run(stmt, ROUNDS, &out->batch_ns);
  sqlite3_finalize(stmt);
  return rc;
}

/* Does a query of one text row, with parameters a and b, answer true? */
static bool answers_true(sqlite3 *db, const char *sql, const char *a,
                         const char *b) {
  sqlite3_stmt *stmt;
  bool yes;

  if (prepare(db, sql, &stmt) != SQLITE_OK) return false;
  sqlite3_bind_text(stmt, 1, a, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 2, b, -1, SQLITE_STATIC);
  yes = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0) != 0;
  sqlite3_finalize(stmt);
  return yes;
}

/* Can at most one row of the table have a value in the column? */
static bool is_unique(sqlite3 *db, const hp_batch *b) {
  return b->table &&
         (answers_true(db,
                       "SELECT count(*) = 1 AND max(name = ?2 COLLATE nocase)"
                       " FROM pragma_table_info(?1) WHERE pk",
                       b->table, b->column) ||
          answers_true(
              db,
              "SELECT count(*) FROM pragma_index_list(?1) AS l WHERE"
              " l.\"unique\" AND NOT l.partial AND (SELECT count(*) = 1 AND"
              " max(i.name = ?2 COLLATE nocase)"
              " FROM pragma_index_info(l.name) AS i)",
              b->table, b->column));
}

/* Is the lookup's plan one scan of a table? */
static bool is_scan(sqlite3 *db, const char *one) {
  char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", one);
  sqlite3_stmt *stmt = NULL;
  bool scan = false;

  if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
    while (sqlite3_step(stmt) == SQLITE_ROW) {
      const char *detail = (const char *)sqlite3_column_text(stmt, 3);

      if (detail && strncmp(detail, "SCAN", 4) == 0) scan = true;
    }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return scan;
}

/* Copies (a part of) the column into the table c of a private database. */
static int copy_column(sqlite3 *db, const char *values, sqlite3 *to) {
  int64_t start = hp_clock_ns();
  sqlite3_stmt *in = NULL, *out = NULL;
  int rc = prepare(db, values, &in), rc_in;

  if (rc == SQLITE_OK)
    rc = sqlite3_exec(to, "CREATE TABLE c(a); BEGIN", NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2(to, "INSERT INTO c VALUES (?)", -1, &out, NULL);
  if (rc == SQLITE_OK) sqlite3_bind_int(in, 1, MAX_COPY);
  while (rc == SQLITE_OK && sqlite3_step(in) == SQLITE_ROW) {
    rc = sqlite3_bind_value(out, 1, sqlite3_column_value(in, 0));
    if (rc == SQLITE_OK) rc = run(out);
    if (hp_clock_ns() - start > COPY_NS) break;
  }
  rc_in = sqlite3_reset(in);
  sqlite3_finalize(in);
  sqlite3_finalize(out);
  if (rc == SQLITE_OK) rc = rc_in;
  if (rc != SQLITE_OK) return rc;
  return sqlite3_exec(to, "COMMIT; CREATE INDEX i ON c(a)", NULL, NULL, NULL);
}

static int measure_indexed(sqlite3 *db, const hp_batch *b, const sample *s,
                           hp_price *out) {
  sqlite3 *copy = NULL;
  int n = out->n_values;
  int rc = sqlite3_open_v2(":memory:", &copy,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (rc == SQLITE_OK) rc = copy_column(db, b->values, copy);
  if (rc == SQLITE_OK)
    rc = measure_lookups(copy, "SELECT a FROM c WHERE a = ?", s, &n,
                         &out->indexed_ns);
  sqlite3_close(copy);
  return rc;
}

static int measure(sqlite3 *db, const hp_batch *b, const sample *s,
                   hp_price *out) {
  int rc;

  out->n_values = s->n;
  rc = measure_lookups(db, b->one, s, &out->n_values, &out->lookup_ns);
  if (rc != SQLITE_OK) return rc;
  out->many = b->many;
  if (!out->many && is_unique(db, b)) out->many = b->many_unlimited;
  if (out->many) rc = measure_batch(db, b, out);
  if (rc == SQLITE_OK && b->table && is_scan(db, b->one))
    rc = measure_indexed(db, b, s, out);
  return rc;
}

int hp_price_measure(sqlite3 *db, const hp_batch *b, int n_wanted,
                     hp_price *out) {
  sample s = {.n = 0};
  int rc;

  *out = (hp_price){.n_values = 0};
  if (b->has_parameters) return SQLITE_NOTFOUND;
  if (n_wanted > MAX_VALUES) n_wanted = MAX_VALUES;
  rc = read_sample(db, b->values, n_wanted, &s);
  if (rc == SQLITE_OK && s.n == 0) rc = SQLITE_NOTFOUND;
  if (rc == SQLITE_OK) rc = measure(db, b, &s, out);
  if (rc != SQLITE_OK) *out = (hp_price){.n_values = 0};
  free_sample(&s);
  return rc;
}

static double run_ns(sqlite3 *db, const char *sql, int rounds) {
  sqlite3_stmt *stmt;
  double ns = 0;

  if (prepare(db, sql, &stmt) != SQLITE_OK) return 0;
  if (fastest_run(stmt, rounds, &ns) != SQLITE_OK) ns = 0;
  sqlite3_finalize(stmt);
  return ns;
}

double hp_price_run_ns(sqlite3 *db, const char *sql) {
  return run_ns(db, sql, ROUNDS);
}

double hp_price_virtual_read_ns(sqlite3 *db) {
  return run_ns(db, "SELECT value FROM json_each('[1]')", 20);
}

double hp_price_prepare_ns(sqlite3 *db, const char *sql) {
  double ns = 0;
  int i;

  for (i = 0; i < ROUNDS; i++) {
    int64_t start = hp_clock_ns();
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    double now;

    sqlite3_finalize(stmt);
    now = (double)(hp_clock_ns() - start);
    if (rc != SQLITE_OK) return 0;
    if (i == 0 || now < ns) ns = now;
  }
  return ns;
}

/* Some writes in one transaction, on a private database in memory. */
static int run_writes(sqlite3 *db, int n) {
  sqlite3_stmt *stmt = NULL;
  int i, rc = sqlite3_exec(db, "CREATE TABLE t(a, b); BEGIN", 0, 0, 0);

  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2(db, "INSERT INTO t VALUES (1, 'text')", -1, &stmt,
                            NULL);
  for (i = 0; i < n && rc == SQLITE_OK; i++) rc = run(stmt);
  sqlite3_finalize(stmt);
  return rc;
}

double hp_price_write_ns(void) {
  enum { WRITES = 200 };
  sqlite3 *db = NULL;
  int64_t start;
  int rc = sqlite3_open_v2(":memory:", &db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  double ns = 0;

  start = hp_clock_ns();
  if (rc == SQLITE_OK) rc = run_writes(db, WRITES);
  if (rc == SQLITE_OK) ns = (double)(hp_clock_ns() - start) / WRITES;
  sqlite3_close(db);
  return ns;
}
