/* SPDX-License-Identifier: MIT
**
** The oracle: random work on a database by several processes, threads and
** connections, in which every cached read is repeated uncached and compared.
**
**   oracle HOTPATH.so DIR MODE OPS SEED PROCESSES THREADS CONNECTIONS
**
** MODE is wal or delete. Each thread makes OPS operations on its CONNECTIONS in
** turn: reads through cached tables, DML in autocommit and in transactions
** with savepoints, triggers, cascades, REPLACE, UPSERT, DDL on everything the
** cached SELECTs depend on, ATTACH and DETACH, checkpoints, VACUUM, blob
** writes, functions that write, trace hooks taken away, tables tracked and
** not, closing and opening.
** Nothing but SEED decides what a thread does; with one process, thread and
** any number of connections the whole run can be replayed.
**
** A cached read is compared with its SELECT
** - in the same statement,
** - in the same transaction, or
** - in autocommit mode: right before and after, if PRAGMA data_version says
**   that nobody committed in between.
**
** With STUTTER_MS in the environment all processes are stopped for so
** long, again and again.
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

enum { MAX_PROCESSES = 8, MAX_CONNECTIONS = 8, N_KEYS = 4 };

/* Shared by all processes. */
typedef struct board {
  _Atomic int64_t value; /* each value that is written is another one */
  _Atomic int64_t ops, reads, hits, compared, writes, refused, wrong;
} board;

typedef struct setup {
  const char *so, *dir, *mode;
  int64_t ops;
  uint64_t seed;
  int n_processes, n_threads, n_connections;
  int stutter_ms;
  board *b;
} setup;

typedef struct source {
  const char *name; /* of the cached table: t_... has consistency=tracked */
  const char *sql;  /* its SELECT, with :k where it has a parameter */
  bool has_key;
} source;

static const source sources[] = {
    {"c_row", "SELECT id, v, w FROM a WHERE id = :k", true},
    {"c_sum", "SELECT count(*) AS n, total(v) AS t FROM b", false},
    {"c_join",
     "SELECT a.v AS x, c.v AS y FROM a JOIN c ON c.id = a.id WHERE a.id = :k",
     true},
    {"c_view", "SELECT x FROM va ORDER BY x", false},
    {"c_child", "SELECT count(*) AS n FROM child WHERE p = :k", true},
    {"c_log", "SELECT count(*) AS n, max(v) AS m FROM log", false},
    {"c_wr", "SELECT v FROM wr WHERE k = :k", true},
    {"c_rep", "SELECT v FROM rep WHERE k = :k", true},
    {"c_other", "SELECT v FROM x.t WHERE id = :k", true},
    {"c_both",
     "SELECT a.v AS v, t.v AS u FROM a JOIN x.t AS t USING(id) WHERE id = :k",
     true},
    {"c_temp", "SELECT v FROM temp.own WHERE id = :k", true},
    {"t_row", "SELECT id, v FROM a WHERE id = :k", true},
    {"t_sum", "SELECT count(*) AS n, total(v) AS t FROM b", false},
    {"t_join",
     "SELECT a.v AS x, c.v AS y FROM a JOIN c USING(id)"
     " WHERE id = :k",
     true},
    {"t_view", "SELECT x FROM va ORDER BY x", false},
    {"t_child", "SELECT count(*) AS n FROM child WHERE p = :k", true},
    {"t_rep", "SELECT v FROM rep WHERE k = :k", true},
};
enum { N_SOURCES = sizeof sources / sizeof *sources };

typedef struct connection {
  sqlite3 *db;
  sqlite3_stmt *cached[N_SOURCES], *direct[N_SOURCES], *both[N_SOURCES];
} connection;

typedef struct worker {
  const setup *s;
  uint64_t rnd;
  connection connections[MAX_CONNECTIONS];
  connection *at; /* the one in turn */
  int number;
  int64_t op;
  char message[200]; /* of the latest read that failed */
  char source[16];   /* of the last cached answer */
} worker;

/* ---- small tools ---- */

static uint32_t below(worker *w, uint32_t n) {
  w->rnd ^= w->rnd << 13;
  w->rnd ^= w->rnd >> 7;
  w->rnd ^= w->rnd << 17;
  return (uint32_t)(w->rnd >> 11) % n;
}

