/* SPDX-License-Identifier: MIT
**
** Stand-ins for what an application has registered on its connection, so that
** statements can be compiled, but never run, on another one: functions that
** answer NULL, collations that compare bytes, virtual tables without rows.
*/
#ifndef HP_SCHEMA_STUBS_H
#define HP_SCHEMA_STUBS_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/* The module of stand-ins: CREATE VIRTUAL TABLE x USING
** hotpath_stand_in(CREATE TABLE x(a, b HIDDEN)). */
#define HP_STUB_MODULE "hotpath_stand_in"

/* Registers the module and a collation for each one asked for. An SQLite
** code. */
HP_MUST_CHECK int hp_stubs_init(sqlite3 *db);

/* Registers a function like the row of pragma_function_list says: type is "s"
** (scalar), "a" (aggregate) or "w" (window), flags as shown there. An SQLite
** code. */
HP_MUST_CHECK int hp_stubs_function(sqlite3 *db, const char *name, int n_args,
                                    const char *type, int flags);

/* Registers a table-valued function of that name; declaration is a CREATE
** TABLE statement. An SQLite code. */
HP_MUST_CHECK int hp_stubs_module(sqlite3 *db, const char *name,
                                  const char *declaration);

/* The opposite: takes off db, a private connection, what an application
** registers on every connection and may do anything when it is called: all
** functions but SQLite's own and those that are declared deterministic;
** hotpath's own go, too. True if none is left. */
bool hp_stubs_remove_functions(sqlite3 *db);

#endif
