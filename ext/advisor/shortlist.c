/* SPDX-License-Identifier: MIT */
#include "advisor/shortlist.h"

#include "schema/plan.h"

#include <string.h>

/* Tables of fewer rows are left alone; indexes on larger ones are limited so
** that building them reads at most so many rows. */
enum { SMALL_ROWS = 100, ROWS_READ = 18 * 1000 * 1000, LEAST = 14 };

#define NAME "hp_candidate"

/* True if the plan of sql names our index. Plans that cannot be made are not
** an error here: the trial says why the statement is left out. */
static int is_used(hp_shadow *shadow, const char *sql, bool *used) {
  hp_plan plan;
  char *err;
  int rc = hp_plan_read(shadow, sql, &plan, &err);

  *used = false;
  for (int i = 0; i < plan.n; i++) {
    if (strstr(plan.at[i].detail, " INDEX " NAME)) *used = true;
  }
  hp_plan_term(&plan);
  sqlite3_free(err);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static int try_statements(hp_candidate *c, int n, hp_shadow *shadow,
                          const hp_statement *statements,
                          const double *weights) {
  int rc = SQLITE_OK;

  c->weight = 0;
  for (int s = 0; rc == SQLITE_OK && s < n; s++) {
    if (!c->helps[s]) continue;
    rc = is_used(shadow, statements[s].sql, &c->helps[s]);
    if (c->helps[s]) c->weight += weights[s];
  }
  return rc;
}

/* Finds out which of its statements would use the candidate. An index that
** cannot be created helps none. */
static int try_candidate(hp_candidate *c, int n, hp_shadow *shadow,
                         const hp_statement *statements, const double *weights,
                         char **err) {
  char *sql = sqlite3_mprintf("CREATE INDEX main." NAME " ON %s", c->body);
  int rc;

  if (!sql) return SQLITE_NOMEM;
  rc = hp_shadow_exec(shadow, sql, err);
  sqlite3_free(sql);
  if (rc == SQLITE_NOMEM) return rc;
  if (rc != SQLITE_OK) {
    sqlite3_free(*err);
    *err = NULL;
    c->weight = 0;
    return SQLITE_OK;
  }
  rc = try_statements(c, n, shadow, statements, weights);
  if (rc != SQLITE_OK) return rc;
  return hp_shadow_exec(shadow, "DROP INDEX main." NAME, err);
}

static void drop_candidate(hp_candidates *c, int i) {
  sqlite3_free(c->at[i].body);
  sqlite3_free(c->at[i].name);
  sqlite3_free(c->at[i].helps);
  memmove(&c->at[i], &c->at[i + 1], (size_t)(c->n - i - 1) * sizeof *c->at);
  c->n--;
}

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
    while ((i = least_of(c, t, max)) >= 0) drop_candidate(c, i);
  }
}

int hp_shortlist(hp_candidates *c, const hp_tables *tables, hp_shadow *shadow,
                 const hp_statement *statements, const double *weights,
                 char **err) {
  int rc = SQLITE_OK;

  *err = NULL;
  for (int i = c->n - 1; rc == SQLITE_OK && i >= 0; i--) {
    if (tables->at[c->at[i].table].n_rows < SMALL_ROWS)
      c->at[i].weight = 0;
    else {
      rc = try_candidate(&c->at[i], c->n_statements, shadow, statements,
                         weights, err);
    }
    if (rc == SQLITE_OK && c->at[i].weight <= 0) drop_candidate(c, i);
  }
  if (rc == SQLITE_OK) limit_tables(c, tables);
  return rc;
}
