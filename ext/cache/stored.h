/* SPDX-License-Identifier: MIT
**
** Definitions of cached tables that are kept in the database, in the table
** main.hotpath_definitions(name, sql, options), so that every connection can
** have the same ones for the asking. On the connection's thread; runs SQL on
** it, with the hook muted.
**
** All return SQLITE_OK, or a code with *err a sentence or NULL (the caller
** frees with sqlite3_free).
*/
#ifndef HP_CACHE_STORED_H
#define HP_CACHE_STORED_H

#include "base/conn.h"

#include <stdint.h>

/* Makes temp."name", a cached table of this SELECT with these options (as in
** CREATE VIRTUAL TABLE, separated by commas; NULL: none), and keeps the
** definition. One of the same name is replaced. */
int hp_stored_define(hp_conn *c, const char *name, const char *sql,
                     const char *options, char **err);

/* Drops the table, if it is there, and the definition; *n is how many there
** were, 0 or 1. */
int hp_stored_undefine(hp_conn *c, const char *name, int64_t *n, char **err);

/* Makes the tables of all definitions that this connection does not have yet;
** *n is how many. Stops at the first that cannot be made. */
int hp_stored_load(hp_conn *c, int64_t *n, char **err);

#endif
