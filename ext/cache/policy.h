/* SPDX-License-Identifier: MIT
**
** Which entries stay: the policies of L1 behind one const vtable. Pure: no
** clock, no randomness, no lock; the same calls give the same answers.
** Except where said, L1 calls them under its mutex.
**
** A policy sees every entry that comes (add), goes (remove) and is replaced,
** and names the victim when there is no room (evict). Hits are not calls: they
** leave marks in the node (freq, pending, tick; see hp_l1_hit()) that the
** policy reads when it looks at the node next.
**
** Cost: where a policy weighs one entry against another by frequency f, it
** compares f * hp_density(); with equal costs and sizes it is the plain policy.
*/
#ifndef HP_CACHE_POLICY_H
#define HP_CACHE_POLICY_H

#include "cache/node.h"

#define HP_UNKNOWN_COST_NS                                                     \
  100000 /* what an entry of unknown cost counts for                           \
          */

/* What keeping n saves at each use, per byte. */
static inline double hp_density(const hp_l1_node *n) {
  uint64_t cost_ns = n->cost_ns ? n->cost_ns : HP_UNKNOWN_COST_NS;

  return (double)cost_ns / ((double)n->bytes + 1);
}

/* The room there is: cap_bytes for the entries, cap_entries 0 for no limit. */
typedef struct hp_room {
  uint64_t cap_bytes;
  int64_t cap_entries;
} hp_room;

typedef struct hp_policy hp_policy; /* each policy has a state of its own */

typedef struct hp_policy_methods {
  const char *name;
  bool wants_ticks; /* hits set the node's tick */

  /* A state without entries; NULL when out of memory. */
  hp_policy *(*new)(void);
  /* Frees the state, not the entries; NULL is allowed. */
  void (*free)(hp_policy *p);

  /* Bytes that reserve() will allocate, so that L1 can make room for them
  ** first; mostly 0. */
  uint64_t (*growth)(const hp_policy *p, int64_t n_more);
  /* Gets the memory for n_more entries. SQLITE_OK or SQLITE_NOMEM. */
  int (*reserve)(hp_policy *p, int64_t n_more);
  /* Bytes of memory the state holds. */
  uint64_t (*bytes)(const hp_policy *p);

  /* n comes in. After reserve(). */
  void (*add)(hp_policy *p, hp_l1_node *n, const hp_room *room);
  /* n goes; it is not remembered. */
  void (*remove)(hp_policy *p, hp_l1_node *n);
  /* n takes the place of old, which goes, and has been used once more. */
  void (*replace)(hp_policy *p, hp_l1_node *old, hp_l1_node *n);
  /* Takes out the entry that is to make room for incoming, which is not in
  ** yet (NULL: the cap was lowered). An entry expired at now_ms that comes in
  ** sight goes first. NULL if there is no entry. */
  hp_l1_node *(*evict)(hp_policy *p, const hp_l1_node *incoming,
                       const hp_room *room, int64_t now_ms);
} hp_policy_methods;

extern const hp_policy_methods hp_policy_hot, hp_policy_s3fifo,
    hp_policy_wtinylfu, hp_policy_lru, hp_policy_lfu, hp_policy_fifo,
    hp_policy_ttl;

/* The policy of this name, or NULL. Names: hot (the default), s3fifo,
** wtinylfu, lru, lfu, fifo, ttl. */
const hp_policy_methods *hp_policy_find(const char *name);

/* The policies one by one from i = 0; NULL after the last. */
const hp_policy_methods *hp_policy_at(int i);

#endif
