/* SPDX-License-Identifier: MIT */
#include "advisor/chain.h"

#include <string.h>

enum { MAX_LINKS = 48, MAX_TRIES = 32 }; /* of a statement */

static const double least_share = 0.0005; /* of the workload, to be worth it */

typedef struct chaining {
  const hp_tryout *t;
  int q;
  int links[MAX_LINKS]; /* its candidates that may be in a chain, by table */
  int n_links;
  int there[MAX_LINKS]; /* those that the shadow has */
  int n_there;
  int n_tries;
} chaining;

static int table_of(const chaining *h, int at) {
  return h->t->c->at[h->links[at]].table;
}

static bool is_narrow(const hp_candidate *c) {
  return c->n_columns == 1 && !c->is_covering;
}

static void find_links(chaining *h, bool also_wide) {
  h->n_links = 0;
  for (int i = 0; i < h->t->c->n && h->n_links < MAX_LINKS; i++) {
    const hp_candidate *c = &h->t->c->at[i];
    int at = h->n_links;

    if (!hp_tryout_is_for(h->t, i, h->q) || c->is_partial) continue;
    if (!also_wide && !is_narrow(c)) continue;
    for (; at > 0 && table_of(h, at - 1) > c->table; at--) {
      h->links[at] = h->links[at - 1];
    }
    h->links[at] = i;
    h->n_links++;
  }
}

/* Position behind the last link of the same table as the one at `at`. */
static int next_table(const chaining *h, int at) {
  int next = at;

  while (next < h->n_links && table_of(h, next) == table_of(h, at)) next++;
  return next;
}

static bool is_of_one_table(const chaining *h) {
  return next_table(h, 0) == h->n_links;
}

static int n_combinations(const chaining *h) {
  int n = 1;

  for (int from = 0, to; from < h->n_links && n <= MAX_TRIES; from = to) {
    to = next_table(h, from);
    n *= to - from;
  }
  return n;
}

static bool is_noted(const chaining *h, const hp_chain *chain) {
  const hp_candidates *c = h->t->c;

  for (int i = 0; i < c->n_chains; i++) {
    if (c->chains[i].statement == chain->statement &&
        c->chains[i].n == chain->n &&
        memcmp(c->chains[i].body, chain->body,
               (size_t)chain->n * sizeof *chain->body) == 0) {
      return true;
    }
  }
  return false;
}

/* Of those that are there, notes the ones that the plan names. */
static int note_chain(chaining *h, const hp_plan *plan) {
  hp_chain chain = {.statement = h->q};

  for (int i = 0; i < h->n_there; i++) {
    hp_candidate *c = &h->t->c->at[h->there[i]];

    if (!hp_tryout_names(plan, h->there[i])) continue;
    if (chain.n == HP_CHAIN) return SQLITE_OK;
    chain.body[chain.n++] = c->body;
    if (!c->helps[h->q] && c->weight <= 0) c->weight = h->t->weights[h->q];
  }
  if (chain.n < 2 || is_noted(h, &chain)) return SQLITE_OK;
  return hp_candidates_chain(h->t->c, &chain);
}

static int try_chain(chaining *h) {
  hp_plan plan;
  int rc = hp_tryout_plan(h->t, h->q, &plan);

  if (rc == SQLITE_OK) rc = note_chain(h, &plan);
  hp_plan_term(&plan);
  h->n_tries++;
  return rc;
}

/* One of each table, from position `at` on, in all combinations. */
static int combine(chaining *h, int at) {
  int next = next_table(h, at), rc = SQLITE_OK;

  if (at == h->n_links) return h->n_there > 1 ? try_chain(h) : SQLITE_OK;
  for (int i = at; rc == SQLITE_OK && i < next && h->n_tries < MAX_TRIES; i++) {
    int rc_drop;

    rc = hp_tryout_create(h->t, h->links[i]);
    h->there[h->n_there++] = h->links[i];
    if (rc == SQLITE_OK) rc = combine(h, next);
    rc_drop = hp_tryout_drop(h->t, h->there[--h->n_there]);
    if (rc == SQLITE_OK) rc = rc_drop;
  }
  return rc;
}

/* ---- of one table: the planner combines the branches of an OR only where no
** wider index, nor one for a term beside the OR, looks better */

/* Those from `from` to `to`, but for the one at `without`. */
static int try_but(chaining *h, int from, int to, int without) {
  int rc = SQLITE_OK;

  for (int i = from; rc == SQLITE_OK && i < to; i++) {
    if (i == without) continue;
    h->there[h->n_there++] = h->links[i];
    rc = hp_tryout_create(h->t, h->links[i]);
  }
  if (rc == SQLITE_OK) rc = try_chain(h);
  while (h->n_there > 0) {
    int rc_drop = hp_tryout_drop(h->t, h->there[--h->n_there]);

    if (rc == SQLITE_OK) rc = rc_drop;
  }
  return rc;
}

/* All of a table, and all but one. */
static int combine_rows(chaining *h) {
  int rc = SQLITE_OK;

  h->n_tries = 0;
  for (int from = 0, to; rc == SQLITE_OK && from < h->n_links; from = to) {
    to = next_table(h, from);
    if (to - from < 2) continue;
    for (int i = from; rc == SQLITE_OK && i < to && h->n_tries < MAX_TRIES;
         i++) {
      if (to - from > 2) rc = try_but(h, from, to, i);
    }
    if (rc == SQLITE_OK) rc = try_but(h, from, to, -1);
  }
  return rc;
}

/* Narrow ones always, wider ones as well if the combinations are few. */
static int try_statement(chaining *h) {
  int rc = SQLITE_OK;

  find_links(h, false);
  if (!is_of_one_table(h)) rc = combine(h, 0);
  if (rc == SQLITE_OK) rc = combine_rows(h);
  find_links(h, true);
  if (is_of_one_table(h) || n_combinations(h) > MAX_TRIES) return rc;
  h->n_tries = 0;
  return rc == SQLITE_OK ? combine(h, 0) : rc;
}

int hp_chain_try_all(const hp_tryout *t) {
  double sum = 0;
  int rc = SQLITE_OK;

  for (int q = 0; q < t->c->n_statements; q++) sum += t->weights[q];
  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    chaining h = {.t = t, .q = q};

    if (t->weights[q] >= least_share * sum) rc = try_statement(&h);
  }
  return rc;
}
