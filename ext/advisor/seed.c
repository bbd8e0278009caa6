/* SPDX-License-Identifier: MIT */
#include "advisor/seed.h"

#include <string.h>

/* Adds to set the index that makes statement q cheapest, its bytes counted;
** *added is false if none is worth it. */
static int seed_once(hp_session *s, int q, bool *set, double price,
                     bool *added) {
  hp_cost now, with;
  double calls = s->statements[q].calls, best;
  int found = -1;
  int rc = hp_trial_cost(s->trial, q, set, &now, s->err);

  best = 0.95 * calls * hp_cost_model(&now);
  for (int k = 0; rc == SQLITE_OK && k < s->out->n_built; k++) {
    int i = s->n_originals + k;
    double cost;

    if (!hp_session_may_add(s, set, k, q)) continue;
    set[i] = true;
    rc = hp_trial_cost(s->trial, q, set, &with, s->err);
    set[i] = false;
    cost = calls * hp_cost_model(&with) +
           price * (double)hp_lab_index_at(s->lab, i)->n_bytes;
    if (cost >= best) continue;
    best = cost;
    found = i;
  }
  if (rc == SQLITE_OK && found >= 0) set[found] = true;
  *added = found >= 0;
  return rc;
}

/* Adds those that the planner chooses together for q, if that is worth it: one
** of them may be of use only beside the others. */
static int seed_group(hp_session *s, int q, hp_together of, bool *set,
                      double price) {
  hp_cost now, with;
  double calls = s->statements[q].calls, worth = 0;
  bool *more = hp_zeroed((size_t)hp_lab_count(s->lab), sizeof *more);
  int n = 0, rc = more ? SQLITE_OK : SQLITE_NOMEM;

  for (int i = 0; more && i < hp_lab_count(s->lab); i++) {
    int k = i - s->n_originals;

    more[i] = set[i];
    if (k < 0 || set[i] ||
        !(s->candidates.at[s->made_of[k]].together[q] & (uint8_t)of) ||
        hp_session_clashes(s, more, i, -1)) {
      continue;
    }
    more[i] = true;
    worth += price * (double)hp_lab_index_at(s->lab, i)->n_bytes;
    n++;
  }
  if (n > 0) {
    rc = hp_trial_cost(s->trial, q, set, &now, s->err);
    if (rc == SQLITE_OK) rc = hp_trial_cost(s->trial, q, more, &with, s->err);
    if (rc == SQLITE_OK &&
        calls * hp_cost_model(&with) + worth < calls * hp_cost_model(&now)) {
      for (int i = 0; i < hp_lab_count(s->lab); i++) set[i] = more[i];
    }
  }
  sqlite3_free(more);
  return rc;
}

/* ---- a chain in place of what was sown for the statement */

static int built_of(const hp_session *s, const char *body) {
  for (int k = 0; k < s->out->n_built; k++) {
    if (s->candidates.at[s->made_of[k]].body == body) return s->n_originals + k;
  }
  return -1;
}

/* What q costs with the set, and what those of its indexes are worth that are
** not in `before`. */
static int cost_beside(hp_session *s, int q, const bool *before,
                       const bool *set, double price, double *out) {
  hp_cost cost;
  int rc = hp_trial_cost(s->trial, q, set, &cost, s->err);

  *out = s->statements[q].calls * hp_cost_model(&cost);
  for (int i = 0; i < hp_lab_count(s->lab); i++) {
    if (set[i] && !before[i]) {
      *out += price * (double)hp_lab_index_at(s->lab, i)->n_bytes;
    }
  }
  return rc;
}

/* Adds index i in place of built ones that it begins with; false if it repeats
** what is there. */
static bool put(const hp_session *s, bool *set, int i) {
  int n = hp_lab_count(s->lab);

  for (int k = s->n_originals; k < n; k++) {
    if (k != i && s->repeats[k * n + i]) set[k] = false;
  }
  if (!set[i] && hp_session_clashes(s, set, i, -1)) return false;
  set[i] = true;
  return true;
}

