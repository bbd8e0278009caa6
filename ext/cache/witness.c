/* SPDX-License-Identifier: MIT */
#include "cache/witness.h"

#include "base/hook.h"
#include "cache/pager.h"
#include "cache/pragma.h"

#include <string.h>

typedef enum phase {
  PHASE_IDLE,
  PHASE_STATEMENT,   /* a writing statement runs in autocommit mode */
  PHASE_TRANSACTION, /* an explicit transaction is open */
} phase;

/* What is compared with its like after the commit. */
typedef struct moment {
  bool is_wal;
  hp_stamp stamp;
  hp_walindex header; /* in WAL mode */
} moment;

struct hp_witness {
  hp_conn *c;
  sqlite3 *db;
  hp_snapshot *s; /* of main */
  hp_reach *reach;
  phase phase;
  const sqlite3_stmt *running; /* the latest that began; an address only */
  hp_verb verb;                /* its kind */
  bool is_void;                /* something was not seen or not understood */
  bool has_locked;             /* the transaction began with BEGIN IMMEDIATE */
  bool has_written;            /* a writing statement was seen in it */
  bool has_before;
  moment before;         /* of the commit to prove */
  uint32_t version;      /* data version at the start of COMMIT */
  int bytes;             /* of page caches, ditto */
  uint64_t n_hidden;     /* hp_hook_n_hidden() at the start */
  hp_pager_counts start; /* of the transaction */
  hp_pager_counts rest;  /* when the last statement in it ended */
  int touched;           /* pages, ditto */
  bool has_rest;
  hp_tables writes;
  uint64_t n_put, n_unproved;
};

static const char part_key;
static _Atomic bool is_precise = true;

void hp_witness_set_precise(bool on) {
  atomic_store(&is_precise, on);
}

bool hp_witness_is_precise(void) {
  return atomic_load_explicit(&is_precise, memory_order_relaxed);
}

static bool is_autocommit(const hp_witness *w) {
  return sqlite3_get_autocommit(w->db) != 0;
}

/* A transaction that may have changed something is open somewhere. */
static bool is_writing(const hp_witness *w) {
  return sqlite3_txn_state(w->db, NULL) == SQLITE_TXN_WRITE;
}

static bool read_moment(hp_witness *w, moment *out) {
  hp_dbfile *f = hp_snapshot_file(w->s);
  bool ok;

  if (!f) return false;
  out->is_wal = hp_dbfile_mode(f) == HP_STAMP_WAL;
  hp_epoch_enter(w->c->reader);
  ok = out->is_wal ? hp_dbfile_wal(f, &out->stamp, &out->header)
                   : hp_dbfile_stamp(f, &out->stamp);
  hp_epoch_exit(w->c->reader);
  return ok;
}

/* ---- before ---- */

static void begin(hp_witness *w, phase next) {
  w->phase = next;
  w->is_void = w->has_locked = w->has_written = false;
  w->has_before = w->has_rest = false;
  w->writes.n = 0;
  w->n_hidden = hp_hook_n_hidden(w->c);
  hp_pager_count(w->db, &w->start);
}

static void add_table(hp_tables *to, uint32_t table) {
  for (int i = 0; i < to->n; i++) {
    if (to->at[i] == table) return;
  }
  to->n = to->n == HP_REACH_TABLES ? -1 : to->n + 1;
  if (to->n > 0) to->at[to->n - 1] = table;
}

/* Adds what the statement writes to what the transaction does. */
static void add_writes(hp_witness *w, sqlite3_stmt *stmt) {
  const hp_tables *writes = hp_reach_writes(w->reach, sqlite3_sql(stmt));

  if (!writes) w->is_void = true;
  /* In a void transaction the question alone makes the text known later. */
  for (int i = 0; writes && i < writes->n && w->writes.n >= 0; i++) {
    add_table(&w->writes, writes->at[i]);
  }
  if (w->writes.n < 0) w->is_void = true;
}

static void begin_statement(hp_witness *w, sqlite3_stmt *stmt) {
  if (w->verb != HP_VERB_WRITE && w->verb != HP_VERB_WITH) return;
  if (is_writing(w) || !hp_snapshot_file(w->s)) return;
  begin(w, PHASE_STATEMENT);
  add_writes(w, stmt);
  w->has_before = !w->is_void && read_moment(w, &w->before);
}

/* Nobody else can commit from here to the end: we have the write lock. */
static void begin_commit(hp_witness *w) {
  w->has_before = !w->is_void && w->has_written &&
                  sqlite3_txn_state(w->db, "main") == SQLITE_TXN_WRITE &&
                  hp_pager_data_version(w->db, "main", &w->version) &&
                  read_moment(w, &w->before);
  w->bytes = hp_pager_bytes(w->db);
}