static void die(const char *what, sqlite3 *db) {
  fprintf(stderr, "oracle: %s: %s\n", what,
          db ? sqlite3_errmsg(db) : strerror(errno));
  exit(2);
}

static void report(worker *w, const char *format, ...) {
  va_list args;

  if (atomic_fetch_add(&w->s->b->wrong, 1) >= 20) return;
  fprintf(stderr,
          "oracle %s, seed %llu, worker %d, operation %lld: ", w->s->mode,
          (unsigned long long)w->s->seed, w->number, (long long)w->op);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

/* Runs a printf format (SQLite's) and does not mind if it fails: another
** connection may be in the way, or the schema not fit. */
static bool run(worker *w, const char *format, ...) {
  va_list args;
  char *sql;
  int rc;

  va_start(args, format);
  sql = sqlite3_vmprintf(format, args);
  va_end(args);
  if (!sql) die("memory", NULL);
  rc = sqlite3_exec(w->at->db, sql, NULL, NULL, NULL);
  if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_MISUSE) {
    report(w, "%s: %s", sql, sqlite3_errmsg(w->at->db));
  }
  if (rc) atomic_fetch_add(&w->s->b->refused, 1);
  sqlite3_free(sql);
  return rc == SQLITE_OK;
}

static int64_t fresh(worker *w) {
  return atomic_fetch_add(&w->s->b->value, 1);
}

static uint32_t key(worker *w) {
  return 1 + below(w, N_KEYS);
}

/* ---- schema ---- */

static const char schema[] =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, v, w);"
    "CREATE TABLE b(id INTEGER PRIMARY KEY, v UNIQUE);"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, v);"
    "CREATE TABLE log(v);"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
    "CREATE TABLE child(p REFERENCES parent ON DELETE CASCADE);"
    "CREATE TABLE wr(k PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE TABLE rep(id INTEGER PRIMARY KEY, k UNIQUE, v);"
    "CREATE VIEW va AS SELECT v AS x FROM a;"
    "CREATE TRIGGER tr AFTER UPDATE ON b BEGIN"
    "  INSERT INTO log VALUES(new.v); END;"
    "INSERT INTO a VALUES(1,0,zeroblob(9)),(2,0,zeroblob(9)),(3,0,0),(4,0,0);"
    "INSERT INTO c VALUES(1,0),(2,0),(3,0),(4,0);"
    "INSERT INTO parent VALUES(1),(2),(3),(4);"
    "INSERT INTO wr VALUES(1,0),(2,0)";

static const char tracks[] = "SELECT cache_track('a'), cache_track('b'),"
                             " cache_track('c'), cache_track('child'),"
                             " cache_track('rep')";

static void load(const setup *s, sqlite3 *db) {
  char *err = NULL;

  sqlite3_enable_load_extension(db, 1);
  if (sqlite3_load_extension(db, s->so, NULL, &err)) die(err, NULL);
}

/* In a process of its own: what is forked later must not find a hotpath that
** watches files already. */
static void track(const setup *s, const char *path) {
  int status;
  pid_t pid = fork();
  sqlite3 *db;

  if (pid < 0) die("fork", NULL);
  if (pid == 0) {
    if (sqlite3_open(path, &db)) die(path, db);
    load(s, db);
    if (sqlite3_exec(db, tracks, NULL, NULL, NULL)) die("cache_track", db);
    sqlite3_close(db);
    _exit(0);
  }
  if (waitpid(pid, &status, 0) != pid || status) die("cache_track", NULL);
}

static void create_file(const setup *s, const char *name, const char *sql) {
  char path[600];
  sqlite3 *db;
  char *mode;

  snprintf(path, sizeof path, "%s/%s", s->dir, name);
  if (sqlite3_open(path, &db)) die(path, db);
  mode = sqlite3_mprintf("PRAGMA journal_mode=%s", s->mode);
  if (sqlite3_exec(db, mode, NULL, NULL, NULL) ||
      sqlite3_exec(db, sql, NULL, NULL, NULL)) {
    die(path, db);
  }
  sqlite3_free(mode);
  sqlite3_close(db);
}

