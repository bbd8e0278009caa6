/* SPDX-License-Identifier: MIT
**
** A web-like mix: 95 % reads over 50 cached tables, each over a table of its
** own, the popular ones more often (1/rank); 5 % writes to 10 of the tables,
** from all ranks alike. Two connections in each of two processes or, with a
** rollback journal, where only a process's own commits are told apart, in one.
** The share of hits with table precision, and with that of the database file.
*/
#include "bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_TABLES = 50, N_WRITTEN = 10, N_CONNECTIONS = 2, N_OPERATIONS = 20000 };

typedef struct setting {
  const char *file, *journal, *precision;
} setting;

typedef struct client {
  sqlite3 *db;
  sqlite3_stmt *read[N_TABLES], *write[N_WRITTEN];
} client;

static uint64_t random_state;

/* xorshift64 (G. Marsaglia, 2003). */
static double chance(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (double)(random_state >> 11) / 9007199254740992.0;
}

/* A rank from 0, the first twice as often as the second, and so on. */
static int popular(void) {
  double sum = 0, at;
  int i = 0;

  for (int k = 1; k <= N_TABLES; k++) sum += 1.0 / k;
  for (at = chance() * sum; i < N_TABLES - 1 && at > 1.0 / (i + 1); i++) {
    at -= 1.0 / (i + 1);
  }
  return i;
}

static void make_tables(const setting *x) {
  sqlite3 *db = bench_open_journal(x->file, x->journal, 0);
  char sql[200];

  for (int i = 0; i < N_TABLES; i++) {
    snprintf(sql, sizeof sql,
             "CREATE TABLE t%d(id INTEGER PRIMARY KEY, v INT);"
             "INSERT INTO t%d VALUES (1, 0), (2, 0), (3, 0)",
             i, i);
    bench_exec(db, sql);
  }
  sqlite3_close(db);
}

static void open_client(client *c, const setting *x) {
  char sql[200];

  c->db = bench_open_journal(x->file, x->journal, 1);
  sqlite3_busy_timeout(c->db, 5000);
  snprintf(sql, sizeof sql, "SELECT cache_config('precision', '%s')",
           x->precision);
  bench_exec(c->db, sql);
  for (int i = 0; i < N_TABLES; i++) {
    snprintf(sql, sizeof sql,
             "CREATE VIRTUAL TABLE temp.c%d USING cached((SELECT sum(v) AS v"
             " FROM t%d))",
             i, i);
    bench_exec(c->db, sql);
    snprintf(sql, sizeof sql, "SELECT v FROM c%d", i);
    c->read[i] = bench_prepare(c->db, sql);
  }
  for (int i = 0; i < N_WRITTEN; i++) {
    snprintf(sql, sizeof sql, "UPDATE t%d SET v = v + 1 WHERE id = 2",
             i * (N_TABLES / N_WRITTEN));
    c->write[i] = bench_prepare(c->db, sql);
  }
}

static void close_client(client *c) {
  for (int i = 0; i < N_TABLES; i++) sqlite3_finalize(c->read[i]);
  for (int i = 0; i < N_WRITTEN; i++) sqlite3_finalize(c->write[i]);
  sqlite3_close(c->db);
}

static void operate(client *c) {
  bool is_read = chance() < 0.95;
  sqlite3_stmt *stmt =
      is_read ? c->read[popular()] : c->write[(int)(chance() * N_WRITTEN)];

  bench_expect(c->db, sqlite3_step(stmt), is_read ? SQLITE_ROW : SQLITE_DONE,
               "an operation");
  sqlite3_reset(stmt);
}

static double number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = bench_prepare(db, sql);
  double x;

  bench_expect(db, sqlite3_step(stmt), SQLITE_ROW, "cache_stats");
  x = sqlite3_column_double(stmt, 0);
  sqlite3_finalize(stmt);
  return x;
}

/* One of the two processes; the share of hits. */
static double work(const setting *x, uint64_t seed) {
  client clients[N_CONNECTIONS];
  double share;

  random_state = seed;
  for (int i = 0; i < N_CONNECTIONS; i++) open_client(&clients[i], x);
  for (int i = 0; i < N_OPERATIONS; i++) operate(&clients[i % N_CONNECTIONS]);
  share = number(clients[0].db,
                 "SELECT hit_ratio FROM cache_stats WHERE name = 'total'");
  for (int i = 0; i < N_CONNECTIONS; i++) close_client(&clients[i]);
  return share;
}

/* A process of its own, whose answer can be read from *out. */
static pid_t begin(const setting *x, uint64_t seed, int *out) {
  int ends[2];
  pid_t child;

  fflush(stdout);
  if (pipe(ends)) exit(EXIT_FAILURE);
  child = fork();
  if (child == 0) {
    double share = work(x, seed);
    _exit(write(ends[1], &share, sizeof share) != sizeof share);
  }
  close(ends[1]);
  *out = ends[0];
  return child;
}

static double end(pid_t child, int in) {
  double share = 0;
  int status = 0;

  if (child < 0 || read(in, &share, sizeof share) != sizeof share ||
      waitpid(child, &status, 0) < 0 || status != 0) {
    fprintf(stderr, "bench: a process of the mix failed\n");
    exit(EXIT_FAILURE);
  }
  close(in);
  return share;
}

static double share_of_hits(const setting *x, int n_processes) {
  pid_t children[2];
  int in[2];
  double sum = 0;

  for (int i = 0; i < n_processes; i++) {
    children[i] = begin(x, (uint64_t)i + 1, &in[i]);
  }
  for (int i = 0; i < n_processes; i++) sum += end(children[i], in[i]);
  return sum / n_processes;
}

/* True if table precision is good enough. */
static bool compare(setting x, int n_processes) {
  double fine, coarse;

  make_tables(&x);
  x.precision = "table";
  fine = share_of_hits(&x, n_processes);
  x.precision = "database";
  coarse = share_of_hits(&x, n_processes);
  printf("  %-8s %d x %d connections: table precision %.1f %% hits (>= 90 %%: "
         "%s), database precision %.1f %%\n",
         x.journal, n_processes, N_CONNECTIONS, 100 * fine,
         fine >= 0.9 ? "reached" : "MISSED", 100 * coarse);
  return fine >= 0.9;
}

int main(void) {
  bool ok;

  printf("mix: 95 %% reads over %d cached tables, 5 %% writes to %d\n",
         N_TABLES, N_WRITTEN);
  ok = compare((setting){.file = "mix.db", .journal = "wal"}, 2);
  ok = compare((setting){.file = "rollback.db", .journal = "delete"}, 1) && ok;
  return ok ? 0 : 3;
}
