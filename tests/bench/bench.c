/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N_PAIRS = 11, N_SHORT_PAIRS = 201, DIR_BYTES = 256, MS = 1000000 };

static int n_missed;
static char dir[DIR_BYTES];
static pid_t dir_owner;

double bench_now_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double time_of(bench_side side, int64_t n) {
  double start = bench_now_ns();

  side.run(side.arg, n);
  return bench_now_ns() - start;
}

/* The least of three: a run that was interrupted says nothing. */
static double least_time_of(bench_side side, int64_t n) {
  double least = time_of(side, n);

  for (int i = 0; i < 2; i++) {
    double t = time_of(side, n);

    if (t < least) least = t;
  }
  return least;
}

/* How often to repeat so that a run of the side takes about wanted_ns. */
static int64_t repetitions(bench_side side, double wanted_ns) {
  int64_t n = 1;
  double took;

  while ((took = least_time_of(side, n)) < wanted_ns / 4) n *= 4;
  n = (int64_t)((double)n * wanted_ns / took);
  return n > 0 ? n : 1;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

double bench_median(double *values, int n) {
  qsort(values, (size_t)n, sizeof(*values), compare_doubles);
  return values[n / 2];
}

static double wanted_run_ns(void) {
  const char *ms = getenv("BENCH_MS");

  return (ms != NULL ? atof(ms) : 20.0) * MS;
}

/* Per-work times of n_pairs runs of about run_ns of both sides, in turns. */
static void measure(bench_side ours, bench_side yard, int n_pairs,
                    double run_ns, double *t_ours, double *t_yard) {
  int64_t n = repetitions(ours, run_ns);
  int64_t m = repetitions(yard, run_ns);

  for (int i = 0; i < n_pairs; i++) {
    if (i % 2 == 0) t_ours[i] = time_of(ours, n) / (double)n;
    t_yard[i] = time_of(yard, m) / (double)m;
    if (i % 2 != 0) t_ours[i] = time_of(ours, n) / (double)n;
  }
}

void bench_head(const char *title) {
  printf("%s\n  %-34s %12s %12s %9s %9s  %s\n", title, "work", "ours",
         "yardstick", "ratio", "target", "verdict (yardstick)");
}

/* Fits ns into a column with its unit. */
static const char *duration(char *out, size_t size, double ns) {
  if (ns < 1e4)
    snprintf(out, size, "%.1f ns", ns);
  else if (ns < 1e7)
    snprintf(out, size, "%.1f us", ns / 1e3);
  else
    snprintf(out, size, "%.1f ms", ns / 1e6);
  return out;
}

static void print_row(const char *work, const char *yard_name, double ours,
                      double yard, double figure, bench_target target,
                      double value) {
  static const char *const signs[] = {"<= %.2fx", ">= %.2fx", "<=+%.0f ns",
                                      "1/x..%.1fx", "-"};
  static const char *const shapes[] = {"%.2fx", "%.2fx", "%+.1f ns", "%.2fx",
                                       "%.2fx"};
  char a[32], b[32], limit[32], ratio[32];
  int is_met = target == BENCH_AT_LEAST ? figure >= value : figure <= value;

  if (target == BENCH_WITHIN) is_met = figure <= value && figure >= 1 / value;
  if (target == BENCH_INFORMATION) is_met = 1;
  if (!is_met) n_missed++;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(limit, sizeof(limit), signs[target], value);
  snprintf(ratio, sizeof(ratio), shapes[target], figure);
#pragma GCC diagnostic pop
  printf("  %-34s %12s %12s %9s %9s  %s (%s)\n", work,
         duration(a, sizeof(a), ours), duration(b, sizeof(b), yard), ratio,
         limit,
         target == BENCH_INFORMATION ? "for information"
         : is_met                    ? "reached"
                                     : "MISSED",
         yard_name);
  fflush(stdout);
}

static double figure_of(double ours, double yard, bench_target target) {
  switch (target) {
  case BENCH_AT_MOST: return ours / yard;
  case BENCH_AT_MOST_NS: return ours - yard;
  default: return yard / ours;
  }
}

static void compare(const char *work, bench_side ours, bench_side yardstick,
                    bench_target target, double value, int n_pairs,
                    double run_ns) {
  double t_ours[N_SHORT_PAIRS], t_yard[N_SHORT_PAIRS], figures[N_SHORT_PAIRS];

  measure(ours, yardstick, n_pairs, run_ns, t_ours, t_yard);
  for (int i = 0; i < n_pairs; i++) {
    figures[i] = figure_of(t_ours[i], t_yard[i], target);
  }
  print_row(work, yardstick.name, bench_median(t_ours, n_pairs),
            bench_median(t_yard, n_pairs), bench_median(figures, n_pairs),
            target, value);
}

void bench_row(const char *work, bench_side ours, bench_side yardstick,
               bench_target target, double value) {
  compare(work, ours, yardstick, target, value, N_PAIRS, wanted_run_ns());
}

void bench_close_row(const char *work, bench_side ours, bench_side yardstick,
                     bench_target target, double value) {
  compare(work, ours, yardstick, target, value, N_SHORT_PAIRS,
          wanted_run_ns() / 10);
}

void bench_figures(const char *work, double ours, const char *yard_name,
                   double yardstick, bench_target target, double value) {
  print_row(work, yard_name, ours, yardstick,
            figure_of(ours, yardstick, target), target, value);
}

int bench_end(void) {
  return n_missed == 0 ? EXIT_SUCCESS : 3;
}

void bench_expect(sqlite3 *db, int rc, int wanted, const char *what) {
  if (rc == wanted) return;
  fprintf(stderr, "bench: %s: %s (%d)\n", what,
          db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc), rc);
  exit(EXIT_FAILURE);
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw) {
  (void)st;
  (void)flag;
  (void)ftw;
  return remove(path);
}

