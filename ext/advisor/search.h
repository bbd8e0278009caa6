/* SPDX-License-Identifier: MIT
**
** Which of n indexes to have: Extend (R. Schlosser, J. Kossmann, M. Boissier,
** "Efficient scalable multi-attribute index selection using recursive
** strategies", ICDE 2019), with whole indexes as steps, then relaxation:
** leaving out and exchanging while that pays. Pure: costs come from a
** callback, and equal costs give equal answers.
*/
#ifndef HP_ADVISOR_SEARCH_H
#define HP_ADVISOR_SEARCH_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_search {
  int n;                  /* indexes */
  const int64_t *n_bytes; /* size of each */
  const int *table;       /* of each: only indexes of the same table are
                          ** exchanged */
  const bool *is_fixed;   /* of each: always there */
  int64_t budget_bytes;   /* for those that are not fixed; 0: no limit */
  double base;            /* a cost of the workload */
  double min_gain;        /* share of it that a step must save */
  double min_density;     /* and, for each byte, this share more */
  const double *least;    /* and what each must save at least */
  /* True if index `in` may not be beside those of set but `out` (-1: none):
  ** one of the two repeats the other. NULL: none does. */
  bool (*clashes)(void *arg, const bool *set, int in, int out);
  /* Sets *out to the workload's cost with these indexes. SQLITE_OK, or a code
  ** that ends the search. */
  int (*cost)(void *arg, const bool *set, double *out);
  /* Nearly the same and quicker; the same once cost() was asked of the set. May
  ** stop when the cost is not expected to be less than limit, with a cost that
  ** is not. `larger` has all of set, and will be given again with others. */
  int (*estimate)(void *arg, const bool *set, const bool *larger, double limit,
                  double *out);
  /* False once this share (0 … 1) of what the search may take has been spent:
  ** extending ends at 0.6, exchanging at 1, leaving out is always done. */
  bool (*may_go_on)(void *arg, double share);
  void *arg;
} hp_search;

/* Starts at *set (n bools), which may be over the budget, and improves it.
** SQLITE_OK, or the code of a failure; *total is the cost of *set. */
HP_MUST_CHECK int hp_search_run(const hp_search *s, bool *set, double *total);

#endif
