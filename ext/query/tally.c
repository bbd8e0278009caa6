/* SPDX-License-Identifier: MIT */
#include "query/tally.h"

/* Most of the counters of most runs are zero: leaving their sums alone spares
** a cache line. */
static void add_counters(hp_counters *a, const hp_counters *b) {
  a->rows += b->rows;
  a->vm_steps += b->vm_steps;
  if (b->changes) a->changes += b->changes;
  if (b->fullscan_steps) a->fullscan_steps += b->fullscan_steps;
  if (b->sorts) a->sorts += b->sorts;
  if (b->autoindexes) a->autoindexes += b->autoindexes;
  if (b->reprepares) a->reprepares += b->reprepares;
}

void hp_tally_record(hp_tally *t, int64_t ns, int64_t now_ns,
                     const hp_counters *run) {
  if (t->calls++ == 0) {
    t->min_ns = t->max_ns = ns;
    t->first_ns = now_ns;
  }
  if (ns < t->min_ns) t->min_ns = ns;
  if (ns > t->max_ns) t->max_ns = ns;
  t->total_ns += ns;
  t->squares += (double)ns * (double)ns;
  t->last_ns = now_ns;
  add_counters(&t->sum, run);
}

/* The extremes of b, which has calls. */
static void merge_extremes(hp_tally *a, const hp_tally *b) {
  if (a->calls == 0 || b->min_ns < a->min_ns) a->min_ns = b->min_ns;
  if (a->calls == 0 || b->max_ns > a->max_ns) a->max_ns = b->max_ns;
  if (a->calls == 0 || b->first_ns < a->first_ns) a->first_ns = b->first_ns;
  if (a->calls == 0 || b->last_ns > a->last_ns) a->last_ns = b->last_ns;
}

void hp_tally_merge(hp_tally *a, const hp_tally *b) {
  if (b->calls) merge_extremes(a, b);
  a->calls += b->calls;
  a->errors += b->errors;
  a->prepares += b->prepares;
  add_counters(&a->sum, &b->sum);
  a->pages_hit += b->pages_hit;
  a->pages_missed += b->pages_missed;
  a->total_ns += b->total_ns;
  a->squares += b->squares;
}

double hp_tally_mean_ns(const hp_tally *t) {
  return t->calls ? (double)t->total_ns / (double)t->calls : 0;
}

/* Newton's method: the extension needs no library beyond libc, not even libm.
 */
static double square_root(double x) {
  double r = x > 1 ? x : 1;

  if (x <= 0) return 0;
  for (int i = 0; i < 200; i++) {
    double better = (r + x / r) / 2;
    if (better >= r) break;
    r = better;
  }
  return r;
}

double hp_tally_stddev_ns(const hp_tally *t) {
  double mean = hp_tally_mean_ns(t);

  if (t->calls < 2) return 0;
  return square_root(t->squares / (double)t->calls - mean * mean);
}
