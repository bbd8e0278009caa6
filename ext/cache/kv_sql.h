/* SPDX-License-Identifier: MIT
**
** The key/value functions:
**
**   cache_set(key, value[, ttl[, tag…]])   1, or 0 if it is too large to keep
**   cache_get(key)                         the value, or NULL
**   cache_fetch(key, ttl, sql[, param…])   the value; if none, that of the
**                                        SELECT, which is kept
**   cache_exists(key)                      1 or 0
**   cache_ttl(key)                         seconds left; -1: does not expire;
**                                          NULL: there is no value
**   cache_touch(key[, ttl])                another time to live: 1, or 0 if
**                                          there is no value
**   cache_incr(key[, by])                  adds to an integer: the sum
**   cache_tag(key, tag…)                   adds tags: 1, or 0 if no value
**   cache_delete(key…)                     how many values were there
**
** ttl is in seconds, a fraction allowed; NULL or left out: does not expire.
** See kv.h for what is promised.
*/
#ifndef HP_CACHE_KV_SQL_H
#define HP_CACHE_KV_SQL_H

#include "base/conn.h"

/* Registers them on c's connection. An SQLite code. */
int hp_kv_sql_register(hp_conn *c);

#endif
