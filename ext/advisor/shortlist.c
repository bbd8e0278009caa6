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

/* All that is looked at. before: of each candidate and statement, whether the
** one was made for the other. */
typedef struct trying {
  hp_candidates *c;
  const hp_tables *tables;
  hp_shadow *shadow;
  const hp_statement *statements;
  const double *weights;
  bool *before;
  char **err;
} trying;

static bool is_for(const trying *t, int i, int q) {
  return t->before[(size_t)i * (size_t)t->c->n_statements + (size_t)q];
}

static bool is_small(const hp_tables *tables, const hp_candidate *c) {
  return tables->at[c->table].n_rows < SMALL_ROWS;
}

/* ---- one by one */

static int try_statements(const trying *t, hp_candidate *c) {
  int rc = SQLITE_OK;

  c->weight = 0;
  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    if (!c->helps[q]) continue;
    rc = is_used(t->shadow, t->statements[q].sql, &c->helps[q]);
    if (c->helps[q]) c->weight += t->weights[q];
  }
  return rc;
}

static void help_none(const trying *t, hp_candidate *c) {
  memset(c->helps, 0, (size_t)t->c->n_statements);
  c->weight = 0;
}

/* Finds out which of its statements would use the candidate. An index that
** cannot be created helps none. */
static int try_candidate(const trying *t, hp_candidate *c) {
  char *sql = sqlite3_mprintf("CREATE INDEX main." NAME " ON %s", c->body);
  int rc, rc_drop;

  if (!sql) return SQLITE_NOMEM;
  rc = hp_shadow_exec(t->shadow, sql, t->err);
  sqlite3_free(sql);
  if (rc == SQLITE_NOMEM) return rc;
  if (rc != SQLITE_OK) {
    sqlite3_free(*t->err);
    *t->err = NULL;
    help_none(t, c);
    return SQLITE_OK;
  }
  rc = try_statements(t, c);
  rc_drop = hp_shadow_exec(t->shadow, "DROP INDEX main." NAME, t->err);
  return rc ? rc : rc_drop;
}

/* ---- together: an index may be of use only beside another one */

static int create_numbered(const trying *t, int i) {
  char *sql = sqlite3_mprintf("CREATE INDEX main." NAME "_%d_ ON %s", i,
                              t->c->at[i].body);
  int rc = sql ? hp_shadow_exec(t->shadow, sql, t->err) : SQLITE_NOMEM;

  sqlite3_free(sql);
  sqlite3_free(*t->err);
  *t->err = NULL;
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static int drop_numbered(const trying *t, int i) {
  char *sql = sqlite3_mprintf("DROP INDEX IF EXISTS main." NAME "_%d_", i);
  int rc = SQLITE_NOMEM;

  sqlite3_free(*t->err);
  *t->err = NULL;
  if (sql) rc = hp_shadow_exec(t->shadow, sql, t->err);
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

static void credit(const trying *t, hp_candidate *c, int q, hp_together of) {
  if (!c->helps[q] && !c->together[q]) c->weight += t->weights[q];
  c->together[q] |= (uint8_t)of;
}

/* Gives the wanted candidates to the planner all at once, and notes which of
** them it uses for statement q. */
static int try_together(const trying *t, const bool *wanted, int q,
                        hp_together of) {
  hp_plan plan = {0};
  char *failure = NULL;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < t->c->n; i++) {
    if (wanted[i]) rc = create_numbered(t, i);
  }
  if (rc == SQLITE_OK) {
    rc = hp_plan_read(t->shadow, t->statements[q].sql, &plan, &failure);
    sqlite3_free(failure);
    if (rc != SQLITE_NOMEM) rc = SQLITE_OK;
  }
  for (int i = 0; i < t->c->n; i++) {
    if (wanted[i] && is_named(&plan, i)) {
      credit(t, &t->c->at[i], q, of);
    }
  }
  hp_plan_term(&plan);
  for (int i = 0; i < t->c->n; i++) {
    int rc_drop = wanted[i] ? drop_numbered(t, i) : SQLITE_OK;

    if (rc == SQLITE_OK) rc = rc_drop;
  }
  return rc;
}

/* Returns how many. */
static int choose(const trying *t, int q, hp_together of, bool *wanted) {
  int n = 0;

  for (int i = 0; i < t->c->n; i++) {
    const hp_candidate *c = &t->c->at[i];
    bool is_plain = !c->is_covering && !c->is_partial;

    wanted[i] = is_for(t, i, q) && (is_plain || of == HP_TOGETHER_ALL);
    n += wanted[i];
  }
  return n;
}

static int try_sets(const trying *t, hp_together of) {
  bool *wanted = sqlite3_malloc64((size_t)t->c->n + 1);
  int rc = wanted ? SQLITE_OK : SQLITE_NOMEM;

  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    if (choose(t, q, of, wanted) > 1) rc = try_together(t, wanted, q, of);
  }
  sqlite3_free(wanted);
  return rc;
}

/* ---- in chains: beside wider candidates the planner may not see that narrow
** ones, each on its table, are better than any of them */

enum { MAX_NARROW = 48, MAX_TRIES = 32 }; /* of a statement */

static const double least_share = 0.01; /* of the workload, to be worth it */