static void create(const setup *s) {
  static const char other[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, v);"
                              "INSERT INTO t VALUES(1,%d),(2,%d),(3,%d),(4,%d)";
  char *sql = sqlite3_mprintf(other, 11, 12, 13, 14), path[600];

  create_file(s, "main.db", schema);
  snprintf(path, sizeof path, "%s/main.db", s->dir);
  track(s, path);
  create_file(s, "x0.db", sql);
  sqlite3_free(sql);
  sql = sqlite3_mprintf(other, 21, 22, 23, 24);
  create_file(s, "x1.db", sql);
  sqlite3_free(sql);
}

/* ---- functions that write behind a statement's back ---- */

static void write_aside(sqlite3_context *ctx, int n, sqlite3_value **args) {
  sqlite3 *db = sqlite3_context_db_handle(ctx);
  char *sql = sqlite3_mprintf("UPDATE a SET v = %lld WHERE id = 1",
                              (long long)sqlite3_value_int64(args[0]));

  (void)n;
  sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  sqlite3_result_value(ctx, args[0]);
}

/* Overwrites the blob a.w of row id with 9 digits. */
static void write_blob(sqlite3 *db, int64_t id, int64_t value) {
  sqlite3_blob *blob = NULL;
  char text[16];

  snprintf(text, sizeof text, "%09lld", (long long)value % 1000000000);
  if (!sqlite3_blob_open(db, "main", "a", "w", id, 1, &blob) &&
      sqlite3_blob_bytes(blob) == 9) {
    sqlite3_blob_write(blob, text, 9, 0);
  }
  sqlite3_blob_close(blob);
}

static void blob_aside(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  write_blob(sqlite3_context_db_handle(ctx), 1, sqlite3_value_int64(args[0]));
  sqlite3_result_value(ctx, args[0]);
}

/* ---- connections ---- */

static void attach(worker *w, uint32_t which) {
  run(w, "ATTACH '%q/x%d.db' AS x", w->s->dir, (int)which);
}

static void open_connection(worker *w) {
  connection *c = w->at;
  char path[600];

  *c = (connection){NULL, {NULL}, {NULL}, {NULL}};
  snprintf(path, sizeof path, "%s/main.db", w->s->dir);
  if (sqlite3_open(path, &c->db)) die(path, c->db);
  sqlite3_busy_timeout(c->db, 200);
  sqlite3_create_function(c->db, "aside", 1, SQLITE_UTF8, NULL, write_aside,
                          NULL, NULL);
  sqlite3_create_function(c->db, "blob_aside", 1, SQLITE_UTF8, NULL, blob_aside,
                          NULL, NULL);
  load(w->s, c->db);
  run(w,
      "PRAGMA synchronous=OFF; PRAGMA foreign_keys=%d;"
      "CREATE TEMP TABLE own(id INTEGER PRIMARY KEY, v);"
      "INSERT INTO own VALUES(1,0),(2,0),(3,0),(4,0)",
      (int)below(w, 2));
  attach(w, below(w, 2));
  for (int i = 0; i < N_SOURCES; i++) {
    run(w, "CREATE VIRTUAL TABLE temp.%s USING cached((%s)%s)", sources[i].name,
        sources[i].sql, *sources[i].name == 't' ? ", consistency=tracked" : "");
  }
}

static void finalize_all(connection *c) {
  for (int i = 0; i < N_SOURCES; i++) {
    sqlite3_finalize(c->cached[i]);
    sqlite3_finalize(c->direct[i]);
    sqlite3_finalize(c->both[i]);
    c->cached[i] = c->direct[i] = c->both[i] = NULL;
  }
}

static void close_connection(worker *w) {
  finalize_all(w->at);
  if (sqlite3_close(w->at->db))
    report(w, "close: %s", sqlite3_errmsg(w->at->db));
}

/* ---- reading ---- */

