/* SPDX-License-Identifier: MIT */
#include "cache/snapshot.h"

#include "base/clock.h"
#include "base/hook.h"
#include "cache/pager.h"
#include "cache/pragma.h"

#include <string.h>

#define N_PROOFS 8
#define HOLD_MS  200 /* sentinels stay closed when a PRAGMA needs it */

/* How answers from this database are guarded. */
typedef enum kind {
  KIND_NOTHING, /* not at all */
  KIND_FILE,    /* by the stamps of its file */
  KIND_ALONE,   /* by the data version; nobody else can write */
  KIND_POLLED,  /* by the data version, brought up to date by a read */
} kind;

typedef struct proof {
  uint32_t data_version;
  hp_stamp stamp;
} proof;

typedef struct watch watch;

struct hp_snapshot {
  watch *all;
  sqlite3 *db;
  char *schema;
  bool is_main;
  bool needs_rebind; /* the name may stand for another database now */
  bool is_polled;    /* the data version is up to date */
  bool is_unsure;    /* a stamp could not be read: look what the file is */
  kind kind;
  hp_dbfile *f;         /* or NULL; one reference */
  const char *filename; /* address as of the binding, not to be read */
  void *vfs;            /* ditto */
  char first;           /* character of the filename then */
  uint64_t instance;    /* id while private */
  bool has_idle;        /* idle is set */
  bool is_idle_proved;  /* and recorded as a proof since */
  bool is_idle_of_run;  /* and taken when watch.run began */
  hp_stamp idle;        /* stamp at a moment without a transaction */
  hp_stamp last;        /* the last one read; only to save time */
  int n_proofs;         /* ever recorded; the last N_PROOFS are kept */
  proof proofs[N_PROOFS];
  hp_snapshot *next;
};

/* All snapshots of a connection. */
struct watch {
  hp_conn *c;
  hp_snapshot *first;
  const sqlite3_stmt *run; /* the latest statement that began, an address
                           ** only; NULL when it has been made use of */
  int run_count;           /* its count of runs before */
};

static const char part_key;

/* ---- what the host connection says ---- */

static int txn_state(const hp_snapshot *s) {
  return sqlite3_txn_state(s->db, s->schema);
}

static bool read_data_version(const hp_snapshot *s, uint32_t *out) {
  return hp_pager_data_version(s->db, s->schema, out);
}

/* SQLite finds main without comparing names if it is given none. */
static const char *name_of(const hp_snapshot *s) {
  return s->is_main ? NULL : s->schema;
}

/* sqlite3_deserialize() replaces a database in place, main included. The new
** one's name may come to lie where the old one's was, but is not absolute. */
static bool is_rebound(const hp_snapshot *s) {
  const char *now = sqlite3_db_filename(s->db, name_of(s));

  if (now != s->filename) return true;
  if (now && *now != s->first) return true;
  return s->kind != KIND_FILE && hp_pager_vfs(s->db, s->schema) != s->vfs;
}

/* ---- binding a name to a database ---- */

static void unbind(hp_snapshot *s) {
  hp_dbfile_release(s->f);
  s->f = NULL;
  s->kind = KIND_NOTHING;
  s->needs_rebind = true;
  s->has_idle = false;
  s->n_proofs = 0;
}

static kind private_kind(const hp_snapshot *s) {
  const sqlite3_vfs *vfs = s->vfs;

  if (!vfs || !vfs->zName || !strcmp(vfs->zName, "memdb")) {
    return KIND_NOTHING;
  }
  return s->filename && *s->filename ? KIND_POLLED : KIND_ALONE;
}

/* Locked for good by the host itself: the change counter stands still. */
static bool is_exclusive(const hp_snapshot *s) {
  int state = hp_pager_lock(s->db, s->schema);

  return state > HP_PAGER_SHARED ||
         (state > 0 && txn_state(s) == SQLITE_TXN_NONE);
}

static kind choose_kind(const hp_snapshot *s) {
  switch (s->f ? hp_dbfile_mode(s->f) : HP_STAMP_NONE) {
  case HP_STAMP_NONE: return private_kind(s);
  case HP_STAMP_ROLLBACK: return is_exclusive(s) ? KIND_POLLED : KIND_FILE;
  default: return KIND_FILE;
  }
}

