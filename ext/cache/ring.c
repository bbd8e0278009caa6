/* SPDX-License-Identifier: MIT */
#include "cache/ring.h"

#include "base/hash.h"

#include <string.h>

enum {
  BEFORE,
  AFTER,
  CHANGE,
  TABLES,
  SUM = TABLES + HP_RING_TABLES / 2,
  N_WORDS
};

/* One place, copied out or to be written. */
typedef struct link {
  uint64_t word[N_WORDS];
} link;

static uint64_t load(const _Atomic uint64_t *at) {
  return atomic_load_explicit(at, memory_order_relaxed);
}

static void store(_Atomic uint64_t *at, uint64_t v) {
  atomic_store_explicit(at, v, memory_order_relaxed);
}

hp_ring *hp_ring_use(void *memory, size_t n_bytes) {
  hp_ring *r = memory;
  uint64_t none = 0;

  if (!memory || n_bytes < sizeof *r) return NULL;
  if (atomic_compare_exchange_strong(&r->head[0], &none, HP_RING_MAGIC)) {
    return r;
  }
  return none == HP_RING_MAGIC ? r : NULL;
}

static uint64_t sum_of(const link *x) {
  return hp_hash64(x->word, SUM * sizeof *x->word);
}

void hp_ring_put(hp_ring *r, hp_commit before, hp_commit after,
                 const uint32_t *tables, int n) {
  _Atomic uint64_t *place = r->place[after.change % HP_RING_COMMITS];
  link x = {{before.checksum, after.checksum}};

  if (n < 0 || n > HP_RING_TABLES) return;
  x.word[CHANGE] = (uint64_t)after.change << 32 | (uint32_t)n;
  for (int i = 0; i < n; i++) {
    x.word[TABLES + i / 2] |= (uint64_t)tables[i] << (i % 2 ? 32 : 0);
  }
  x.word[SUM] = sum_of(&x);
  for (int i = 0; i < N_WORDS; i++) store(&place[i], x.word[i]);
}

/* The link that ends at change number `change`; false if there is none. */
static bool read_link(const hp_ring *r, uint32_t change, link *x) {
  const _Atomic uint64_t *place = r->place[change % HP_RING_COMMITS];

  for (int i = 0; i < N_WORDS; i++) x->word[i] = load(&place[i]);
  return x->word[CHANGE] >> 32 == change &&
         (uint32_t)x->word[CHANGE] <= HP_RING_TABLES &&
         x->word[SUM] == sum_of(x);
}

/* The link that follows commit c. */
static bool read_next(const hp_ring *r, hp_commit c, link *x) {
  return read_link(r, c.change + 1, x) && x->word[BEFORE] == c.checksum;
}

static hp_commit end_of(const link *x, uint32_t life) {
  return (hp_commit){life, (uint32_t)(x->word[CHANGE] >> 32), x->word[AFTER]};
}

/* Nothing is put in unless the chain reaches `now`. */
static bool reaches(const hp_ring *r, hp_commit from, hp_commit now) {
  link x;

  while (from.change != now.change) {
    if (!read_next(r, from, &x)) return false;
    from = end_of(&x, from.life);
  }
  return from.checksum == now.checksum;
}

static bool put_all(const hp_ring *r, hp_ledger *l, hp_commit from,
                    hp_commit now) {
  uint32_t tables[HP_RING_TABLES];
  link x;

  while (from.change != now.change) {
    hp_commit next;
    if (!read_next(r, from, &x)) return false;
    for (int i = 0; i < HP_RING_TABLES; i++) {
      tables[i] = (uint32_t)(x.word[TABLES + i / 2] >> (i % 2 ? 32 : 0));
    }
    next = end_of(&x, from.life);
    hp_ledger_put(l, from, next, tables, (int)(uint32_t)x.word[CHANGE]);
    from = next;
  }
  return true;
}

bool hp_ring_pull(const hp_ring *r, hp_ledger *l, hp_commit then,
                  hp_commit now) {
  hp_commit from = then, last;

  if (then.life != now.life) return false;
  /* What l has already must not be put in again: that would break it. */
  if (hp_ledger_covers(l, then, now, NULL, 0)) return true;
  if (hp_ledger_last(l, then.life, &last) &&
      hp_ledger_covers(l, then, last, NULL, 0)) {
    from = last;
  }
  if (now.change - from.change > HP_RING_COMMITS) return false;
  return reaches(r, from, now) && put_all(r, l, from, now);
}