static void remove_dir(void) {
  if (dir_owner == getpid()) nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *temporary_dir(void) {
  const char *base = getenv("TMPDIR");

  if (dir_owner != 0) return dir;
  snprintf(dir, sizeof(dir), "%s/hotpath-bench-XXXXXX",
           base != NULL ? base : "/tmp");
  if (mkdtemp(dir) == NULL) {
    perror(dir);
    exit(EXIT_FAILURE);
  }
  dir_owner = getpid();
  atexit(remove_dir);
  return dir;
}

static void load_hotpath(sqlite3 *db) {
  const char *so = getenv("SO");
  char *message = NULL;
  int rc;

  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, 0);
  rc =
      sqlite3_load_extension(db, so != NULL ? so : "./hotpath", NULL, &message);
  if (rc == SQLITE_OK) return;
  fprintf(stderr, "bench: cannot load hotpath: %s\n", message);
  exit(EXIT_FAILURE);
}

sqlite3 *bench_open(const char *name, int with_hotpath) {
  return bench_open_journal(name, "wal", with_hotpath);
}

sqlite3 *bench_open_journal(const char *name, const char *journal,
                            int with_hotpath) {
  char path[DIR_BYTES * 2], sql[DIR_BYTES];
  sqlite3 *db;

  snprintf(path, sizeof(path), "%s/%s", temporary_dir(), name);
  if (name[0] == ':') snprintf(path, sizeof(path), "%s", name);
  bench_expect(NULL, sqlite3_open(path, &db), SQLITE_OK, path);
  sqlite3_busy_timeout(db, 5000);
  snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s", journal);
  bench_exec(db, sql);
  if (with_hotpath) load_hotpath(db);
  return db;
}

void bench_exec(sqlite3 *db, const char *sql) {
  bench_expect(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql);
}

sqlite3_stmt *bench_prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;

  bench_expect(
      db,
      sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL),
      SQLITE_OK, sql);
  return stmt;
}

void bench_fill_cards(sqlite3 *db, int n) {
  char sql[400];

  snprintf(sql, sizeof(sql),
           "CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
           " WHERE i < %d)"
           "INSERT INTO cards SELECT i, printf('front of card %%d', i) FROM n",
           n);
  bench_exec(db, sql);
}
