/* SPDX-License-Identifier: MIT
**
** One connection's share of the statistics: a small table from the hash of a
** statement's exact text to its entry in the store and the calls not yet
** handed over. Recording a call takes one lock that nobody else wants, unless
** somebody is reading the statistics at this moment; every HP_PENDING calls
** are handed over under the store's lock, so that two threads running one
** statement touch the shared entry that seldom.
**
** Used by the connection's thread; hp_recorder_collect() by any.
*/
#ifndef HP_QUERY_RECORDER_H
#define HP_QUERY_RECORDER_H

#include "query/shape.h"
#include "query/stats.h"

#include <stdatomic.h>

#define HP_PENDING 32

typedef struct hp_slot {
  uint64_t text;        /* hash of the statement's text; 0: free */
  uint32_t used_at;     /* the recorder's clock at the last call */
  uint64_t fingerprint; /* of the text; 0: out of memory */
  hp_shape shape;
  uint8_t n_pending;
  bool is_short; /* may succeed in two steps: BEGIN, PRAGMA … */
  hp_tally pending;
  hp_stat *stat; /* with a reference; NULL: out of memory, goes to other */
  uint8_t buckets[HP_PENDING];
} hp_slot;

typedef struct hp_recorder {
  hp_stats_source source; /* must be first */
  atomic_flag lock;
  hp_slot *slots; /* n_slots, a power of two; found by linear probing */
  uint32_t n_slots;
  uint32_t n_used;
  uint32_t clock;   /* grows with every new text */
  uint32_t version; /* grows whenever slots may have moved */
  char *database;
} hp_recorder;

/* New recorder for calls on this database (copied), attached to the store.
** NULL when out of memory. Free with hp_recorder_free(). */
hp_recorder *hp_recorder_new(const char *database);

/* Hands over what is pending, detaches and frees r. NULL is allowed. */
void hp_recorder_free(hp_recorder *r);

/* The slot of this text, or NULL. Borrowed until r->version changes. */
static inline hp_slot *hp_recorder_get(const hp_recorder *r, uint64_t text) {
  uint32_t mask = r->n_slots - 1;

  for (uint32_t i = (uint32_t)text & mask;; i = (i + 1) & mask) {
    hp_slot *s = &r->slots[i];
    if (s->text == text) return s;
    if (s->text == 0) return NULL;
  }
}

/* The same, made if there is none: tokenises sql (n bytes) whose hash text is
** (never 0). NULL when out of memory for the table itself. */
hp_slot *hp_recorder_put(hp_recorder *r, uint64_t text, const char *sql,
                         size_t n);

/* One call of s that took ns; s NULL: counted in other. */
void hp_recorder_record(hp_recorder *r, hp_slot *s, int64_t ns, int64_t now_ns,
                        const hp_counters *run, bool is_first_run,
                        bool is_error);

/* Pages that s used; s NULL: counted in other. */
void hp_recorder_add_pages(hp_recorder *r, hp_slot *s, int64_t hit,
                           int64_t missed);

/* Hands over everything pending. Call it with the store locked. */
void hp_recorder_collect(hp_recorder *r);

/* Forgets everything pending. Call it with the store locked. */
void hp_recorder_drop(hp_recorder *r);

/* In a forked child: the thread that may have held the lock is gone. */
void hp_recorder_after_fork(hp_recorder *r);

#endif
