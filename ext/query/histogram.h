/* SPDX-License-Identifier: MIT
**
** A histogram of durations: linear below 1 µs (steps of 125 ns), then 8 steps
** per doubling, so that a value is known to within 12.5 %, up to 1000 seconds.
** What is longer lands in the last bucket. Pure; not thread-safe by itself.
**
** Source: the log-linear buckets of HdrHistogram (G. Tene).
*/
#ifndef HP_QUERY_HISTOGRAM_H
#define HP_QUERY_HISTOGRAM_H

#include <stdint.h>

#define HP_HISTOGRAM_BUCKETS 248

typedef struct hp_histogram {
  uint64_t n[HP_HISTOGRAM_BUCKETS]; /* values per bucket */
} hp_histogram;

/* The bucket of a duration; negative ones count as zero. */
static inline uint8_t hp_histogram_bucket(int64_t ns) {
  uint64_t v = ns > 0 ? (uint64_t)ns / 125 : 0;
  unsigned shift;

  if (v < 8) return (uint8_t)v;
  shift = 60u - (unsigned)__builtin_clzll(v);
  if (shift > 29) return HP_HISTOGRAM_BUCKETS - 1;
  return (uint8_t)((shift << 3) + (unsigned)(v >> shift));
}

/* The durations of a bucket in nanoseconds: first included, end excluded. */
int64_t hp_histogram_first(unsigned bucket);
int64_t hp_histogram_end(unsigned bucket);

static inline void hp_histogram_record(hp_histogram *h, int64_t ns) {
  h->n[hp_histogram_bucket(ns)]++;
}

/* Adds the counts of b to a. */
void hp_histogram_merge(hp_histogram *a, const hp_histogram *b);

uint64_t hp_histogram_count(const hp_histogram *h);

/*
** The duration in nanoseconds that a share q (0..1) of the values does not
** exceed, interpolated inside its bucket; 0 for an empty histogram. The true
** quantile lies in the same bucket.
*/
int64_t hp_histogram_quantile(const hp_histogram *h, double q);

#endif