/* A result as text: 'type:value' of each column; the caller frees. */
static char *text_of(sqlite3_stmt *stmt, int *rc, bool *is_hit, char from[16]) {
  sqlite3_str *out = sqlite3_str_new(NULL);

  while ((*rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    int n = sqlite3_column_count(stmt);
    for (int i = 0; i < n; i++) {
      const char *z = (const char *)sqlite3_column_text(stmt, i);
      if (!strcmp(sqlite3_column_name(stmt, i), "_source")) {
        *is_hit = z && z[0] == 'l';
        snprintf(from, 16, "%s", z ? z : "");
        continue;
      }
      sqlite3_str_appendf(out, "%d:%s|", sqlite3_column_type(stmt, i),
                          z ? z : "");
    }
    sqlite3_str_appendchar(out, 1, '\n');
  }
  sqlite3_reset(stmt);
  return sqlite3_str_finish(out);
}

/* Prepares on first use; NULL if it cannot be prepared now. */
static sqlite3_stmt *prepared(worker *w, sqlite3_stmt **stmt, char *sql) {
  if (!*stmt) sqlite3_prepare_v2(w->at->db, sql, -1, stmt, NULL);
  sqlite3_free(sql);
  return *stmt;
}

static sqlite3_stmt *cached_stmt(worker *w, int i) {
  return prepared(w, &w->at->cached[i],
                  sqlite3_mprintf("SELECT *, _source FROM temp.%s%s",
                                  sources[i].name,
                                  sources[i].has_key ? "(:k)" : ""));
}

static sqlite3_stmt *direct_stmt(worker *w, int i) {
  return prepared(w, &w->at->direct[i], sqlite3_mprintf("%s", sources[i].sql));
}

static sqlite3_stmt *both_stmt(worker *w, int i) {
  return prepared(
      w, &w->at->both[i],
      sqlite3_mprintf("SELECT * FROM (SELECT 1 AS part, * FROM temp.%s%s)"
                      " UNION ALL SELECT * FROM (SELECT 2, * FROM (%s))",
                      sources[i].name, sources[i].has_key ? "(:k)" : "",
                      sources[i].sql));
}

static char *read_text(worker *w, sqlite3_stmt *stmt, uint32_t k, int *rc) {
  bool is_hit = false;
  char *text;

  if (sqlite3_bind_parameter_count(stmt)) {
    sqlite3_bind_int(stmt, 1, (int)k);
  }
  text = text_of(stmt, rc, &is_hit, w->source);
  if (*rc != SQLITE_DONE) {
    snprintf(w->message, sizeof w->message, "%s", sqlite3_errmsg(w->at->db));
  }
  atomic_fetch_add(&w->s->b->reads, 1);
  if (is_hit) atomic_fetch_add(&w->s->b->hits, 1);
  return text ? text : sqlite3_mprintf("");
}

static bool is_passing(int rc) {
  return rc == SQLITE_BUSY || rc == SQLITE_LOCKED || rc == SQLITE_SCHEMA ||
         rc == SQLITE_ABORT;
}

static bool compare(worker *w, int i, uint32_t k, const char *how,
                    const char *cached, int cached_rc, const char *direct,
                    int direct_rc) {
  if (is_passing(cached_rc) || is_passing(direct_rc)) return true;
  atomic_fetch_add(&w->s->b->compared, 1);
  if (cached_rc != direct_rc) {
    /* Both fail, or none; why may be told in other words. */
    if ((cached_rc == SQLITE_DONE) == (direct_rc == SQLITE_DONE)) return true;
    report(w, "%s(%u) %s: cached code %d, direct code %d: %s", sources[i].name,
           k, how, cached_rc, direct_rc, w->message);
  } else if (cached_rc == SQLITE_DONE && strcmp(cached, direct)) {
    report(w, "%s(%u) %s: cached %s not %s", sources[i].name, k, how, cached,
           direct);
  } else {
    return true;
  }
  return false;
}

/* After a difference in a transaction: what both say now, and whence the
** cached one came. Where the direct answers differ it is SQLite that changed
** its mind. */
static void look_again(worker *w, int i, uint32_t k, const char *first) {
  sqlite3_stmt *c = cached_stmt(w, i), *d = direct_stmt(w, i);
  int rc, txn = sqlite3_txn_state(w->at->db, "main");
  char *x = read_text(w, c, k, &rc), *y = read_text(w, d, k, &rc);

  report(w, "%s first; source %s; transaction %d; now cached %s direct %s",
         first, w->source, txn, x, y);
  sqlite3_free(x);
  sqlite3_free(y);
}

/* A read that fails at once, at a view that another process has dropped and not
** yet made again, leaves no snapshot behind for the second one. */
static bool has_no_snapshot(worker *w, int first_rc) {
  return first_rc != SQLITE_DONE &&
         sqlite3_txn_state(w->at->db, NULL) == SQLITE_TXN_NONE;
}

/* Both, one after the other, inside whatever transaction is open. */
static void read_pair(worker *w, int i, uint32_t k, const char *how) {
  sqlite3_stmt *c = cached_stmt(w, i), *d = direct_stmt(w, i);
  bool cached_first = below(w, 2), is_loose;
  char *x, *y;
  int xrc, yrc;

  if (!c || !d) return;
  x = read_text(w, cached_first ? c : d, k, &xrc);
  is_loose = has_no_snapshot(w, xrc);
  y = read_text(w, cached_first ? d : c, k, &yrc);
  if (is_loose && yrc == SQLITE_DONE) { /* now there is one */
    sqlite3_free(x);
    x = read_text(w, cached_first ? c : d, k, &xrc);
  }
  if (!compare(w, i, k, how, cached_first ? x : y, cached_first ? xrc : yrc,
               cached_first ? y : x, cached_first ? yrc : xrc)) {
    look_again(w, i, k, cached_first ? "cached" : "direct");
  }
  sqlite3_free(x);
  sqlite3_free(y);
}

static int64_t data_version(worker *w, const char *name) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("PRAGMA %s.data_version", name);
  int64_t v = -1;

  if (!sqlite3_prepare_v2(w->at->db, sql, -1, &stmt, NULL) &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    v = sqlite3_column_int64(stmt, 0);
  }
  if (sqlite3_finalize(stmt)) v = -1;
  sqlite3_free(sql);
  return v;
}

