/* SPDX-License-Identifier: MIT
**
** What hotpath keeps for one host connection, found by its sqlite3*. Modules
** hang their own state on it as parts; all goes when the connection closes.
**
** A connection is used by one thread at a time, as SQLite's is; the registry
** behind hp_conn_open() and hp_conn_close() is thread-safe.
*/
#ifndef HP_BASE_CONN_H
#define HP_BASE_CONN_H

#include "base/epoch.h"
#include "base/sqlite_api.h"

#define HP_CONN_PARTS 16

typedef struct hp_conn {
  sqlite3 *db;       /* the host's; borrowed */
  hp_reader *reader; /* for sections that read shared structures */
  int n_refs;        /* guarded by the registry's lock */
  int n_muted;       /* depth of hp_hook_mute(); see hook.h */
  int n_inner;       /* statements of ours that run inside of the host's */
  struct hp_conn *next;
  struct {
    const void *key; /* address that names the owner */
    void *part;
    void (*free_fn)(void *part);
  } parts[HP_CONN_PARTS];
} hp_conn;

/*
** The state of db, made if there is none yet, with one more reference.
** SQLITE_OK or SQLITE_NOMEM (then *out is NULL).
*/
int hp_conn_open(sqlite3 *db, hp_conn **out);

/* Drops one reference (conn is a hp_conn*, NULL is allowed); the last frees
** the parts, youngest first. Its type is that of SQLite's xDestroy, which is
** what calls it: when the connection closes or a module is replaced. */
void hp_conn_close(void *conn);

/* The state of db if there is one, without a reference: borrowed until the
** connection closes. For code that runs on db's own thread. */
hp_conn *hp_conn_find(sqlite3 *db);

/* The part of this key, borrowed until the connection closes, or NULL. */
void *hp_conn_part(const hp_conn *c, const void *key);

/*
** Hangs part on c; takes ownership even on failure: free_fn(part) is called
** when the connection closes. SQLITE_OK, or SQLITE_FULL if all places are
** taken.
*/
int hp_conn_set_part(hp_conn *c, const void *key, void *part,
                     void (*free_fn)(void *part));

/* After fork(), in the child: makes the registry usable again. */
void hp_conn_after_fork(void);

#endif
