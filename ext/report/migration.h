/* SPDX-License-Identifier: MIT
**
** The advice of index_suggestions as a migration: SQL to be run, with comments
** that carry the figures and how to undo each step. Runs SQL on c's
** connection, on its own thread; takes as long as index_suggestions.
*/
#ifndef HP_REPORT_MIGRATION_H
#define HP_REPORT_MIGRATION_H

#include "base/conn.h"

#include <stdint.h>

/* Writes the migration for c's main database, dated wall_ms. SQLITE_OK with
** *out set (caller frees with sqlite3_free), or a code with *err a sentence or
** NULL (ditto). */
HP_MUST_CHECK int hp_migration_write(hp_conn *c, int64_t wall_ms, char **out,
                                     char **err);

#endif
