/* SPDX-License-Identifier: MIT
**
** Stamps: a few words that change with every commit to a database file,
** readable without a transaction. Two equal stamps of one hp_dbfile prove that
** no commit happened in between.
**
** How: a *sentinel*, one connection of our own per file, opened at first use
** (READWRITE, query_only, wal_autocheckpoint=0, same VFS and URI parameters as
** the host's), keeps the WAL open.
** - WAL: the header of the WAL index through xShmMap of the sentinel's file:
**   both copies equal, iVersion 3007000; the stamp is {iChange, nPage,
**   aFrameCksum} (https://www.sqlite.org/walformat.html, section 2.1).
** - rollback journal: bytes 24..39 of page 1 through the sentinel's xRead
**   (https://www.sqlite.org/fileformat2.html, section 1.3).
** - immutable: constant.
** - everything else (memory, temp, exclusive locking, a VFS without shared
**   memory): private to one connection, see snapshot.h.
** A stamp is good for as long as its hp_dbfile lives and is never stored:
** after a close, a foreign write and a reopen the header can be identical.
*/
#ifndef HP_CACHE_STAMP_H
#define HP_CACHE_STAMP_H

#include "base/epoch.h"
#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_stamp {
  uint64_t a, b;
} hp_stamp;

static inline bool hp_stamp_equal(hp_stamp x, hp_stamp y) {
  return x.a == y.a && x.b == y.b;
}

typedef struct hp_dbfile hp_dbfile;

typedef enum hp_stamp_mode {
  HP_STAMP_NONE,      /* no sentinel now: nothing can be proved, compute */
  HP_STAMP_WAL,
  HP_STAMP_ROLLBACK,
  HP_STAMP_IMMUTABLE,
} hp_stamp_mode;

/*
** The file behind db's schema (`main`, …), found by its identity (device,
** inode, VFS), its sentinel opened if there is none; one more reference.
** SQLITE_OK with *out NULL if the database has no file that could be watched
** (then it is private to the connection). SQLITE_NOMEM or another code when
** the file cannot be opened: *out is NULL, the caller computes. Thread-safe;
** call it on db's own thread, outside of sections.
*/
int hp_dbfile_acquire(sqlite3 *db, const char *schema, hp_dbfile **out);

/* Drops a reference; the last closes the sentinel. NULL is allowed. */
void hp_dbfile_release(hp_dbfile *f);

/* A number for this file that is never used twice in the process: part of the
** keys of entries. It changes when the sentinel was closed in between. */
uint64_t hp_dbfile_id(const hp_dbfile *f);

hp_stamp_mode hp_dbfile_mode(const hp_dbfile *f);

/*
** The stamp now. False if it cannot be known at this moment (mode just
** changed, header being written, sentinel closed): compute. Call it inside a
** section of the calling connection's reader. No system call in WAL mode.
*/
bool hp_dbfile_stamp(hp_dbfile *f, hp_stamp *out);

/*
** Outside of sections, after hp_dbfile_stamp() was false: finds out what the
** file is now (mode switched, WAL created) and opens the sentinel again if
** need be. Rate-limited by now_ms.
*/
void hp_dbfile_refresh(hp_dbfile *f, sqlite3 *db, int64_t now_ms);

/* Closes the sentinels of every file of db, so that the host may change
** journal_mode or take an exclusive lock; entries of these files become
** unreachable. They are opened again at the next use after hold_ms. */
void hp_dbfile_quiesce(sqlite3 *db, int64_t now_ms, int64_t hold_ms);

/* For hotpath_status: calls visit for every file with its path and mode. */
void hp_dbfile_each(void (*visit)(const char *path, hp_stamp_mode mode,
                                  int n_refs, void *arg),
                    void *arg);

/* After fork(), in the child: abandons all sentinels without closing them. */
void hp_dbfile_after_fork(void);

#endif
