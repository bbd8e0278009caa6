/* SPDX-License-Identifier: MIT
**
** Joins a lookup with the query whose rows it is run for:
**
**   SELECT id, title FROM shelves                        the source
**   SELECT * FROM books WHERE shelf_id = 7               the lookup
**   SELECT * FROM books WHERE shelf_id IN (SELECT value FROM
**     (SELECT "id" AS value FROM (SELECT id, title FROM shelves)))
**
** The column that feeds the lookup is found by a declared foreign key, or by
** its name (shelf_id of books and id of shelves, either way round; three
** letters must agree), and believed only if it has as many different values as
** there were lookups, to a tenth. Both statements must read one table each and
** have no parameters beside the value looked up.
*/
#ifndef HP_QUERY_JOIN_H
#define HP_QUERY_JOIN_H

#include "base/sqlite_api.h"
#include "query/batch.h"

#include <stdint.h>

/*
** Stores the joined statement in *out, or NULL if there is none that can be
** believed; caller frees with sqlite3_free(). many is the rewrite of the
** lookup b that is right here. Runs the source on db, for counting.
** SQLITE_OK or SQLITE_NOMEM.
*/
HP_MUST_CHECK int hp_join_make(sqlite3 *db, const char *source,
                               const hp_batch *b, const char *many,
                               int64_t calls, char **out);

#endif
