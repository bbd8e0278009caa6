/* SPDX-License-Identifier: MIT
**
** Tracked tables: three triggers write, with every change of a row, a new
** random number, the table's *generation*, into
**
**     main.hotpath_generations("table", generation)
**
** within the transaction that makes the change, whoever makes it, with or
** without hotpath. A number that is random names one state of the table even
** where a copy of the database, or a backup put back, goes another way.
** Not seen are changes that fire no trigger: sqlite3_blob_write(), and writes
** of a connection that has switched triggers off or whose authorizer leaves
** the number out (SQLITE_IGNORE). On the connection's thread;
** runs SQL on it, with the hook muted.
*/
#ifndef HP_CACHE_TRACKING_H
#define HP_CACHE_TRACKING_H

#include "base/conn.h"

#include <stdbool.h>
#include <stdint.h>

/* Tracks an ordinary table of main; *n is 1, or 0 if it was tracked already.
** All or nothing. SQLITE_OK, or a code with *err a sentence or NULL (caller
** frees with sqlite3_free). */
int hp_tracking_add(hp_conn *c, const char *table, int64_t *n, char **err);

/* Ends it; *n is 1, or 0 if it was not tracked. The same codes. */
int hp_tracking_remove(hp_conn *c, const char *table, int64_t *n, char **err);

/* Are the triggers of `table`, a name as the schema spells it, in place, word
** by word? SQLITE_OK or a code. */
int hp_tracking_is_on(hp_conn *c, const char *table, bool *is_on);

#endif
