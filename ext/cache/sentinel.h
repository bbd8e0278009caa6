/* SPDX-License-Identifier: MIT
**
** A sentinel: one connection of our own to a database file of the host, that
** only watches. It keeps the WAL open, holds no transaction, never writes,
** never checkpoints while others are connected, and waits for no lock.
**
** It is opened READWRITE with query_only rather than READONLY: a read-only
** connection that closes last leaves the -wal and -shm files behind.
*/
#ifndef HP_CACHE_SENTINEL_H
#define HP_CACHE_SENTINEL_H

#include "base/sqlite_api.h"

#include <stdbool.h>

typedef struct hp_sentinel {
  sqlite3 *db;           /* ours; NULL while closed */
  sqlite3_file *file;    /* its database file; owned by db */
  const void *wal_index; /* first 32 KiB of the WAL index, mapped, or NULL if
                         ** the database is not in WAL mode; valid while db is
                         ** open */
} hp_sentinel;

/*
** The URI that opens the file behind `filename` (a pointer that came from
** sqlite3_db_filename()) with the parameters it was opened with, except
** `mode`, `cache` and `immutable`. The caller frees it with sqlite3_free();
** NULL when out of memory.
*/
char *hp_sentinel_uri(const char *filename);

/*
** Opens the sentinel of a file and lets it read once, so that a WAL is open.
** uri is made by hp_sentinel_uri(), vfs is a VFS name. SQLITE_OK, or an SQLite
** code with *out closed: SQLITE_BUSY while someone holds the file exclusively,
** SQLITE_READONLY if it could not be opened for writing, SQLITE_CANTOPEN if
** the VFS has no shared memory for a database in WAL mode.
*/
int hp_sentinel_open(const char *uri, const char *vfs, hp_sentinel *out);

/* True if the path still names the file the sentinel has open. */
bool hp_sentinel_is_in_place(const hp_sentinel *s);

/* Takes over from a host connection what should happen when the last
** connection closes: NO_CKPT_ON_CLOSE and a persistent WAL. */
void hp_sentinel_follow(hp_sentinel *s, sqlite3 *host, const char *schema);

/* Closes it; harmless if it is closed. */
void hp_sentinel_close(hp_sentinel *s);

#endif
