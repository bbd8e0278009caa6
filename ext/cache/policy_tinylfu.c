/* SPDX-License-Identifier: MIT
**
** The policy `wtinylfu`: a small window that everything enters, and a main
** part of a probation and a protected queue. What leaves the window competes
** with the next victim of the main part by the frequency sketch. The share of
** the window adapts: it is moved one way as long as the hit ratio grows.
** Sources: G. Einziger, R. Friedman, B. Manes, "TinyLFU" (2017); G. Einziger,
** O. Eytan, R. Friedman, B. Manes, "Adaptive Software Cache Management"
** (2018). Queues are clocks here, not exact LRU lists: hits leave a mark which
** counts when the entry reaches the tail.
*/
#include "cache/policy.h"
#include "cache/queue.h"
#include "cache/sketch.h"

enum { WINDOW, PROBATION, PROTECTED, N_QUEUES };

typedef struct hp_policy {
  hp_queue queues[N_QUEUES];
  hp_sketch sketch;
  double window_share;       /* of the room */
  double step;               /* added to it after each sample */
  double last_ratio;         /* hits per access in the last sample */
  uint64_t n_hits, n_misses; /* of the sample that is being taken */
} policy;

#define AGE_FACTOR      20
#define FIRST_SHARE     0.01
#define FIRST_STEP      0.0625
#define MAX_SHARE       0.8
#define PROTECTED_SHARE 0.8 /* of the main part */
#define SAMPLE_FACTOR   10  /* accesses per entry in one sample */
#define STEP_DECAY      0.98
#define RESTART         0.05 /* a jump of the hit ratio that begins anew */

static policy *tinylfu_new(void) {
  policy *p = sqlite3_malloc64(sizeof *p);

  if (!p) return NULL;
  *p = (policy){.window_share = FIRST_SHARE, .step = FIRST_STEP};
  return p;
}

static void tinylfu_free(policy *p) {
  if (!p) return;
  hp_sketch_term(&p->sketch);
  sqlite3_free(p);
}

static int64_t n_entries(const policy *p) {
  return p->queues[WINDOW].n + p->queues[PROBATION].n + p->queues[PROTECTED].n;
}

static uint64_t tinylfu_growth(const policy *p, int64_t n_more) {
  return hp_sketch_growth(&p->sketch, n_entries(p) + n_more);
}

static int tinylfu_reserve(policy *p, int64_t n_more) {
  return hp_sketch_reserve(&p->sketch, n_entries(p) + n_more);
}

static uint64_t tinylfu_bytes(const policy *p) {
  return sizeof *p + p->sketch.n_words * sizeof *p->sketch.words;
}

static void count_key(policy *p, const hp_key *key, int times) {
  if (!times) return;
  hp_sketch_add(&p->sketch, key->lo, times);
  hp_sketch_age(&p->sketch, AGE_FACTOR * (uint64_t)(n_entries(p) + 8));
}

/* Counts the hits saved up in n; true if there were any. */
static bool book(policy *p, hp_l1_node *n) {
  int times = atomic_exchange_explicit(&n->pending, 0, memory_order_relaxed);

  count_key(p, &n->key, times);
  p->n_hits += (uint64_t)times;
  return times > 0;
}

/* What keeping n saves. */
static double worth(const policy *p, const hp_l1_node *n) {
  return hp_sketch_get(&p->sketch, n->key.lo) * hp_density(n);
}

static void push(policy *p, int queue, hp_l1_node *n) {
  n->queue = (uint8_t)queue;
  hp_queue_push(&p->queues[queue], n);
}

static void move(policy *p, int queue, hp_l1_node *n) {
  hp_queue_del(&p->queues[n->queue], n);
  push(p, queue, n);
}

/* Part of the room that n entries of so many bytes take. */
static double share_of(uint64_t bytes, int64_t n, const hp_room *room) {
  double by_bytes = (double)bytes / ((double)room->cap_bytes + 1);
  double by_count =
      room->cap_entries ? (double)n / (double)room->cap_entries : 0;

  return by_bytes > by_count ? by_bytes : by_count;
}

/* Moves the window's share, by the hit ratio of the sample just taken. */
static void climb(policy *p) {
  uint64_t n = p->n_hits + p->n_misses;
  double ratio, change;

  if (n < SAMPLE_FACTOR * (uint64_t)(n_entries(p) + 8)) return;
  ratio = (double)p->n_hits / (double)n;
  change = ratio - p->last_ratio;
  if (change < 0) p->step = -p->step;
  if (change > RESTART || change < -RESTART) {
    p->step = p->step < 0 ? -FIRST_STEP : FIRST_STEP;
  } else {
    p->step *= STEP_DECAY;
  }
  p->window_share += p->step;
  if (p->window_share < FIRST_SHARE) p->window_share = FIRST_SHARE;
  if (p->window_share > MAX_SHARE) p->window_share = MAX_SHARE;
  p->last_ratio = ratio;
  p->n_hits = p->n_misses = 0;
}

