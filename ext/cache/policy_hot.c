/* SPDX-License-Identifier: MIT
**
** The policy `hot`: S3-FIFO with a gate and a small queue that adapts; and the
** plain `s3fifo`, which has neither.
**
** A newcomer enters the small queue. What leaves it moves to the main queue, a
** clock with two bits, if it was asked for again while there is room, or if it
** is worth more than the main queue's next victim by the frequency sketch;
** else it is evicted and remembered in the ghost. A remembered key that is
** worth more than the victim returns straight to the main queue.
**
** The small queue gets a tenth of the room at least. A key that comes back
** soon after it was evicted from there says that it should be larger, one that
** was evicted from the main queue that it should be smaller, as in ARC. Where
** reuse is recent rather than frequent it grows to most of the room and the
** cache is nearly an LRU one. The constants were chosen by replay of
** measured and synthetic strings (tests/bench/replay.c); neither more nor less
** of them was better on all.
**
** Sources: J. Yang et al., "FIFO queues are all you need" (SOSP 2023), for the
** queues and the ghost; TinyLFU (sketch.h) for the gate; N. Megiddo,
** D. Modha, "ARC" (FAST 2003) for the share.
*/
#include "cache/ghost.h"
#include "cache/policy.h"
#include "cache/queue.h"
#include "cache/sketch.h"

enum { SMALL, MAIN };

struct hp_policy {
  bool is_gated;      /* hot; else s3fifo */
  double small_share; /* of the room, for the small queue */
  double from_small;  /* part of the evictions, a moving average */
  hp_queue queues[2];
  hp_sketch sketch;
  hp_ghost ghost;
  hp_key decided_for; /* the incoming entry that evict() decided about: */
  bool to_main;
};

typedef struct hp_policy policy;

#define AGE_FACTOR 20  /* keys counted per entry between two halvings */
#define MIN_SHARE  0.1 /* of the small queue: all there is in S3-FIFO */
#define MAX_SHARE  0.9
#define RATE       0.4 /* entries that the share moves for one returning key */
#define SOON       0.5 /* evictions per entry */

static policy *new_policy(bool is_gated) {
  policy *p = sqlite3_malloc64(sizeof *p);

  if (p) *p = (policy){.is_gated = is_gated};
  if (p) p->small_share = MIN_SHARE, p->from_small = 0.5;
  return p;
}

static policy *hot_new(void) {
  return new_policy(true);
}

static policy *s3fifo_new(void) {
  return new_policy(false);
}

static void hot_free(policy *p) {
  if (!p) return;
  hp_sketch_term(&p->sketch);
  hp_ghost_term(&p->ghost);
  sqlite3_free(p);
}

static int64_t n_entries(const policy *p) {
  return p->queues[SMALL].n + p->queues[MAIN].n;
}

/* Keys that the ghost is asked about when there are n entries. */
static int64_t n_ghosts(const policy *p, int64_t n) {
  return p->is_gated ? (int64_t)(SOON * (double)n) + 1 : n;
}

static uint64_t hot_growth(const policy *p, int64_t n_more) {
  int64_t n = n_entries(p) + n_more;

  return hp_sketch_growth(&p->sketch, n) +
         hp_ghost_growth(&p->ghost, n_ghosts(p, n));
}

static int hot_reserve(policy *p, int64_t n_more) {
  int64_t n = n_entries(p) + n_more;
  int rc = hp_sketch_reserve(&p->sketch, n);

  return rc ? rc : hp_ghost_reserve(&p->ghost, n_ghosts(p, n));
}

static uint64_t hot_bytes(const policy *p) {
  return sizeof *p + p->sketch.n_words * sizeof *p->sketch.words +
         p->ghost.n_slots * sizeof *p->ghost.slots;
}

static void count_key(policy *p, const hp_key *key, int times) {
  if (!times) return;
  hp_sketch_add(&p->sketch, key->lo, times);
  hp_sketch_age(&p->sketch, AGE_FACTOR * (uint64_t)(n_entries(p) + 8));
}

/* Hits are saved up in the node and counted when the policy looks at it. */
static void book(policy *p, hp_l1_node *n) {
  int times = atomic_exchange_explicit(&n->pending, 0, memory_order_relaxed);

  count_key(p, &n->key, times);
}

/* What keeping n saves. */
static double worth(const policy *p, const hp_l1_node *n) {
  return hp_sketch_get(&p->sketch, n->key.lo) * hp_density(n);
}

static void push(policy *p, int queue, hp_l1_node *n) {
  n->queue = (uint8_t)queue;
  hp_queue_push(&p->queues[queue], n);
}

static void pull(policy *p, hp_l1_node *n) {
  hp_queue_del(&p->queues[n->queue], n);
}

static void move_to_main(policy *p, hp_l1_node *n) {
  pull(p, n);
  atomic_store_explicit(&n->freq, 0, memory_order_relaxed);
  push(p, MAIN, n);
}

/* True if bytes and one more entry would take queue over its share. */
static bool is_over(const policy *p, int queue, uint64_t bytes,
                    const hp_room *room) {
  double share = queue == SMALL ? p->small_share : 1 - p->small_share;
  const hp_queue *q = &p->queues[queue];

  if ((double)(q->bytes + bytes) > (double)room->cap_bytes * share) return true;
  return room->cap_entries &&
         (double)(q->n + 1) > (double)room->cap_entries * share;
}

/* n is being evicted. */
static void remember(policy *p, const hp_l1_node *n) {
  double is_small = n->queue == SMALL;

  if (!p->is_gated && n->queue == MAIN) return;
  hp_ghost_add(&p->ghost, n->key.lo, n->queue);
  p->from_small += (is_small - p->from_small) / (double)(n_entries(p) + 1);
}

