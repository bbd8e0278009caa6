/* SPDX-License-Identifier: MIT
**
** What SQLite tells about the pager of one schema of a connection. A few
** nanoseconds each, and no SQL is run, except by the last two. On the
** connection's own thread.
*/
#ifndef HP_CACHE_PAGER_H
#define HP_CACHE_PAGER_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

/* Its data version: stays the same exactly as long as SQLite takes the pages
** it has cached for valid; moves with own commits and, at the start of a read
** transaction, with those of others. False if there is no such database. */
bool hp_pager_data_version(sqlite3 *db, const char *schema, uint32_t *out);

/* Address of its VFS, or NULL. */
void *hp_pager_vfs(sqlite3 *db, const char *schema);

/* The lock the connection has on the file: 0 none, HP_PAGER_SHARED, more: to
** write; -1 if it cannot be told. */
#define HP_PAGER_SHARED 1
int hp_pager_lock(sqlite3 *db, const char *schema);

/* With a rollback journal: true if the lock is what the state of the
** transaction (sqlite3_txn_state) makes one expect, none without one, shared
** while reading. Anything else is exclusive locking mode, in which the change
** counter stands still. */
bool hp_pager_is_lock_usual(sqlite3 *db, const char *schema, int txn);

/* Counters of a connection, over all its pagers; they only grow unless the
** application resets them. */
typedef struct hp_pager_counts {
  int written;     /* pages written to a file or WAL */
  int spilled;     /* of these, before their transaction ended */
  int64_t changes; /* rows, as by sqlite3_total_changes64() */
} hp_pager_counts;

void hp_pager_count(sqlite3 *db, hp_pager_counts *out);

/* Pages asked for so far, found in a cache or not; likewise. */
int hp_pager_touched(sqlite3 *db);

/* Bytes of all page caches. */
int hp_pager_bytes(sqlite3 *db);

/* True if a page cache of db is shared with another connection at present. */
bool hp_pager_is_shared(sqlite3 *db);

/* Reads something of the schema: the transaction, if any, has its snapshot
** afterwards. *stmt is NULL or what an earlier call left there; caller
** finalizes. An SQLite result code. */
int hp_pager_begin_read(sqlite3 *db, const char *schema, sqlite3_stmt **stmt);

/* Has the pager look whether others have written, which brings the data
** version up to date. False if it could not. */
bool hp_pager_poll(sqlite3 *db, const char *schema);

#endif
