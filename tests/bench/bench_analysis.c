/* SPDX-License-Identifier: MIT
**
** What the analysis costs: point lookups on a file with it on and off, and
** its hook against an empty trace callback on the cheapest of statements.
*/
#include "bench/bench.h"
#include "bench/work.h"

#include <stddef.h>
#include <stdio.h>

static int ignore_event(unsigned event, void *arg, void *p, void *x) {
  (void)event;
  (void)arg;
  (void)p;
  (void)x;
  return 0;
}

/* What SQLite itself takes for telling is shown beside it. */
static void on_a_file(const char *journal) {
  char name[32], work[64];
  sqlite3 *with, *without, *told;
  sqlite3_stmt *on, *off, *empty;
  const char *sql = "SELECT id, front FROM cards WHERE id = ?1";

  snprintf(name, sizeof(name), "analysis-%s.db", journal);
  snprintf(work, sizeof(work), "lookups on a file, journal %s", journal);
  with = bench_open_journal(name, journal, 1);
  bench_fill_cards(with, 1000);
  without = bench_open_journal(name, journal, 1);
  bench_exec(without, "SELECT query_config('hook', 'off')");
  told = bench_open_journal(name, journal, 0);
  sqlite3_trace_v2(told, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, ignore_event,
                   NULL);
  on = bench_prepare(with, sql);
  off = bench_prepare(without, sql);
  empty = bench_prepare(told, sql);
  bench_close_row(work, (bench_side){"analysis on", bench_many_keys, on},
                  (bench_side){"analysis off", bench_many_keys, off},
                  BENCH_AT_MOST, 1.05);
  bench_exec(with, "SELECT query_config('sample', 8)");
  bench_close_row(
      "... with one of 8 recorded", (bench_side){"sample", bench_many_keys, on},
      (bench_side){"analysis off", bench_many_keys, off}, BENCH_AT_MOST, 1.05);
  bench_exec(with, "SELECT query_config('sample', 1)");
  bench_close_row("... with an empty trace callback",
                  (bench_side){"empty", bench_many_keys, empty},
                  (bench_side){"analysis off", bench_many_keys, off},
                  BENCH_AT_MOST, 1.05);
  sqlite3_finalize(on);
  sqlite3_finalize(off);
  sqlite3_finalize(empty);
  sqlite3_close(with);
  sqlite3_close(without);
  sqlite3_close(told);
}

static void on_a_constant(void) {
  sqlite3 *with = bench_open(":memory:", 1);
  sqlite3 *without = bench_open(":memory:", 0);
  sqlite3_stmt *on = bench_prepare(with, "SELECT ?1, 'front'");
  sqlite3_stmt *off = bench_prepare(without, "SELECT ?1, 'front'");

  sqlite3_trace_v2(without, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE,
                   ignore_event, NULL);
  bench_close_row("SELECT of a constant",
                  (bench_side){"our hook", bench_one_row, on},
                  (bench_side){"empty trace callback", bench_one_row, off},
                  BENCH_AT_MOST_NS, 100);
  sqlite3_finalize(on);
  sqlite3_finalize(off);
  sqlite3_close(with);
  sqlite3_close(without);
}

int main(void) {
  bench_head("analysis: statistics of every statement");
  on_a_file("delete");
  on_a_file("wal");
  on_a_constant();
  return bench_end();
}
