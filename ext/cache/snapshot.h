/* SPDX-License-Identifier: MIT
**
** Which snapshot of a database does this host connection read now, and is it
** proved? One hp_snapshot per (connection, schema a cached table depends on).
**
** The transaction state of the schema on the host decides:
** - write: the connection may have changes of its own: nothing is proved.
** - none: a read that began now would see the file's current stamp.
** - read: an older snapshot perhaps. In WAL mode it is proved if the current
**   stamp is the one of an earlier moment at which the connection had no
**   transaction (taken by each look at state FREE and, through the trace hook,
**   at the start of each statement): nobody committed from before the
**   transaction began until now. Each proof is recorded under the pager's data
**   version (SQLITE_FCNTL_DATA_VERSION), which stays the same exactly as long
**   as SQLite itself takes its cached pages for valid, so it still holds when
**   others commit later. In rollback mode the host's SHARED lock keeps
**   everybody from committing: the current stamp is that of the snapshot.
**
** A database without a sentinel is private to its connection: the data version
** alone is its stamp. It moves with every commit of the connection itself,
** DDL, VACUUM, blob writes and the backup API included. Where others may
** write too (exclusive locking mode, odd VFS, read-only or deleted file) it is
** brought up to date by a small read in hp_snapshot_id().
**
** In rollback mode, with the file held exclusively by this very connection
** (locking_mode=EXCLUSIVE), the change counter stands still; the lock tells,
** and the database is then private.
**
** Not cached at all: databases of the VFS `memdb` (sqlite3_deserialize() swaps
** their contents unseen), and what is read while a shared cache is in use.
**
** Everything here belongs to one connection and its thread.
*/
#ifndef HP_CACHE_SNAPSHOT_H
#define HP_CACHE_SNAPSHOT_H

#include "base/conn.h"
#include "cache/stamp.h"

typedef struct hp_snapshot hp_snapshot;

typedef enum hp_snapshot_state {
  HP_SNAPSHOT_UNKNOWN, /* cannot be proved: compute, publish nothing */
  HP_SNAPSHOT_WRITE,   /* inside a write transaction: bypass */
  HP_SNAPSHOT_FREE,    /* no transaction: a read beginning now sees *stamp */
  HP_SNAPSHOT_HELD,    /* a read transaction, proved to be at *stamp */
} hp_snapshot_state;

/*
** The snapshot object of a schema, made if need be: borrowed until the
** connection closes. schema is a name as in PRAGMA database_list. Call it again
** whenever the outer statement is planned (xConnect, xBestIndex): a name other
** than `main` is then looked up anew, since it may have been detached and
** attached again, which expires all statements. Between two plannings ATTACH
** and DETACH are noticed by the trace hook, or by the file name.
** Outside of sections. SQLITE_OK, or SQLITE_NOMEM.
*/
int hp_snapshot_open(hp_conn *c, const char *schema, hp_snapshot **out);

/* Identity of the database, for keys: that of the file (shared by every
** connection), or a number of this connection's own if it is private. 0 while
** nothing can be cached. Outside of sections: may open the sentinel. */
uint64_t hp_snapshot_id(hp_snapshot *s);
bool hp_snapshot_is_private(const hp_snapshot *s);

/*
** The state now and, for FREE and HELD, the stamp. The hot path: in WAL mode
** no SQL, no system call, no lock, no allocation. Call it inside a section.
*/
hp_snapshot_state hp_snapshot_look(hp_snapshot *s, hp_stamp *stamp);

/*
** The same for a statement that is known to be the one running and to read
** only once: if the trace hook saw this very run begin, outside of a
** transaction, then what was current at that moment is an answer as right as
** what is current now, and it is known already. run may be NULL: look. After
** one use hp_snapshot_end_run() must follow: the next run needs a new event.
*/
hp_snapshot_state hp_snapshot_look_run(hp_snapshot *s, sqlite3_stmt *run,
                                       hp_stamp *stamp);
void hp_snapshot_end_run(hp_snapshot *s);

/*
** Opens the host's read transaction on the schema now, as the uncached query
** would, and proves it: the state is then HELD, or UNKNOWN if somebody
** committed just then (a transaction once begun cannot be begun again). Only
** while a statement of the connection is running: the transaction ends with
** that statement, or with the host's own. Nothing is done unless the state is
** FREE. *stmt caches the statement used: zero-initialised by the caller, who
** finalizes it (in xDisconnect, or the host cannot close). Outside of
** sections. An SQLite code; SQLITE_BUSY as the uncached query would get it.
*/
int hp_snapshot_pin(hp_snapshot *s, sqlite3_stmt **stmt,
                    hp_snapshot_state *state, hp_stamp *stamp);

/*
** After the first step of a computation that began in state FREE at `before`:
** true if the host's transaction is now proved to be at `before`, which is
** then recorded for later reads. Where that step was the last one and closed
** the transaction, true only in WAL mode and for memory databases. Outside of
** sections.
*/
bool hp_snapshot_confirm(hp_snapshot *s, hp_stamp before);

/* True if stamp is the current one, i.e. the answer computed at it is worth
** publishing. Opens and closes a section of its own. */
bool hp_snapshot_is_current(hp_snapshot *s, hp_stamp stamp);

/* Closes the sentinels of c's files for hold_ms, so that the host may change
** journal_mode or lock exclusively. The trace hook does it by itself before
** such a PRAGMA; without the hook the user must ask for it. Outside of
** sections. */
void hp_snapshot_quiesce(hp_conn *c, int64_t hold_ms);

/* The file, if it is watched at present in WAL or rollback mode; else NULL.
** Borrowed until the next hp_snapshot_id() or hp_snapshot_open(). */
hp_dbfile *hp_snapshot_file(const hp_snapshot *s);

/* For hotpath_status and tests; HP_STAMP_NONE for a private database. */
hp_stamp_mode hp_snapshot_mode(const hp_snapshot *s);

#endif