typedef struct chaining {
  const trying *t;
  int q;
  int narrow[MAX_NARROW]; /* its candidates of one column, by table */
  int n_narrow;
  int there[MAX_NARROW]; /* those that the shadow has */
  int n_there;
  int n_tries;
} chaining;

static int table_of(const chaining *h, int at) {
  return h->t->c->at[h->narrow[at]].table;
}

static void find_narrow(chaining *h) {
  for (int i = 0; i < h->t->c->n && h->n_narrow < MAX_NARROW; i++) {
    const hp_candidate *c = &h->t->c->at[i];
    int at = h->n_narrow;

    if (!is_for(h->t, i, h->q) || c->n_columns != 1 || c->is_covering ||
        c->is_partial) {
      continue;
    }
    for (; at > 0 && table_of(h, at - 1) > c->table; at--) {
      h->narrow[at] = h->narrow[at - 1];
    }
    h->narrow[at] = i;
    h->n_narrow++;
  }
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

    if (!is_named(plan, h->there[i])) continue;
    if (chain.n == HP_CHAIN) return SQLITE_OK;
    chain.body[chain.n++] = c->body;
    if (!c->helps[h->q] && c->weight <= 0) c->weight = h->t->weights[h->q];
  }
  if (chain.n < 2 || is_noted(h, &chain)) return SQLITE_OK;
  return hp_candidates_chain(h->t->c, &chain);
}

static int try_chain(chaining *h) {
  hp_plan plan = {0};
  char *failure = NULL;
  int rc =
      hp_plan_read(h->t->shadow, h->t->statements[h->q].sql, &plan, &failure);

  sqlite3_free(failure);
  if (rc != SQLITE_NOMEM) rc = note_chain(h, &plan);
  hp_plan_term(&plan);
  h->n_tries++;
  return rc;
}

/* One of each table, from position `at` on, in all combinations. */
static int combine(chaining *h, int at) {
  int next = at, rc = SQLITE_OK;

  if (at == h->n_narrow) return h->n_there > 1 ? try_chain(h) : SQLITE_OK;
  while (next < h->n_narrow && table_of(h, next) == table_of(h, at)) next++;
  for (int i = at; rc == SQLITE_OK && i < next && h->n_tries < MAX_TRIES; i++) {
    int rc_drop;

    rc = create_numbered(h->t, h->narrow[i]);
    h->there[h->n_there++] = h->narrow[i];
    if (rc == SQLITE_OK) rc = combine(h, next);
    rc_drop = drop_numbered(h->t, h->there[--h->n_there]);
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
    h->there[h->n_there++] = h->narrow[i];
    rc = create_numbered(h->t, h->narrow[i]);
  }
  if (rc == SQLITE_OK) rc = try_chain(h);
  while (h->n_there > 0) {
    int rc_drop = drop_numbered(h->t, h->there[--h->n_there]);

    if (rc == SQLITE_OK) rc = rc_drop;
  }
  return rc;
}

/* All of a table, and all but one. */
static int combine_rows(chaining *h) {
  int rc = SQLITE_OK;

  h->n_tries = 0;
  for (int from = 0, to; rc == SQLITE_OK && from < h->n_narrow; from = to) {
    to = from + 1;
    while (to < h->n_narrow && table_of(h, to) == table_of(h, from)) to++;
    if (to - from < 2) continue;
    for (int i = from; rc == SQLITE_OK && i < to && h->n_tries < MAX_TRIES;
         i++) {
      if (to - from > 2) rc = try_but(h, from, to, i);
    }
    if (rc == SQLITE_OK) rc = try_but(h, from, to, -1);
  }
  return rc;
}

static int try_chains(const trying *t) {
  double sum = 0;
  int rc = SQLITE_OK;

  for (int q = 0; q < t->c->n_statements; q++) sum += t->weights[q];
  for (int q = 0; rc == SQLITE_OK && q < t->c->n_statements; q++) {
    chaining h = {.t = t, .q = q};

    if (t->weights[q] < least_share * sum) continue;
    find_narrow(&h);
    if (h.n_narrow && table_of(&h, 0) != table_of(&h, h.n_narrow - 1)) {
      rc = combine(&h, 0);
    }
    if (rc == SQLITE_OK) rc = combine_rows(&h);
  }
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

static int try_all(const trying *t) {
  size_t row = (size_t)t->c->n_statements;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < t->c->n; i++) {
    hp_candidate *c = &t->c->at[i];

    if (is_small(t->tables, c)) help_none(t, c);
    memcpy(t->before + (size_t)i * row, c->helps, row);
    if (c->weight > 0) rc = try_candidate(t, c);
  }
  if (rc == SQLITE_OK) rc = try_sets(t, HP_TOGETHER_ALL);
  if (rc == SQLITE_OK) rc = try_sets(t, HP_TOGETHER_PLAIN);
  return rc == SQLITE_OK ? try_chains(t) : rc;
}

int hp_shortlist(hp_candidates *c, const hp_tables *tables, hp_shadow *shadow,
                 const hp_statement *statements, const double *weights,
                 char **err) {
  size_t n = (size_t)c->n * (size_t)c->n_statements + 1;
  trying t = {.c = c,
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