/* Pages were touched, or rows changed, outside of the statements we saw. */
static bool is_disturbed(const hp_witness *w) {
  hp_pager_counts now;

  if (!w->has_rest) return false;
  hp_pager_count(w->db, &now);
  return hp_pager_touched(w->db) != w->touched ||
         now.changes != w->rest.changes;
}

static void see_write(hp_witness *w, sqlite3_stmt *stmt) {
  if (!w->has_written && !w->has_locked && is_writing(w)) w->is_void = true;
  w->has_written = true;
  add_writes(w, stmt);
}

/* A statement that only reads, but may call functions that write. Before the
** first write they would show in the state of the transaction. */
static void see_read(hp_witness *w, sqlite3_stmt *stmt) {
  if (w->has_written || w->has_locked) add_writes(w, stmt);
}

static void see_in_transaction(hp_witness *w, sqlite3_stmt *stmt) {
  bool is_reader = sqlite3_stmt_readonly(stmt) != 0;

  if (is_disturbed(w)) w->is_void = true;
  w->has_before = false;
  switch (w->verb) {
  case HP_VERB_COMMIT: begin_commit(w); break;
  case HP_VERB_SELECT:
  case HP_VERB_WITH:
  case HP_VERB_WRITE:
    if (is_reader) {
      see_read(w, stmt);
    } else {
      see_write(w, stmt);
    }
    break;
  default:
    if (!is_reader) w->is_void = true;
  }
}

static void begin_locked(hp_witness *w) {
  if (is_writing(w)) return;
  begin(w, PHASE_TRANSACTION);
  w->has_locked = true;
}

static void go_on(hp_witness *w, sqlite3_stmt *stmt) {
  if (w->phase == PHASE_IDLE) {
    begin(w, PHASE_TRANSACTION);
    w->is_void = is_writing(w);
  }
  see_in_transaction(w, stmt);
}

static void on_stmt(void *arg, sqlite3_stmt *stmt, const char *sql) {
  hp_witness *w = arg;
  bool is_reader = sqlite3_stmt_readonly(stmt) != 0;
  bool alone = is_autocommit(w);

  /* Foreign-key actions raise the event again within the same run. */
  if (w->phase != PHASE_IDLE && stmt == w->running) return;
  if (alone || w->phase == PHASE_STATEMENT) w->phase = PHASE_IDLE;
  w->running = NULL;
  if (alone && is_reader) return;
  w->running = stmt;
  w->verb = hp_verb_of(sql);
  if (w->verb == HP_VERB_OTHER && !is_reader) hp_reach_doubt(w->reach);
  if (!alone) {
    go_on(w, stmt);
  } else if (w->verb == HP_VERB_BEGIN) {
    begin_locked(w);
  } else {
    begin_statement(w, stmt);
  }
}

/* ---- after ---- */

/* Exactly one commit in this life of the sentinel. */
static bool is_next(const moment *before, const moment *after) {
  return before->is_wal == after->is_wal &&
         before->stamp.a >> 32 == after->stamp.a >> 32 &&
         hp_stamp_change(after->stamp) == hp_stamp_change(before->stamp) + 1;
}

/* All of its frames are ours. */
static bool is_of_frames(const moment *before, const moment *after,
                         int n_written) {
  return after->header.salt == before->header.salt &&
         after->header.n_frames - before->header.n_frames ==
             (uint32_t)n_written;
}

/* One commit, ours. With a rollback journal it is ours because we have
** committed, too, and wrote pages, which counts unless the lock is kept. That
** the number before was not one that is taken back is seen to by
** hp_reach_is_at(), which knows commits only. */
static bool is_own(const hp_witness *w, const moment *after, int n_written) {
  if (n_written <= 0 || !is_next(&w->before, after)) return false;
  return after->is_wal ? is_of_frames(&w->before, after, n_written)
                       : hp_pager_is_lock_usual(
                             w->db, "main", sqlite3_txn_state(w->db, "main"));
}

static bool prove(hp_witness *w, const hp_pager_counts *now) {
  hp_dbfile *f = hp_snapshot_file(w->s);
  hp_commit before = hp_stamp_commit(w->before.stamp), own;
  moment after;

  if (!f || !read_moment(w, &after)) return false;
  if (now->spilled != w->start.spilled ||
      !is_own(w, &after, now->written - w->start.written)) {
    return false;
  }
  if (!hp_reach_is_at(w->reach, f, before)) return false;
  own = hp_stamp_commit(after.stamp);
  hp_dbfile_put(f, before, own, w->writes.at, w->writes.n);
  hp_reach_follow(w->reach, own);
  return true;
}