/* Makes trial `before` with the chain; false if one of it repeats what is
** there. */
static bool take_chain(const hp_session *s, const hp_chain *c,
                       const bool *before, bool *trial) {
  memcpy(trial, before, (size_t)hp_lab_count(s->lab) * sizeof *trial);
  for (int k = 0; k < c->n; k++) {
    int i = built_of(s, c->body[k]);

    if (i < 0 || !put(s, trial, i)) return false;
  }
  return true;
}

static int seed_chains(hp_session *s, int q, const bool *before, bool *set,
                       double price) {
  size_t n = (size_t)hp_lab_count(s->lab);
  bool *trial = hp_zeroed(n, sizeof *trial);
  double best = 0, cost;
  int rc = trial ? cost_beside(s, q, before, set, price, &best) : SQLITE_NOMEM;

  for (int i = 0; rc == SQLITE_OK && i < s->candidates.n_chains; i++) {
    const hp_chain *c = &s->candidates.chains[i];

    if (c->statement != q || !take_chain(s, c, before, trial)) continue;
    rc = cost_beside(s, q, before, trial, price, &cost);
    if (rc != SQLITE_OK || cost >= best) continue;
    best = cost;
    memcpy(set, trial, n * sizeof *set);
  }
  sqlite3_free(trial);
  return rc;
}

/* ---- all of it */

enum { MAX_SEEDS = 3 }; /* indexes for one statement */

/* Of the workload: a statement of less starts with no chain. What it wants is
** not worth displacing others' until these have theirs. */
static const double chain_share = 0.01;

/* Leaves out what was made for q. */
static void clear_for(const hp_session *s, int q, bool *set) {
  for (int k = 0; k < s->out->n_built; k++) {
    const hp_candidate *c = &s->candidates.at[s->made_of[k]];

    if (c->helps[q] || c->together[q]) set[s->n_originals + k] = false;
  }
}

/* is_anew: a chain may also take the place of what is there for q. */
static int seed(hp_session *s, int q, bool *set, double price, bool is_anew) {
  size_t n = (size_t)hp_lab_count(s->lab);
  bool *before = hp_zeroed(n, sizeof *before), added = true;
  int rc = before ? SQLITE_OK : SQLITE_NOMEM;

  if (before) memcpy(before, set, n * sizeof *set);
  if (before && is_anew) clear_for(s, q, before);
  for (int j = 0; rc == SQLITE_OK && added && j < MAX_SEEDS; j++) {
    rc = seed_once(s, q, set, price, &added);
  }
  if (rc == SQLITE_OK) rc = seed_group(s, q, HP_TOGETHER_ALL, set, price);
  if (rc == SQLITE_OK) rc = seed_group(s, q, HP_TOGETHER_PLAIN, set, price);
  if (rc == SQLITE_OK && (is_anew || s->weights[q] >= chain_share * s->bare)) {
    rc = seed_chains(s, q, before, set, price);
  }
  sqlite3_free(before);
  return rc;
}

/* True if q costs at least this with the set. */
static int is_dear(hp_session *s, int q, const bool *set, double least,
                   bool *dear) {
  hp_cost now;
  int rc = hp_trial_cost(s->trial, q, set, &now, s->err);

  *dear = s->statements[q].calls * hp_cost_model(&now) >= least;
  return rc;
}

int hp_seed_sow(hp_session *s, double base, double least, bool *set) {
  bool *done = hp_zeroed((size_t)s->n, sizeof *done);
  int rc = done ? SQLITE_OK : SQLITE_NOMEM;
  double price = hp_session_price(s, base);

  for (int k = 0; rc == SQLITE_OK && k < s->n; k++) {
    int q = -1;
    bool dear = false;

    for (int i = 0; i < s->n; i++) {
      if (!done[i] && (q < 0 || s->weights[i] > s->weights[q])) q = i;
    }
    done[q] = true;
    rc = is_dear(s, q, set, least * base, &dear);
    if (rc == SQLITE_OK && dear) rc = seed(s, q, set, price, least > 0);
  }
  sqlite3_free(done);
  return rc;
}
