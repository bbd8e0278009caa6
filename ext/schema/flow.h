/* SPDX-License-Identifier: MIT
**
** How control flows through a program, as far as it can be proved from what
** EXPLAIN prints. Opcodes are taken from a list of known ones; any other one
** makes the answer "no".
*/
#ifndef HP_SCHEMA_FLOW_H
#define HP_SCHEMA_FLOW_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/* True only if it is proved that the statement sql, run on db, reads nothing
** but the one virtual table vtab, through one cursor, and calls its xFilter at
** most once per run. False in doubt, and on every error.
**
** Prepares `EXPLAIN sql` on db, which calls vtab's xBestIndex; so do not call
** it from there. vtab is the object that xConnect handed to SQLite. */
bool hp_program_reads_once(sqlite3 *db, const char *sql,
                           const sqlite3_vtab *vtab);

#endif
