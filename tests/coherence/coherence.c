/* SPDX-License-Identifier: MIT
**
** The coherence test: one process commits a growing counter, others read it
** in turn through cached tables and directly, with the real hotpath.so.
**
**   coherence HOTPATH.so DIR MODE SECONDS [SEED]
**
** MODE is wal, checkpoint (wal with tiny automatic and TRUNCATE checkpoints),
** delete, truncate or persist. Two rows always hold the same value, changed in
** one transaction. Checked of each read:
** - it is at least what was known to be committed, or seen by anyone, before
**   the read began: nothing stale, nothing goes back;
** - within one statement or one transaction cached and direct reads agree;
** - inside a write transaction the connection sees its own change, and after
**   ROLLBACK nobody does.
** The writer is killed with SIGKILL again and again and started anew. Readers
** are processes of two threads with a connection each.
**
** Prints one line of figures; exit code 1 and a sentence per error otherwise.
*/
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N_READERS = 3, N_THREADS = 2 };

/* Shared by all processes. */
typedef struct board {
  _Atomic int64_t committed; /* a COMMIT of this value has returned */
  _Atomic int64_t seen;      /* some read has returned this value */
  _Atomic int stop;
  _Atomic int64_t commits, reads, hits, busy, wrong;
} board;

typedef struct setup {
  const char *so;
  const char *mode;
  char path[512];
  uint64_t seed;
  board *b;
} setup;

typedef struct reader {
  const setup *s;
  sqlite3 *db;
  uint64_t rnd;
  sqlite3_stmt *direct, *in_temp, *in_main, *mixed, *twice;
} reader;

/* ---- small tools ---- */

static uint64_t next(uint64_t *rnd) {
  *rnd ^= *rnd << 13;
  *rnd ^= *rnd >> 7;
  *rnd ^= *rnd << 17;
  return *rnd;
}

static void nap(uint64_t *rnd, unsigned max_us) {
  usleep((unsigned)(next(rnd) % max_us));
}

static void raise_to(_Atomic int64_t *at, int64_t v) {
  int64_t was = atomic_load(at);

  while (was < v && !atomic_compare_exchange_weak(at, &was, v)) {
  }
}

static void die(const char *what, sqlite3 *db) {
  fprintf(stderr, "coherence: %s: %s\n", what,
          db ? sqlite3_errmsg(db) : strerror(errno));
  exit(2);
}

static void report(const setup *s, const char *format, ...) {
  va_list args;

  if (atomic_fetch_add(&s->b->wrong, 1) > 20) return;
  fprintf(stderr, "coherence %s, seed %llu: ", s->mode,
          (unsigned long long)s->seed);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

/* Runs sql; false when somebody else is in the way. */
static bool try_exec(const setup *s, sqlite3 *db, const char *sql) {
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
    atomic_fetch_add(&s->b->busy, 1);
    return false;
  }
  if (rc) die(sql, db);
  return true;
}

static sqlite3 *open_db(const setup *s, bool with_hotpath) {
  sqlite3 *db;
  char *err = NULL;

  if (sqlite3_open(s->path, &db)) die(s->path, db);
  sqlite3_busy_timeout(db, 10000);
  /* Processes are killed, not the machine. */
  try_exec(s, db, "PRAGMA synchronous=OFF");
  if (!with_hotpath) return db;
  sqlite3_enable_load_extension(db, 1);
  if (sqlite3_load_extension(db, s->so, NULL, &err)) {
    fprintf(stderr, "coherence: %s: %s\n", s->so, err);
    exit(2);
  }
  return db;
}

static bool is_wal(const setup *s) {
  return s->mode[0] == 'w' || s->mode[0] == 'c';
}

static void create(const setup *s, uint64_t rnd) {
  sqlite3 *db = open_db(s, true);
  char sql[64];

  (void)rnd;
  snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s",
           is_wal(s) ? "wal" : s->mode);
  try_exec(s, db, sql);
  try_exec(s, db,
           "CREATE TABLE counter(id INTEGER PRIMARY KEY, v INT);"
           "INSERT INTO counter VALUES(1, 1), (2, 1);"
           "CREATE TABLE ballast(x);"
           "CREATE VIRTUAL TABLE in_main USING cached("
           "(SELECT v FROM counter WHERE id = :n))");
  sqlite3_close(db);
}

