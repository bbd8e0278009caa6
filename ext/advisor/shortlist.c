/* SPDX-License-Identifier: MIT */
#include "advisor/shortlist.h"

#include "schema/plan.h"

#include <string.h>

/* Tables of fewer rows are left alone; indexes on larger ones are limited so
** that building them reads at most so many rows. */
enum { SMALL_ROWS = 100, ROWS_READ = 7 * 1000 * 1000, LEAST = 14 };

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

/* ---- OR: an index for each side, or none */

static int create_numbered(const hp_candidates *c, int i, hp_shadow *shadow,
                           char **err) {
  char *sql =
      sqlite3_mprintf("CREATE INDEX main." NAME "_%d_ ON %s", i, c->at[i].body);
  int rc = sql ? hp_shadow_exec(shadow, sql, err) : SQLITE_NOMEM;

  sqlite3_free(sql);
  sqlite3_free(*err);
  *err = NULL;
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static int drop_numbered(int i, hp_shadow *shadow, char **err) {
  char *sql = sqlite3_mprintf("DROP INDEX IF EXISTS main." NAME "_%d_", i);
  int rc = sql ? hp_shadow_exec(shadow, sql, err) : SQLITE_NOMEM;

  sqlite3_free(sql);
  return rc;
}

static bool is_named(const hp_plan *plan, int i) {
  char *name = sqlite3_mprintf(" INDEX " NAME "_%d_", i);
  bool named = false;

  for (int k = 0; name && k < plan->n; k++) {
    if (strstr(plan->at[k].detail, name)) named = true;
  }
  sqlite3_free(name);
  return named;
}

/* Gives statement q's candidates to the planner all at once, and makes a group
** of those that it uses. */
static int try_together(hp_candidates *c, const bool *wanted, int q,
                        hp_shadow *shadow, const hp_statement *statements,
                        const double *weights, char **err) {
  hp_plan plan = {0};
  char *failure = NULL;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < c->n; i++) {
    if (wanted[i]) rc = create_numbered(c, i, shadow, err);
  }
  if (rc == SQLITE_OK) {
    rc = hp_plan_read(shadow, statements[q].sql, &plan, &failure);
    sqlite3_free(failure);
    if (rc != SQLITE_NOMEM) rc = SQLITE_OK;
  }
  for (int i = 0; i < c->n; i++) {
    if (!wanted[i] || !is_named(&plan, i)) continue;
    c->at[i].helps[q] = true;
    c->at[i].group = q + 1;
    c->at[i].weight += weights[q];
  }
  hp_plan_term(&plan);
  for (int i = 0; rc == SQLITE_OK && i < c->n; i++) {
    if (wanted[i]) rc = drop_numbered(i, shadow, err);
  }
  return rc;
}

/* For each statement that uses none of its candidates alone. before: of each
** candidate and statement, whether the one was made for the other. */
static int try_groups(hp_candidates *c, const bool *before, hp_shadow *shadow,
                      const hp_statement *statements, const double *weights,
                      char **err) {
  bool *wanted = sqlite3_malloc64((size_t)c->n + 1);
  int rc = wanted ? SQLITE_OK : SQLITE_NOMEM;

  for (int q = 0; rc == SQLITE_OK && q < c->n_statements; q++) {
    int n = 0, n_used = 0;

    for (int i = 0; i < c->n; i++) {
      wanted[i] = before[(size_t)i * (size_t)c->n_statements + (size_t)q];
      n += wanted[i];
      n_used += c->at[i].helps[q];
    }
    if (n > 1 && n_used == 0) {
      rc = try_together(c, wanted, q, shadow, statements, weights, err);
    }
  }
  sqlite3_free(wanted);
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

static int try_all(hp_candidates *c, const hp_tables *tables, hp_shadow *shadow,
                   const hp_statement *statements, const double *weights,
                   char **err) {
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < c->n; i++) {
    if (tables->at[c->at[i].table].n_rows < SMALL_ROWS) {
      memset(c->at[i].helps, 0, (size_t)c->n_statements);
      c->at[i].weight = 0;
      continue;
    }
    rc = try_candidate(&c->at[i], c->n_statements, shadow, statements, weights,
                       err);
  }
  return rc;
}

int hp_shortlist(hp_candidates *c, const hp_tables *tables, hp_shadow *shadow,
                 const hp_statement *statements, const double *weights,
                 char **err) {
  size_t row = (size_t)c->n_statements;
  bool *before = sqlite3_malloc64((size_t)c->n * row + 1);
  int rc = before ? SQLITE_OK : SQLITE_NOMEM;

  *err = NULL;
  for (int i = 0; before && i < c->n; i++) {
    bool small = tables->at[c->at[i].table].n_rows < SMALL_ROWS;

    if (small)
      memset(before + (size_t)i * row, 0, row);
    else
      memcpy(before + (size_t)i * row, c->at[i].helps, row);
  }
  if (rc == SQLITE_OK) {
    rc = try_all(c, tables, shadow, statements, weights, err);
  }
  if (rc == SQLITE_OK) {
    rc = try_groups(c, before, shadow, statements, weights, err);
  }
  sqlite3_free(before);
  for (int i = c->n - 1; rc == SQLITE_OK && i >= 0; i--) {
    if (c->at[i].weight <= 0) drop_candidate(c, i);
  }
  if (rc == SQLITE_OK) limit_tables(c, tables);
  return rc;
}
