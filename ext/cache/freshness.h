/* SPDX-License-Identifier: MIT
**
** When an answer expires, when it is worth computing ahead, and how long a
** stale one may still be served. Pure: time and randomness are arguments; a
** `chance` is uniform in (0, 1].
**
** Early refresh by chance is XFetch (A. Vattani, F. Chierichetti, K.
** Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8),
** 2015): refresh when now - cost * beta * ln(chance) >= expiry, with beta = 1.
*/
#ifndef HP_CACHE_FRESHNESS_H
#define HP_CACHE_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_freshness {
  int64_t ttl_ms;           /* 0: none */
  double jitter;            /* 0 to 1: share of the ttl taken off by chance */
  int64_t refresh_ahead_ms; /* refresh in the last so many ms; 0: not */
  bool is_xfetch;           /* refresh ahead by chance and cost */
  int64_t stale_while_revalidate_ms; /* 0: not */
  int64_t stale_if_error_ms;         /* 0: not */
} hp_freshness;

/* True if a background refresh can ever be asked for. */
bool hp_freshness_uses_refresh(const hp_freshness *f);

/* The lifetime of an answer in ms; 0 if it does not expire. At least 1. */
int64_t hp_freshness_lifetime_ms(const hp_freshness *f, double chance);

/* Should an answer that is still fresh be computed ahead? */
bool hp_freshness_is_due(const hp_freshness *f, int64_t expires_ms,
                         uint64_t cost_ns, int64_t now_ms, double chance);

/*
** May an answer that is not fresh any more be served, while its successor is
** being computed, or because computing it failed? It counts from the moment it
** was computed, plus its ttl if it has one: whatever made it stale came after.
*/
bool hp_freshness_may_revalidate(const hp_freshness *f, int64_t created_ms,
                                 int64_t now_ms);
bool hp_freshness_may_stand_in(const hp_freshness *f, int64_t created_ms,
                               int64_t now_ms);

#endif
