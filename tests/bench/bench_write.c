/* SPDX-License-Identifier: MIT
**
** What cached tables cost those who write: a small commit in WAL mode on a
** connection whose commits are watched for the ledger and told to other
** processes, against one where only the analysis watches, and one without
** hotpath; and what tracking a table costs its writers.
*/
#include "bench/bench.h"

#include <stdio.h>

/* ?1 is the key; another value each time. */
static void commit(void *arg, int64_t n) {
  static int64_t value;
  sqlite3_stmt *stmt = arg;

  while (n-- > 0) {
    sqlite3_bind_int64(stmt, 1, 1 + n % 1000);
    sqlite3_bind_int64(stmt, 2, value++);
    bench_expect(sqlite3_db_handle(stmt), sqlite3_step(stmt), SQLITE_DONE,
                 "a write");
    sqlite3_reset(stmt);
  }
}

static sqlite3_stmt *writer(const char *name, int with_hotpath,
                            const char *setup) {
  sqlite3 *db = bench_open(name, with_hotpath);

  bench_exec(db, "PRAGMA synchronous = NORMAL");
  bench_fill_cards(db, 1000);
  bench_exec(db, setup);
  return bench_prepare(db, "UPDATE cards SET front = ?2 WHERE id = ?1");
}

static void end(sqlite3_stmt *stmt) {
  sqlite3 *db = sqlite3_db_handle(stmt);

  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

int main(void) {
  sqlite3_stmt *cached = writer(
      "cached.db", 1,
      "CREATE VIRTUAL TABLE temp.card USING cached((SELECT front FROM cards"
      " WHERE id = :id)); SELECT * FROM card(1); SELECT * FROM card(1);");
  sqlite3_stmt *analysed = writer("analysed.db", 1, "");
  sqlite3_stmt *tracked =
      writer("tracked.db", 1, "SELECT cache_track('cards')");
  sqlite3_stmt *plain = writer("plain.db", 0, "");

  bench_head("write: an UPDATE of one row, its own commit, synchronous=NORMAL");
  bench_row("with cached tables", (bench_side){"cached", commit, cached},
            (bench_side){"without cached tables", commit, analysed},
            BENCH_AT_MOST, 1.03);
  bench_row("all of hotpath", (bench_side){"cached", commit, cached},
            (bench_side){"without hotpath", commit, plain}, BENCH_INFORMATION,
            0);
  bench_row("to a tracked table", (bench_side){"tracked", commit, tracked},
            (bench_side){"not tracked", commit, analysed}, BENCH_INFORMATION,
            0);
  end(cached);
  end(tracked);
  end(analysed);
  end(plain);
  return bench_end();
}
