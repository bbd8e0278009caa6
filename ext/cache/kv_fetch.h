/* SPDX-License-Identifier: MIT
**
** cache_fetch: the value of a key, or that of a SELECT, which is computed by
** one thread of the process at a time (flight.h).
**
** In a write transaction a missing value is computed for the caller only: it
** may show what is not committed. Nobody is waited for there.
*/
#ifndef HP_CACHE_KV_FETCH_H
#define HP_CACHE_KV_FETCH_H

#include "cache/kv.h"

/* What to compute; all borrowed during the call. */
typedef struct hp_fetch {
  const char *sql; /* one SELECT; its first column of its first row counts */
  int n_sql;
  sqlite3_value **params; /* bound to it in order */
  int n_params;
  int64_t ttl_ms; /* 0: does not expire */
} hp_fetch;

/*
** Makes the value of key the result of ctx: from the cache, or computed (NULL
** if the SELECT has no row). Errors become the result too, as sentences. An
** error is not cached.
*/
void hp_kv_fetch(hp_kv *kv, const hp_key *key, const hp_fetch *fetch,
                 sqlite3_context *ctx);

#endif
