/* SPDX-License-Identifier: MIT
**
** What runs of a statement add up to. Tallies only ever grow by addition, so
** that they can be kept apart (per connection) and merged without loss, in any
** order. Pure; not thread-safe by itself.
*/
#ifndef HP_QUERY_TALLY_H
#define HP_QUERY_TALLY_H

#include <stdint.h>

/* Counters of one run, by difference of what SQLite counts. */
typedef struct hp_counters {
  int64_t rows;           /* returned */
  int64_t vm_steps;       /* of the virtual machine */
  int64_t changes;        /* rows written, by triggers and cascades too */
  int64_t fullscan_steps; /* rows stepped over without an index */
  int64_t sorts;          /* sort operations */
  int64_t autoindexes;    /* rows inserted into automatic indexes */
  int64_t reprepares;     /* automatic: schema or statistics changed */
} hp_counters;

/* What every call touches comes first: it fits a cache line and a half. */
typedef struct hp_tally {
  int64_t calls;
  int64_t total_ns;
  int64_t min_ns; /* of a single call, if calls > 0 */
  int64_t max_ns;
  double squares;  /* sum of ns * ns, for the standard deviation */
  int64_t last_ns; /* monotonic, end of the last call */
  hp_counters sum;
  int64_t first_ns; /* monotonic, end of the first call */
  int64_t errors;   /* calls known to have failed: a lower bound */
  int64_t prepares; /* calls that were a statement's first run */
  int64_t pages_hit;
  int64_t pages_missed;
} hp_tally;

/* The part of a tally that tells whether a plan is a good one. */
typedef struct hp_effort {
  int64_t calls;
  int64_t ns;
  int64_t steps; /* of the virtual machine */
} hp_effort;

static inline hp_effort hp_tally_effort(const hp_tally *t) {
  return (hp_effort){t->calls, t->total_ns, t->sum.vm_steps};
}

/* Counts one call that took ns and ended at now_ns. */
void hp_tally_record(hp_tally *t, int64_t ns, int64_t now_ns,
                     const hp_counters *run);

/* Adds b to a. */
void hp_tally_merge(hp_tally *a, const hp_tally *b);

/* Mean and standard deviation of a call's time; 0 without calls. */
double hp_tally_mean_ns(const hp_tally *t);
double hp_tally_stddev_ns(const hp_tally *t);

#endif
