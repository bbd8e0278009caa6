/* SPDX-License-Identifier: MIT
**
** A queue of nodes through their prev and next fields, with its length and
** bytes. Head is where nodes come in, tail where they leave. A node is in one
** queue at most. Pure; for one thread at a time.
*/
#ifndef HP_CACHE_QUEUE_H
#define HP_CACHE_QUEUE_H

#include "cache/node.h"

typedef struct hp_queue {
  hp_l1_node *head, *tail; /* NULL when empty */
  int64_t n;
  uint64_t bytes;
} hp_queue;

static inline void hp_queue_push(hp_queue *q, hp_l1_node *n) {
  n->prev = NULL;
  n->next = q->head;
  if (q->head) q->head->prev = n;
  q->head = n;
  if (!q->tail) q->tail = n;
  q->n++;
  q->bytes += n->bytes;
}

static inline void hp_queue_del(hp_queue *q, hp_l1_node *n) {
  *(n->prev ? &n->prev->next : &q->head) = n->next;
  *(n->next ? &n->next->prev : &q->tail) = n->prev;
  q->n--;
  q->bytes -= n->bytes;
}

/* n takes the place of old. */
static inline void hp_queue_swap(hp_queue *q, hp_l1_node *old, hp_l1_node *n) {
  n->prev = old->prev;
  n->next = old->next;
  *(n->prev ? &n->prev->next : &q->head) = n;
  *(n->next ? &n->next->prev : &q->tail) = n;
  q->bytes += n->bytes - old->bytes;
}

#endif
