/* SPDX-License-Identifier: MIT
**
** cache_warm(table, sql) and cache_refresh(table, param…).
*/
#ifndef HP_CACHE_WARM_SQL_H
#define HP_CACHE_WARM_SQL_H

#include "base/conn.h"

/* Registers the functions on c. An SQLite code. */
int hp_warm_sql_register(hp_conn *c);

#endif
