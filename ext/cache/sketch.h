/* SPDX-License-Identifier: MIT
**
** How often were keys asked for lately? A count-min sketch with counters of
** four bits, four per key, the least of which is the answer (0..15); all are
** halved now and then so that old fame fades. Source: G. Einziger, R. Friedman,
** B. Manes, "TinyLFU" (2017). About 8 bytes per entry.
** Pure; for one thread at a time.
*/
#ifndef HP_CACHE_SKETCH_H
#define HP_CACHE_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_sketch {
  uint64_t *words;  /* 16 counters each; NULL while empty */
  uint64_t n_words; /* a power of two */
  uint64_t n_added; /* since the last halving */
} hp_sketch;

/* Frees the counters; s may be zero-initialised. */
void hp_sketch_term(hp_sketch *s);

/* Bytes that hp_sketch_reserve() would allocate; 0 if there is room. */
uint64_t hp_sketch_growth(const hp_sketch *s, int64_t n_entries);

/* Makes s good for a cache of n_entries; what is known is kept. SQLITE_OK or
** SQLITE_NOMEM. */
int hp_sketch_reserve(hp_sketch *s, int64_t n_entries);

/* Counts a key, by its hash, times times. After hp_sketch_reserve(). */
void hp_sketch_add(hp_sketch *s, uint64_t hash, int times);

/* Halves all counters if more than n_max keys were counted since last time. */
void hp_sketch_age(hp_sketch *s, uint64_t n_max);

int hp_sketch_get(const hp_sketch *s, uint64_t hash);

#endif