static int bind(hp_snapshot *s) {
  hp_dbfile *f;
  int rc = hp_dbfile_acquire(s->db, s->schema, &f);

  unbind(s);
  if (rc == SQLITE_NOMEM) return rc;
  s->f = f;
  s->filename = sqlite3_db_filename(s->db, s->schema);
  s->first = s->filename ? *s->filename : '\0';
  s->vfs = hp_pager_vfs(s->db, s->schema);
  s->instance = hp_dbfile_next_id();
  s->kind = choose_kind(s);
  s->needs_rebind = false;
  return SQLITE_OK;
}

/* ---- proofs ---- */

static void record(hp_snapshot *s, hp_stamp stamp) {
  proof p = {.stamp = stamp};

  if (!read_data_version(s, &p.data_version)) return;
  s->proofs[s->n_proofs++ % N_PROOFS] = p;
}

/* Youngest first: a number that came round again belongs to that one. */
static bool find_proof(const hp_snapshot *s, hp_stamp *stamp) {
  uint32_t v;

  if (!s->n_proofs || !read_data_version(s, &v)) return false;
  for (int i = 1; i <= N_PROOFS && i <= s->n_proofs; i++) {
    const proof *p = &s->proofs[(s->n_proofs - i) % N_PROOFS];
    if (p->data_version != v) continue;
    *stamp = p->stamp;
    return true;
  }
  return false;
}

static void set_idle(hp_snapshot *s, hp_stamp stamp) {
  s->idle = stamp;
  s->has_idle = true;
  s->is_idle_proved = false;
}

/* ---- looking ---- */

static hp_snapshot_state look_private(hp_snapshot *s, int txn,
                                      hp_stamp *stamp) {
  uint32_t v;

  if (!read_data_version(s, &v)) return HP_SNAPSHOT_UNKNOWN;
  *stamp = (hp_stamp){s->instance << 32 | v, s->instance};
  if (txn == SQLITE_TXN_READ) return HP_SNAPSHOT_HELD;
  if (s->kind == KIND_POLLED && !s->is_polled) return HP_SNAPSHOT_UNKNOWN;
  s->is_polled = false;
  return HP_SNAPSHOT_FREE;
}

static hp_snapshot_state look_rollback(const hp_snapshot *s, int txn) {
  if (!hp_pager_is_lock_usual(s->db, s->schema, txn)) {
    return HP_SNAPSHOT_UNKNOWN;
  }
  return txn == SQLITE_TXN_READ ? HP_SNAPSHOT_HELD : HP_SNAPSHOT_FREE;
}

/* Reads the stamp; in WAL mode the whole header only if it has changed. */
static bool read_stamp(hp_snapshot *s, hp_stamp *out) {
  if (hp_dbfile_is_at(s->f, s->last)) {
    *out = s->last;
    return true;
  }
  if (!hp_dbfile_stamp(s->f, out)) return false;
  s->last = *out;
  return true;
}

static hp_snapshot_state look_wal(hp_snapshot *s, int txn, hp_stamp *stamp) {
  if (txn == SQLITE_TXN_NONE) {
    set_idle(s, *stamp);
    return HP_SNAPSHOT_FREE;
  }
  if (s->has_idle && hp_stamp_equal(*stamp, s->idle)) {
    if (!s->is_idle_proved) record(s, *stamp);
    s->is_idle_proved = true;
    return HP_SNAPSHOT_HELD;
  }
  return find_proof(s, stamp) ? HP_SNAPSHOT_HELD : HP_SNAPSHOT_UNKNOWN;
}

static hp_snapshot_state look_file(hp_snapshot *s, int txn, hp_stamp *stamp) {
  /* Within a section a mode can end, and none can begin, but not both: so
  ** this is the mode of the stamp. */
  hp_stamp_mode mode = hp_dbfile_mode(s->f);

  if (mode == HP_STAMP_NONE || !read_stamp(s, stamp)) {
    s->is_unsure = true;
    return HP_SNAPSHOT_UNKNOWN;
  }
  if (mode == HP_STAMP_WAL) return look_wal(s, txn, stamp);
  if (mode == HP_STAMP_ROLLBACK) return look_rollback(s, txn);
  return txn == SQLITE_TXN_NONE ? HP_SNAPSHOT_FREE : HP_SNAPSHOT_HELD;
}

hp_snapshot_state hp_snapshot_look(hp_snapshot *s, hp_stamp *stamp) {
  int txn = txn_state(s);

  if (txn == SQLITE_TXN_WRITE) return HP_SNAPSHOT_WRITE;
  if (txn < 0 || is_rebound(s)) s->needs_rebind = true;
  if (s->needs_rebind || s->kind == KIND_NOTHING) return HP_SNAPSHOT_UNKNOWN;
  if (s->kind == KIND_FILE) return look_file(s, txn, stamp);
  return look_private(s, txn, stamp);
}