/* ---- the writer ---- */

static void tidy(const setup *s, sqlite3 *db, uint64_t *rnd) {
  static const char *const often[] = {
      "PRAGMA wal_checkpoint(TRUNCATE)",
      "PRAGMA wal_checkpoint(RESTART)",
      "PRAGMA wal_checkpoint(PASSIVE)",
      "DELETE FROM ballast",
      "VACUUM",
      "ANALYZE",
      "PRAGMA user_version=5",
      "BEGIN IMMEDIATE; COMMIT",
  };
  static const char roll[] =
      "BEGIN IMMEDIATE; UPDATE counter SET v = v + 1000000; ROLLBACK";

  if (next(rnd) % 4 == 0) try_exec(s, db, roll);
  try_exec(s, db, often[next(rnd) % (sizeof often / sizeof *often)]);
}

static int64_t value_of(sqlite3 *db) {
  sqlite3_stmt *stmt;
  int64_t v = -1;

  if (sqlite3_prepare_v2(db, "SELECT v FROM counter WHERE id = 1", -1, &stmt,
                         NULL)) {
    die("writer", db);
  }
  if (sqlite3_step(stmt) == SQLITE_ROW) v = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return v;
}

static void commit_one(const setup *s, sqlite3 *db, uint64_t *rnd) {
  int64_t v;

  if (!try_exec(s, db, "BEGIN IMMEDIATE")) return;
  try_exec(s, db, "UPDATE counter SET v = v + 1");
  if (next(rnd) % 8 == 0) {
    try_exec(s, db, "INSERT INTO ballast VALUES(zeroblob(9000))");
  }
  v = value_of(db);
  if (!try_exec(s, db, "COMMIT")) {
    try_exec(s, db, "ROLLBACK");
    return;
  }
  raise_to(&s->b->committed, v);
  atomic_fetch_add(&s->b->commits, 1);
}

static void write_for_ever(const setup *s, uint64_t rnd) {
  sqlite3 *db = open_db(s, next(&rnd) % 2 == 0);

  if (s->mode[0] == 'c') try_exec(s, db, "PRAGMA wal_autocheckpoint=5");
  while (!atomic_load(&s->b->stop)) {
    commit_one(s, db, &rnd);
    if (next(&rnd) % 64 == 0) tidy(s, db, &rnd);
    if (next(&rnd) % 16 == 0) nap(&rnd, 2000);
    if (next(&rnd) % 256 == 0) {
      sqlite3_close(db);
      db = open_db(s, next(&rnd) % 2 == 0);
    }
  }
  sqlite3_close(db);
}

/* ---- the readers ---- */

static sqlite3_stmt *prepare(reader *r, const char *sql) {
  sqlite3_stmt *stmt;

  if (sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL)) die(sql, r->db);
  return stmt;
}

static void open_reader(reader *r) {
  r->db = open_db(r->s, true);
  try_exec(r->s, r->db,
           "CREATE VIRTUAL TABLE temp.in_temp USING cached("
           "(SELECT v FROM counter WHERE id = :n))");
  r->direct = prepare(r, "SELECT v, v, 'direct' FROM counter WHERE id = ?1");
  r->in_temp = prepare(r, "SELECT v, v, _source FROM in_temp(?1)");
  r->in_main = prepare(r, "SELECT v, v, _source FROM in_main(?1)");
  r->mixed = prepare(r, "SELECT a.v, b.v, a._source FROM in_temp(?1) AS a,"
                        "  counter AS b WHERE b.id = 3 - ?1");
  r->twice = prepare(r, "SELECT a.v, b.v, b._source FROM"
                        "  (SELECT 1 AS n UNION ALL SELECT 2) AS x,"
                        "  in_temp(x.n) AS a, in_temp(3 - x.n) AS b");
}

static void close_reader(reader *r) {
  sqlite3_finalize(r->direct);
  sqlite3_finalize(r->in_temp);
  sqlite3_finalize(r->in_main);
  sqlite3_finalize(r->mixed);
  sqlite3_finalize(r->twice);
  sqlite3_close(r->db);
}

