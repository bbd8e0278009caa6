/* SPDX-License-Identifier: MIT
**
** The module: statement analysis in SQL. The facade that hotpath.c calls.
*/
#ifndef HP_QUERY_QUERY_H
#define HP_QUERY_QUERY_H

#include "base/conn.h"

#include <stdbool.h>

/* Registers the module's tables and functions on c and begins to watch it.
** Without sqlite3_trace_v2 there is nothing to watch with: the tables are then
** there and empty. Returns an SQLite result code. */
int hp_query_register(hp_conn *c);

/* Around fork(): locks what threads share, and unlocks it afterwards. */
void hp_query_before_fork(void);
void hp_query_after_fork(bool is_child);

#endif
