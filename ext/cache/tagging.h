/* SPDX-License-Identifier: MIT
**
** The tags of one answer: the value of the option `tags`, an SQL expression
** over the table's parameters, split at commas. Belongs to one virtual table
** instance and its connection's thread.
*/
#ifndef HP_CACHE_TAGGING_H
#define HP_CACHE_TAGGING_H

#include "cache/tags.h"

typedef struct hp_tagging {
  sqlite3_stmt *stmt; /* SELECT of the expression; NULL: no tags */
} hp_tagging;

/*
** Prepares expression (NULL: no tags), which may only use parameters that
** `select` has too. SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR with *err a
** sentence (caller frees). End with hp_tagging_term().
*/
int hp_tagging_init(hp_tagging *t, sqlite3 *db, const char *expression,
                    sqlite3_stmt *select, char **err);
void hp_tagging_term(hp_tagging *t);

/*
** The counters to watch for these arguments (in the order of `select`'s
** parameters), with their versions now. Call it before computing. seen has
** room for HP_TAG_MAX_SEEN. SQLITE_OK; SQLITE_RANGE if there are too many or
** one cannot be a tag; an SQLite code if the expression fails.
*/
int hp_tagging_see(hp_tagging *t, sqlite3_stmt *select, sqlite3_value **args,
                   hp_tag_seen *seen, int *n_seen);

#endif
