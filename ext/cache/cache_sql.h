/* SPDX-License-Identifier: MIT
**
** The functions cache_invalidate(tag…), cache_clear([name]),
** cache_config(name[, value]), cache_quiesce([seconds]).
*/
#ifndef HP_CACHE_CACHE_SQL_H
#define HP_CACHE_CACHE_SQL_H

#include "base/conn.h"

/* Registers them on c's connection. An SQLite code. */
int hp_cache_sql_register(hp_conn *c);

#endif
