/* SPDX-License-Identifier: MIT */
#include "cache/index.h"

#include <string.h>

#define MIN_SLOTS 64

static hp_index_table *table_of(const hp_index *ix) {
  return atomic_load_explicit(&ix->table, memory_order_relaxed);
}

static hp_l1_node *node_of(const hp_index_slot *s) {
  return atomic_load_explicit(&s->node, memory_order_relaxed);
}

static bool is_node(const hp_l1_node *n) {
  return n && n != HP_INDEX_TOMB;
}

static uint64_t bytes_of(uint64_t n_slots) {
  return sizeof(hp_index_table) + n_slots * sizeof(hp_index_slot);
}

static void free_table(void *table) {
  hp_index_table *t = table;

  atomic_fetch_sub(t->used, t->bytes);
  sqlite3_free(t);
}

void hp_index_init(hp_index *ix, _Atomic uint64_t *used) {
  atomic_init(&ix->table, NULL);
  ix->n_nodes = ix->n_taken = 0;
  ix->used = used;
}

void hp_index_term(hp_index *ix) {
  if (table_of(ix)) free_table(table_of(ix));
  hp_index_init(ix, ix->used);
}

void hp_index_drop(hp_index *ix) {
  hp_index_table *t = table_of(ix);

  atomic_store_explicit(&ix->table, NULL, memory_order_seq_cst);
  ix->n_taken = 0;
  if (t) hp_epoch_retire(t, free_table);
}

/* Slots of the table that one more node asks for; 0 if there is room. At most
** three quarters of the slots are ever taken; when many of those are
** tombstones the new table is no larger. */
static uint64_t wanted_slots(const hp_index *ix) {
  const hp_index_table *t = table_of(ix);
  uint64_t n_slots = t ? t->mask + 1 : MIN_SLOTS;

  if (t && (uint64_t)(ix->n_taken + 1) * 4 <= n_slots * 3) return 0;
  while ((uint64_t)(ix->n_nodes + 1) * 8 > n_slots * 5) n_slots *= 2;
  return n_slots;
}

uint64_t hp_index_growth(const hp_index *ix) {
  uint64_t n_slots = wanted_slots(ix);

  return n_slots ? bytes_of(n_slots) : 0;
}

uint64_t hp_index_bytes(const hp_index *ix) {
  return table_of(ix) ? table_of(ix)->bytes : 0;
}

static hp_index_table *new_table(hp_index *ix, uint64_t n_slots) {
  uint64_t bytes = bytes_of(n_slots);
  hp_index_table *t = sqlite3_malloc64(bytes);

  if (!t) return NULL;
  memset(t, 0, bytes);
  t->mask = n_slots - 1;
  t->used = ix->used;
  t->bytes = bytes;
  atomic_fetch_add(ix->used, bytes);
  return t;
}

static void publish(hp_index_slot *s, hp_l1_node *n) {
  /* The tag first: who sees the node must see its tag. */
  atomic_store_explicit(&s->tag, n->key.lo, memory_order_relaxed);
  atomic_store_explicit(&s->node, n, memory_order_seq_cst);
}

static void fill_table(hp_index_table *t, const hp_index_table *from) {
  for (uint64_t i = 0; from && i <= from->mask; i++) {
    hp_l1_node *n = node_of(&from->slots[i]);
    uint64_t at;

    if (!is_node(n)) continue;
    at = n->key.hi & t->mask;
    while (node_of(&t->slots[at])) at = (at + 1) & t->mask;
    publish(&t->slots[at], n);
  }
}

int hp_index_reserve(hp_index *ix) {
  uint64_t n_slots = wanted_slots(ix);
  hp_index_table *old = table_of(ix), *t;

  if (!n_slots) return SQLITE_OK;
  t = new_table(ix, n_slots);
  if (!t) return SQLITE_NOMEM;
  fill_table(t, old);
  ix->n_taken = ix->n_nodes;
  atomic_store_explicit(&ix->table, t, memory_order_seq_cst);
  if (old) hp_epoch_retire(old, free_table);
  return SQLITE_OK;
}

/* The slot of this key, or NULL; *room is then the first slot that a new node
** may take. */
static hp_index_slot *find_slot(hp_index_table *t, const hp_key *key,
                                hp_index_slot **room) {
  *room = NULL;
  for (uint64_t i = key->hi & t->mask;; i = (i + 1) & t->mask) {
    hp_index_slot *s = &t->slots[i];
    hp_l1_node *n = node_of(s);

    if (!is_node(n) && !*room) *room = s;
    if (!n) return NULL;
    if (n != HP_INDEX_TOMB && n->key.lo == key->lo && n->key.hi == key->hi) {
      return s;
    }
  }
}

hp_l1_node *hp_index_put(hp_index *ix, hp_l1_node *n) {
  hp_index_table *t = table_of(ix);
  hp_index_slot *room, *s = find_slot(t, &n->key, &room);
  hp_l1_node *old = s ? node_of(s) : NULL;

  if (s) {
    publish(s, n);
    return old;
  }
  if (!node_of(room)) ix->n_taken++;
  ix->n_nodes++;
  publish(room, n);
  return NULL;
}

/* Tombstones before an empty slot say nothing: empties them, backwards. */
static void clear_tombs(hp_index *ix, hp_index_table *t, uint64_t i) {
  if (node_of(&t->slots[(i + 1) & t->mask])) return;
  while (node_of(&t->slots[i]) == HP_INDEX_TOMB) {
    atomic_store_explicit(&t->slots[i].node, NULL, memory_order_seq_cst);
    ix->n_taken--;
    i = (i - 1) & t->mask;
  }
}

void hp_index_del(hp_index *ix, const hp_l1_node *n) {
  hp_index_table *t = table_of(ix);
  hp_index_slot *room, *s = find_slot(t, &n->key, &room);

  atomic_store_explicit(&s->node, HP_INDEX_TOMB, memory_order_seq_cst);
  ix->n_nodes--;
  clear_tombs(ix, t, (uint64_t)(s - t->slots));
}

void hp_index_each(hp_index *ix, bool (*visit)(hp_l1_node *n, void *arg),
                   void *arg) {
  hp_index_table *t = table_of(ix);

  for (uint64_t i = 0; t && i <= t->mask; i++) {
    hp_l1_node *n = node_of(&t->slots[i]);

    if (is_node(n) && !visit(n, arg)) return;
  }
}