/* The hook saw this very run begin: SQLite has counted one run since, and no
** other statement has begun. */
static bool is_run(const watch *w, sqlite3_stmt *run) {
  return w->run == run &&
         sqlite3_stmt_status(run, SQLITE_STMTSTATUS_RUN, 0) == w->run_count + 1;
}

hp_snapshot_state hp_snapshot_look_run(hp_snapshot *s, sqlite3_stmt *run,
                                       hp_stamp *stamp) {
  if (run && s->is_idle_of_run && !s->needs_rebind && is_run(s->all, run)) {
    *stamp = s->idle;
    return HP_SNAPSHOT_FREE;
  }
  return hp_snapshot_look(s, stamp);
}

void hp_snapshot_end_run(hp_snapshot *s) {
  s->all->run = NULL;
}

static hp_snapshot_state look_in_section(hp_snapshot *s, hp_stamp *stamp) {
  hp_snapshot_state state;

  hp_epoch_enter(s->all->c->reader);
  state = hp_snapshot_look(s, stamp);
  hp_epoch_exit(s->all->c->reader);
  return state;
}

bool hp_snapshot_confirm(hp_snapshot *s, hp_stamp before) {
  hp_stamp now;

  if (hp_pager_is_shared(s->db)) return false;
  switch (look_in_section(s, &now)) {
  case HP_SNAPSHOT_HELD: return hp_stamp_equal(now, before);
  case HP_SNAPSHOT_FREE:
    /* The transaction is over. Without its lock a change counter proves
    ** nothing: a writer may write it, fail, and the next write the same. */
    return hp_snapshot_mode(s) != HP_STAMP_ROLLBACK &&
           hp_stamp_equal(now, before);
  default: return false;
  }
}

bool hp_snapshot_is_current(hp_snapshot *s, hp_stamp stamp) {
  hp_stamp now = {0, 0};
  uint32_t v;
  bool ok;

  if (s->kind == KIND_NOTHING || s->needs_rebind) return false;
  if (s->kind != KIND_FILE) {
    return read_data_version(s, &v) && v == hp_stamp_change(stamp) &&
           stamp.b == s->instance;
  }
  hp_epoch_enter(s->all->c->reader);
  ok = read_stamp(s, &now);
  hp_epoch_exit(s->all->c->reader);
  return ok && hp_stamp_equal(now, stamp);
}

/* ---- reading on the host's connection ---- */

int hp_snapshot_pin(hp_snapshot *s, sqlite3_stmt **stmt,
                    hp_snapshot_state *state, hp_stamp *stamp) {
  int rc;

  *state = look_in_section(s, stamp);
  if (*state != HP_SNAPSHOT_FREE) return SQLITE_OK;
  hp_hook_mute(s->all->c);
  rc = hp_pager_begin_read(s->db, s->schema, stmt);
  hp_hook_unmute(s->all->c);
  *state = HP_SNAPSHOT_UNKNOWN;
  if (rc == SQLITE_AUTH) return SQLITE_OK;
  if (!rc) *state = look_in_section(s, stamp);
  return rc;
}

static void poll(hp_snapshot *s) {
  s->is_polled = false;
  if (txn_state(s) != SQLITE_TXN_NONE) return;
  hp_hook_mute(s->all->c);
  s->is_polled = hp_pager_poll(s->db, s->schema);
  hp_hook_unmute(s->all->c);
}

static void settle(hp_snapshot *s) {
  if (s->is_unsure || hp_dbfile_mode(s->f) == HP_STAMP_NONE) {
    hp_dbfile_refresh(s->f, hp_clock_ms());
    s->is_unsure = false;
  }
  s->kind = choose_kind(s);
}

uint64_t hp_snapshot_id(hp_snapshot *s) {
  if (s->needs_rebind && bind(s)) return 0;
  if (s->f) settle(s);
  switch (s->kind) {
  case KIND_FILE: return hp_dbfile_id(s->f);
  case KIND_POLLED: poll(s); return s->instance;
  case KIND_ALONE: return s->instance;
  case KIND_NOTHING: break;
  }
  return 0;
}

bool hp_snapshot_is_private(const hp_snapshot *s) {
  return s->kind != KIND_FILE;
}

hp_stamp_mode hp_snapshot_mode(const hp_snapshot *s) {
  return s->kind == KIND_FILE ? hp_dbfile_mode(s->f) : HP_STAMP_NONE;
}

