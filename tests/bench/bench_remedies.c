/* SPDX-License-Identifier: MIT
**
** Is the saving that nplus1_suspects claims for a remedy had by applying it?
** Each pattern is run, the price read, the remedy applied and the same work
** done again, by turns.
*/
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

enum { PARENTS = 200, BURSTS = 5, ROUNDS = 7 };

static const char schema[] =
    "CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INT REFERENCES parent,"
    " v TEXT);"
    "CREATE TABLE loose(id INTEGER PRIMARY KEY, parent INT, v TEXT);"
    "CREATE TABLE log(id INTEGER PRIMARY KEY, v TEXT);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
    " INSERT INTO parent SELECT i, 'parent ' || i FROM n;"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
    " INSERT INTO child SELECT i, i % 200 + 1, 'child ' || i FROM n;"
    "INSERT INTO loose SELECT * FROM child;"
    "CREATE INDEX child_parent ON child(parent)";

static void run_out(sqlite3_stmt *stmt) {
  int rc;

  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) continue;
  bench_expect(sqlite3_db_handle(stmt), rc, SQLITE_DONE, sqlite3_sql(stmt));
  sqlite3_reset(stmt);
}

static void call(sqlite3_stmt *stmt, int value) {
  sqlite3_bind_int(stmt, 1, value);
  run_out(stmt);
}

static void run_text(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = bench_prepare(db, sql);

  run_out(stmt);
  sqlite3_finalize(stmt);
}

static void read_source(sqlite3 *db) {
  run_text(db, "SELECT id FROM parent");
}

/* One call per parent, prepared once. */
static void loop(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = bench_prepare(db, sql);

  for (int i = 1; i <= PARENTS; i++) call(stmt, i);
  sqlite3_finalize(stmt);
}

/* Prepared anew for each. */
static void loop_anew(sqlite3 *db, const char *sql) {
  for (int i = 1; i <= PARENTS; i++) {
    sqlite3_stmt *stmt = bench_prepare(db, sql);

    call(stmt, i);
    sqlite3_finalize(stmt);
  }
}

/* The same value again and again. */
static void loop_same(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = bench_prepare(db, sql);

  for (int i = 1; i <= PARENTS; i++) call(stmt, 7);
  sqlite3_finalize(stmt);
}

static void loop_in_transaction(sqlite3 *db, const char *sql) {
  bench_exec(db, "BEGIN");
  loop(db, sql);
  bench_exec(db, "COMMIT");
}

static void loop_anew_in_transaction(sqlite3 *db, const char *sql) {
  bench_exec(db, "BEGIN");
  loop_anew(db, sql);
  bench_exec(db, "COMMIT");
}

static void once(sqlite3 *db, const char *sql) {
  run_text(db, sql);
}

#define LOOKUP "SELECT v FROM child WHERE parent = ?"
#define SCAN   "SELECT v FROM loose WHERE parent = ?"
#define TOTAL  "SELECT count(*), max(v) FROM loose WHERE parent < ?"
#define INSERT "INSERT INTO log(v) VALUES ('entry ' || ?)"

typedef struct remedy {
  const char *work, *name; /* as in the column prices */
  void (*before)(sqlite3 *db, const char *sql);
  const char *sql;
  const char *apply, *undo; /* SQL; NULL: nothing */
  void (*after)(sqlite3 *db, const char *sql);
  const char *after_sql;
  double factor; /* between the two, at most */
} remedy;

/* Of statement reuse the claim is that of preparing alone; a statement's first
** run is dearer, too. */
static const remedy remedies[] = {
    {"transaction around lookups", "one transaction", loop, LOOKUP, NULL, NULL,
     loop_in_transaction, LOOKUP, 1.5},
    {"transaction, prepared anew", "one transaction", loop_anew, LOOKUP, NULL,
     NULL, loop_anew_in_transaction, LOOKUP, 1.5},
    {"statement reuse", "statement reuse", loop_anew, LOOKUP, NULL, NULL, loop,
     LOOKUP, 2},
    {"index", "index", loop, SCAN, "CREATE INDEX remedy ON loose(parent)",
     "DROP INDEX remedy", loop, SCAN, 1.5},
    {"batch", "batch", loop, LOOKUP, NULL, NULL, once,
     "SELECT v FROM child WHERE parent IN (SELECT value FROM json_each("
     "(SELECT json_group_array(id) FROM parent)))",
     1.5},
    {"join", "join", loop, LOOKUP, NULL, NULL, once,
     "SELECT v FROM child WHERE parent IN (SELECT id FROM parent)", 1.5},
    {"cached table", "cached table", loop_same, TOTAL,
     "CREATE VIRTUAL TABLE temp.remedy USING cached((" TOTAL "))",
     "DROP TABLE temp.remedy", loop_same, "SELECT * FROM temp.remedy(?)", 1.5},
    {"transaction around writes", "one transaction", loop, INSERT, NULL, NULL,
     loop_in_transaction, INSERT, 1.5},
};

/* Nanoseconds of a burst, on average; its source is not counted. */
static double time_of(sqlite3 *db, void (*run)(sqlite3 *, const char *),
                      const char *sql) {
  double sum = 0;

  for (int i = 0; i < BURSTS; i++) {
    double start;

    read_source(db);
    start = bench_now_ns();
    run(db, sql);
    sum += bench_now_ns() - start;
  }
  return sum / BURSTS;
}

/* Nanoseconds a burst that the dearest suspect claims for the remedy. */
static double claim_of(sqlite3 *db, const char *name) {
  sqlite3_stmt *stmt = bench_prepare(
      db, "SELECT 1e6 * (json_extract(prices, '$.now') -"
          " json_extract(prices, '$.\"' || ?1 || '\"')) FROM nplus1_suspects"
          " ORDER BY cost_ms DESC LIMIT 1");
  double claim;

  sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
  bench_expect(db, sqlite3_step(stmt), SQLITE_ROW, "no suspect");
  if (sqlite3_column_type(stmt, 0) == SQLITE_NULL) {
    bench_expect(db, SQLITE_NOTFOUND, SQLITE_OK, name);
  }
  claim = sqlite3_column_double(stmt, 0);
  sqlite3_finalize(stmt);
  return claim;
}

static void apply(sqlite3 *db, const char *sql) {
  if (sql != NULL) bench_exec(db, sql);
}

static void try_remedy(sqlite3 *db, const remedy *r) {
  double claimed[ROUNDS], had[ROUNDS];

  for (int i = 0; i < ROUNDS; i++) {
    run_text(db, "SELECT query_reset()");
    had[i] = time_of(db, r->before, r->sql);
    claimed[i] = claim_of(db, r->name);
    apply(db, r->apply);
    had[i] -= time_of(db, r->after, r->after_sql);
    apply(db, r->undo);
  }
  bench_figures(r->work, bench_median(claimed, ROUNDS), "had by applying it",
                bench_median(had, ROUNDS), BENCH_WITHIN, r->factor);
}

int main(void) {
  sqlite3 *db = bench_open("remedies.db", 1);

  bench_exec(db, schema);
  bench_head("remedies: the saving claimed for a burst of 200 calls, and had");
  for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
    try_remedy(db, &remedies[i]);
  }
  sqlite3_close(db);
  return bench_end();
}
