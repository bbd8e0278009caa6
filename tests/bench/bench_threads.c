/* SPDX-License-Identifier: MIT
**
** Two threads hitting the same cached rows against one. SQLite's memory
** statistics take a process-wide lock at each allocation, so both settings
** are shown, each in a process of its own, and beside them what an empty
** virtual table gains from a second thread.
*/
#include "bench/bench.h"
#include "bench/constant.h"
#include "bench/work.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_THREADS = 2 };

/* The statement of each thread, on a connection of its own. */
typedef struct lane {
  sqlite3 *db;
  sqlite3_stmt *stmt;
  int64_t n;
} lane;

static void *run_lane(void *arg) {
  lane *l = arg;

  bench_many_keys(l->stmt, l->n);
  return NULL;
}

static void one_thread(void *arg, int64_t n) {
  lane *lanes = arg;

  lanes[0].n = n;
  run_lane(&lanes[0]);
}

/* n pieces of work in all, shared out. */
static void two_threads(void *arg, int64_t n) {
  lane *lanes = arg;
  pthread_t other;

  lanes[0].n = n / N_THREADS;
  lanes[1].n = n - lanes[0].n;
  bench_expect(NULL, pthread_create(&other, NULL, run_lane, &lanes[1]), 0,
               "pthread_create");
  run_lane(&lanes[0]);
  pthread_join(other, NULL);
}

static lane open_lane(const char *sql) {
  sqlite3 *db = bench_open("threads.db", 1);

  bench_exec(db, "SELECT query_config('hook', 'off')");
  bench_exec(db, "CREATE VIRTUAL TABLE temp.card USING cached("
                 "(SELECT id, front FROM cards WHERE id = :id))");
  bench_constant_register(db);
  return (lane){db, bench_prepare(db, sql), 0};
}

static void compare(const char *work, const char *sql, bench_target target) {
  lane lanes[N_THREADS];

  for (int i = 0; i < N_THREADS; i++) lanes[i] = open_lane(sql);
  bench_row(work, (bench_side){"two threads", two_threads, lanes},
            (bench_side){"one thread", one_thread, lanes}, target, 1.8);
  for (int i = 0; i < N_THREADS; i++) {
    sqlite3_finalize(lanes[i].stmt);
    sqlite3_close(lanes[i].db);
  }
}

/* Runs in a process of its own: the setting holds for the whole process. */
static int compare_with(int memstatus) {
  const char *on = memstatus ? "MEMSTATUS on" : "MEMSTATUS off";
  char hit[64], constant[64];
  sqlite3 *db;

  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, memstatus);
  snprintf(hit, sizeof(hit), "hit, %s", on);
  snprintf(constant, sizeof(constant), "empty virtual table, %s", on);
  db = bench_open("threads.db", 0);
  bench_fill_cards(db, 1000);
  compare(hit, "SELECT * FROM temp.card(?1)",
          memstatus ? BENCH_INFORMATION : BENCH_AT_LEAST);
  compare(constant, "SELECT * FROM temp.constant WHERE _id = ?1",
          BENCH_INFORMATION);
  sqlite3_close(db);
  return bench_end();
}

static int in_a_process(int memstatus) {
  pid_t child;
  int status;

  fflush(stdout);
  child = fork();
  if (child == 0) exit(compare_with(memstatus));
  if (child < 0 || waitpid(child, &status, 0) < 0) return EXIT_FAILURE;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(void) {
  int off, on;

  bench_head("threads: time per hit, two threads against one");
  off = in_a_process(0);
  on = in_a_process(1);
  return off != EXIT_SUCCESS ? off : on;
}
