/* SPDX-License-Identifier: MIT
**
** A hit of a cached table against what SQLite alone costs: an empty virtual
** table of the same shape, and the table's own primary-key lookup.
*/
#include "bench/bench.h"
#include "bench/constant.h"
#include "bench/work.h"

int main(void) {
  sqlite3 *plain = bench_open("hit.db", 0), *db;
  sqlite3_stmt *hit, *constant, *lookup;

  bench_fill_cards(plain, 1000);
  db = bench_open("hit.db", 1);
  bench_exec(db, "SELECT query_config('hook', 'off')");
  bench_exec(db, "CREATE VIRTUAL TABLE temp.card USING cached("
                 "(SELECT id, front FROM cards WHERE id = :id))");
  bench_constant_register(db);
  hit = bench_prepare(db, "SELECT * FROM temp.card(?1)");
  constant = bench_prepare(db, "SELECT * FROM temp.constant WHERE _id = ?1");
  lookup = bench_prepare(plain, "SELECT id, front FROM cards WHERE id = ?1");

  bench_head("hit: one row, prepared, temp. table, WAL file");
  bench_row("same key", (bench_side){"hit", bench_one_row, hit},
            (bench_side){"empty virtual table", bench_one_row, constant},
            BENCH_AT_MOST, 1.25);
  bench_row("1000 keys in turn", (bench_side){"hit", bench_many_keys, hit},
            (bench_side){"empty virtual table", bench_many_keys, constant},
            BENCH_AT_MOST, 1.25);
  bench_row(
      "1000 keys in turn", (bench_side){"hit", bench_many_keys, hit},
      (bench_side){"primary-key lookup, autocommit", bench_many_keys, lookup},
      BENCH_AT_LEAST, 4.0);
  sqlite3_finalize(hit);
  sqlite3_finalize(constant);
  sqlite3_finalize(lookup);
  sqlite3_close(plain);
  sqlite3_close(db);
  return bench_end();
}
