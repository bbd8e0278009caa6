/* SPDX-License-Identifier: MIT */
#include "query/histogram.h"

int64_t hp_histogram_first(unsigned bucket) {
  unsigned shift;

  if (bucket < 8) return (int64_t)bucket * 125;
  shift = (bucket >> 3) - 1;
  return (int64_t)(((bucket & 7u) + 8u) * (UINT64_C(125) << shift));
}

int64_t hp_histogram_end(unsigned bucket) {
  return hp_histogram_first(bucket + 1);
}

void hp_histogram_merge(hp_histogram *a, const hp_histogram *b) {
  for (int i = 0; i < HP_HISTOGRAM_BUCKETS; i++) a->n[i] += b->n[i];
}

uint64_t hp_histogram_count(const hp_histogram *h) {
  uint64_t n = 0;

  for (int i = 0; i < HP_HISTOGRAM_BUCKETS; i++) n += h->n[i];
  return n;
}

int64_t hp_histogram_quantile(const hp_histogram *h, double q) {
  double want = q * (double)hp_histogram_count(h), below = 0;

  for (unsigned i = 0; i < HP_HISTOGRAM_BUCKETS; i++) {
    double here = (double)h->n[i];
    if (here > 0 && below + here >= want) {
      double share = want > below ? (want - below) / here : 0;
      double first = (double)hp_histogram_first(i);
      double width = (double)hp_histogram_end(i) - first;
      return (int64_t)(first + share * (width - 1));
    }
    below += here;
  }
  return 0;
}
