/* SPDX-License-Identifier: MIT
**
** Statistics as JSON, to be carried to another process and added up there.
** One object per entry:
**
**   {"query":"SELECT ?","database":"/a.db","calls":2,"errors":0,"prepares":1,
**    "rows":2,"changes":0,"vm_steps":8,"fullscan_steps":0,"sorts":0,
**    "autoindexes":0,"reprepares":0,"pages_hit":0,"pages_missed":0,
**    "total_ns":900,"min_ns":400,"max_ns":500,"squares":410000.0,
**    "first_ms":1700000000000,"last_ms":1700000000001,"times":{"3":2}}
**
** times: number of calls per bucket of query/histogram.h. Times are in
** milliseconds since 1970 UTC.
*/
#ifndef HP_QUERY_PORTABLE_H
#define HP_QUERY_PORTABLE_H

#include "base/conn.h"
#include "query/stats.h"

/* Two clocks at one moment, to turn one's times into the other's. */
typedef struct hp_portable_now {
  int64_t wall_ms;
  int64_t fast_ns;
} hp_portable_now;

hp_portable_now hp_portable_now_get(void);

/* Appends the object of s; call it with the store locked. */
void hp_portable_put(sqlite3_str *out, const hp_stat *s, hp_portable_now now);

/* Adds the entries of a JSON array to the store, on c's thread (the JSON is
** read by c's SQLite, unseen by the hook). SQLITE_OK with the number of
** entries in *n, or a code with *err set to a sentence (caller frees with
** sqlite3_free(); NULL: out of memory). */
HP_MUST_CHECK int hp_portable_import(hp_conn *c, const char *json, int64_t *n,
                                     char **err);

#endif
