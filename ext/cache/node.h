/* SPDX-License-Identifier: MIT
**
** The head of every entry of L1: what the index, the policies and L1 itself
** know of an entry.
*/
#ifndef HP_CACHE_NODE_H
#define HP_CACHE_NODE_H

#include "cache/key.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct hp_l1 hp_l1;
typedef struct hp_l1_node hp_l1_node;

#define HP_NEVER_MS INT64_MAX

/* Head of an entry. The first group is set by the maker and constant once the
** entry is in the cache; the second belongs to L1 and its policy. */
struct hp_l1_node {
  hp_key key;
  uint64_t bytes;                 /* of the whole allocation */
  uint64_t cost_ns;               /* measured time to compute it; 0: unknown */
  int64_t created_ms;             /* monotonic clock */
  int64_t expires_ms;             /* ditto; HP_NEVER_MS for never */
  void (*free_fn)(hp_l1_node *n); /* frees the entry, on any thread */

  _Atomic uint32_t n_hits; /* exact to 64, then sampled */
  _Atomic uint8_t freq;    /* 0..3, bumped by hits */
  _Atomic uint8_t pending; /* 0..15 hits not yet booked by the policy */
  uint8_t queue;           /* the policy's */
  uint8_t unused;
  _Atomic uint64_t tick; /* of the last hit, if the policy asks */
  union {
    hp_l1_node *prev; /* the policy's list, */
    int64_t at;       /* or place in its heap; */
    hp_l1 *owner;     /* once taken out: whose bytes these are */
  };
  hp_l1_node *next; /* the policy's list */
};

#endif
