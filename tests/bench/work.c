/* SPDX-License-Identifier: MIT */
#include "bench/work.h"

#include "bench/bench.h"

static void one(sqlite3_stmt *stmt, int64_t key) {
  sqlite3_bind_int64(stmt, 1, key);
  bench_expect(sqlite3_db_handle(stmt), sqlite3_step(stmt), SQLITE_ROW,
               "no row");
  sqlite3_column_int64(stmt, 0);
  sqlite3_column_text(stmt, 1);
  bench_expect(sqlite3_db_handle(stmt), sqlite3_step(stmt), SQLITE_DONE,
               "more than one row");
  sqlite3_reset(stmt);
}

void bench_one_row(void *stmt, int64_t n) {
  while (n-- > 0) one(stmt, 500);
}

void bench_many_keys(void *stmt, int64_t n) {
  while (n-- > 0) one(stmt, 1 + n % 1000);
}
