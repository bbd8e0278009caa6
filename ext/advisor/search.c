/* SPDX-License-Identifier: MIT */
#include "advisor/search.h"

#include <float.h>
#include <string.h>

/* A page of bytes: smaller differences in size do not matter. */
static const double least_bytes = 4096;

typedef struct state {
  const hp_search *s;
  bool *set; /* the best so far */
  bool *trial;
  double *bound; /* of each index: the gain it had when last tried, which is
                 ** about the most it can have later */
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

/* Cost of the best set with index `out` left out (-1: none) and `in` added,
** which must fit. */
static int cost_with(state *st, int out, int in, double *cost) {
  memcpy(st->trial, st->set, (size_t)st->s->n * sizeof *st->trial);
  if (out >= 0) st->trial[out] = false;
  if (in >= 0) st->trial[in] = true;
  if (in >= 0 && !fits(st->s, st->trial)) {
    *cost = DBL_MAX;
    return SQLITE_OK;
  }
  return st->s->cost(st->s->arg, st->trial, cost);
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

/* Adds the index that gains most per byte; *added is false when none gains
** enough. An index is only tried again if what it last gained could still
** win. */
static int extend(state *st, bool *added) {
  const hp_search *s = st->s;
  double best_score = 0, best_cost = 0;
  int best = -1;

  *added = false;
  for (int i = 0; i < s->n; i++) {
    double least = least_gain(st, i), cost;
    int rc;

    if (st->set[i] || clashes(st, i, -1) || st->bound[i] < least ||
        score(s, i, st->bound[i]) <= best_score || !s->may_go_on(s->arg, 0.6)) {
      continue;
    }
    rc = cost_with(st, -1, i, &cost);
    if (rc != SQLITE_OK) return rc;
    st->bound[i] = st->total - cost;
    if (st->bound[i] < least || score(s, i, st->bound[i]) <= best_score) {
      continue;
    }
    best = i;
    best_score = score(s, i, st->bound[i]);
    best_cost = cost;
  }
  if (best < 0) return SQLITE_OK;
  st->set[best] = true;
  st->total = best_cost;
  *added = true;
  return SQLITE_OK;
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
    rc = cost_with(st, i, -1, &cost);
    if (rc != SQLITE_OK) return rc;
    missed = score(s, i, cost - st->total);
    if (worst >= 0 && missed >= least) continue;
    worst = i;
    least = missed;
    least_cost = cost;
  }
  st->set[worst] = false;
  st->total = least_cost;
  return SQLITE_OK;
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
static int shrink_once(state *st, bool *changed) {
  const hp_search *s = st->s;
  double least = 0, least_cost = 0;
  int worst = -1;

  for (int i = 0; i < s->n; i++) {
    double cost, worth;
    int rc;

    if (!st->set[i] || s->is_fixed[i]) continue;
    rc = cost_with(st, i, -1, &cost);
    if (rc != SQLITE_OK) return rc;
    worth = cost - st->total - least_gain(st, i);
    if (worth >= least) continue;
    worst = i;
    least = worth;
    least_cost = cost;
  }
  *changed = worst >= 0;
  if (worst < 0) return SQLITE_OK;
  st->set[worst] = false;
  st->total = least_cost;
  return SQLITE_OK;
}

static int shrink(state *st, bool *changed) {
  bool again = true;
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && again) {
    rc = shrink_once(st, &again);
    if (again) *changed = true;
  }
  return rc;
}

/* True if the exchange pays: the cost and what the bytes are worth, taken
** together, fall by enough. */
static bool is_better(const state *st, int out, int in, double cost) {
  double worth = st->s->min_density * st->s->base *
                 (double)(st->s->n_bytes[in] - st->s->n_bytes[out]);

  return cost + worth < st->total - st->s->base * st->s->min_gain / 4;
}

/* Exchanges indexes for others of their table while that pays. */
static int exchange(state *st, bool *changed) {
  const hp_search *s = st->s;

  for (int out = 0; out < s->n; out++) {
    for (int in = 0; in < s->n && st->set[out]; in++) {
      double cost;
      int rc;

      if (s->is_fixed[out] || st->set[in] || s->table[in] != s->table[out] ||
          clashes(st, in, out)) {
        continue;
      }
      if (!s->may_go_on(s->arg, 1)) return SQLITE_OK;
      rc = cost_with(st, out, in, &cost);
      if (rc != SQLITE_OK) return rc;
      if (!is_better(st, out, in, cost)) continue;
      st->set[out] = false;
      st->set[in] = true;
      st->total = cost;
      *changed = true;
    }
  }
  return SQLITE_OK;
}

static void forget_bounds(state *st) {
  for (int i = 0; i < st->s->n; i++) st->bound[i] = DBL_MAX;
}

static int extend_all(state *st) {
  bool added = true;
  int rc = SQLITE_OK;

  forget_bounds(st);
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
              .bound = sqlite3_malloc64(n * sizeof(double))};
  int rc = st.trial && st.bound ? SQLITE_OK : SQLITE_NOMEM;

  if (rc == SQLITE_OK) rc = s->cost(s->arg, set, &st.total);
  if (rc == SQLITE_OK) rc = improve(&st);
  *total = st.total;
  sqlite3_free(st.trial);
  sqlite3_free(st.bound);
  return rc;
}
