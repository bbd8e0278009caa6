/* SPDX-License-Identifier: MIT
**
** Reclamation for readers that take no lock. A reader announces that it is
** inside a section; what a writer has unlinked is freed only when no section
** that could have seen it is still open, and no pin holds it.
**
**   reader:  hp_epoch_enter(r); p = load(shared); hp_pin_set(pin, p);
**            hp_epoch_exit(r); ... use *p ...; hp_pin_set(pin, NULL);
**   writer:  store(shared, q); hp_epoch_retire(p, free_fn, arg);
**
** Entering costs one store to the reader's own cache line. Source: the
** epoch-based scheme of K. Fraser, "Practical lock-freedom" (2004), with
** hazard pointers (M. Michael, 2004) for what outlives a section.
**
** A reader is used by one thread at a time (SQLite serialises a connection).
** Sections do not nest, do no I/O and take no lock.
*/
#ifndef HP_BASE_EPOCH_H
#define HP_BASE_EPOCH_H

#include "base/sqlite_api.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What one cursor keeps alive beyond a section. Zero-initialised. */
typedef struct hp_pin hp_pin;
struct hp_pin {
  _Atomic(void *) held; /* the object, or NULL */
  hp_pin *next;         /* the reader's list, guarded by the registry's lock */
};

/* One per connection that reads shared structures. */
typedef struct hp_reader {
  _Alignas(64) _Atomic uint64_t epoch; /* 0 outside of a section */
  hp_pin *pins;                        /* guarded by the registry's lock */
  struct hp_reader *next;              /* ditto */
} hp_reader;

extern _Atomic uint64_t hp_epoch_now; /* starts at 1, only grows */

/* New reader, registered; NULL when out of memory. Free with
** hp_reader_free(), outside of a section and with no pin held. */
hp_reader *hp_reader_new(void);

/* Unregisters and frees r (NULL is allowed) and whatever it alone held up. */
void hp_reader_free(hp_reader *r);

/* Opens a section: what is loaded inside stays valid until hp_epoch_exit(). */
static inline void hp_epoch_enter(hp_reader *r) {
  uint64_t now = atomic_load_explicit(&hp_epoch_now, memory_order_acquire);

  /* An exchange, so that no later load can be ordered before it. */
  atomic_exchange_explicit(&r->epoch, now, memory_order_seq_cst);
}

/* Closes the section. */
static inline void hp_epoch_exit(hp_reader *r) {
  atomic_store_explicit(&r->epoch, 0, memory_order_release);
}

/* Adds pin to r's list; pin must stay allocated until hp_pin_remove(). */
void hp_pin_add(hp_reader *r, hp_pin *pin);

/* Takes pin off r's list; it must hold nothing. */
void hp_pin_remove(hp_reader *r, hp_pin *pin);

/* Inside a section: keep p valid beyond it, until the next call.
** Anywhere: NULL lets go. */
static inline void hp_pin_set(hp_pin *pin, void *p) {
  atomic_store_explicit(&pin->held, p, memory_order_release);
}

/* Hands over p, which no new section can reach any more: free_fn(p) is called
** now or later, by any thread, once nobody can be using it. Takes ownership.
** Without memory for the bookkeeping it has spare records for a while, then
** waits for the readers instead, and in the last resort (p is pinned) leaks p:
** rather a leak than a wild pointer. */
void hp_epoch_retire(void *p, void (*free_fn)(void *));

/* Frees what can be freed now; returns how many objects still wait. */
int hp_epoch_collect(void);

/* Waits until every section open at the call has been closed. Never call it
** inside a section. */
void hp_epoch_synchronize(void);

/* After fork(), in the child: the other threads' sections are gone, and what
** waited to be freed is leaked. */
void hp_epoch_after_fork(void);

#endif
