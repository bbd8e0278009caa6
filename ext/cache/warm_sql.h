/* SPDX-License-Identifier: MIT
**
** Functions about whole cached tables: cache_warm(table, sql),
** cache_refresh(table, param…), cache_define(name, sql[, options]),
** cache_undefine(name), cache_track(table), cache_untrack(table).
*/
#ifndef HP_CACHE_WARM_SQL_H
#define HP_CACHE_WARM_SQL_H

#include "base/conn.h"

/* Registers the functions on c. An SQLite code. */
int hp_warm_sql_register(hp_conn *c);

#endif