/* Outside of transactions, if nobody commits in between. */
static void read_alone(worker *w, int i, uint32_t k) {
  sqlite3_stmt *c = cached_stmt(w, i), *d = direct_stmt(w, i);
  int64_t main_before = data_version(w, "main"), x_before;
  char *x, *y;
  int xrc, yrc;

  x_before = data_version(w, "x");
  if (!c || !d) return;
  x = read_text(w, c, k, &xrc);
  y = read_text(w, d, k, &yrc);
  if (main_before >= 0 && data_version(w, "main") == main_before &&
      data_version(w, "x") == x_before) {
    compare(w, i, k, "alone", x, xrc, y, yrc);
  }
  sqlite3_free(x);
  sqlite3_free(y);
}

/* Both in one statement: the rows of part 1 and of part 2. */
static void read_together(worker *w, int i, uint32_t k) {
  sqlite3_stmt *b = both_stmt(w, i);
  char *text, *second;
  int rc;

  if (!b) return;
  text = read_text(w, b, k, &rc);
  second = strstr(text, "1:2|");
  while (second && second != text && second[-1] != '\n') {
    second = strstr(second + 1, "1:2|");
  }
  if (rc == SQLITE_DONE) {
    size_t n = second ? (size_t)(second - text) : strlen(text);
    char *first = sqlite3_mprintf("%.*s", (int)n, text);
    char *rest = sqlite3_mprintf("%s", second ? second : "");
    for (char *z = first; z && *z; z++) {
      if ((z == first || z[-1] == '\n') && !strncmp(z, "1:1|", 4)) z[2] = '2';
    }
    compare(w, i, k, "in one statement", first, rc, rest, rc);
    sqlite3_free(first);
    sqlite3_free(rest);
  }
  sqlite3_free(text);
}

