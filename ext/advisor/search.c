/* SPDX-License-Identifier: MIT */
#include "advisor/search.h"

#include <float.h>
#include <string.h>

/* A page of bytes: smaller differences in size do not matter. */
static const double least_bytes = 4096;

typedef struct state {
  const hp_search *s;
  bool *set; /* the best so far */
  bool *trial, *larger;
  double *bound; /* of each index: the gain that is expected at most, then what
                 ** it had when last tried */
  double total;
} state;

static int64_t bytes_of(const hp_search *s, const bool *set) {
  int64_t sum = 0;

  for (int i = 0; i < s->n; i++) {
    if (set[i] && !s->is_fixed[i]) sum += s->n_bytes[i];
  }
  return sum;
}

static bool fits(const hp_search *s, const bool *set) {
  return !s->budget_bytes || bytes_of(s, set) <= s->budget_bytes;
}

/* The best set with index `out` left out (-1: none) and `in` added. */
static const bool *with(state *st, int out, int in) {
  memcpy(st->trial, st->set, (size_t)st->s->n * sizeof *st->trial);
  if (out >= 0) st->trial[out] = false;
  if (in >= 0) st->trial[in] = true;
  return st->trial;
}

/* What that set costs, or something that is not less than limit. */
static int estimate(state *st, int out, int in, double limit, double *cost) {
  const bool *set = with(st, out, in), *larger = out < 0 ? set : st->set;

  *cost = DBL_MAX;
  if (in >= 0 && !fits(st->s, set)) return SQLITE_OK;
  if (in >= 0 && out >= 0) {
    memcpy(st->larger, set, (size_t)st->s->n * sizeof *set);
    st->larger[out] = true;
    larger = st->larger;
  }
  return st->s->estimate(st->s->arg, set, larger, limit, cost);
}

static const double rounding = 1e-9;

/* Makes the change if it costs no more than was estimated. If it does, the
** next estimate knows. */
static int settle(state *st, int out, int in, double estimated, bool *done) {
  const bool *set = with(st, out, in);
  double cost;
  int rc = st->s->cost(st->s->arg, set, &cost);

  *done = rc == SQLITE_OK && cost <= estimated * (1 + rounding);
  if (!*done) return rc;
  memcpy(st->set, set, (size_t)st->s->n * sizeof *st->set);
  st->total = cost;
  return SQLITE_OK;
}

static bool clashes(const state *st, int in, int out) {
  return st->s->clashes && st->s->clashes(st->s->arg, st->set, in, out);
}

/* What an index must save to be worth having. */
static double least_gain(const state *st, int i) {
  const hp_search *s = st->s;
  double gain =
      s->base * (s->min_gain + s->min_density * (double)s->n_bytes[i]);

  return gain > s->least[i] ? gain : s->least[i];
}

static double score(const hp_search *s, int i, double gain) {
  return gain / ((double)s->n_bytes[i] + least_bytes);
}

/* The index that may gain most per byte, -1: none may gain enough. */
static int most_promising(const state *st) {
  const hp_search *s = st->s;
  double most = 0;
  int best = -1;

  for (int i = 0; i < s->n; i++) {
    double promise = score(s, i, st->bound[i]);

    if (st->set[i] || promise <= most || st->bound[i] < least_gain(st, i) ||
        clashes(st, i, -1)) {
      continue;
    }
    best = i;
    most = promise;
  }
  return best;
}

/* Finds the index that gains most per byte (-1: none gains enough) and what the
** set then costs. As gains only shrink, an index is tried only when it may be
** that one (M. Minoux, "Accelerated greedy algorithms for maximizing submodular
** set functions", 1978). */
static int find_best(state *st, int *best, double *cost) {
  const hp_search *s = st->s;
  int tried = -1, rc = SQLITE_OK;

  while ((*best = most_promising(st)) >= 0 && *best != tried) {
    double limit = st->total - least_gain(st, *best);

    if (!s->may_go_on(s->arg, 0.6)) *best = -1;
    if (*best < 0) break;
    rc = estimate(st, -1, *best, limit, cost);
    if (rc != SQLITE_OK) break;
    st->bound[*best] = *cost < limit ? st->total - *cost : 0;
    tried = *best;
  }
  return rc;
}

static int extend(state *st, bool *again) {
  double cost;
  int best, rc = find_best(st, &best, &cost);

  *again = rc == SQLITE_OK && best >= 0;
  return *again ? settle(st, -1, best, cost, &(bool){false}) : rc;
}

/* Leaves out the index that is missed least for each of its bytes. */
static int give_up_one(state *st) {
  const hp_search *s = st->s;
  double least = 0, least_cost = 0;
  int worst = -1;

  for (int i = 0; i < s->n; i++) {
    double cost, missed;
    int rc;

    if (!st->set[i] || s->is_fixed[i]) continue;
    rc = estimate(st, i, -1, DBL_MAX, &cost);
    if (rc != SQLITE_OK) return rc;
    missed = score(s, i, cost - st->total);
    if (worst >= 0 && missed >= least) continue;
    worst = i;
    least = missed;
    least_cost = cost;
  }
  return settle(st, worst, -1, least_cost, &(bool){false});
}

