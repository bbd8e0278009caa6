/* SPDX-License-Identifier: MIT
**
** The tables cache_stats, cache_entries and cache_tags.
*/
#ifndef HP_CACHE_CACHE_VTAB_H
#define HP_CACHE_CACHE_VTAB_H

#include "base/conn.h"

/* Registers them on c's connection. An SQLite code. */
int hp_cache_vtab_register(hp_conn *c);

#endif
