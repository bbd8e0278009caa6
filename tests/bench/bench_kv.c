/* SPDX-License-Identifier: MIT
**
** The key/value functions against the least that a statement costs, and the
** invalidation of a tag that many values carry.
*/
#include "bench/bench.h"

#include <stdio.h>

enum { N_KEYS = 1000, N_TAGGED = 1000000 };

/* One run per work, key by key; a row is read to its first column. */
static void by_key(void *arg, int64_t n) {
  sqlite3_stmt *stmt = arg;

  while (n-- > 0) {
    sqlite3_bind_int64(stmt, 1, n % N_KEYS);
    bench_expect(sqlite3_db_handle(stmt), sqlite3_step(stmt), SQLITE_ROW,
                 "a statement");
    sqlite3_column_text(stmt, 0);
    sqlite3_reset(stmt);
  }
}

static void fill_values(sqlite3 *db) {
  bench_exec(db, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM "
                 "n LIMIT 1000) SELECT sum(cache_set(i, 'the value of ' || i)) "
                 "FROM n");
}

static void fill_tagged(sqlite3 *db) {
  char sql[300];

  bench_exec(db, "SELECT cache_config('cap_bytes', 1 << 30)");
  snprintf(sql, sizeof sql,
           "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
           "LIMIT %d) SELECT sum(cache_set('t' || i, i, NULL, 'many')) FROM n",
           N_TAGGED);
  bench_exec(db, sql);
}

int main(void) {
  sqlite3 *db = bench_open("kv.db", 1);
  bench_side nothing, lookup, get, set, incr, invalidate;

  bench_exec(db, "SELECT query_config('hook', 'off')");
  bench_fill_cards(db, N_KEYS + 1);
  fill_values(db);
  nothing = (bench_side){"SELECT ?1", by_key, bench_prepare(db, "SELECT ?1")};
  lookup = (bench_side){
      "primary key", by_key,
      bench_prepare(db, "SELECT front FROM cards WHERE id = ?1 + 1")};
  get = (bench_side){"cache_get", by_key,
                     bench_prepare(db, "SELECT cache_get(?1)")};
  set = (bench_side){
      "cache_set", by_key,
      bench_prepare(db, "SELECT cache_set(?1, 'the value of it', 60)")};
  incr = (bench_side){"cache_incr", by_key,
                      bench_prepare(db, "SELECT cache_incr('n' || ?1)")};
  invalidate =
      (bench_side){"cache_invalidate", by_key,
                   bench_prepare(db, "SELECT cache_invalidate('many'), ?1")};
  bench_head("kv: key/value functions through SQL");
  bench_row("cache_get, hit", get, nothing, BENCH_AT_MOST_NS, 300);
  bench_row("cache_get, hit", get, lookup, BENCH_AT_LEAST, 4);
  bench_row("cache_set", set, nothing, BENCH_AT_MOST_NS, 1000);
  bench_row("cache_incr", incr, nothing, BENCH_AT_MOST_NS, 1500);
  fill_tagged(db);
  bench_row("cache_invalidate, tag of 1,000,000 values", invalidate, nothing,
            BENCH_AT_MOST_NS, 1000);
  sqlite3_finalize(nothing.arg);
  sqlite3_finalize(lookup.arg);
  sqlite3_finalize(get.arg);
  sqlite3_finalize(set.arg);
  sqlite3_finalize(incr.arg);
  sqlite3_finalize(invalidate.arg);
  sqlite3_close(db);
  return bench_end();
}
