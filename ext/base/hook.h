/* SPDX-License-Identifier: MIT
**
** The trace slot of a host connection, shared by hotpath's modules. SQLite
** has one slot per connection and the last caller wins: installing the hook
** replaces an application's own trace callback, and the application's later
** call replaces ours. Nothing is ever re-installed silently; hp_hook_is_alive
** finds out.
**
** Listeners are called on the connection's own thread, in the order in which
** they were added. They must be quick, must not run SQL on the connection and
** must not fail. Statements that hotpath itself runs between
** hp_hook_mute() and hp_hook_unmute() are not reported.
*/
#ifndef HP_BASE_HOOK_H
#define HP_BASE_HOOK_H

#include "base/conn.h"

typedef struct hp_listener {
  /* A statement begins (SQLITE_TRACE_STMT): before its transaction is opened.
  ** Raised again by foreign-key actions of the same run; not for trigger
  ** programs, nor for statements that a function or virtual table runs inside
  ** of another. sql is sqlite3_sql(stmt). NULL: not interested. */
  void (*on_stmt)(void *arg, sqlite3_stmt *stmt, const char *sql);
  /* A statement's run ended (SQLITE_TRACE_PROFILE): at its last step, reset or
  ** finalize; also for inner statements that raised no on_stmt. NULL: not
  ** interested. */
  void (*on_profile)(void *arg, sqlite3_stmt *stmt);
  /* A statement is about to return a row (SQLITE_TRACE_ROW), inner statements'
  ** too. NULL: not interested. */
  void (*on_row)(void *arg, sqlite3_stmt *stmt);
  /* The connection is about to be closed (SQLITE_TRACE_CLOSE), or was asked to
  ** and refused because statements are left. Its counters can still be read.
  ** Also called when muted. NULL: not interested. */
  void (*on_close)(void *arg);
  /* The hook takes the slot: until now events may have been missed. Also
  ** called when it is taken for the first time. NULL: not interested. */
  void (*on_install)(void *arg);
  void *arg;
} hp_listener;

#define HP_HOOK_LISTENERS 4

/*
** Adds a listener to c's hook and installs the hook if this is the first.
** SQLITE_OK, SQLITE_NOMEM, SQLITE_FULL, or SQLITE_NOTFOUND if this host's
** SQLite was built without sqlite3_trace_v2 (the listener is then never
** called).
*/
int hp_hook_add(hp_conn *c, const hp_listener *listener);

/* Takes the slot (again), or gives it up. The same codes as hp_hook_add(). */
int hp_hook_install(hp_conn *c);
int hp_hook_remove(hp_conn *c);

/* True if hp_hook_remove() was called last: off by wish. */
bool hp_hook_is_off(hp_conn *c);

/* True if our callback is really in the slot; finds out by running `SELECT 1`
** on the connection. False also when off. */
bool hp_hook_is_alive(hp_conn *c);

/* Statements that may write and that ended while the hook was muted, so far. */
uint64_t hp_hook_n_hidden(hp_conn *c);

/* Nestable: between them no listener is called. */
void hp_hook_mute(hp_conn *c);
void hp_hook_unmute(hp_conn *c);

#endif
