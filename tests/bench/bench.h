/* SPDX-License-Identifier: MIT
**
** A bench in C: two sides do the same amount of work by turns in one process,
** and the ratio of their times is compared with a target. The order of the
** two changes with each pair, so that drift of the machine hits both.
**
**   static void hit(void *arg, int64_t n) { while (n-- > 0) ...; }
**   static void miss(void *arg, int64_t n) { ... }
**
**   int main(void) {
**     bench_head("hit");
**     bench_row("a hit, one row", (bench_side){"cached table", hit, arg},
**               (bench_side){"empty table", miss, arg}, BENCH_AT_MOST, 1.25);
**     return bench_end();
**   }
**
** Single-threaded; anything that fails prints a sentence and exits.
*/
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <sqlite3.h>
#include <stdint.h>

/* One side of a comparison: run(arg, n) does the work n times. */
typedef struct bench_side {
  const char *name;
  void (*run)(void *arg, int64_t n);
  void *arg;
} bench_side;

/* What the target of a row says. */
typedef enum bench_target {
  BENCH_AT_MOST,     /* ours / yardstick <= target */
  BENCH_AT_LEAST,    /* yardstick / ours >= target */
  BENCH_AT_MOST_NS,  /* ours - yardstick <= target, in ns per work */
  BENCH_WITHIN,      /* yardstick / ours between 1 / target and target */
  BENCH_INFORMATION, /* yardstick / ours, no target */
} bench_target;

/* Prints the table's first lines under a title. */
void bench_head(const char *title);

/* Compares: one warm-up of each side, then 11 pairs of runs of about 20 ms
** each ($BENCH_MS). Prints one line with the medians. */
void bench_row(const char *work, bench_side ours, bench_side yardstick,
               bench_target target, double value);

/* The same with 201 pairs of a tenth of that length: the machine's pace changes
** less within a pair, which matters where the two sides differ by a few per
** cent. */
void bench_close_row(const char *work, bench_side ours, bench_side yardstick,
                     bench_target target, double value);

/* Prints a line with two times that were measured elsewhere, in ns. */
void bench_figures(const char *work, double ours, const char *yard_name,
                   double yardstick, bench_target target, double value);

/* Nanoseconds of a clock that never goes back. */
double bench_now_ns(void);

/* The median of n values, which it sorts. */
double bench_median(double *values, int n);

/* Ends the table; the exit status of the program: 0 if all targets were
** reached, 3 if one was missed. */
int bench_end(void);

/* Exits with "bench: <what>: <SQLite's message>" unless rc is wanted. */
void bench_expect(sqlite3 *db, int rc, int wanted, const char *what);

/* A database in the temporary directory of this run, made if absent, in WAL
** mode; ":memory:" is itself. Hotpath ($SO) is loaded into it if asked for.
** Caller closes. */
sqlite3 *bench_open(const char *name, int with_hotpath);

/* The same in another journal mode ("delete", …). */
sqlite3 *bench_open_journal(const char *name, const char *journal,
                            int with_hotpath);

void bench_exec(sqlite3 *db, const char *sql);

/* Caller finalizes. */
sqlite3_stmt *bench_prepare(sqlite3 *db, const char *sql);

/* Fills `cards(id INTEGER PRIMARY KEY, front TEXT)` with n rows. */
void bench_fill_cards(sqlite3 *db, int n);

#endif
