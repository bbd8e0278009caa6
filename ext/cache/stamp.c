/* SPDX-License-Identifier: MIT */
#include "cache/stamp.h"

#include "base/shmap.h"
#include "cache/ring.h"
#include "cache/sentinel.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

/* What makes two openings the same file. */
typedef struct identity {
  dev_t dev;
  ino_t ino;
  bool is_immutable;
  /* Of an immutable file, which promises not to change; else zero. */
  int64_t size, mtime_ns;
} identity;

struct hp_dbfile {
  _Atomic(const void *) wal_index; /* mapped by the sentinel, or NULL */
  _Atomic uint64_t id;             /* life of the sentinel */
  _Atomic int mode;                /* hp_stamp_mode */
  _Atomic(hp_ring *) ring;         /* shared with others, or NULL */
  pthread_mutex_t io;              /* guards file, and pulling */
  sqlite3_file *file;              /* the sentinel's, or NULL */

  identity who; /* constant, like the next four */
  char *path;
  char *vfs;
  char *uri;
  hp_ledger *ledger;

  hp_sentinel sentinel; /* guarded by lock, like all below */
  hp_shmap map;         /* where the ring is */
  int64_t next_try_ms;
  int n_refs;
  bool is_abandoned; /* by a fork: unlisted, never opened */
  struct hp_dbfile *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_dbfile *files;
static _Atomic uint64_t last_id;

uint64_t hp_dbfile_next_id(void) {
  return atomic_fetch_add(&last_id, 1) + 1;
}

/* ---- the stamp ---- */

static uint64_t with_life(const hp_dbfile *f, uint32_t change) {
  return atomic_load_explicit(&f->id, memory_order_acquire) << 32 | change;
}

bool hp_dbfile_wal(const hp_dbfile *f, hp_stamp *stamp, hp_walindex *header) {
  const void *p = atomic_load_explicit(&f->wal_index, memory_order_acquire);

  if (!p || !hp_walindex_read(p, header)) return false;
  stamp->a = with_life(f, header->change);
  stamp->b = header->checksum;
  return true;
}

bool hp_dbfile_is_at(const hp_dbfile *f, hp_stamp stamp) {
  const void *p = atomic_load_explicit(&f->wal_index, memory_order_acquire);

  return p && hp_walindex_is_at(p, hp_stamp_change(stamp), stamp.b) &&
         with_life(f, hp_stamp_change(stamp)) == stamp.a;
}

static uint32_t big_endian(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

/* Bytes 0..39 of the database header; false if it is none, or of a database
** that has gone to WAL. */
static bool read_header(hp_dbfile *f, unsigned char h[40]) {
  bool ok = false;

  pthread_mutex_lock(&f->io);
  if (f->file) ok = f->file->pMethods->xRead(f->file, h, 40, 0) == SQLITE_OK;
  pthread_mutex_unlock(&f->io);
  return ok && !memcmp(h, "SQLite format 3", 16) && h[18] == 1 && h[19] == 1;
}

static bool rollback_stamp(hp_dbfile *f, hp_stamp *out) {
  unsigned char h[40];

  if (!read_header(f, h)) return false;
  out->a = with_life(f, big_endian(h + 24));
  out->b = ((uint64_t)big_endian(h + 28) << 32 | big_endian(h + 36)) ^
           (uint64_t)big_endian(h + 32) * 0x9E3779B97F4A7C15u;
  return true;
}

bool hp_dbfile_stamp(hp_dbfile *f, hp_stamp *out) {
  hp_walindex header;

  switch (hp_dbfile_mode(f)) {
  case HP_STAMP_WAL: return hp_dbfile_wal(f, out, &header);
  case HP_STAMP_ROLLBACK: return rollback_stamp(f, out);
  case HP_STAMP_IMMUTABLE: *out = (hp_stamp){with_life(f, 0), 0}; return true;
  case HP_STAMP_NONE: break;
  }
  return false;
}

/* One that somebody has cut is left alone for good. */
static hp_ring *ring_of(hp_dbfile *f) {
  hp_ring *ring = atomic_load_explicit(&f->ring, memory_order_acquire);

  if (!ring || hp_shmap_is_whole(&f->map)) return ring;
  atomic_store_explicit(&f->ring, NULL, memory_order_release);
  return NULL;
}

static bool is_older(hp_commit x, hp_commit y) {
  return (int32_t)(y.change - x.change) > 0;
}

static bool pull(hp_dbfile *f, hp_commit x, hp_commit y) {
  hp_ring *ring = ring_of(f);
  bool ok;

  if (!ring) return false;
  pthread_mutex_lock(&f->io);
  ok = is_older(x, y) ? hp_ring_pull(ring, f->ledger, x, y)
                      : hp_ring_pull(ring, f->ledger, y, x);
  pthread_mutex_unlock(&f->io);
  return ok;
}

bool hp_dbfile_covers(hp_dbfile *f, hp_commit x, hp_commit y,
                      const uint32_t *tables, int n) {
  if (hp_ledger_covers(f->ledger, x, y, tables, n)) return true;
  return pull(f, x, y) && hp_ledger_covers(f->ledger, x, y, tables, n);
}

void hp_dbfile_put(hp_dbfile *f, hp_commit before, hp_commit after,
                   const uint32_t *tables, int n) {
  hp_ring *ring = ring_of(f);

  hp_ledger_put(f->ledger, before, after, tables, n);
  if (ring) hp_ring_put(ring, before, after, tables, n);
}

uint64_t hp_dbfile_id(const hp_dbfile *f) {
  return atomic_load_explicit(&f->id, memory_order_acquire);
}

hp_stamp_mode hp_dbfile_mode(const hp_dbfile *f) {
  return (hp_stamp_mode)atomic_load_explicit(&f->mode, memory_order_acquire);
}

/* ---- opening and closing the sentinel ---- */

static void set_mode(hp_dbfile *f, hp_stamp_mode mode) {
  atomic_store_explicit(&f->mode, (int)mode, memory_order_release);
}

/* Both a closing and an opening begin a new life, before anything else can be
** seen of it: a reader that mixes the two sides gets a stamp of the life in
** between, which no entry has. */
static void begin_life(hp_dbfile *f) {
  atomic_store_explicit(&f->id, hp_dbfile_next_id(), memory_order_seq_cst);
}

static void set_file(hp_dbfile *f, sqlite3_file *file) {
  pthread_mutex_lock(&f->io);
  f->file = file;
  pthread_mutex_unlock(&f->io);
}

static void close_sentinel(hp_dbfile *f) {
  begin_life(f);
  set_mode(f, HP_STAMP_NONE);
  atomic_store_explicit(&f->wal_index, NULL, memory_order_release);
  set_file(f, NULL);
  hp_epoch_synchronize();
  hp_sentinel_close(&f->sentinel);
}

static int64_t mtime_ns(const struct stat *st) {
  return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static bool identify(const char *path, bool is_immutable, identity *out) {
  struct stat st;

  if (stat(path, &st)) return false;
  *out = (identity){.dev = st.st_dev, .ino = st.st_ino};
  out->is_immutable = is_immutable;
  if (is_immutable) {
    out->size = st.st_size;
    out->mtime_ns = mtime_ns(&st);
  }
  return true;
}

static bool is_same(const identity *x, const identity *y) {
  return x->dev == y->dev && x->ino == y->ino &&
         x->is_immutable == y->is_immutable && x->size == y->size &&
         x->mtime_ns == y->mtime_ns;
}

/* The path names the file of f both before and after the opening, and it is
** the file that was opened. */
static bool is_own_file(const hp_dbfile *f, const hp_sentinel *s) {
  identity now;

  return hp_sentinel_is_in_place(s) && identify(f->path, false, &now) &&
         is_same(&now, &f->who) && hp_sentinel_is_in_place(s);
}

/* Without it this process knows of its own commits only. Once opened it stays
** until nobody needs the file, for readers may be in it. */
static void open_ring(hp_dbfile *f) {
  char *path;

  if (f->map.at) return;
  path = sqlite3_mprintf("%s-hotpath", f->path);
  if (path &&
      hp_shmap_open(path, f->path, sizeof(hp_ring), &f->map) == SQLITE_OK) {
    atomic_store_explicit(&f->ring, hp_ring_use(f->map.at, f->map.n_bytes),
                          memory_order_release);
  }
  sqlite3_free(path);
}

static void open_sentinel(hp_dbfile *f) {
  hp_sentinel s;

  if (f->who.is_immutable) {
    begin_life(f);
    set_mode(f, HP_STAMP_IMMUTABLE);
    return;
  }
  if (hp_sentinel_open(f->uri, f->vfs, &s)) return;
  if (!is_own_file(f, &s)) {
    hp_sentinel_close(&s);
    return;
  }
  begin_life(f);
  f->sentinel = s;
  set_file(f, s.file);
  atomic_store_explicit(&f->wal_index, s.wal_index, memory_order_release);
  if (s.wal_index) open_ring(f);
  set_mode(f, s.wal_index ? HP_STAMP_WAL : HP_STAMP_ROLLBACK);
}

/* ---- the registry ---- */

static void free_file(hp_dbfile *f) {
  if (!f) return;
  pthread_mutex_destroy(&f->io);
  sqlite3_free(f->path);
  sqlite3_free(f->vfs);
  sqlite3_free(f->uri);
  hp_ledger_free(f->ledger);
  hp_shmap_close(&f->map);
  sqlite3_free(f);
}

static hp_dbfile *new_file(const identity *who, const char *filename,
                           const char *vfs) {
  hp_dbfile *f = sqlite3_malloc64(sizeof *f);

  if (!f) return NULL;
  memset(f, 0, sizeof *f);
  f->who = *who;
  f->path = sqlite3_mprintf("%s", filename);
  f->vfs = sqlite3_mprintf("%s", vfs);
  f->uri = hp_sentinel_uri(filename);
  f->ledger = hp_ledger_new();
  pthread_mutex_init(&f->io, NULL);
  begin_life(f);
  if (f->path && f->vfs && f->uri && f->ledger) return f;
  free_file(f);
  return NULL;
}

static hp_dbfile *find(const identity *who, const char *path, const char *vfs) {
  hp_dbfile *f = files;

  while (f && !(is_same(&f->who, who) && !strcmp(f->path, path) &&
                !strcmp(f->vfs, vfs))) {
    f = f->next;
  }
  return f;
}

static void unlist(hp_dbfile *f) {
  hp_dbfile **at = &files;

  if (f->is_abandoned) return;
  while (*at != f) at = &(*at)->next;
  *at = f->next;
}

/* ---- which databases can be watched ---- */

static const char *vfs_name(sqlite3 *db, const char *schema) {
  sqlite3_vfs *vfs = NULL;

  if (sqlite3_file_control(db, schema, SQLITE_FCNTL_VFS_POINTER, &vfs)) {
    return NULL;
  }
  return vfs ? vfs->zName : NULL;
}

static bool is_shared_cache(const char *filename) {
  const char *cache = sqlite3_uri_parameter(filename, "cache");

  return cache && !strcmp(cache, "shared");
}

/* A VFS whose files are paths, with locks and shared memory as expected. */
static bool is_watchable(const char *filename, const char *vfs) {
  if (!filename || !*filename || !vfs) return false;
  if (strcmp(vfs, "unix") && strcmp(vfs, "unix-excl")) return false;
  return !sqlite3_uri_boolean(filename, "nolock", 0) &&
         !sqlite3_uri_boolean(filename, "readonly_shm", 0) &&
         !is_shared_cache(filename);
}

static bool host_has_moved(sqlite3 *db, const char *schema) {
  int has_moved = 1;

  return sqlite3_file_control(db, schema, SQLITE_FCNTL_HAS_MOVED, &has_moved) ||
         has_moved;
}

static int acquire_locked(const identity *who, const char *filename,
                          const char *vfs, hp_dbfile **out) {
  hp_dbfile *f = find(who, filename, vfs);

  if (!f) {
    if (!(f = new_file(who, filename, vfs))) return SQLITE_NOMEM;
    f->next = files;
    files = f;
    open_sentinel(f);
  }
  f->n_refs++;
  *out = f;
  return SQLITE_OK;
}

int hp_dbfile_acquire(sqlite3 *db, const char *schema, hp_dbfile **out) {
  const char *filename = sqlite3_db_filename(db, schema);
  const char *vfs = vfs_name(db, schema);
  identity who;
  int rc;

  *out = NULL;
  if (!is_watchable(filename, vfs)) return SQLITE_OK;
  if (host_has_moved(db, schema) ||
      !identify(filename, sqlite3_uri_boolean(filename, "immutable", 0),
                &who)) {
    return SQLITE_CANTOPEN;
  }
  pthread_mutex_lock(&lock);
  rc = acquire_locked(&who, filename, vfs, out);
  if (!rc) hp_sentinel_follow(&(*out)->sentinel, db, schema);
  pthread_mutex_unlock(&lock);
  if (rc || !host_has_moved(db, schema)) return rc;
  hp_dbfile_release(*out);
  *out = NULL;
  return SQLITE_CANTOPEN;
}

void hp_dbfile_release(hp_dbfile *f) {
  bool is_last;

  if (!f) return;
  pthread_mutex_lock(&lock);
  is_last = --f->n_refs == 0;
  if (is_last) {
    unlist(f);
    close_sentinel(f);
  }
  pthread_mutex_unlock(&lock);
  if (is_last) free_file(f);
}

static bool has_left_rollback(hp_dbfile *f) {
  unsigned char h[40];

  return hp_dbfile_mode(f) == HP_STAMP_ROLLBACK && !read_header(f, h);
}

void hp_dbfile_refresh(hp_dbfile *f, int64_t now_ms) {
  pthread_mutex_lock(&lock);
  if (!f->is_abandoned && now_ms >= f->next_try_ms) {
    f->next_try_ms = now_ms + HP_DBFILE_RETRY_MS;
    if (has_left_rollback(f)) close_sentinel(f);
    if (hp_dbfile_mode(f) == HP_STAMP_NONE) open_sentinel(f);
  }
  pthread_mutex_unlock(&lock);
}

/* ---- all files ---- */

static void quiesce_path(const char *path, int64_t until_ms) {
  for (hp_dbfile *f = files; f; f = f->next) {
    if (strcmp(f->path, path) || f->who.is_immutable) continue;
    if (f->sentinel.db) close_sentinel(f);
    f->next_try_ms = until_ms;
  }
}

/* Name of db's i-th schema; before 3.39 only that of the first is known. */
static const char *schema_name(sqlite3 *db, int i) {
  if (sqlite3_libversion_number() >= 3039000) return sqlite3_db_name(db, i);
  return i == 0 ? "main" : NULL;
}

void hp_dbfile_quiesce(sqlite3 *db, int64_t now_ms, int64_t hold_ms) {
  const char *schema;

  pthread_mutex_lock(&lock);
  for (int i = 0; (schema = schema_name(db, i)) != NULL; i++) {
    const char *path = sqlite3_db_filename(db, schema);
    if (path && *path) quiesce_path(path, now_ms + hold_ms);
  }
  pthread_mutex_unlock(&lock);
}

void hp_dbfile_each(void (*visit)(const char *path, hp_stamp_mode mode,
                                  int n_refs, void *arg),
                    void *arg) {
  pthread_mutex_lock(&lock);
  for (const hp_dbfile *f = files; f; f = f->next) {
    visit(f->path, hp_dbfile_mode(f), f->n_refs, arg);
  }
  pthread_mutex_unlock(&lock);
}

static void abandon(hp_dbfile *f) {
  pthread_mutex_init(&f->io, NULL);
  begin_life(f);
  set_mode(f, HP_STAMP_NONE);
  atomic_store_explicit(&f->wal_index, NULL, memory_order_release);
  f->file = NULL;
  f->sentinel = (hp_sentinel){NULL, NULL, NULL};
  f->is_abandoned = true;
  atomic_store_explicit(&f->ring, NULL, memory_order_release);
  hp_shmap_abandon(&f->map);
  hp_ledger_after_fork(f->ledger);
}

void hp_dbfile_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  for (hp_dbfile *f = files; f; f = f->next) abandon(f);
  files = NULL;
}