static void read_one(worker *w, bool is_in_transaction) {
  int i = (int)below(w, N_SOURCES);
  uint32_t k = key(w);

  if (is_in_transaction) {
    if (below(w, 8)) {
      read_pair(w, i, k, "in a transaction");
    } else {
      read_together(w, i, k);
    }
    return;
  }
  switch (below(w, 4)) {
  case 0: read_together(w, i, k); break;
  case 1:
    if (!run(w, "BEGIN")) return;
    for (int n = 1 + (int)below(w, 3); n; n--) {
      read_pair(w, (int)below(w, N_SOURCES), key(w), "in a read transaction");
    }
    run(w, "COMMIT");
    break;
  default: read_alone(w, i, k);
  }
}

/* ---- writing ---- */

/* Statements of a fixed text run with bound values, as applications do. */
static void write_bound(worker *w, const char *sql, int64_t v, uint32_t k) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(w->at->db, sql, -1, &stmt, NULL);

  if (!rc) {
    sqlite3_bind_int64(stmt, 1, v);
    if (sqlite3_bind_parameter_count(stmt) > 1) {
      sqlite3_bind_int(stmt, 2, (int)k);
    }
    sqlite3_step(stmt);
  }
  if (sqlite3_finalize(stmt) || rc) atomic_fetch_add(&w->s->b->refused, 1);
}

static const char *const changes[] = {
    "UPDATE a SET v = ?1 WHERE id = ?2",
    "UPDATE a SET v = ?1",
    "INSERT INTO a(id, v) VALUES(?2, ?1) ON CONFLICT DO UPDATE SET v = ?1",
    "UPDATE b SET v = -?1 WHERE id % 4 = ?2 - 1",
    "INSERT INTO b(v) VALUES(?1)",
    "DELETE FROM b WHERE v < ?1 - 500",
    "UPDATE c SET v = ?1 WHERE id = ?2",
    "INSERT INTO log VALUES(?1)",
    "DELETE FROM log WHERE v < ?1 - 300",
    "INSERT OR IGNORE INTO parent VALUES(1 + ?1 % 4)",
    "DELETE FROM parent WHERE id = 1 + ?1 % 4",
    "INSERT INTO child VALUES(1 + ?1 % 4)",
    "REPLACE INTO wr VALUES(?2, ?1)",
    "REPLACE INTO rep(k, v) VALUES(?2, ?1)",
    "REPLACE INTO rep(id, k, v) VALUES(?1 % 3, ?2, ?1)",
    "DELETE FROM rep WHERE k = ?2",
    "UPDATE x.t SET v = ?1 WHERE id = ?2",
    "UPDATE temp.own SET v = ?1 WHERE id = ?2",
    "UPDATE a SET v = v WHERE id = 1 + ?1 % 4",
    "WITH n(i) AS (VALUES(?2)) UPDATE c SET v = ?1 WHERE id IN n",
    "UPDATE c SET v = aside(?1) WHERE id = ?2",
    "UPDATE c SET v = blob_aside(?1) WHERE id = ?2",
    "SELECT aside(?1)",
    "DELETE FROM child WHERE p > ?1 % 9",
};

static void change(worker *w) {
  const char *sql = changes[below(w, sizeof changes / sizeof *changes)];

  write_bound(w, sql, fresh(w), key(w));
  atomic_fetch_add(&w->s->b->writes, 1);
  if (below(w, 64) == 0) write_blob(w->at->db, key(w), fresh(w));
}

static void savepoint(worker *w) {
  if (!run(w, "SAVEPOINT s")) return;
  change(w);
  read_one(w, true);
  if (below(w, 2)) run(w, "ROLLBACK TO s");
  read_one(w, true);
  run(w, "RELEASE s");
}

static void end_transaction(worker *w) {
  if (below(w, 4) == 0 || !run(w, "COMMIT")) run(w, "ROLLBACK");
  if (!sqlite3_get_autocommit(w->at->db)) report(w, "transaction not ended");
}

static void transaction(worker *w) {
  int n = 1 + (int)below(w, 4);

  if (!run(w, below(w, 2) ? "BEGIN" : "BEGIN IMMEDIATE")) return;
  while (n--) {
    switch (below(w, 5)) {
    case 0:
    case 1: change(w); break;
    case 2: savepoint(w); break;
    default: read_one(w, true);
    }
  }
  end_transaction(w);
}

