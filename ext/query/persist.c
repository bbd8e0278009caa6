/* SPDX-License-Identifier: MIT */
#include "query/persist.h"

#include "base/clock.h"
#include "base/iso.h"
#include "query/portable.h"
#include "query/stats.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_S 2

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed; /* signalled when the thread shall end */
  pthread_t thread;
  bool has_thread;
  sqlite3 *db; /* NULL: off */
  char *path;
  char process[32];   /* pid and time of the start */
  int64_t written_ns; /* calls up to then are in the file */
  int64_t n_written, n_failed;
  int last_rc;
} file = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .changed = PTHREAD_COND_INITIALIZER};

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS hotpath_statements("
    " process TEXT, fingerprint TEXT, database TEXT, query TEXT, calls INT,"
    " errors INT, rows_returned INT, rows_changed INT, total_ms REAL,"
    " max_ms REAL, saved_at TEXT, entry TEXT,"
    " PRIMARY KEY(process, database, fingerprint)) WITHOUT ROWID;"
    "CREATE VIEW IF NOT EXISTS hotpath_merged AS"
    " SELECT fingerprint, database, query, sum(calls) AS calls,"
    " sum(errors) AS errors, sum(rows_returned) AS rows_returned,"
    " sum(rows_changed) AS rows_changed, sum(total_ms) AS total_ms,"
    " sum(total_ms) / sum(calls) AS mean_ms, max(max_ms) AS max_ms,"
    " count(*) AS processes, max(saved_at) AS saved_at"
    " FROM hotpath_statements GROUP BY database, fingerprint"
    " ORDER BY total_ms DESC;";

static const char insert[] = "INSERT OR REPLACE INTO hotpath_statements"
                             " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";

/* An entry to be written: copied, because writing must not lock the store. */
typedef struct row {
  uint64_t fingerprint;
  hp_tally tally;
  char *query;
  char *database;
  char *entry;
} row;

typedef struct rows {
  row *at;
  int n;
  int64_t newer_ns;
  int64_t last_ns;
  hp_portable_now now;
} rows;

static void free_rows(rows *r) {
  for (int i = 0; i < r->n; i++) {
    sqlite3_free(r->at[i].query);
    sqlite3_free(r->at[i].database);
    sqlite3_free(r->at[i].entry);
  }
  sqlite3_free(r->at);
}

static int copy_row(const hp_stat *s, void *arg) {
  rows *r = arg;
  sqlite3_str *entry;
  row *grown, *w;

  if (!s->tally.calls || s->tally.last_ns <= r->newer_ns) return SQLITE_OK;
  grown = sqlite3_realloc64(r->at, ((size_t)r->n + 1) * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  r->at = grown;
  w = &grown[r->n++];
  entry = sqlite3_str_new(NULL);
  hp_portable_put(entry, s, r->now);
  *w = (row){.fingerprint = s->fingerprint,
             .tally = s->tally,
             .query = sqlite3_mprintf("%s", s->query),
             .database = sqlite3_mprintf("%s", s->database),
             .entry = sqlite3_str_finish(entry)};
  if (s->tally.last_ns > r->last_ns) r->last_ns = s->tally.last_ns;
  return w->query && w->database && w->entry ? SQLITE_OK : SQLITE_NOMEM;
}

static int write_row(sqlite3_stmt *stmt, const row *w, const char *saved_at) {
  char hex[17];

  sqlite3_snprintf(sizeof hex, hex, "%016llx", (sqlite3_uint64)w->fingerprint);
  sqlite3_bind_text(stmt, 1, file.process, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 2, hex, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(stmt, 3, w->database, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 4, w->query, -1, SQLITE_STATIC);
  sqlite3_bind_int64(stmt, 5, w->tally.calls);
  sqlite3_bind_int64(stmt, 6, w->tally.errors);
  sqlite3_bind_int64(stmt, 7, w->tally.sum.rows);
  sqlite3_bind_int64(stmt, 8, w->tally.sum.changes);
  sqlite3_bind_double(stmt, 9, (double)w->tally.total_ns / 1e6);
  sqlite3_bind_double(stmt, 10, (double)w->tally.max_ns / 1e6);
  sqlite3_bind_text(stmt, 11, saved_at, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 12, w->entry, -1, SQLITE_STATIC);
  sqlite3_step(stmt);
  return sqlite3_reset(stmt);
}

static int write_rows(const rows *r) {
  char saved_at[HP_ISO_SIZE];
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_exec(file.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

  if (rc) return rc;
  hp_iso_format(r->now.wall_ms, saved_at);
  rc = sqlite3_prepare_v2(file.db, insert, -1, &stmt, NULL);
  for (int i = 0; i < r->n && !rc; i++) {
    rc = write_row(stmt, &r->at[i], saved_at);
  }
  sqlite3_finalize(stmt);
  if (!rc) rc = sqlite3_exec(file.db, "COMMIT", NULL, NULL, NULL);
  if (rc) sqlite3_exec(file.db, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}

/* Call it with the lock. */
static void flush(void) {
  rows r = {.newer_ns = file.written_ns,
            .last_ns = file.written_ns,
            .now = hp_portable_now_get()};
  int rc = hp_stats_each(copy_row, &r);

  if (!rc && r.n) rc = write_rows(&r);
  if (rc) {
    file.n_failed++;
    file.last_rc = rc;
  } else if (r.n) {
    file.n_written++;
    file.written_ns = r.last_ns;
  }
  free_rows(&r);
}

static void *run(void *arg) {
  struct timespec until;

  pthread_mutex_lock(&file.lock);
  while (file.has_thread) {
    until = hp_clock_deadline(PERIOD_S * 1000);
    pthread_cond_timedwait(&file.changed, &file.lock, &until);
    if (file.has_thread && file.db) flush();
  }
  pthread_mutex_unlock(&file.lock);
  return arg;
}

/* The application's signals are its own threads'. A host without threads has
** none: then only closing connections write. */
static void start_thread(void) {
  sigset_t all, old;

  if (!sqlite3_threadsafe() || file.has_thread) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  file.has_thread = pthread_create(&file.thread, NULL, run, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static int open_file(const char *path, sqlite3 **out) {
  sqlite3 *db = NULL;
  int rc = sqlite3_open_v2(path, &db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (!rc) {
    /* Where every connection loads hotpath, this one must not be counted. */
    if (HP_HAS_API(trace_v2)) sqlite3_trace_v2(db, 0, NULL, NULL);
    sqlite3_busy_timeout(db, 1000);
    rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
  }
  if (rc) {
    sqlite3_close(db);
    db = NULL;
  }
  *out = db;
  return rc;
}

/* Takes the file out of use, with the lock; gives what is to be freed without
** it: closing may end in on_close of a connection that loads hotpath. */
static sqlite3 *detach(char **path) {
  sqlite3 *db = file.db;

  *path = file.path;
  file.db = NULL;
  file.path = NULL;
  return db;
}

static void stop(void) {
  pthread_t thread;
  bool was_running;
  sqlite3 *db;
  char *path;

  pthread_mutex_lock(&file.lock);
  if (file.db) flush();
  db = detach(&path);
  was_running = file.has_thread;
  thread = file.thread;
  file.has_thread = false;
  pthread_cond_signal(&file.changed);
  pthread_mutex_unlock(&file.lock);
  if (was_running) pthread_join(thread, NULL);
  sqlite3_close(db);
  sqlite3_free(path);
}

/* One name per process, so that its rows replace each other. */
static void name_process(void) {
  if (file.process[0]) return;
  sqlite3_snprintf(sizeof file.process, file.process, "%d-%llx", (int)getpid(),
                   (sqlite3_uint64)hp_clock_wall_ms());
}

int hp_persist_set(const char *path) {
  sqlite3 *db;
  char *copy;
  int rc;

  if (!path || !*path) {
    stop();
    return SQLITE_OK;
  }
  rc = open_file(path, &db);
  if (rc) return rc;
  copy = sqlite3_mprintf("%s", path);
  stop();
  pthread_mutex_lock(&file.lock);
  file.db = db;
  file.path = copy;
  file.written_ns = 0;
  name_process();
  flush();
  start_thread();
  pthread_mutex_unlock(&file.lock);
  return SQLITE_OK;
}

char *hp_persist_path(void) {
  char *path;

  pthread_mutex_lock(&file.lock);
  path = sqlite3_mprintf("%s", file.path ? file.path : "");
  pthread_mutex_unlock(&file.lock);
  return path;
}

void hp_persist_flush(void) {
  pthread_mutex_lock(&file.lock);
  if (file.db) flush();
  pthread_mutex_unlock(&file.lock);
}

void hp_persist_count(int64_t *n_written, int64_t *n_failed, int *last_rc) {
  pthread_mutex_lock(&file.lock);
  *n_written = file.n_written;
  *n_failed = file.n_failed;
  *last_rc = file.last_rc;
  pthread_mutex_unlock(&file.lock);
}

void hp_persist_before_fork(void) {
  pthread_mutex_lock(&file.lock);
}

/* The child leaves the connection open: closing it would release the
** parent's locks. */
void hp_persist_after_fork(bool is_child) {
  if (is_child) {
    file.db = NULL;
    file.path = NULL;
    file.has_thread = false;
    file.process[0] = 0;
    pthread_cond_init(&file.changed, NULL);
  }
  pthread_mutex_unlock(&file.lock);
}