/* ---- the trace hook ---- */

static bool is_on_wal(const hp_snapshot *s) {
  return hp_snapshot_mode(s) == HP_STAMP_WAL;
}

hp_dbfile *hp_snapshot_file(const hp_snapshot *s) {
  hp_stamp_mode mode = hp_snapshot_mode(s);

  return mode == HP_STAMP_WAL || mode == HP_STAMP_ROLLBACK ? s->f : NULL;
}

/* A stamp of the moment before the statement opens its transaction. */
static void note_idle(hp_snapshot *s, hp_reader *reader) {
  hp_stamp now;
  bool ok;

  s->is_idle_of_run = false;
  if (!is_on_wal(s) || txn_state(s) != SQLITE_TXN_NONE) return;
  hp_epoch_enter(reader);
  ok = read_stamp(s, &now);
  hp_epoch_exit(reader);
  if (ok) set_idle(s, now);
  s->is_idle_of_run = ok;
}

void hp_snapshot_quiesce(hp_conn *c, int64_t hold_ms) {
  hp_dbfile_quiesce(c->db, hp_clock_ms(), hold_ms);
}

static void make_way(watch *w) {
  for (const hp_snapshot *s = w->first; s; s = s->next) {
    if (!is_on_wal(s)) continue;
    hp_snapshot_quiesce(w->c, HOLD_MS);
    return;
  }
}

static void expect_rebinding(void *arg) {
  watch *w = arg;

  for (hp_snapshot *s = w->first; s; s = s->next) s->needs_rebind = true;
}

static void on_stmt(void *arg, sqlite3_stmt *stmt, const char *sql) {
  watch *w = arg;
  hp_pragma what = hp_pragma_of(sql);

  if (what == HP_PRAGMA_ALONE) make_way(w);
  if (what == HP_PRAGMA_REBIND) expect_rebinding(w);
  for (hp_snapshot *s = w->first; s; s = s->next) note_idle(s, w->c->reader);
  w->run = stmt;
  w->run_count = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
}

/* ---- all snapshots of a connection ---- */

static void free_snapshot(hp_snapshot *s) {
  unbind(s);
  sqlite3_free(s->schema);
  sqlite3_free(s);
}

static void free_watch(void *part) {
  watch *w = part;

  while (w->first) {
    hp_snapshot *s = w->first;
    w->first = s->next;
    free_snapshot(s);
  }
  sqlite3_free(w);
}

static int watch_of(hp_conn *c, watch **out) {
  watch *w = hp_conn_part(c, &part_key);
  int rc;

  *out = w;
  if (w) return SQLITE_OK;
  if (!(w = sqlite3_malloc64(sizeof *w))) return SQLITE_NOMEM;
  *w = (watch){.c = c};
  rc = hp_conn_set_part(c, &part_key, w, free_watch);
  if (rc) return rc;
  /* Without the hook fewer snapshots can be proved, that is all. */
  hp_hook_add(c, &(hp_listener){.on_stmt = on_stmt,
                                .on_install = expect_rebinding,
                                .arg = w});
  *out = w;
  return SQLITE_OK;
}

static hp_snapshot *find(const watch *w, const char *schema) {
  hp_snapshot *s = w->first;

  while (s && sqlite3_stricmp(s->schema, schema)) s = s->next;
  return s;
}

static hp_snapshot *new_snapshot(watch *w, const char *schema) {
  hp_snapshot *s = sqlite3_malloc64(sizeof *s);

  if (!s) return NULL;
  *s = (hp_snapshot){.all = w,
                     .db = w->c->db,
                     .is_main = !sqlite3_stricmp(schema, "main"),
                     .needs_rebind = true,
                     .schema = sqlite3_mprintf("%s", schema)};
  if (!s->schema) {
    sqlite3_free(s);
    return NULL;
  }
  s->next = w->first;
  w->first = s;
  return s;
}

int hp_snapshot_open(hp_conn *c, const char *schema, hp_snapshot **out) {
  watch *w;
  hp_snapshot *s;
  int rc = watch_of(c, &w);

  *out = NULL;
  if (rc) return rc;
  s = find(w, schema);
  if (!s && !(s = new_snapshot(w, schema))) return SQLITE_NOMEM;
  if (s->needs_rebind || !s->is_main || is_rebound(s)) rc = bind(s);
  if (!rc) note_idle(s, c->reader);
  if (!rc) *out = s;
  return rc;
}