/* One read of row id; its value, or -1 when somebody was in the way. */
static int64_t read_row(reader *r, sqlite3_stmt *stmt, const char *how) {
  board *b = r->s->b;
  int id = 1 + (int)(next(&r->rnd) & 1);
  int64_t v = -1, first = -1;
  int rc;

  sqlite3_bind_int(stmt, 1, id);
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *source = (const char *)sqlite3_column_text(stmt, 2);
    v = sqlite3_column_int64(stmt, 0);
    if (v != sqlite3_column_int64(stmt, 1) || (first >= 0 && v != first)) {
      report(r->s, "%s: %lld, %lld and %lld in one statement (%s)", how,
             (long long)first, (long long)v,
             (long long)sqlite3_column_int64(stmt, 1), source);
    }
    first = v;
    if (source && source[0] == 'l') atomic_fetch_add(&b->hits, 1);
  }
  sqlite3_reset(stmt);
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
    atomic_fetch_add(&b->busy, 1);
    return -1;
  }
  if (rc != SQLITE_DONE) die(how, r->db);
  if (v < 0) report(r->s, "%s: no row", how);
  atomic_fetch_add(&b->reads, 1);
  return v;
}

static int64_t known(const board *b) {
  int64_t committed = atomic_load(&b->committed), seen = atomic_load(&b->seen);

  return committed > seen ? committed : seen;
}

/* A read that takes its own snapshot: as fresh as anything known before. */
static void read_fresh(reader *r, sqlite3_stmt *stmt, const char *how) {
  int64_t before = known(r->s->b), v = read_row(r, stmt, how);

  if (v < 0) return;
  if (v < before) {
    report(r->s, "%s: %lld although %lld was known before", how, (long long)v,
           (long long)before);
  }
  raise_to(&r->s->b->seen, v);
}

static sqlite3_stmt *any(reader *r, const char **how) {
  switch (next(&r->rnd) % 4) {
  case 0: *how = "direct"; return r->direct;
  case 1: *how = "cached in temp"; return r->in_temp;
  case 2: *how = "cached in main"; return r->in_main;
  default: *how = "cached and direct"; return r->mixed;
  }
}

/* Several reads in one transaction agree with the direct read. */
static void read_in_transaction(reader *r) {
  int64_t before = known(r->s->b), first = -1, v;
  int n = 2 + (int)(next(&r->rnd) % 4);
  const char *how, *first_how = "";

  try_exec(r->s, r->db, "BEGIN");
  for (int i = 0; i < n; i++) {
    sqlite3_stmt *stmt = any(r, &how);
    v = read_row(r, stmt, how);
    if (v < 0) continue;
    if (first < 0) {
      first = v;
      first_how = how;
    }
    if (v != first || v < before) {
      report(r->s,
             "in a transaction %s read %lld, before that %s %lld; "
             "%lld was known",
             how, (long long)v, first_how, (long long)first, (long long)before);
    }
    if (next(&r->rnd) % 8 == 0) nap(&r->rnd, 3000);
  }
  try_exec(r->s, r->db, "COMMIT");
  raise_to(&r->s->b->seen, first);
}

/* An own change is seen by the connection alone, and gone after ROLLBACK. */
static void change_and_roll_back(reader *r) {
  int64_t v, w, base;
  const char *how;
  sqlite3_stmt *stmt;

  if (!try_exec(r->s, r->db, "BEGIN IMMEDIATE")) return;
  base = value_of(r->db);
  stmt = any(r, &how);
  v = read_row(r, stmt, how);
  if (v != base)
    report(r->s, "%s before an own change: %lld, not %lld", how, (long long)v,
           (long long)base);
  try_exec(r->s, r->db, "UPDATE counter SET v = v + 5000000");
  stmt = any(r, &how);
  w = read_row(r, stmt, how);
  if (w != base + 5000000)
    report(r->s, "%s after an own change: %lld, not %lld", how, (long long)w,
           (long long)base + 5000000);
  try_exec(r->s, r->db, "ROLLBACK");
}

