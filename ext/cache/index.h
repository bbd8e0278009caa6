/* SPDX-License-Identifier: MIT
**
** The index of L1: a hash table from keys to nodes that is read without a
** lock while one writer changes it.
**
** Open addressing with linear probing. Invariant: between the first slot of a
** key and the slot of its node there is never an empty slot, so a reader that
** meets one may stop. A node is published by one store and never moves within
** a table; a taken-out node leaves a tombstone, which is cleared when nothing
** follows it, reused by the next node, or left behind when the table is
** replaced. The old table is retired (base/epoch.h).
**
** Reading: any thread, inside a section. Everything else: one thread at a
** time, outside of sections.
*/
#ifndef HP_CACHE_INDEX_H
#define HP_CACHE_INDEX_H

#include "base/epoch.h"
#include "cache/node.h"

typedef struct hp_index_slot {
  _Atomic uint64_t tag; /* key.lo of the node; valid while node is */
  _Atomic(hp_l1_node *) node;
} hp_index_slot;

typedef struct hp_index_table {
  uint64_t mask;          /* slots - 1, a power of two less one */
  _Atomic uint64_t *used; /* where bytes is counted */
  uint64_t bytes;         /* of this allocation */
  uint64_t unused;
  hp_index_slot slots[];
} hp_index_table;

typedef struct hp_index {
  _Atomic(hp_index_table *) table; /* NULL while empty */
  int64_t n_nodes;
  int64_t n_taken;        /* slots with a node or a tombstone */
  _Atomic uint64_t *used; /* counts the bytes of tables, also of
                          ** those that wait to be freed */
} hp_index;

#define HP_INDEX_TOMB ((hp_l1_node *)1)

/* An empty index; allocates nothing. */
void hp_index_init(hp_index *ix, _Atomic uint64_t *used);

/* Frees the table, not the nodes. No reader may be left. */
void hp_index_term(hp_index *ix);

/* Gives up the table; there must be no node in it. */
void hp_index_drop(hp_index *ix);

/* Bytes that hp_index_reserve() would allocate now; 0 if none. */
uint64_t hp_index_growth(const hp_index *ix);

/* Bytes of the table in use. */
uint64_t hp_index_bytes(const hp_index *ix);

/* Makes room for one more node. SQLITE_OK or SQLITE_NOMEM. */
int hp_index_reserve(hp_index *ix);

/* Publishes n, after hp_index_reserve(). Returns the node of the same key that
** it replaces, or NULL. */
hp_l1_node *hp_index_put(hp_index *ix, hp_l1_node *n);

/* Takes out n, which must be in. */
void hp_index_del(hp_index *ix, const hp_l1_node *n);

/* The node of this key or NULL. */
static inline hp_l1_node *hp_index_get(const hp_index *ix, const hp_key *key) {
  const hp_index_table *t =
      atomic_load_explicit(&ix->table, memory_order_seq_cst);

  if (!t) return NULL;
  for (uint64_t i = key->hi & t->mask;; i = (i + 1) & t->mask) {
    const hp_index_slot *s = &t->slots[i];
    hp_l1_node *n = atomic_load_explicit(&s->node, memory_order_seq_cst);

    if (!n) return NULL;
    if (n == HP_INDEX_TOMB) continue;
    if (atomic_load_explicit(&s->tag, memory_order_relaxed) != key->lo) {
      continue;
    }
    if (n->key.lo == key->lo && n->key.hi == key->hi) return n;
  }
}

/* Calls visit for every node; stops when it is false. visit may take the node
** out with hp_index_del(). */
void hp_index_each(hp_index *ix, bool (*visit)(hp_l1_node *n, void *arg),
                   void *arg);

#endif
