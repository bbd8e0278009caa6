/* SPDX-License-Identifier: MIT */
#include "cache/refresh.h"
#include "base/calm.h"
#include "base/thread.h"
#include "base/worker.h"
#include "cache/args.h"
#include "cache/sentinel.h"

#include <pthread.h>
#include <string.h>

#define BUSY_MS 200 /* what a refresh waits for a lock */

/* Settings that must be as they are on the asking connection. */
static const int copied_settings[] = {
    SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
    SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA};
enum { N_SETTINGS = sizeof copied_settings / sizeof *copied_settings };

struct hp_line {
  int n_refs; /* tables; guarded by lock, as are n_jobs and next */
  int n_jobs; /* submitted and not yet done */
  bool is_closing;
  bool has_failed; /* cannot be refreshed: jobs are dropped */
  sqlite3 *db;     /* guarded by lock; used on the worker's thread */
  bool is_open;    /* tried once; on the worker's thread, as all below */
  hp_conn *conn;   /* borrowed from db */
  hp_table *table;
  hp_args args; /* of the refresh at hand */
  char *uri;    /* constant, as all below */
  char *vfs;
  int settings[N_SETTINGS];
  int argc;
  char **argv;
  hp_line *next;
};

typedef struct refresh {
  hp_line *line;
  hp_key key;
  hp_block *args; /* one row; NULL without parameters */
} refresh;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t job_done = PTHREAD_COND_INITIALIZER;
static hp_line *lines; /* guarded by lock */

/* ---- on the worker's thread ---- */

/* hp_line_close() interrupts what it finds here. */
static sqlite3 *set_db(hp_line *line, sqlite3 *db) {
  sqlite3 *before;

  pthread_mutex_lock(&lock);
  before = line->db;
  line->db = db;
  pthread_mutex_unlock(&lock);
  return before;
}

static void shut(hp_line *line) {
  hp_args_term(&line->args);
  hp_table_free(line->table);
  line->table = NULL;
  line->conn = NULL;
  sqlite3_close(set_db(line, NULL));
}

static int open_db(hp_line *line) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX;
  sqlite3 *db = NULL;
  int rc = sqlite3_open_v2(line->uri, &db, flags, line->vfs);

  set_db(line, db);
  for (int i = 0; i < N_SETTINGS && !rc; i++) {
    sqlite3_db_config(db, copied_settings[i], line->settings[i], NULL);
  }
  if (!rc) rc = sqlite3_busy_timeout(db, BUSY_MS);
  if (!rc) rc = sqlite3_wal_autocheckpoint(db, 0);
  if (!rc) {
    rc = sqlite3_exec(db, "PRAGMA query_only = 1", NULL, NULL, NULL);
  }
  return rc;
}

static int open_table(hp_line *line) {
  hp_definition *d;
  char *err = NULL;
  int rc = hp_definition_new(line->db, line->argc,
                             (const char *const *)line->argv, &d, &err);

  if (!rc) rc = hp_table_new(line->conn, d, &line->table, &err);
  sqlite3_free(err);
  return rc;
}

/* The registered table holds the connection's state until SQLite has closed. */
static int open_conn(hp_line *line) {
  int rc = hp_conn_open(line->db, &line->conn);

  if (!rc) rc = hp_calm_register(line->conn);
  hp_conn_close(line->conn);
  return rc;
}

static int open_line(hp_line *line) {
  int rc = open_db(line);

  if (!rc) rc = open_conn(line);
  if (!rc) rc = open_table(line);
  if (!rc) {
    rc = hp_args_init(&line->args, line->db,
                      hp_table_definition(line->table)->n_params);
  }
  if (rc) shut(line);
  return rc;
}

static int compute(hp_line *line, const refresh *r) {
  hp_args *a = &line->args;
  char *err = NULL;
  int rc = hp_args_read(a, r->args, 0);

  if (!rc) rc = hp_table_refresh(line->table, &r->key, a->argv, &a->row, &err);
  hp_args_reset(a);
  sqlite3_free(err);
  return rc;
}

static bool is_wanted(hp_line *line) {
  bool wanted;

  pthread_mutex_lock(&lock);
  wanted = !line->is_closing && !line->has_failed;
  pthread_mutex_unlock(&lock);
  return wanted;
}

static void end_job(hp_line *line, bool has_failed) {
  pthread_mutex_lock(&lock);
  line->has_failed = line->has_failed || has_failed;
  line->n_jobs--;
  pthread_cond_broadcast(&job_done);
  pthread_mutex_unlock(&lock);
}

static void run(void *arg) {
  refresh *r = arg;
  hp_line *line = r->line;
  bool has_failed = false;

  if (is_wanted(line)) {
    if (!line->is_open) has_failed = open_line(line) != SQLITE_OK;
    line->is_open = true;
    if (!has_failed) has_failed = compute(line, r) == SQLITE_MISMATCH;
  }
  sqlite3_free(r->args);
  sqlite3_free(r);
  end_job(line, has_failed);
}

