/* SPDX-License-Identifier: MIT
**
** Which snapshot of a database does this host connection read now, and is it
** proved? One hp_snapshot per (connection, schema a cached table depends on).
**
** The transaction state of the schema on the host decides:
** - write: the connection may have changes of its own: nothing is proved.
** - none: a read that began now would see the file's current stamp.
** - read: an older snapshot perhaps. It is proved by the map {data_version,
**   pages written, total changes} -> stamp of the connection, recorded when a
**   transaction was seen to begin between two equal stamps; or by the stamp
**   taken when the running statement began (SQLITE_TRACE_STMT comes before the
**   transaction is opened) if it is still current.
** Databases without a watchable file are private: the stamp is made of the
** connection's data_version, pages written, total changes and schema cookie.
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
** connection closes. schema is a name as in PRAGMA database_list; after
** DETACH/ATTACH under the same name the object notices and begins anew.
** SQLITE_OK, or SQLITE_NOMEM.
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
** Opens the host's read transaction on the schema now, as the uncached query
** would, and proves it: the state is then HELD, or UNKNOWN if somebody
** committed meanwhile more often than can be waited for. Only while a
** statement of the connection is running (it ends with that statement, or with
** the host's transaction). *stmt caches the statement used: zero-initialised
** by the caller, who finalizes it. Outside of sections. An SQLite code;
** SQLITE_BUSY as the uncached query would get it.
*/
int hp_snapshot_pin(hp_snapshot *s, sqlite3_stmt **stmt,
                    hp_snapshot_state *state, hp_stamp *stamp);

/*
** After the first step of a computation that began in state FREE at `before`:
** true if the host's transaction is now proved to be at `before`, which is
** then recorded for later reads. Outside of sections.
*/
bool hp_snapshot_confirm(hp_snapshot *s, hp_stamp before);

/* True if stamp is the current one, i.e. the answer computed at it is worth
** publishing. Opens and closes a section of its own. */
bool hp_snapshot_is_current(hp_snapshot *s, hp_stamp stamp);

/* For hotpath_status and tests. */
hp_stamp_mode hp_snapshot_mode(const hp_snapshot *s);

#endif
