/* SPDX-License-Identifier: MIT
**
** The tables of recorded statements:
**
**     query_stats    one row per fingerprint and database, dearest first; a
**                    last row `other` for what was evicted
**     slow_queries   the latest slow runs, newest first
*/
#ifndef HP_QUERY_STATS_VTAB_H
#define HP_QUERY_STATS_VTAB_H

#include "base/conn.h"

/* Registers the tables on c. Returns an SQLite result code. */
int hp_stats_vtab_register(hp_conn *c);

#endif