/* ---- on the hosts' threads ---- */

static void free_line(hp_line *line) {
  for (int i = 0; line->argv && i < line->argc; i++) {
    sqlite3_free(line->argv[i]);
  }
  sqlite3_free(line->argv);
  sqlite3_free(line->uri);
  sqlite3_free(line->vfs);
  sqlite3_free(line);
}

static bool copy_args(hp_line *line, int argc, const char *const *argv) {
  line->argv = sqlite3_malloc64(sizeof *line->argv * (size_t)argc);
  if (!line->argv) return false;
  memset(line->argv, 0, sizeof *line->argv * (size_t)argc);
  line->argc = argc;
  for (int i = 0; i < argc; i++) {
    line->argv[i] = sqlite3_mprintf("%s", argv[i]);
    if (!line->argv[i]) return false;
  }
  return true;
}

static hp_line *new_line(sqlite3 *db, int argc, const char *const *argv) {
  const char *filename = sqlite3_db_filename(db, "main");
  sqlite3_vfs *vfs = NULL;
  hp_line *line = sqlite3_malloc64(sizeof *line);

  if (!line) return NULL;
  *line = (hp_line){.n_refs = 1};
  sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  line->uri = hp_sentinel_uri(filename);
  line->vfs = vfs ? sqlite3_mprintf("%s", vfs->zName) : NULL;
  for (int i = 0; i < N_SETTINGS; i++) {
    sqlite3_db_config(db, copied_settings[i], -1, &line->settings[i]);
  }
  if (line->uri && line->vfs && copy_args(line, argc, argv)) return line;
  free_line(line);
  return NULL;
}

/* Are the lines of one file, one definition and the same settings? */
static bool is_same(const hp_line *a, const hp_line *b) {
  if (strcmp(a->uri, b->uri) != 0 || strcmp(a->vfs, b->vfs) != 0 ||
      a->argc != b->argc ||
      memcmp(a->settings, b->settings, sizeof a->settings) != 0) {
    return false;
  }
  for (int i = 1; i < a->argc; i++) {
    if (strcmp(a->argv[i], b->argv[i]) != 0) return false;
  }
  return true;
}

/* The line that is there already, or line, now registered. */
static hp_line *share(hp_line *line) {
  hp_line *x;

  pthread_mutex_lock(&lock);
  for (x = lines; x && (x->is_closing || !is_same(x, line)); x = x->next) {
  }
  if (x) {
    x->n_refs++;
  } else {
    line->next = lines;
    lines = line;
  }
  pthread_mutex_unlock(&lock);
  if (x) free_line(line);
  return x ? x : line;
}

hp_line *hp_line_open(sqlite3 *db, const hp_table *t, int argc,
                      const char *const *argv) {
  const char *filename = sqlite3_db_filename(db, "main");
  hp_line *line;

  if (!hp_table_is_portable(t) || !filename || !*filename ||
      !hp_thread_is_possible()) {
    return NULL;
  }
  line = new_line(db, argc, argv);
  return line ? share(line) : NULL;
}

void hp_line_submit(hp_line *line, const hp_key *key, const hp_builder *args) {
  refresh *r = sqlite3_malloc64(sizeof *r);
  bool ok;

  if (!r) return;
  *r = (refresh){.line = line, .key = *key};
  if (args->n_cols && hp_builder_copy(args, &r->args)) {
    sqlite3_free(r);
    return;
  }
  pthread_mutex_lock(&lock);
  line->n_jobs++;
  pthread_mutex_unlock(&lock);
  ok = hp_worker_submit(run, r);
  if (ok) return;
  sqlite3_free(r->args);
  sqlite3_free(r);
  end_job(line, false);
}

static void unlink_line(const hp_line *line) {
  hp_line **at = &lines;

  while (*at != line) at = &(*at)->next;
  *at = line->next;
}

void hp_line_close(hp_line *line) {
  bool is_last;

  if (!line) return;
  pthread_mutex_lock(&lock);
  is_last = --line->n_refs == 0;
  line->is_closing = is_last;
  while (is_last && line->n_jobs) {
    if (line->db) sqlite3_interrupt(line->db);
    pthread_cond_wait(&job_done, &lock);
  }
  if (is_last) unlink_line(line);
  pthread_mutex_unlock(&lock);
  if (!is_last) return;
  shut(line);
  free_line(line);
}

void hp_line_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&job_done, NULL);
  for (hp_line *line = lines; line; line = line->next) {
    line->n_jobs = 0;
    line->has_failed = true;
    line->db = NULL;
    line->conn = NULL;
    line->table = NULL;
  }
}
