/* SPDX-License-Identifier: MIT
**
** The slow log: a ring of the last statements whose run took longer than a
** threshold, for the whole process. Thread-safe.
**
** Values are redacted: the text is the normal form, unless keeping values was
** asked for before the run. The exact text is kept inside for planning only.
*/
#ifndef HP_QUERY_SLOW_H
#define HP_QUERY_SLOW_H

#include "query/stats.h"

#include <stdatomic.h>

#define HP_SLOW_ENTRIES    256 /* places in the ring */
#define HP_SLOW_DEFAULT_NS (INT64_C(100) * 1000 * 1000)

extern _Atomic int64_t hp_slow_ns; /* threshold; see hp_slow_threshold_ns() */

typedef struct hp_slow {
  int64_t wall_ms; /* when it ended, milliseconds since 1970 UTC */
  int64_t ns;      /* how long it took */
  uint64_t fingerprint;
  hp_counters counters;
  const char *text;     /* redacted, or with values if has_values */
  const char *sample;   /* exact text for planning, NULL if too long */
  const char *database; /* file of main */
  bool has_values;
} hp_slow;

static inline int64_t hp_slow_threshold_ns(void) {
  return atomic_load_explicit(&hp_slow_ns, memory_order_relaxed);
}

/* Sets the threshold and returns the old one. */
int64_t hp_slow_set_threshold(int64_t ns);

/* Whether texts are kept with their values from now on; the old setting. */
bool hp_slow_set_values(bool has_values);
bool hp_slow_has_values(void);

/* Logs a run of stmt whose statistics are s; call it with the store locked and
** on stmt's thread. expanded: the text with values, or NULL. Out of memory:
** the run is counted as lost. */
void hp_slow_put(sqlite3_stmt *stmt, const hp_stat *s, const char *expanded,
                 int64_t wall_ms, int64_t ns, const hp_counters *counters);

/* Copies the n entries, newest first. Caller frees with hp_slow_list_free().
** SQLITE_OK or SQLITE_NOMEM (then *out is NULL and *n 0). */
int hp_slow_list(hp_slow ***out, int *n);
void hp_slow_list_free(hp_slow **list, int n);

/* Runs that were slow since the start or the last reset, and of these how many
** were lost for want of memory. */
void hp_slow_count(int64_t *n, int64_t *n_lost);

void hp_slow_reset(void);

/* Around fork(), as for the store. */
void hp_slow_before_fork(void);
void hp_slow_after_fork(void);

#endif