/* A key that was evicted from this queue came back soon. Where most evictions
** are from one queue each return to it says less. */
static void adapt(policy *p, int from) {
  double s = p->from_small + 0.01, m = 1 - p->from_small + 0.01;
  double step = RATE / (double)(n_entries(p) + 1);

  if (from == SMALL) {
    p->small_share += step * (m > s ? m / s : 1);
  } else {
    p->small_share -= step * (s > m ? s / m : 1);
  }
  if (p->small_share < MIN_SHARE) p->small_share = MIN_SHARE;
  if (p->small_share > MAX_SHARE) p->small_share = MAX_SHARE;
}

/* The next of the main queue: passes those that were used, taking one use off
** each. NULL if it is empty. */
static hp_l1_node *main_victim(policy *p) {
  hp_l1_node *n;

  while ((n = p->queues[MAIN].tail) != NULL) {
    uint8_t freq = atomic_load_explicit(&n->freq, memory_order_relaxed);

    book(p, n);
    if (!freq) return n;
    atomic_store_explicit(&n->freq, (uint8_t)(freq - 1), memory_order_relaxed);
    pull(p, n);
    push(p, MAIN, n);
  }
  return NULL;
}

/* Is incoming to go to the main queue? */
static bool is_welcome(policy *p, const hp_l1_node *incoming) {
  hp_l1_node *victim;
  int64_t n = p->is_gated ? n_entries(p) : p->queues[MAIN].n + 1;
  int from = hp_ghost_take(&p->ghost, incoming->key.lo, n_ghosts(p, n));

  if (from < 0) return false;
  if (!p->is_gated) return true;
  adapt(p, from);
  victim = main_victim(p);
  return !victim || worth(p, incoming) > worth(p, victim);
}

static void decide(policy *p, const hp_l1_node *incoming) {
  const hp_key *key = &incoming->key;

  if (key->lo == p->decided_for.lo && key->hi == p->decided_for.hi) return;
  p->decided_for = *key;
  count_key(p, key, 1);
  p->to_main = is_welcome(p, incoming);
}

static void hot_add(policy *p, hp_l1_node *n, const hp_room *room) {
  (void)room;
  decide(p, n);
  push(p, p->to_main ? MAIN : SMALL, n);
  p->decided_for = (hp_key){.lo = 0};
}

static void hot_remove(policy *p, hp_l1_node *n) {
  pull(p, n);
}

static void hot_replace(policy *p, hp_l1_node *old, hp_l1_node *n) {
  book(p, old);
  count_key(p, &n->key, 1);
  n->queue = old->queue;
  atomic_store_explicit(&n->freq, atomic_load(&old->freq),
                        memory_order_relaxed);
  hp_queue_swap(&p->queues[n->queue], old, n);
}

static bool was_reused(const hp_l1_node *n) {
  return atomic_load_explicit(&n->freq, memory_order_relaxed) > 1;
}

/* The victim when c is to leave the small queue, or NULL if it found a place
** in the main queue without one. */
static hp_l1_node *leave_small(policy *p, hp_l1_node *c, const hp_room *room) {
  hp_l1_node *victim;

  book(p, c);
  if (was_reused(c) || (p->is_gated && !is_over(p, MAIN, c->bytes, room))) {
    move_to_main(p, c);
    return NULL;
  }
  victim = p->is_gated ? main_victim(p) : NULL;
  if (victim && worth(p, c) > worth(p, victim)) {
    move_to_main(p, c);
    return victim;
  }
  /* Kept for its cost: or the clock would stop at a dear entry and never come
  ** to the cheap ones behind it. */
  if (victim && hp_density(victim) > hp_density(c)) {
    pull(p, victim);
    push(p, MAIN, victim);
  }
  return c;
}

static hp_l1_node *choose(policy *p, uint64_t to_small, const hp_room *room,
                          int64_t now_ms) {
  for (;;) {
    hp_l1_node *c = p->queues[SMALL].tail, *victim;

    if (c && c->expires_ms <= now_ms) return c;
    if (!c || (p->queues[MAIN].tail && !is_over(p, SMALL, to_small, room))) {
      return main_victim(p);
    }
    victim = leave_small(p, c, room);
    if (victim) return victim;
  }
}

static hp_l1_node *hot_evict(policy *p, const hp_l1_node *incoming,
                             const hp_room *room, int64_t now_ms) {
  uint64_t to_small = 0;
  hp_l1_node *victim;

  if (!n_entries(p)) return NULL;
  if (incoming) {
    decide(p, incoming);
    if (!p->to_main) to_small = incoming->bytes;
  }
  victim = choose(p, to_small, room, now_ms);
  if (victim) {
    if (victim->expires_ms > now_ms) remember(p, victim);
    pull(p, victim);
  }
  return victim;
}

const hp_policy_methods hp_policy_hot = {
    .name = "hot",
    .new = hot_new,
    .free = hot_free,
    .growth = hot_growth,
    .reserve = hot_reserve,
    .bytes = hot_bytes,
    .add = hot_add,
    .remove = hot_remove,
    .replace = hot_replace,
    .evict = hot_evict,
};

const hp_policy_methods hp_policy_s3fifo = {
    .name = "s3fifo",
    .new = s3fifo_new,
    .free = hot_free,
    .growth = hot_growth,
    .reserve = hot_reserve,
    .bytes = hot_bytes,
    .add = hot_add,
    .remove = hot_remove,
    .replace = hot_replace,
    .evict = hot_evict,
};
