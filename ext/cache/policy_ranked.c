/* SPDX-License-Identifier: MIT
**
** The plain policies: `lru`, `lfu`, `fifo`, `ttl`. Each is a rank, and the
** entry of the least rank goes. The ranks are kept in a binary heap as they
** were when last looked at. A rank never falls between two looks, so when the
** top's recorded rank is still its rank, no entry has a lower one: the victim
** is exact although hits touch no shared structure. (With several threads two
** hits at the same moment may get the same tick: then `lru` is exact to within
** that moment.)
**
** `lfu` weighs the uses since the entry came in by cost and size.
*/
#include "cache/policy.h"

#include <string.h>

typedef struct rank {
  uint64_t first, then; /* compared in this order */
} rank;

typedef struct place {
  rank rank; /* when last looked at */
  hp_l1_node *node;
} place;

/* Invariant: no place ranks below its parent, (i - 1) / 2, and
** heap[i].node->at == i. */
typedef struct hp_policy {
  rank (*rank_of)(const hp_l1_node *n);
  place *heap;
  int64_t n, cap;
} policy;

#define MIN_CAP 64

static uint64_t tick_of(const hp_l1_node *n) {
  return atomic_load_explicit(&n->tick, memory_order_relaxed);
}

/* For lru the tick of the last use, for fifo that of its coming. */
static rank rank_by_tick(const hp_l1_node *n) {
  return (rank){.first = tick_of(n)};
}

static rank rank_by_use(const hp_l1_node *n) {
  uint32_t hits = atomic_load_explicit(&n->n_hits, memory_order_relaxed);
  double worth = (hits + 1.0) * hp_density(n);
  rank r = {.then = tick_of(n)};

  /* The bits of positive doubles have the order of the numbers. */
  memcpy(&r.first, &worth, sizeof worth);
  return r;
}

static rank rank_by_expiry(const hp_l1_node *n) {
  uint64_t expiry = n->expires_ms > 0 ? (uint64_t)n->expires_ms : 0;

  return (rank){.first = expiry, .then = tick_of(n)};
}

static bool is_less(rank a, rank b) {
  return a.first != b.first ? a.first < b.first : a.then < b.then;
}

static policy *ranked_new(rank (*rank_of)(const hp_l1_node *n)) {
  policy *p = sqlite3_malloc64(sizeof *p);

  if (p) *p = (policy){.rank_of = rank_of};
  return p;
}

static policy *lru_new(void) {
  return ranked_new(rank_by_tick);
}

static policy *lfu_new(void) {
  return ranked_new(rank_by_use);
}

static policy *ttl_new(void) {
  return ranked_new(rank_by_expiry);
}

static void ranked_free(policy *p) {
  if (!p) return;
  sqlite3_free(p->heap);
  sqlite3_free(p);
}

static int64_t wanted_cap(const policy *p, int64_t n_more) {
  int64_t cap = p->cap ? p->cap : MIN_CAP;

  while (cap < p->n + n_more) cap *= 2;
  return cap;
}

/* While it grows, the old heap and the new one exist. */
static uint64_t ranked_growth(const policy *p, int64_t n_more) {
  int64_t cap = wanted_cap(p, n_more);

  return cap == p->cap ? 0 : (uint64_t)cap * sizeof *p->heap;
}

static int ranked_reserve(policy *p, int64_t n_more) {
  int64_t cap = wanted_cap(p, n_more);
  place *grown;

  if (cap == p->cap) return SQLITE_OK;
  grown = sqlite3_realloc64(p->heap, (uint64_t)cap * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  p->heap = grown;
  p->cap = cap;
  return SQLITE_OK;
}

static uint64_t ranked_bytes(const policy *p) {
  return sizeof *p + (uint64_t)p->cap * sizeof *p->heap;
}

static void set_place(policy *p, int64_t i, place x) {
  p->heap[i] = x;
  x.node->at = i;
}

static void sift_up(policy *p, int64_t i, place x) {
  while (i > 0 && is_less(x.rank, p->heap[(i - 1) / 2].rank)) {
    set_place(p, i, p->heap[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
  set_place(p, i, x);
}

static void sift_down(policy *p, int64_t i, place x) {
  for (;;) {
    int64_t child = 2 * i + 1;

    if (child + 1 < p->n &&
        is_less(p->heap[child + 1].rank, p->heap[child].rank)) {
      child++;
    }
    if (child >= p->n || !is_less(p->heap[child].rank, x.rank)) break;
    set_place(p, i, p->heap[child]);
    i = child;
  }
  set_place(p, i, x);
}

/* Puts x into place i, whose parent and children are in order. */
static void settle(policy *p, int64_t i, place x) {
  if (i > 0 && is_less(x.rank, p->heap[(i - 1) / 2].rank)) {
    sift_up(p, i, x);
  } else {
    sift_down(p, i, x);
  }
}

static place place_of(const policy *p, hp_l1_node *n) {
  return (place){.rank = p->rank_of(n), .node = n};
}

static void ranked_add(policy *p, hp_l1_node *n, const hp_room *room) {
  (void)room;
  p->n++;
  sift_up(p, p->n - 1, place_of(p, n));
}

static void ranked_remove(policy *p, hp_l1_node *n) {
  int64_t i = n->at;
  place last = p->heap[--p->n];

  if (last.node != n) settle(p, i, last);
}

static void ranked_replace(policy *p, hp_l1_node *old, hp_l1_node *n) {
  settle(p, old->at, place_of(p, n));
}

static hp_l1_node *ranked_evict(policy *p, const hp_l1_node *incoming,
                                const hp_room *room, int64_t now_ms) {
  (void)incoming, (void)room, (void)now_ms;
  while (p->n) {
    place top = place_of(p, p->heap[0].node);

    if (!is_less(p->heap[0].rank, top.rank)) {
      ranked_remove(p, top.node);
      return top.node;
    }
    sift_down(p, 0, top);
  }
  return NULL;
}

#define RANKED(new_fn, ticks)                                                  \
  .wants_ticks = ticks, .new = new_fn, .free = ranked_free,                    \
  .growth = ranked_growth, .reserve = ranked_reserve, .bytes = ranked_bytes,   \
  .add = ranked_add, .remove = ranked_remove, .replace = ranked_replace,       \
  .evict = ranked_evict

const hp_policy_methods hp_policy_lru = {.name = "lru", RANKED(lru_new, true)};
const hp_policy_methods hp_policy_lfu = {.name = "lfu", RANKED(lfu_new, true)};
const hp_policy_methods hp_policy_fifo = {.name = "fifo",
                                          RANKED(lru_new, false)};
const hp_policy_methods hp_policy_ttl = {.name = "ttl", RANKED(ttl_new, false)};