static const char *const odd_jobs[] = {
    "CREATE INDEX IF NOT EXISTS ia ON a(v)",
    "DROP INDEX IF EXISTS ia",
    "DROP VIEW IF EXISTS va; CREATE VIEW va AS SELECT v AS x FROM c",
    "DROP VIEW IF EXISTS va; CREATE VIEW va AS SELECT v AS x FROM a",
    "CREATE TRIGGER IF NOT EXISTS tc AFTER UPDATE ON c BEGIN"
    "  UPDATE a SET v = new.v WHERE id = 2; END",
    "DROP TRIGGER IF EXISTS tc",
    "CREATE TRIGGER IF NOT EXISTS td AFTER INSERT ON log BEGIN"
    "  UPDATE c SET v = new.v WHERE id = 3; END",
    "DROP TRIGGER IF EXISTS td",
    "CREATE TEMP TRIGGER IF NOT EXISTS te AFTER UPDATE ON main.c BEGIN"
    "  UPDATE a SET v = new.v WHERE id = 3; END",
    "DROP TRIGGER IF EXISTS temp.te",
    "CREATE TEMP TABLE IF NOT EXISTS a(id INTEGER PRIMARY KEY, v, w)",
    "DROP TABLE IF EXISTS temp.a",
    "BEGIN; ALTER TABLE c RENAME TO c2; CREATE TABLE c(id INTEGER PRIMARY KEY,"
    " v); INSERT INTO c SELECT * FROM c2; DROP TABLE c2; COMMIT",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA wal_checkpoint(PASSIVE)",
    "PRAGMA wal_checkpoint(RESTART)",
    "PRAGMA x.wal_checkpoint(TRUNCATE)",
    "PRAGMA foreign_keys=0",
    "PRAGMA foreign_keys=1",
    "PRAGMA recursive_triggers=1",
    "PRAGMA recursive_triggers=0",
    "PRAGMA user_version=7",
    "PRAGMA wal_autocheckpoint=3",
    "PRAGMA cache_size=3",
    "PRAGMA cache_size=-2000",
    "PRAGMA cache_spill=2",
    "DELETE FROM log",
    "PRAGMA shrink_memory",
    "SELECT cache_untrack('a')",
    tracks,
    "DROP TRIGGER IF EXISTS hotpath_insert_rep",
    tracks,
    "DROP TRIGGER IF EXISTS hotpath_update_c",
    tracks,
};

static void reattach(worker *w) {
  run(w, "DETACH x");
  attach(w, below(w, 2));
}

static void odd_job(worker *w) {
  switch (below(w, 8)) {
  case 0: reattach(w); break;
  case 1:
    if (below(w, 4) == 0) sqlite3_trace_v2(w->at->db, 0, NULL, NULL);
    break;
  case 2:
    close_connection(w);
    open_connection(w);
    break;
  case 3: finalize_all(w->at); break;
  default: run(w, odd_jobs[below(w, sizeof odd_jobs / sizeof *odd_jobs)]);
  }
  /* A job of several statements may have failed half-way. */
  if (!sqlite3_get_autocommit(w->at->db)) run(w, "ROLLBACK");
}

static void operate(worker *w) {
  uint32_t n = below(w, 100);

  w->at = &w->connections[below(w, (uint32_t)w->s->n_connections)];
  if (n < 72) {
    read_one(w, false);
  } else if (n < 88) {
    change(w);
  } else if (n < 98) {
    transaction(w);
  } else if (below(w, 4) == 0) {
    odd_job(w);
  }
  atomic_fetch_add(&w->s->b->ops, 1);
}

/* ---- the whole ---- */

static void *work(void *arg) {
  worker *w = arg;

  for (int i = 0; i < w->s->n_connections; i++) {
    w->at = &w->connections[i];
    open_connection(w);
  }
  for (w->op = 0; w->op < w->s->ops; w->op++) operate(w);
  for (int i = 0; i < w->s->n_connections; i++) {
    w->at = &w->connections[i];
    close_connection(w);
  }
  return NULL;
}

