/* SPDX-License-Identifier: MIT
**
** What is counted for each cached table: the figures behind cache_stats. A
** *score* is the sum for one table name over the whole process; it lives as
** long as the process. Each virtual table instance counts on a sheet of its
** own, which only its thread writes, so that counting is a plain addition;
** readers add the sheets up.
*/
#ifndef HP_CACHE_SCORE_H
#define HP_CACHE_SCORE_H

#include "base/sqlite_api.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Columns of cache_stats, in order. */
#define HP_COUNTS(X)                                                           \
  X(hits_l1)       /* served from memory */                                    \
  X(hits_l2)       /* served from the second tier */                           \
  X(hits_stale)    /* served though no longer fresh, as the options allow */   \
  X(miss_cold)     /* not there */                                             \
  X(miss_evicted)  /* was there, pushed out */                                 \
  X(miss_expired)  /* older than its ttl */                                    \
  X(miss_stamp)    /* somebody committed since */                              \
  X(miss_tag)      /* one of its tags was invalidated */                       \
  X(miss_snapshot) /* the reader's snapshot could not be proved */             \
  X(bypasses)      /* own uncommitted writes, or switched off */               \
  X(computations)  /* runs of the SELECT */                                    \
  X(joins)         /* waited for another's computation instead */              \
  X(refreshes)     /* computed ahead, in the background */                     \
  X(wasted_refreshes) /* of these, never served */                             \
  X(not_stored)       /* computed, but too large or not admitted */            \
  X(errors)           /* computations that failed */                           \
  X(timeouts)         /* of these, ended by compute_timeout */                 \
  X(warmed)           /* arguments that cache_warm() has dealt with */         \
  X(warm_left)        /* ... and that it has still to deal with */             \
  X(saved_ns)         /* measured cost of the computations that hits spared */ \
  X(compute_ns)       /* time spent computing */

typedef enum hp_count {
#define HP_COUNT_ENUM(name) HP_COUNT_##name,
  HP_COUNTS(HP_COUNT_ENUM)
#undef HP_COUNT_ENUM
      HP_N_COUNTS
} hp_count;

typedef struct hp_score hp_score;

typedef struct hp_sheet {
  hp_score *score;
  _Atomic uint64_t count[HP_N_COUNTS];
  struct hp_sheet *next; /* guarded by the registry's lock */
} hp_sheet;

/* A new sheet of the score of this name, made if there is none. NULL when out
** of memory. Thread-safe. */
hp_sheet *hp_sheet_new(const char *name);

/* Adds the sheet to its score for good and frees it. NULL is allowed. */
void hp_sheet_free(hp_sheet *s);

/* Counts. Only on the thread that uses the sheet's connection. */
static inline void hp_sheet_add(hp_sheet *s, hp_count what, uint64_t n) {
  uint64_t was = atomic_load_explicit(&s->count[what], memory_order_relaxed);

  atomic_store_explicit(&s->count[what], was + n, memory_order_relaxed);
}

/* Counts where no sheet is at hand, on any thread. Takes a lock. */
void hp_score_add(hp_score *t, hp_count what, uint64_t n);

const char *hp_score_name(const hp_score *t);

/* Calls visit for each score with its sums; stops when it is false. */
void hp_score_each(bool (*visit)(const hp_score *t, const uint64_t *sums,
                                 void *arg),
                   void *arg);

/* Sets all counts to zero, by remembering what they are now. */
void hp_score_reset(void);

/* After fork(), in the child. */
void hp_score_after_fork(void);

#endif
