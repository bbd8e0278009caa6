/* SPDX-License-Identifier: MIT */
#include "advisor/trial.h"

#include "advisor/binding.h"
#include "base/hash.h"
#include "schema/footprint.h"

#include <string.h>

enum {
  FIRST_CAP = 60 * 1000 * 1000, /* steps: about half a second */
  LEAST_CAP = 100 * 1000        /* any plan may take these */
};

/* What a row costs in an index that has to be kept up: a search of three or
** four pages and a handful of steps. */
static const int64_t steps_per_entry = 7, pages_per_entry = 4;

typedef struct seen {
  uint64_t key; /* of a plan, or of a set of shown indexes */
  hp_cost cost;
} seen;

typedef struct subject {
  const char *sql;
  double calls;
  char *skipped;     /* why it cannot be run, or NULL */
  bool *touches;     /* of each table */
  uint64_t *updates; /* of each table: bit i: column i; all bits: any change */
  bool writes;
  seen *plans; /* n_plans of them, by plan; costs of writes without upkeep */
  seen *sets;  /* n_sets of them, by the shown indexes of its tables */
  int n_plans, n_sets;
  int64_t least_steps; /* of the plans run to the end; 0: none yet */
  hp_cost first;       /* of the first plan; n_plans says whether it was run */
  bool is_doubted;     /* a chosen set has a plan that was given up: wait */
} subject;

struct hp_trial {
  hp_lab *lab;
  const hp_tables *tables;
  subject *at; /* n of them */
  int n;
  int n_runs;
  double spent;
  bool is_patient; /* caps are high */
};

/* ---- what a statement touches */

static void note_access(const hp_trial *t, subject *s, const hp_access *a) {
  int table = sqlite3_stricmp(a->database, "main") == 0
                  ? hp_tables_find(t->tables, a->table)
                  : -1;
  int column;

  if (a->mode != HP_ACCESS_READ) s->writes = true;
  if (table < 0) return;
  s->touches[table] = true;
  if (a->mode == HP_ACCESS_READ) return;
  column = hp_table_find(&t->tables->at[table], a->column);
  if (a->mode != HP_ACCESS_UPDATE || column < 0 || column > 62) {
    s->updates[table] = ~(uint64_t)0;
  } else {
    s->updates[table] |= (uint64_t)1 << column;
  }
}

static int read_accesses(const hp_trial *t, hp_shadow *shadow, subject *s) {
  size_t n = (size_t)t->tables->n + 1;
  hp_footprint f = {0};
  int rc;

  s->touches = sqlite3_malloc64(n * sizeof *s->touches);
  s->updates = sqlite3_malloc64(n * sizeof *s->updates);
  if (!s->touches || !s->updates) return SQLITE_NOMEM;
  memset(s->touches, 0, n * sizeof *s->touches);
  memset(s->updates, 0, n * sizeof *s->updates);
  rc = hp_footprint_read(shadow, s->sql, &f);
  for (int i = 0; i < f.n; i++) note_access(t, s, &f.at[i]);
  /* In doubt every table counts. */
  if (f.unknown) memset(s->touches, true, n * sizeof *s->touches);
  hp_footprint_term(&f);
  return rc;
}

/* ---- upkeep */

/* True if a change by s is a change of index x. Names are looked for in the
** index's own text, which errs on the side of upkeep. */
static bool keeps_up(const hp_trial *t, const subject *s,
                     const hp_lab_index *x) {
  int table = hp_tables_find(t->tables, x->table);
  const hp_table *of;

  if (table < 0 || !s->updates[table]) return false;
  if (s->updates[table] == ~(uint64_t)0) return true;
  of = &t->tables->at[table];
  for (int i = 0; i < of->n_columns && i < 63; i++) {
    if ((s->updates[table] >> i & 1) && strstr(x->sql, of->columns[i].name)) {
      return true;
    }
  }
  return false;
}

/* Adds (sign 1) or takes off (-1) what the shown indexes cost the write. */
static void add_upkeep(const hp_trial *t, const subject *s, const bool *shown,
                       int sign, hp_cost *cost) {
  for (int i = 0; i < hp_lab_count(t->lab); i++) {
    const hp_lab_index *x = hp_lab_index_at(t->lab, i);
    int64_t entries = cost->n_changed;

    if (!shown[i] || !keeps_up(t, s, x)) continue;
    if (x->is_partial) entries = entries / 8;
    cost->steps += sign * entries * steps_per_entry;
    cost->pages += sign * entries * pages_per_entry;
  }
  if (cost->steps < 0) cost->steps = 0;
  if (cost->pages < 0) cost->pages = 0;
}

/* ---- running */

static int skip(subject *s, int rc, char **err) {
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM) return rc;
  s->skipped = *err ? *err : sqlite3_mprintf("%s", sqlite3_errstr(rc));
  *err = NULL;
  return s->skipped ? SQLITE_OK : SQLITE_NOMEM;
}

