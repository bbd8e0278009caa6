/* SPDX-License-Identifier: MIT
**
** Stamps: a few words that change with every commit to a database file,
** readable without a transaction. Two equal stamps of one hp_dbfile prove that
** no commit happened in between.
**
** How: a *sentinel*, one connection of our own per file, opened at first use
** (READWRITE, query_only, wal_autocheckpoint=0, same VFS and URI parameters as
** the host's), keeps the WAL open.
** - WAL: iChange and aFrameCksum of the WAL index (walindex.h). The checksum
**   is chained over all frames and random salts: it names the commit.
** - rollback journal: bytes 24..39 of page 1 through the sentinel's xRead
**   (https://www.sqlite.org/fileformat2.html, section 1.3), SQLite's own test.
**   They are written shortly *before* a commit takes effect; what they prove,
**   and when, is said in snapshot.h.
** - immutable: constant.
** - everything else (memory, temp, exclusive locking, a VFS without shared
**   memory): private to one connection, see snapshot.h.
** A stamp holds the number of the sentinel's life (from opening to closing):
** after a close, a foreign write and a reopen the header can be identical, but
** the stamps differ. So they are never stored.
**
** A database changed from rollback journal to WAL by others is noticed by the
** version bytes next to the stamp; while a sentinel is open on a WAL nobody
** can change that.
*/
#ifndef HP_CACHE_STAMP_H
#define HP_CACHE_STAMP_H

#include "base/epoch.h"
#include "base/sqlite_api.h"
#include "cache/ledger.h"
#include "cache/walindex.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_stamp {
  uint64_t a; /* high 32 bits: life of the sentinel; low: the change counter */
  uint64_t b; /* checksum and the like */
} hp_stamp;

/* The change counter: in WAL mode iChange, +1 with every commit that wrote. */
static inline uint32_t hp_stamp_change(hp_stamp s) {
  return (uint32_t)s.a;
}

static inline bool hp_stamp_equal(hp_stamp x, hp_stamp y) {
  return x.a == y.a && x.b == y.b;
}

/* The commit that a stamp names: in WAL mode for good, with a rollback journal
** within the sentinel's life. */
static inline hp_commit hp_stamp_commit(hp_stamp s) {
  return (hp_commit){(uint32_t)(s.a >> 32), (uint32_t)s.a, s.b};
}

typedef struct hp_dbfile hp_dbfile;

typedef enum hp_stamp_mode {
  HP_STAMP_NONE, /* no sentinel now: nothing can be proved, compute */
  HP_STAMP_WAL,
  HP_STAMP_ROLLBACK,
  HP_STAMP_IMMUTABLE,
} hp_stamp_mode;

/*
** The file behind db's schema (`main`, …), found by its identity (device,
** inode, VFS), its sentinel opened if there is none; one more reference.
** SQLITE_OK with *out NULL if the database has no file that could be watched
** (memory, temp, a VFS other than `unix` and `unix-excl`, nolock, shared
** cache). If it has one but the sentinel cannot be opened now (held
** exclusively, read-only, corrupt, encrypted), SQLITE_OK with a file in mode
** NONE, for hp_dbfile_refresh() to try again. SQLITE_CANTOPEN if the path no
** longer names the file that db has open; SQLITE_NOMEM. Thread-safe; call it
** on db's own thread, outside of sections.
*/
int hp_dbfile_acquire(sqlite3 *db, const char *schema, hp_dbfile **out);

/* Drops a reference; the last closes the sentinel. NULL is allowed. */
void hp_dbfile_release(hp_dbfile *f);

/* A number for this file that is never used twice in the process: part of the
** keys of entries. It changes when the sentinel was closed in between. */
uint64_t hp_dbfile_id(const hp_dbfile *f);

/* A number never given before, from the same sequence. */
uint64_t hp_dbfile_next_id(void);

hp_stamp_mode hp_dbfile_mode(const hp_dbfile *f);

/*
** The stamp now. False if it cannot be known at this moment (mode just
** changed, header being written, sentinel closed): compute. Call it inside a
** section of the calling connection's reader. In WAL mode no system call and
** no lock; in rollback mode one read under a mutex of the file.
*/
bool hp_dbfile_stamp(hp_dbfile *f, hp_stamp *out);

/* True if the stamp is known to be still `stamp`, which hp_dbfile_stamp() gave
** before: a shorter way in WAL mode, false in the others. In a section. */
bool hp_dbfile_is_at(const hp_dbfile *f, hp_stamp stamp);

/* In WAL mode the stamp with the whole header it was read from; false in the
** other modes, too. In a section. */
bool hp_dbfile_wal(const hp_dbfile *f, hp_stamp *stamp, hp_walindex *header);

/* hp_ledger_covers() for what is known of the file's last commits, by this
** process or, through the ring (ring.h), by others. */
bool hp_dbfile_covers(hp_dbfile *f, hp_commit x, hp_commit y,
                      const uint32_t *tables, int n);

/* hp_ledger_put() for this process and, through the ring, for others. */
void hp_dbfile_put(hp_dbfile *f, hp_commit before, hp_commit after,
                   const uint32_t *tables, int n);

/*
** Outside of sections, after hp_dbfile_stamp() was false: finds out what the
** file is now (mode switched, WAL created) and opens the sentinel again if
** need be; not more often than every HP_DBFILE_RETRY_MS.
*/
void hp_dbfile_refresh(hp_dbfile *f, int64_t now_ms);
#define HP_DBFILE_RETRY_MS 200

/* Outside of sections: closes the sentinels of every file of db, so that the
** host may change journal_mode or take an exclusive lock; entries of these
** files become unreachable. They are opened again at the next use after
** hold_ms. */
void hp_dbfile_quiesce(sqlite3 *db, int64_t now_ms, int64_t hold_ms);

/* For hotpath_status: calls visit for every file with its path and mode. */
void hp_dbfile_each(void (*visit)(const char *path, hp_stamp_mode mode,
                                  int n_refs, void *arg),
                    void *arg);

/* After fork(), in the child: abandons all sentinels without closing them. */
void hp_dbfile_after_fork(void);

#endif