static void read_once(reader *r) {
  switch (next(&r->rnd) % 16) {
  case 0:
  case 1:
  case 2:
  case 3:
  case 4: read_fresh(r, r->in_temp, "cached in temp"); break;
  case 5:
  case 6:
  case 7:
  case 8: read_fresh(r, r->in_main, "cached in main"); break;
  case 9: read_fresh(r, r->direct, "direct"); break;
  case 10:
  case 11: read_fresh(r, r->mixed, "cached and direct"); break;
  case 12: read_fresh(r, r->twice, "cached twice"); break;
  case 13:
    if (next(&r->rnd) % 16 == 0) change_and_roll_back(r);
    break;
  default: read_in_transaction(r);
  }
}

static void *read_for_ever(void *arg) {
  reader *r = arg;

  open_reader(r);
  while (!atomic_load(&r->s->b->stop)) {
    read_once(r);
    if (next(&r->rnd) % 4096 == 0) {
      close_reader(r);
      open_reader(r);
    }
  }
  close_reader(r);
  return NULL;
}

static void read_in_threads(const setup *s, uint64_t rnd) {
  pthread_t threads[N_THREADS];
  reader readers[N_THREADS];

  for (int i = 0; i < N_THREADS; i++) {
    readers[i] = (reader){.s = s, .rnd = next(&rnd)};
    if (pthread_create(&threads[i], NULL, read_for_ever, &readers[i])) {
      die("pthread_create", NULL);
    }
  }
  for (int i = 0; i < N_THREADS; i++) pthread_join(threads[i], NULL);
}

/* ---- the whole ---- */

static pid_t start(const setup *s, void (*work)(const setup *, uint64_t),
                   uint64_t rnd) {
  pid_t pid = fork();

  if (pid < 0) die("fork", NULL);
  if (pid) return pid;
  work(s, rnd);
  exit(0);
}

static void finish(const setup *s, pid_t pid, bool was_killed) {
  int status;

  if (waitpid(pid, &status, 0) != pid) die("waitpid", NULL);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (was_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
  report(s, "a process ended with status %d", status);
}

static int64_t now_ms(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void run(const setup *s, double seconds) {
  pid_t readers[N_READERS], writer;
  uint64_t rnd = s->seed;
  int64_t end = now_ms() + (int64_t)(seconds * 1000);
  int n_kills = 0;

  for (int i = 0; i < N_READERS; i++) {
    readers[i] = start(s, read_in_threads, next(&rnd));
  }
  writer = start(s, write_for_ever, next(&rnd));
  while (now_ms() < end) {
    nap(&rnd, 300000);
    kill(writer, SIGKILL);
    finish(s, writer, true);
    n_kills++;
    writer = start(s, write_for_ever, next(&rnd));
  }
  atomic_store(&s->b->stop, 1);
  finish(s, writer, false);
  for (int i = 0; i < N_READERS; i++) finish(s, readers[i], false);
  printf("coherence %s: %lld reads, %lld from the cache, %lld commits, "
         "%d kills, %lld busy, %lld wrong (seed %llu)\n",
         s->mode, (long long)s->b->reads, (long long)s->b->hits,
         (long long)s->b->commits, n_kills, (long long)s->b->busy,
         (long long)s->b->wrong, (unsigned long long)s->seed);
}

int main(int argc, char **argv) {
  setup s = {0};

  if (argc < 5 || argc > 6) {
    fputs("usage: coherence HOTPATH.so DIR MODE SECONDS [SEED]\n", stderr);
    return 2;
  }
  s.so = argv[1];
  s.mode = argv[3];
  s.seed = argc > 5 ? strtoull(argv[5], NULL, 10) | 1 : 20061207;
  snprintf(s.path, sizeof s.path, "%s/coherence-%s.db", argv[2], s.mode);
  s.b = mmap(NULL, sizeof *s.b, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (s.b == MAP_FAILED) die("mmap", NULL);
  /* In a process of its own: the others fork from one without hotpath. */
  finish(&s, start(&s, create, 0), false);
  run(&s, strtod(argv[4], NULL));
  if (s.b->reads < 50 || s.b->hits < 10 || s.b->commits < 10) {
    report(&s, "too little was read, cached or committed to prove anything");
  }
  return s.b->wrong == 0 ? 0 : 1;
}