/* A plan that takes more than the best so far need not be run to its end, and
** while the first one is the best, one must be much better to be found quickly:
** patience is for the second search. */
static int64_t cap_of(const hp_trial *t, const subject *s) {
  int64_t cap = s->least_steps + s->least_steps / 5;

  if (s->n_plans == 0) return FIRST_CAP;
  if (s->is_doubted && cap < 2 * s->first.steps) cap = 2 * s->first.steps;
  if (s->first.is_capped && !s->least_steps) {
    cap = t->is_patient ? FIRST_CAP : FIRST_CAP / 10;
  }
  return cap > LEAST_CAP ? cap : LEAST_CAP;
}

/* What did not come to an end counts as no better than the first plan, and if
** that did end as much worse than it was seen to be: nobody knows how much. */
static void assume_worst(const subject *s, hp_cost *cost) {
  if (!s->first.is_capped) {
    cost->steps *= 8;
    cost->pages *= 8;
    cost->compares *= 8;
  }
  if (cost->steps < s->first.steps) cost->steps = s->first.steps;
  if (cost->pages < s->first.pages) cost->pages = s->first.pages;
  if (cost->compares < s->first.compares) cost->compares = s->first.compares;
  if (cost->ns < s->first.ns) cost->ns = s->first.ns;
}

static int run(hp_trial *t, subject *s, hp_cost *cost, char **err) {
  sqlite3_stmt *stmt;
  int rc = hp_lab_prepare(t->lab, s->sql, &stmt, err);

  if (rc == SQLITE_OK) {
    rc = hp_binding_fill(hp_lab_db(t->lab), t->tables, s->touches, stmt, err);
  }
  if (rc == SQLITE_OK) rc = hp_lab_run(t->lab, stmt, cap_of(t, s), cost, err);
  sqlite3_finalize(stmt);
  t->n_runs++;
  t->spent += hp_cost_model(cost);
  if (rc == SQLITE_OK && !cost->is_capped &&
      (!s->least_steps || cost->steps < s->least_steps)) {
    s->least_steps = cost->steps;
  }
  if (rc == SQLITE_OK && s->n_plans > 0 && cost->is_capped) {
    assume_worst(s, cost);
  }
  if (s->n_plans == 0) s->first = *cost;
  return skip(s, rc, err);
}

