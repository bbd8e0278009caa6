/* SPDX-License-Identifier: MIT
**
** Single flight: of all threads of the process that miss one key, one computes
** and the others wait for it. Knows keys only, not what is computed.
**
**   switch (hp_flight_begin(&key, wait_ms, NULL, NULL, &f)) {
**   case HP_FLIGHT_LEAD:  look once more (it may have been published between
**                         the miss and now); compute; hp_flight_publish(f, put,
**                         arg); hp_flight_end(f, …); break;
**   case HP_FLIGHT_AGAIN: look into the cache again, then begin again
**   case HP_FLIGHT_ALONE: compute, publish nothing
**   case HP_FLIGHT_CYCLE: an error: this thread is computing that very key
**   }
**
** A thread leads from begin to end and does nothing else meanwhile but
** compute. It may begin other keys in doing so (nested cached tables), but
** never waits where that would close a circle of threads waiting for each
** other. Do not wait while holding a write transaction, nor inside a section
** (base/epoch.h): pass wait_ms 0.
**
** Doom: a key that is deleted while it is being computed must not come back
** when the computation ends. hp_flight_doom() sees to that: flights that have
** begun before it publish nothing after it.
**
** Leases of Facebook's memcache (R. Nishtala et al., NSDI 2013) are the
** source of both ideas.
*/
#ifndef HP_CACHE_FLIGHT_H
#define HP_CACHE_FLIGHT_H

#include "cache/key.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_flight hp_flight;

typedef enum hp_flight_role {
  HP_FLIGHT_LEAD,  /* compute for all; *out must be ended */
  HP_FLIGHT_AGAIN, /* somebody has just computed it, or failed to */
  HP_FLIGHT_ALONE, /* not worth waiting for any longer */
  HP_FLIGHT_CYCLE, /* this thread leads that key already */
} hp_flight_role;

typedef enum hp_flight_outcome {
  HP_FLIGHT_PUBLISHED, /* the others find it in the cache */
  HP_FLIGHT_FAILED,    /* error, interrupt: one of the others leads next */
  HP_FLIGHT_PRIVATE,   /* cannot be shared (too large): each computes alone */
} hp_flight_outcome;

/*
** Begins to compute key, or waits for the thread that does: at most wait_ms, 0
** for not at all, and only until is_cancelled(arg) is true (asked on this
** thread every few milliseconds; NULL: never). *out is set for HP_FLIGHT_LEAD
** only. Out of memory is HP_FLIGHT_ALONE.
*/
hp_flight_role hp_flight_begin(const hp_key *key, int64_t wait_ms,
                               bool (*is_cancelled)(void *arg), void *arg,
                               hp_flight **out);

/*
** Calls put(arg), which puts the answer into the cache, unless f is doomed.
** The code of put, or SQLITE_ABORT. put runs under the lock of all flights:
** it must be short and must not call flights.
*/
int hp_flight_publish(hp_flight *f, int (*put)(void *arg), void *arg);

/* Ends f, which is not to be used any more, and wakes who waits for it. */
void hp_flight_end(hp_flight *f, hp_flight_outcome outcome);

/* What is being computed for key (NULL: for any key) will not be published.
** Call it before the key is taken out of the cache. */
void hp_flight_doom(const hp_key *key);

/* How long to wait where nobody says otherwise, in milliseconds
** (cache_config 'wait_ms'); 2000 at first. */
int64_t hp_flight_wait_ms(void);
void hp_flight_set_wait_ms(int64_t wait_ms);

/* After fork(), in the child: the leaders are not here. */
void hp_flight_after_fork(void);

#endif
