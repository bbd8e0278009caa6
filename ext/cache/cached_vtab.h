/* SPDX-License-Identifier: MIT
**
** The virtual table module `cached`:
**
**     CREATE VIRTUAL TABLE temp.card USING cached(
**       (SELECT id, front, back FROM cards WHERE id = :id), ttl=60);
**     SELECT * FROM temp.card(42);             -- the parameters as arguments
**     SELECT * FROM temp.card WHERE _id = 42;  -- or as hidden columns
**
** Columns: those of the SELECT; hidden: one per parameter, `_source` (where
** the rows come from: l1, l2, computed, stale, bypass) and `_age_ms`.
*/
#ifndef HP_CACHE_CACHED_VTAB_H
#define HP_CACHE_CACHED_VTAB_H

#include "base/conn.h"

/* Registers the module on c's connection. An SQLite code. */
int hp_cached_vtab_register(hp_conn *c);

#endif