static int remember(seen **list, int *n, uint64_t key, hp_cost cost) {
  seen *grown = sqlite3_realloc64(*list, ((size_t)*n + 1) * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  *list = grown;
  grown[(*n)++] = (seen){.key = key, .cost = cost};
  return SQLITE_OK;
}

static const hp_cost *recall(const seen *list, int n, uint64_t key) {
  for (int i = 0; i < n; i++) {
    if (list[i].key == key) return &list[i].cost;
  }
  return NULL;
}

/* The cost of s under the shown indexes, which the lab shows. */
static int work_out(hp_trial *t, subject *s, const bool *shown, hp_cost *out,
                    char **err) {
  const hp_cost *known;
  hp_cost bare;
  uint64_t plan = 0;
  int rc;

  rc = hp_lab_program(t->lab, s->writes ? "EXPLAIN QUERY PLAN" : "EXPLAIN",
                      s->sql, &plan, err);
  rc = skip(s, rc, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  known = recall(s->plans, s->n_plans, plan);
  if (known) {
    *out = *known;
    if (s->writes) add_upkeep(t, s, shown, 1, out);
    return SQLITE_OK;
  }
  rc = run(t, s, out, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  bare = *out;
  if (s->writes) add_upkeep(t, s, shown, -1, &bare);
  return remember(&s->plans, &s->n_plans, plan, bare);
}

/* A key of the shown indexes on the tables that s touches: another set with
** the same key costs s the same. */
static uint64_t key_of(const hp_trial *t, const subject *s, const bool *shown) {
  uint64_t key = 1;

  for (int i = 0; i < hp_lab_count(t->lab); i++) {
    int table = hp_tables_find(t->tables, hp_lab_index_at(t->lab, i)->table);

    if (shown[i] && (table < 0 || s->touches[table])) {
      key = hp_hash64(&i, sizeof i) ^ (key * 0x9E3779B97F4A7C15u);
    }
  }
  return key;
}

/* The lab is made to show the set only when a statement must be planned. */
static int cost_of(hp_trial *t, subject *s, const bool *shown, bool *is_shown,
                   hp_cost *out, char **err) {
  uint64_t key = key_of(t, s, shown);
  const hp_cost *known = recall(s->sets, s->n_sets, key);
  int rc = SQLITE_OK;

  *out = (hp_cost){0};
  if (s->skipped) return SQLITE_OK;
  if (known) {
    *out = *known;
    return SQLITE_OK;
  }
  if (!*is_shown) rc = hp_lab_show(t->lab, shown, err);
  *is_shown = true;
  if (rc == SQLITE_OK) rc = work_out(t, s, shown, out, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  return remember(&s->sets, &s->n_sets, key, *out);
}

int hp_trial_costs(hp_trial *t, const bool *shown, hp_cost *costs, char **err) {
  bool is_shown = false;
  int rc = SQLITE_OK;

  *err = NULL;
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    rc = cost_of(t, &t->at[i], shown, &is_shown, &costs[i], err);
  }
  return rc;
}

bool hp_trial_reworded(hp_trial *t, int s, const char *sql, const hp_cost *was,
                       hp_cost *out) {
  sqlite3_stmt *stmt;
  char *err = NULL;
  int rc = hp_lab_prepare(t->lab, sql, &stmt, &err);

  if (rc == SQLITE_OK) {
    rc = hp_binding_fill(hp_lab_db(t->lab), t->tables, t->at[s].touches, stmt,
                         &err);
  }
  if (rc == SQLITE_OK) {
    rc = hp_lab_run(t->lab, stmt, 2 * was->steps, out, &err);
  }
  sqlite3_finalize(stmt);
  sqlite3_free(err);
  return rc == SQLITE_OK && !out->is_capped && !was->is_capped &&
         out->rows == was->rows && out->n_rows == was->n_rows;
}

double hp_trial_sum(const hp_trial *t, const hp_cost *costs) {
  double sum = 0;

  for (int i = 0; i < t->n; i++) {
    sum += t->at[i].calls * hp_cost_model(&costs[i]);
  }
  return sum;
}

int hp_trial_cost(hp_trial *t, int s, const bool *shown, hp_cost *out,
                  char **err) {
  bool is_shown = false;

  *err = NULL;
  return cost_of(t, &t->at[s], shown, &is_shown, out, err);
}

static void forget_capped(seen *list, int *n) {
  int kept = 0;

  for (int i = 0; i < *n; i++) {
    /* The first plan stays: it is what the others are compared with. */
    if (i == 0 || !list[i].cost.is_capped) list[kept++] = list[i];
  }
  *n = kept;
}

void hp_trial_be_patient(hp_trial *t) {
  t->is_patient = true;
  for (int i = 0; i < t->n; i++) {
    subject *s = &t->at[i];

    if (!s->first.is_capped || s->least_steps) continue;
    forget_capped(s->plans, &s->n_plans);
    forget_capped(s->sets, &s->n_sets);
  }
}

int hp_trial_doubt(hp_trial *t, const bool *shown, bool *found, char **err) {
  bool is_shown = false;
  int rc = SQLITE_OK;
  hp_cost cost;

  *found = false;
  *err = NULL;
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    subject *s = &t->at[i];

    rc = cost_of(t, s, shown, &is_shown, &cost, err);
    if (rc != SQLITE_OK || !cost.is_capped) continue;
    if (s->first.is_capped || s->is_doubted) continue;
    s->is_doubted = *found = true;
    forget_capped(s->plans, &s->n_plans);
    s->n_sets = 0;
  }
  return rc;
}

void hp_trial_plan_anew(hp_trial *t) {
  for (int i = 0; i < t->n; i++) t->at[i].n_sets = 0;
}

const char *hp_trial_skipped(const hp_trial *t, int s) {
  return t->at[s].skipped;
}

const bool *hp_trial_touches(const hp_trial *t, int s) {
  return t->at[s].touches;
}

int hp_trial_runs(const hp_trial *t) {
  return t->n_runs;
}

double hp_trial_spent(const hp_trial *t) {
  return t->spent;
}

/* ---- life */

int hp_trial_open(hp_lab *lab, hp_shadow *shadow, const hp_tables *tables,
                  const hp_statement *statements, int n, hp_trial **out,
                  char **err) {
  hp_trial *t = sqlite3_malloc64(sizeof *t);
  size_t n_bytes = ((size_t)n + 1) * sizeof(subject);
  int rc = SQLITE_OK;

  *out = NULL;
  *err = NULL;
  if (!t) return SQLITE_NOMEM;
  *t = (hp_trial){.lab = lab, .tables = tables};
  t->at = sqlite3_malloc64(n_bytes);
  if (!t->at) {
    hp_trial_close(t);
    return SQLITE_NOMEM;
  }
  memset(t->at, 0, n_bytes);
  for (; rc == SQLITE_OK && t->n < n; t->n++) {
    t->at[t->n].sql = statements[t->n].sql;
    t->at[t->n].calls = statements[t->n].calls;
    rc = read_accesses(t, shadow, &t->at[t->n]);
  }
  if (rc == SQLITE_OK)
    *out = t;
  else
    hp_trial_close(t);
  return rc;
}

void hp_trial_close(hp_trial *t) {
  if (!t) return;
  for (int i = 0; i < t->n; i++) {
    sqlite3_free(t->at[i].skipped);
    sqlite3_free(t->at[i].touches);
    sqlite3_free(t->at[i].updates);
    sqlite3_free(t->at[i].plans);
    sqlite3_free(t->at[i].sets);
  }
  sqlite3_free(t->at);
  sqlite3_free(t);
}
