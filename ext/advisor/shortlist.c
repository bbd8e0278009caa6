/* SPDX-License-Identifier: MIT */
#include "advisor/shortlist.h"

#include "advisor/chain.h"

#include <string.h>

/* Tables of fewer rows are left alone; indexes on larger ones are limited so
** that building them reads at most so many rows. */
enum { SMALL_ROWS = 100, ROWS_READ = 7 * 1000 * 1000, LEAST = 14 };

static bool is_small(const hp_tables *tables, const hp_candidate *c) {
  return tables->at[c->table].n_rows < SMALL_ROWS;
}

/* ---- one by one */

static int try_statements(const hp_tryout *t, int i) {
  hp_candidate *c = &t->c->at[i];
  int rc = SQLITE_OK;

  c->weight = 0;
  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    hp_plan plan;

    if (!c->helps[q]) continue;
    rc = hp_tryout_plan(t, q, &plan);
    c->helps[q] = hp_tryout_names(&plan, i);
    hp_plan_term(&plan);
    if (c->helps[q]) c->weight += t->weights[q];
  }
  return rc;
}

static void help_none(const hp_tryout *t, hp_candidate *c) {
  memset(c->helps, 0, (size_t)t->c->n_statements);
  c->weight = 0;
}

/* Finds out which of its statements would use the candidate. */
static int try_candidate(const hp_tryout *t, int i) {
  int rc = hp_tryout_create(t, i), rc_drop;

  if (rc == SQLITE_OK) rc = try_statements(t, i);
  rc_drop = hp_tryout_drop(t, i);
  return rc ? rc : rc_drop;
}

/* ---- together: an index may be of use only beside another one */

static void credit(const hp_tryout *t, hp_candidate *c, int q, hp_together of) {
  if (!c->helps[q] && !c->together[q]) c->weight += t->weights[q];
  c->together[q] |= (uint8_t)of;
}

/* Gives the wanted candidates to the planner all at once, and notes which of
** them it uses for statement q. */
static int try_together(const hp_tryout *t, const bool *wanted, int q,
                        hp_together of) {
  hp_plan plan = {0};
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < t->c->n; i++) {
    if (wanted[i]) rc = hp_tryout_create(t, i);
  }
  if (rc == SQLITE_OK) rc = hp_tryout_plan(t, q, &plan);
  for (int i = 0; i < t->c->n; i++) {
    if (wanted[i] && hp_tryout_names(&plan, i)) {
      credit(t, &t->c->at[i], q, of);
    }
  }
  hp_plan_term(&plan);
  for (int i = 0; i < t->c->n; i++) {
    int rc_drop = wanted[i] ? hp_tryout_drop(t, i) : SQLITE_OK;

    if (rc == SQLITE_OK) rc = rc_drop;
  }
  return rc;
}

/* Returns how many. */
static int choose(const hp_tryout *t, int q, hp_together of, bool *wanted) {
  int n = 0;

  for (int i = 0; i < t->c->n; i++) {
    const hp_candidate *c = &t->c->at[i];
    bool is_plain = !c->is_covering && !c->is_partial;

    wanted[i] =
        hp_tryout_is_for(t, i, q) && (is_plain || of == HP_TOGETHER_ALL);
    n += wanted[i];
  }
  return n;
}

static int try_sets(const hp_tryout *t, hp_together of) {
  bool *wanted = sqlite3_malloc64((size_t)t->c->n + 1);
  int rc = wanted ? SQLITE_OK : SQLITE_NOMEM;

  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    if (choose(t, q, of, wanted) > 1) rc = try_together(t, wanted, q, of);
  }
  sqlite3_free(wanted);
  return rc;
}

/* ---- of too many, those that matter most */

/* A covering index is large, and another does nearly as well. */
static double rank_of(const hp_candidate *c) {
  return c->is_covering ? c->weight / 2 : c->weight;
}

/* The least weighty candidate of a table, or -1 if it has at most max. */
static int least_of(const hp_candidates *c, int table, int64_t max) {
  int64_t n = 0;
  int least = -1;

  for (int i = 0; i < c->n; i++) {
    if (c->at[i].table != table) continue;
    n++;
    if (least < 0 || rank_of(&c->at[i]) <= rank_of(&c->at[least])) least = i;
  }
  return n > max ? least : -1;
}

static void limit_tables(hp_candidates *c, const hp_tables *tables) {
  for (int t = 0; t < tables->n; t++) {
    int64_t max = ROWS_READ / (tables->at[t].n_rows + 1);
    int i;

    if (max < LEAST) max = LEAST;
    while ((i = least_of(c, t, max)) >= 0) hp_candidates_drop(c, i);
  }
}

static int try_all(const hp_tryout *t) {
  size_t row = (size_t)t->c->n_statements;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < t->c->n; i++) {
    hp_candidate *c = &t->c->at[i];

    if (is_small(t->tables, c)) help_none(t, c);
    memcpy(t->before + (size_t)i * row, c->helps, row);
    if (c->weight > 0) rc = try_candidate(t, i);
  }
  if (rc == SQLITE_OK) rc = try_sets(t, HP_TOGETHER_ALL);
  if (rc == SQLITE_OK) rc = try_sets(t, HP_TOGETHER_PLAIN);
  return rc == SQLITE_OK ? hp_chain_try_all(t) : rc;
}

int hp_shortlist(hp_candidates *c, const hp_tables *tables, hp_shadow *shadow,
                 const hp_statement *statements, const double *weights,
                 char **err) {
  size_t n = (size_t)c->n * (size_t)c->n_statements + 1;
  hp_tryout t = {.c = c,
                 .tables = tables,
                 .shadow = shadow,
                 .statements = statements,
                 .weights = weights,
                 .before = sqlite3_malloc64(n),
                 .err = err};
  int rc = t.before ? SQLITE_OK : SQLITE_NOMEM;

  *err = NULL;
  if (rc == SQLITE_OK) rc = try_all(&t);
  sqlite3_free(t.before);
  for (int i = c->n - 1; rc == SQLITE_OK && i >= 0; i--) {
    if (c->at[i].weight <= 0) hp_candidates_drop(c, i);
  }
  if (rc == SQLITE_OK) limit_tables(c, tables);
  return rc;
}
