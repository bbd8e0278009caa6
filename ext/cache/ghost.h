/* SPDX-License-Identifier: MIT
**
** Keys that were in the cache lately: the ghost queue of S3-FIFO, without the
** entries. It keeps 31 bits of each key's hash, a mark and the number of its
** addition; a key counts as remembered while no more than so many others were
** added since. Buckets of eight; the oldest of a full bucket is overwritten, so
** a few are forgotten early. About 16 bytes per entry. Pure; for one thread at
** a time.
*/
#ifndef HP_CACHE_GHOST_H
#define HP_CACHE_GHOST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_ghost_slot {
  uint32_t hash; /* the lowest bit is the mark */
  uint32_t at;   /* number of its addition; 0 is an empty slot */
} hp_ghost_slot;

typedef struct hp_ghost {
  hp_ghost_slot *slots; /* NULL while empty */
  uint64_t n_slots;     /* a power of two */
  uint32_t now;         /* number of the last addition */
} hp_ghost;

/* Frees the slots; g may be zero-initialised. */
void hp_ghost_term(hp_ghost *g);

/* Bytes that hp_ghost_reserve() would allocate; 0 if there is room. */
uint64_t hp_ghost_growth(const hp_ghost *g, int64_t n_keys);

/* Makes room for n_keys; those known are kept. SQLITE_OK or SQLITE_NOMEM. */
int hp_ghost_reserve(hp_ghost *g, int64_t n_keys);

/* Remembers a key, by its hash, and a mark of 0 or 1. After
** hp_ghost_reserve(). */
void hp_ghost_add(hp_ghost *g, uint64_t hash, int mark);

/* The mark of the key if it is among the n_last added: it is forgotten then.
** Otherwise -1. */
int hp_ghost_take(hp_ghost *g, uint64_t hash, int64_t n_last);

#endif
