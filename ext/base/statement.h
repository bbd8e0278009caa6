/* SPDX-License-Identifier: MIT
**
** Single statements on a host's connection, for functions that answer with a
** sentence when something fails. On the connection's thread.
**
** All return SQLITE_OK or a code; *err, which is NULL before, is then a
** sentence (caller frees with sqlite3_free) or, out of memory, still NULL.
*/
#ifndef HP_BASE_STATEMENT_H
#define HP_BASE_STATEMENT_H

#include "base/sqlite_api.h"

/* Prepares the only statement of sql: a text that goes on after it is refused.
** Takes ownership of sql (sqlite3_free); NULL is an out-of-memory error. The
** caller finalizes *out, which is NULL on failure. */
int hp_statement_prepare(sqlite3 *db, char *sql, sqlite3_stmt **out,
                         char **err);

/* Steps stmt once, unless rc says that preparing it failed, and finalizes it:
** the code of the whole. */
int hp_statement_finish(sqlite3 *db, sqlite3_stmt *stmt, int rc, char **err);

/* Prepares and finishes a printf format (SQLite's: %Q, %w, ...). */
int hp_statement_run(sqlite3 *db, char **err, const char *format, ...);

#endif