static bool is_sound(const hp_witness *w) {
  return w->has_before && !w->is_void && is_autocommit(w) && !is_writing(w) &&
         w->n_hidden == hp_hook_n_hidden(w->c);
}

/* A COMMIT that fails leaves the data version, or empties the cache. */
static bool has_committed(const hp_witness *w) {
  uint32_t version;

  return hp_pager_data_version(w->db, "main", &version) &&
         version == w->version + 1 && hp_pager_bytes(w->db) >= w->bytes;
}

static void end(hp_witness *w) {
  bool is_transaction = w->phase == PHASE_TRANSACTION;
  hp_pager_counts now;
  bool ok;

  w->phase = PHASE_IDLE;
  hp_pager_count(w->db, &now);
  if (now.written == w->start.written) return;
  ok = is_sound(w) &&
       (is_transaction ? w->verb == HP_VERB_COMMIT && has_committed(w)
                       : now.changes > w->start.changes) &&
       prove(w, &now);
  w->n_put += ok;
  w->n_unproved += !ok;
}

/* The transaction goes on. */
static void pause(hp_witness *w, sqlite3_stmt *stmt) {
  hp_pager_counts now;

  hp_pager_count(w->db, &now);
  if (w->has_rest && sqlite3_stmt_readonly(stmt) &&
      now.changes != w->rest.changes) {
    w->is_void = true;
  }
  w->rest = now;
  w->touched = hp_pager_touched(w->db);
  w->has_rest = true;
}

static void on_profile(void *arg, sqlite3_stmt *stmt) {
  hp_witness *w = arg;

  if (w->phase == PHASE_IDLE) return;
  if (stmt != w->running) {
    if (!sqlite3_stmt_readonly(stmt)) w->is_void = true;
    return;
  }
  w->running = NULL;
  if (w->phase == PHASE_TRANSACTION && !is_autocommit(w)) {
    pause(w, stmt);
  } else {
    end(w);
  }
}

/* What happened while the hook was away was not seen. */
static void on_install(void *arg) {
  hp_witness *w = arg;

  w->phase = PHASE_IDLE;
  hp_reach_doubt(w->reach);
}

/* ---- what readers ask ---- */

bool hp_witness_covers(hp_witness *w, const hp_reading *reading, hp_stamp then,
                       hp_stamp now) {
  hp_dbfile *f = hp_snapshot_file(w->s);

  if (!f || !hp_witness_is_precise()) return false;
  if (!hp_reach_may_read(w->reach)) return false;
  if (!hp_reach_is_at(w->reach, f, hp_stamp_commit(now))) {
    return false;
  }
  return reading->version == hp_reach_version(w->reach) &&
         reading->tables.n >= 0 &&
         hp_dbfile_covers(f, hp_stamp_commit(then), hp_stamp_commit(now),
                          reading->tables.at, reading->tables.n);
}

void hp_witness_work(hp_witness *w, const char *sql, hp_reading *reading) {
  hp_reach_work(w->reach, w->s);
  if (reading->version == hp_reach_version(w->reach)) return;
  reading->version = hp_reach_reads(w->reach, sql, &reading->tables)
                         ? 0
                         : hp_reach_version(w->reach);
}

void hp_witness_counts(const hp_witness *w, uint64_t *n_put,
                       uint64_t *n_unproved) {
  *n_put = w->n_put;
  *n_unproved = w->n_unproved;
}

/* ---- life ---- */

static void free_witness(void *part) {
  hp_witness *w = part;

  hp_reach_free(w->reach);
  sqlite3_free(w);
}

static int start(hp_conn *c, hp_witness *w) {
  int rc = hp_snapshot_open(c, "main", &w->s);

  w->c = c;
  w->db = c->db;
  if (!rc && !(w->reach = hp_reach_new(c, HP_REACH_BUDGET_MS)))
    rc = SQLITE_NOMEM;
  if (!rc) {
    rc = hp_conn_set_part(c, &part_key, w, free_witness);
  } else {
    free_witness(w);
  }
  if (rc) return rc;
  return hp_hook_add(c, &(hp_listener){.on_stmt = on_stmt,
                                       .on_profile = on_profile,
                                       .on_install = on_install,
                                       .arg = w});
}

int hp_witness_open(hp_conn *c, hp_witness **out) {
  hp_witness *w = hp_conn_part(c, &part_key);
  int rc = SQLITE_OK;

  if (!w) {
    *out = NULL;
    if (!(w = sqlite3_malloc64(sizeof *w))) return SQLITE_NOMEM;
    memset(w, 0, sizeof *w);
    rc = start(c, w);
  }
  *out = rc ? NULL : w;
  return rc;
}