static void run_threads(const setup *s, int process) {
  worker *workers = calloc((size_t)s->n_threads, sizeof *workers);
  pthread_t *threads = calloc((size_t)s->n_threads, sizeof *threads);

  if (!workers || !threads) die("memory", NULL);
  for (int i = 0; i < s->n_threads; i++) {
    workers[i].s = s;
    workers[i].number = process * s->n_threads + i;
    workers[i].rnd =
        (s->seed + (uint64_t)workers[i].number) * 0x9E3779B97F4A7C15u | 1;
    if (pthread_create(&threads[i], NULL, work, &workers[i])) {
      die("pthread_create", NULL);
    }
  }
  for (int i = 0; i < s->n_threads; i++) pthread_join(threads[i], NULL);
  free(workers);
  free(threads);
}

/* A process that stops all of them for s->stutter_ms again and again, as a busy
** machine does: what has a time limit then runs into it. */
static pid_t start_stutter(const setup *s, const pid_t *pids) {
  pid_t parent = getpid(), pid = fork();

  if (pid < 0) die("fork", NULL);
  if (pid) return pid;
  while (getppid() == parent) {
    usleep(60000);
    for (int i = 0; i < s->n_processes; i++) kill(pids[i], SIGSTOP);
    usleep((useconds_t)s->stutter_ms * 1000);
    for (int i = 0; i < s->n_processes; i++) kill(pids[i], SIGCONT);
  }
  _exit(0);
}

static void run_processes(const setup *s) {
  pid_t pids[MAX_PROCESSES] = {getpid()}, stutter = 0;
  int status;

  for (int i = 1; i < s->n_processes; i++) {
    pids[i] = fork();
    if (pids[i] < 0) die("fork", NULL);
    if (pids[i]) continue;
    run_threads(s, i);
    exit(0);
  }
  if (s->stutter_ms) stutter = start_stutter(s, pids);
  run_threads(s, 0);
  for (int i = 1; i < s->n_processes; i++) {
    if (waitpid(pids[i], &status, 0) == pids[i] && !status) continue;
    fprintf(stderr, "oracle: a process ended with status %d\n", status);
    atomic_fetch_add(&s->b->wrong, 1);
  }
  if (!stutter) return;
  kill(stutter, SIGKILL);
  waitpid(stutter, &status, 0);
}

static setup parse(char **argv) {
  setup s = {.so = argv[1],
             .dir = argv[2],
             .mode = argv[3],
             .ops = strtoll(argv[4], NULL, 10),
             .seed = strtoull(argv[5], NULL, 10),
             .n_processes = atoi(argv[6]),
             .n_threads = atoi(argv[7]),
             .n_connections = atoi(argv[8])};

  if (s.n_processes < 1 || s.n_processes > MAX_PROCESSES) {
    fprintf(stderr, "oracle: PROCESSES is 1 to %d\n", MAX_PROCESSES);
    exit(2);
  }
  if (getenv("STUTTER_MS")) s.stutter_ms = atoi(getenv("STUTTER_MS"));
  if (s.n_connections < 1 || s.n_connections > MAX_CONNECTIONS) {
    fprintf(stderr, "oracle: CONNECTIONS is 1 to %d\n", MAX_CONNECTIONS);
    exit(2);
  }
  s.b = mmap(NULL, sizeof *s.b, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (s.b == MAP_FAILED) die("mmap", NULL);
  atomic_store(&s.b->value, 1000);
  return s;
}

int main(int argc, char **argv) {
  setup s;
  board *b;

  if (argc != 9) {
    fputs("usage: oracle HOTPATH.so DIR MODE OPS SEED PROCESSES THREADS"
          " CONNECTIONS\n",
          stderr);
    return 2;
  }
  s = parse(argv);
  b = s.b;
  create(&s);
  run_processes(&s);
  printf("oracle %s %dx%dx%d: %lld operations, %lld reads, %lld from the cache,"
         " %lld compared, %lld writes, %lld refused, %lld wrong (seed %llu)\n",
         s.mode, s.n_processes, s.n_threads, s.n_connections, (long long)b->ops,
         (long long)b->reads, (long long)b->hits, (long long)b->compared,
         (long long)b->writes, (long long)b->refused, (long long)b->wrong,
         (unsigned long long)s.seed);
  return b->wrong == 0 ? 0 : 1;
}