static void tinylfu_add(policy *p, hp_l1_node *n, const hp_room *room) {
  (void)room;
  count_key(p, &n->key, 1);
  p->n_misses++;
  climb(p);
  push(p, WINDOW, n);
}

static void tinylfu_remove(policy *p, hp_l1_node *n) {
  hp_queue_del(&p->queues[n->queue], n);
}

static void tinylfu_replace(policy *p, hp_l1_node *old, hp_l1_node *n) {
  book(p, old);
  count_key(p, &n->key, 1);
  n->queue = old->queue;
  hp_queue_swap(&p->queues[n->queue], old, n);
}

/* The tail of a queue that has not been used since it was last looked at; used
** ones go to the head of the queue `to`. */
static hp_l1_node *unused_tail(policy *p, int queue, int to) {
  hp_l1_node *n;

  while ((n = p->queues[queue].tail) != NULL && book(p, n)) move(p, to, n);
  return n;
}

static void shrink_protected(policy *p, const hp_room *room) {
  double limit = PROTECTED_SHARE * (1 - p->window_share);

  const hp_queue *q = &p->queues[PROTECTED];

  while (share_of(q->bytes, q->n, room) > limit) {
    hp_l1_node *n = unused_tail(p, PROTECTED, PROTECTED);
    if (n) move(p, PROBATION, n);
  }
}

static hp_l1_node *main_victim(policy *p, const hp_room *room) {
  hp_l1_node *n = unused_tail(p, PROBATION, PROTECTED);

  shrink_protected(p, room);
  if (!n) n = unused_tail(p, PROBATION, PROTECTED);
  return n ? n : unused_tail(p, PROTECTED, PROTECTED);
}

/* The window's tail against the main part's: the worthier stays. */
static hp_l1_node *compete(policy *p, hp_l1_node *c, const hp_room *room) {
  hp_l1_node *victim = main_victim(p, room);

  if (!victim || worth(p, c) > worth(p, victim)) return victim;
  /* Kept for its cost: or no cheap entry behind it would ever be looked at. */
  if (hp_density(victim) > hp_density(c)) move(p, victim->queue, victim);
  return c;
}

static bool has_main_room(const policy *p, const hp_l1_node *c,
                          const hp_room *room) {
  const hp_queue *a = &p->queues[PROBATION], *b = &p->queues[PROTECTED];

  /* cppcheck-suppress nullPointerRedundantCheck ; its caller has a c */
  return share_of(a->bytes + b->bytes + c->bytes, a->n + b->n + 1, room) <=
         1 - p->window_share;
}

static bool is_window_over(const policy *p, const hp_l1_node *incoming,
                           const hp_room *room) {
  const hp_queue *w = &p->queues[WINDOW];
  uint64_t bytes = incoming ? incoming->bytes : 0;

  return share_of(w->bytes + bytes, w->n + 1, room) > p->window_share;
}

static hp_l1_node *choose(policy *p, const hp_l1_node *incoming,
                          const hp_room *room, int64_t now_ms) {
  for (;;) {
    hp_l1_node *c = unused_tail(p, WINDOW, WINDOW), *victim;

    if (c && c->expires_ms <= now_ms) return c;
    if (!c) return main_victim(p, room);
    if (!is_window_over(p, incoming, room)) {
      victim = main_victim(p, room);
      if (victim) return victim;
    }
    victim = has_main_room(p, c, room) ? NULL : compete(p, c, room);
    if (victim == c) return c;
    move(p, PROBATION, c);
    if (victim) return victim;
  }
}

static hp_l1_node *tinylfu_evict(policy *p, const hp_l1_node *incoming,
                                 const hp_room *room, int64_t now_ms) {
  hp_l1_node *n = choose(p, incoming, room, now_ms);

  if (n) hp_queue_del(&p->queues[n->queue], n);
  return n;
}

const hp_policy_methods hp_policy_wtinylfu = {
    .name = "wtinylfu",
    .new = tinylfu_new,
    .free = tinylfu_free,
    .growth = tinylfu_growth,
    .reserve = tinylfu_reserve,
    .bytes = tinylfu_bytes,
    .add = tinylfu_add,
    .remove = tinylfu_remove,
    .replace = tinylfu_replace,
    .evict = tinylfu_evict,
};