/* The start may be too large. (What is fixed is not counted, so some index can
** be given up as long as the set does not fit.) */
static int shrink_to_fit(state *st) {
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && !fits(st->s, st->set)) rc = give_up_one(st);
  return rc;
}

/* Leaves out the index that is missed least, counting what its bytes are
** worth, if it saves less than it must. */
static int shrink_once(state *st, bool *again, bool *changed) {
  const hp_search *s = st->s;
  double least = 0, least_cost = 0;
  int worst = -1, rc;
  bool done;

  for (int i = 0; i < s->n; i++) {
    double cost, limit;

    if (!st->set[i] || s->is_fixed[i]) continue;
    limit = st->total + least_gain(st, i) + least;
    rc = estimate(st, i, -1, limit, &cost);
    if (rc != SQLITE_OK) return rc;
    if (cost >= limit) continue;
    worst = i;
    least = cost - st->total - least_gain(st, i);
    least_cost = cost;
  }
  *again = worst >= 0;
  if (worst < 0) return SQLITE_OK;
  rc = settle(st, worst, -1, least_cost, &done);
  if (done) *changed = true;
  return rc;
}

static int shrink(state *st, bool *changed) {
  bool again = true;
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && again) {
    rc = shrink_once(st, &again, changed);
  }
  return rc;
}

/* An exchange must cost less than this to pay: the cost and what the bytes are
** worth, taken together, fall by enough. */
static double exchange_limit(const state *st, int out, int in) {
  double worth = st->s->min_density * st->s->base *
                 (double)(st->s->n_bytes[in] - st->s->n_bytes[out]);

  return st->total - worth - st->s->base * st->s->min_gain / 4;
}

/* Exchanges one index for another if that pays. */
static int exchange_one(state *st, int out, int in, bool *changed) {
  double cost, limit = exchange_limit(st, out, in);
  bool done;
  int rc = estimate(st, out, in, limit, &cost);

  if (rc != SQLITE_OK || cost >= limit) return rc;
  rc = settle(st, out, in, cost, &done);
  if (done) *changed = true;
  return rc;
}

/* Exchanges indexes for others of their table while that pays. */
static int exchange(state *st, bool *changed) {
  const hp_search *s = st->s;
  int rc = SQLITE_OK;

  for (int in = 0; in < s->n; in++) {
    for (int out = 0; rc == SQLITE_OK && out < s->n && !st->set[in]; out++) {
      if (s->is_fixed[out] || !st->set[out] || s->table[in] != s->table[out] ||
          clashes(st, in, out)) {
        continue;
      }
      if (!s->may_go_on(s->arg, 1)) return SQLITE_OK;
      rc = exchange_one(st, out, in, changed);
    }
  }
  return rc;
}

static int expect_gains(state *st) {
  const hp_search *s = st->s;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < s->n; i++) {
    double cost = st->total;

    if (!st->set[i]) rc = estimate(st, -1, i, -DBL_MAX, &cost);
    st->bound[i] = st->total - cost;
  }
  return rc;
}

static int extend_all(state *st) {
  bool added = true;
  int rc = expect_gains(st);

  while (rc == SQLITE_OK && added && st->s->may_go_on(st->s->arg, 0.6)) {
    rc = extend(st, &added);
  }
  return rc;
}

enum { MAX_ROUNDS = 4 };

static int improve(state *st) {
  bool changed = true;
  int rc = shrink_to_fit(st);

  if (rc == SQLITE_OK) rc = shrink(st, &changed);
  if (rc == SQLITE_OK) rc = extend_all(st);
  for (int i = 0; rc == SQLITE_OK && changed && i < MAX_ROUNDS; i++) {
    changed = false;
    rc = shrink(st, &changed);
    if (rc == SQLITE_OK) rc = exchange(st, &changed);
    if (rc == SQLITE_OK && changed) rc = extend_all(st);
  }
  return rc;
}

int hp_search_run(const hp_search *s, bool *set, double *total) {
  size_t n = (size_t)s->n + 1;
  state st = {.s = s,
              .set = set,
              .trial = sqlite3_malloc64(n * sizeof(bool)),
              .larger = sqlite3_malloc64(n * sizeof(bool)),
              .bound = sqlite3_malloc64(n * sizeof(double))};
  int rc = st.trial && st.larger && st.bound ? SQLITE_OK : SQLITE_NOMEM;

  if (rc == SQLITE_OK) rc = s->cost(s->arg, set, &st.total);
  if (rc == SQLITE_OK) rc = improve(&st);
  *total = st.total;
  sqlite3_free(st.trial);
  sqlite3_free(st.larger);
  sqlite3_free(st.bound);
  return rc;
}
