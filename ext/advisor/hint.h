/* SPDX-License-Identifier: MIT
**
** SQLite's way to keep the planner from a table's indexes: NOT INDEXED behind
** its name (sqlite.org/lang_indexedby.html). Pure.
*/
#ifndef HP_ADVISOR_HINT_H
#define HP_ADVISOR_HINT_H

#include "base/sqlite_api.h"

/* Puts NOT INDEXED behind each use of the table in sql. *out: the statement;
** *what: the first use as it reads then, "t AS x NOT INDEXED". Both are NULL if
** the table is not named behind FROM, JOIN, UPDATE or a comma, or has a hint
** already. SQLITE_OK or SQLITE_NOMEM. Caller frees both. */
HP_MUST_CHECK int hp_hint_write(const char *sql, const char *table, char **out,
                                char **what);

#endif
