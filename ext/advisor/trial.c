/* SPDX-License-Identifier: MIT */
#include "advisor/trial.h"

#include "advisor/binding.h"
#include "advisor/memo.h"
#include "advisor/outline.h"
#include "advisor/reach.h"

#include <float.h>
#include <string.h>

enum {
  FIRST_CAP = 60 * 1000 * 1000, /* steps: about half a second */
  LEAST_CAP = 100 * 1000        /* any plan may take these */
};

/* What a row costs in an index that has to be kept up: a search of three or
** four pages and a handful of steps. */
static const int64_t steps_per_entry = 7, pages_per_entry = 4;

typedef struct seen {
  uint64_t plan;
  hp_cost cost;
} seen;

typedef struct subject {
  const char *sql;
  double calls;
  char *skipped; /* why it cannot be run, or NULL */
  hp_reach reach;
  seen *plans; /* n_plans of them; costs of writes without upkeep */
  int n_plans;
  hp_memo sets;        /* ditto, of the indexes that matter */
  uint64_t *matters;   /* bits: the indexes of its tables */
  uint64_t *upkeep;    /* bits: the indexes that its changes change */
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
  bool is_patient;   /* caps are high */
  int n_indexes;     /* of the lab, when last looked at */
  uint64_t *scratch; /* of questions */
  uint64_t *last;    /* the set of which all costs were last known for sure */
  hp_cost *costs;    /* n of them: these */
  bool has_last;
  double *expected, *promises; /* n of each: of an estimate */
};

/* ---- upkeep */

static bool has(const uint64_t *bits, int i) {
  return bits[i / 64] >> (i % 64) & 1;
}

/* Adds (sign 1) or takes off (-1) what the indexes of the set cost a write. */
static void add_upkeep(const hp_trial *t, const subject *s, const uint64_t *set,
                       int sign, hp_cost *cost) {
  for (int i = 0; i < t->n_indexes; i++) {
    int64_t entries = cost->n_changed;

    if (!has(set, i) || !has(s->upkeep, i)) continue;
    if (hp_lab_index_at(t->lab, i)->is_partial) entries = entries / 8;
    cost->steps += sign * entries * steps_per_entry;
    cost->pages += sign * entries * pages_per_entry;
  }
  if (cost->steps < 0) cost->steps = 0;
  if (cost->pages < 0) cost->pages = 0;
}

/* ---- the lab's indexes */

enum { MAX_QUESTIONS = 2, SETS = 3 }; /* at the same time, and of each */

static int note_indexes(hp_trial *t, subject *s) {
  size_t n_bytes = hp_memo_words(t->n_indexes) * sizeof(uint64_t);
  bool has_statistics = hp_lab_has_statistics(t->lab);

  hp_memo_clear(&s->sets, t->n_indexes);
  sqlite3_free(s->matters);
  sqlite3_free(s->upkeep);
  s->matters = sqlite3_malloc64(n_bytes);
  s->upkeep = sqlite3_malloc64(n_bytes);
  if (!s->matters || !s->upkeep) return SQLITE_NOMEM;
  memset(s->matters, 0, n_bytes);
  memset(s->upkeep, 0, n_bytes);
  for (int i = 0; i < t->n_indexes; i++) {
    const hp_lab_index *x = hp_lab_index_at(t->lab, i);
    uint64_t bit = (uint64_t)1 << (i % 64);

    if (hp_reach_matters(&s->reach, t->tables, x, has_statistics)) {
      s->matters[i / 64] |= bit;
    }
    if (hp_reach_keeps_up(&s->reach, t->tables, x)) s->upkeep[i / 64] |= bit;
  }
  return SQLITE_OK;
}

/* What has been built since is looked at, and costs of sets are forgotten. */
static int meet_indexes(hp_trial *t) {
  int n = hp_lab_count(t->lab), rc = SQLITE_OK;
  size_t n_bytes =
      (MAX_QUESTIONS * SETS + 1) * hp_memo_words(n) * sizeof *t->scratch;

  if (t->scratch && n == t->n_indexes) return SQLITE_OK;
  sqlite3_free(t->scratch);
  t->scratch = sqlite3_malloc64(n_bytes);
  if (!t->scratch) return SQLITE_NOMEM;
  t->last = t->scratch + MAX_QUESTIONS * SETS * hp_memo_words(n);
  t->has_last = false;
  t->n_indexes = n;
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    rc = note_indexes(t, &t->at[i]);
  }
  if (rc != SQLITE_OK) t->n_indexes = -1;
  return rc;
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
    rc = hp_binding_fill(hp_lab_db(t->lab), t->tables, s->reach.touches, stmt,
                         err);
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

static int remember(subject *s, uint64_t plan, const hp_cost *cost) {
  seen *grown =
      sqlite3_realloc64(s->plans, ((size_t)s->n_plans + 1) * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  s->plans = grown;
  grown[s->n_plans++] = (seen){.plan = plan, .cost = *cost};
  return SQLITE_OK;
}

static const hp_cost *recall(const subject *s, uint64_t plan) {
  for (int i = 0; i < s->n_plans; i++) {
    if (s->plans[i].plan == plan) return &s->plans[i].cost;
  }
  return NULL;
}

/* The cost of s, without upkeep, under the set, which the lab shows; *uses is
** what of it the plan uses. */
static int work_out(hp_trial *t, subject *s, const uint64_t *set,
                    uint64_t *uses, hp_cost *out, char **err) {
  const hp_cost *known;
  uint64_t plan = 0;
  int rc = hp_outline_read(t->lab,
                           s->reach.writes ? HP_OUTLINE_PLAN : HP_OUTLINE_ALL,
                           s->sql, &plan, uses, err);

  rc = skip(s, rc, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  known = recall(s, plan);
  if (known) {
    *out = *known;
    return SQLITE_OK;
  }
  rc = run(t, s, out, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  if (s->reach.writes) add_upkeep(t, s, set, -1, out);
  return remember(s, plan, out);
}

/* ---- asking */

/* What the statements are asked about. */
typedef struct question {
  const bool *shown;
  uint64_t *all;  /* the indexes shown */
  uint64_t *set;  /* of those what matters to one statement */
  uint64_t *uses; /* of this what its plan uses */
} question;

/* The i-th of those that are asked at the same time. */
static int ask(hp_trial *t, int i, const bool *shown, question *q) {
  int rc = meet_indexes(t);
  size_t n_words = hp_memo_words(t->n_indexes);
  uint64_t *sets = t->scratch + n_words * SETS * (size_t)i;

  if (rc != SQLITE_OK) return rc;
  *q = (question){.shown = shown,
                  .all = sets,
                  .set = sets + n_words,
                  .uses = sets + 2 * n_words};
  hp_memo_bits(shown, t->n_indexes, q->all);
  return SQLITE_OK;
}

/* True if the indexes that matter to s are those of the last set. */
static bool is_as_last(const hp_trial *t, const subject *s, const question *q) {
  for (size_t i = 0; i < hp_memo_words(t->n_indexes); i++) {
    if ((q->all[i] ^ t->last[i]) & s->matters[i]) return false;
  }
  return t->has_last;
}

/* Of the indexes shown those that do not matter to s are left out: another set
** that differs in them only costs s the same. */
static void narrow(const hp_trial *t, const subject *s, question *q) {
  for (size_t i = 0; i < hp_memo_words(t->n_indexes); i++) {
    q->set[i] = q->all[i] & s->matters[i];
  }
}

/* Gives what is known of s for sure, or else, if that is allowed, what can be
** inferred; false: nothing. */
static bool is_known(const hp_trial *t, subject *s, question *q, bool may_infer,
                     hp_cost *out) {
  const hp_cost *known;

  *out = (hp_cost){0};
  if (s->skipped) return true;
  if (is_as_last(t, s, q)) {
    *out = t->costs[s - t->at];
    return true;
  }
  narrow(t, s, q);
  known = hp_memo_find(&s->sets, q->set);
  if (!known && may_infer) known = hp_memo_infer(&s->sets, q->set);
  if (!known) return false;
  *out = *known;
  if (s->reach.writes) add_upkeep(t, s, q->set, 1, out);
  return true;
}

/* Plans s, of which nothing is known. */
static int plan(hp_trial *t, subject *s, question *q, hp_cost *out,
                char **err) {
  int rc = hp_lab_show(t->lab, q->shown, err);

  if (rc == SQLITE_OK) rc = work_out(t, s, q->set, q->uses, out, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  rc = hp_memo_put(&s->sets, q->set, q->uses, out);
  if (s->reach.writes) add_upkeep(t, s, q->set, 1, out);
  return rc;
}

static int answer(hp_trial *t, subject *s, question *q, bool may_infer,
                  hp_cost *out, char **err) {
  if (is_known(t, s, q, may_infer, out)) return SQLITE_OK;
  return plan(t, s, q, out, err);
}

static void note_last(hp_trial *t, const question *q, const hp_cost *costs) {
  memcpy(t->last, q->all, hp_memo_words(t->n_indexes) * sizeof *t->last);
  memcpy(t->costs, costs, (size_t)t->n * sizeof *costs);
  t->has_last = true;
}

int hp_trial_costs(hp_trial *t, const bool *shown, hp_cost *costs, char **err) {
  question q;
  int rc;

  *err = NULL;
  rc = ask(t, 0, shown, &q);
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    rc = answer(t, &t->at[i], &q, false, &costs[i], err);
  }
  if (rc == SQLITE_OK) note_last(t, &q, costs);
  return rc;
}

int hp_trial_cost(hp_trial *t, int s, const bool *shown, hp_cost *out,
                  char **err) {
  question q;
  int rc;

  *err = NULL;
  rc = ask(t, 0, shown, &q);
  return rc == SQLITE_OK ? answer(t, &t->at[s], &q, false, out, err) : rc;
}

/* ---- estimating */

static double weight_of(const subject *s, const hp_cost *cost) {
  return s->calls * hp_cost_model(cost);
}

/* Weighs what is known of s, or else the least that it is expected to cost,
** and then how much less that is than what it cost last; 0: it is known. */
static double expect(hp_trial *t, subject *s, question *q, double *promise) {
  hp_cost cost;
  const hp_cost *least;

  *promise = 0;
  if (is_known(t, s, q, false, &cost)) return weight_of(s, &cost);
  least = hp_memo_least(&s->sets, q->set);
  cost = least ? *least : (hp_cost){0};
  if (s->reach.writes) add_upkeep(t, s, q->set, 1, &cost);
  *promise = DBL_MIN;
  if (t->has_last) {
    double last = weight_of(s, &t->costs[s - t->at]);

    if (last > weight_of(s, &cost)) *promise = last - weight_of(s, &cost);
  }
  return weight_of(s, &cost);
}

static int most_promising(const hp_trial *t) {
  int best = -1;

  for (int i = 0; i < t->n; i++) {
    if (t->promises[i] > 0 &&
        (best < 0 || t->promises[i] > t->promises[best])) {
      best = i;
    }
  }
  return best;
}

/* Plans s under the larger set, of which more can be inferred, and if that does
** not tell under the other. */
static int estimate_one(hp_trial *t, subject *s, question *larger, question *q,
                        hp_cost *out, char **err) {
  int rc = answer(t, s, larger, true, out, err);

  return rc == SQLITE_OK ? answer(t, s, q, true, out, err) : rc;
}

int hp_trial_estimate(hp_trial *t, const bool *shown, const bool *larger,
                      double limit, double *total, char **err) {
  question q, l;
  int i, rc;

  *err = NULL;
  *total = 0;
  rc = ask(t, 0, shown, &q);
  if (rc == SQLITE_OK) rc = ask(t, 1, larger, &l);
  for (i = 0; rc == SQLITE_OK && i < t->n; i++) {
    t->expected[i] = expect(t, &t->at[i], &q, &t->promises[i]);
    *total += t->expected[i];
  }
  while (rc == SQLITE_OK && *total < limit && (i = most_promising(t)) >= 0) {
    hp_cost cost;

    rc = estimate_one(t, &t->at[i], &l, &q, &cost, err);
    *total += weight_of(&t->at[i], &cost) - t->expected[i];
    t->promises[i] = 0;
  }
  return rc;
}

bool hp_trial_reworded(hp_trial *t, int s, const char *sql, const hp_cost *was,
                       hp_cost *out) {
  sqlite3_stmt *stmt;
  char *err = NULL;
  int rc = hp_lab_prepare(t->lab, sql, &stmt, &err);

  if (rc == SQLITE_OK) {
    rc = hp_binding_fill(hp_lab_db(t->lab), t->tables, t->at[s].reach.touches,
                         stmt, &err);
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

/* The first plan stays: it is what the others are compared with. */
static void forget_capped(hp_trial *t, subject *s) {
  int kept = 0;

  t->has_last = false;

  for (int i = 0; i < s->n_plans; i++) {
    if (i == 0 || !s->plans[i].cost.is_capped) s->plans[kept++] = s->plans[i];
  }
  s->n_plans = kept;
  hp_memo_forget_capped(&s->sets);
}

void hp_trial_be_patient(hp_trial *t) {
  t->is_patient = true;
  for (int i = 0; i < t->n; i++) {
    subject *s = &t->at[i];

    if (!s->first.is_capped || s->least_steps) continue;
    forget_capped(t, s);
  }
}

int hp_trial_doubt(hp_trial *t, const bool *shown, bool *found, char **err) {
  question q;
  hp_cost cost;
  int rc;

  *found = false;
  *err = NULL;
  rc = ask(t, 0, shown, &q);
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    subject *s = &t->at[i];

    rc = answer(t, s, &q, false, &cost, err);
    if (rc != SQLITE_OK || !cost.is_capped) continue;
    if (s->first.is_capped || s->is_doubted) continue;
    s->is_doubted = *found = true;
    forget_capped(t, s);
  }
  return rc;
}

void hp_trial_plan_anew(hp_trial *t) {
  t->n_indexes = -1;
}

const char *hp_trial_skipped(const hp_trial *t, int s) {
  return t->at[s].skipped;
}

const bool *hp_trial_touches(const hp_trial *t, int s) {
  return t->at[s].reach.touches;
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
  t->costs = sqlite3_malloc64(((size_t)n + 1) * sizeof *t->costs);
  t->expected = sqlite3_malloc64(((size_t)n + 1) * sizeof *t->expected);
  t->promises = sqlite3_malloc64(((size_t)n + 1) * sizeof *t->promises);
  if (!t->at || !t->costs || !t->expected || !t->promises) {
    hp_trial_close(t);
    return SQLITE_NOMEM;
  }
  memset(t->at, 0, n_bytes);
  for (; rc == SQLITE_OK && t->n < n; t->n++) {
    t->at[t->n].sql = statements[t->n].sql;
    t->at[t->n].calls = statements[t->n].calls;
    rc =
        hp_reach_read(shadow, tables, statements[t->n].sql, &t->at[t->n].reach);
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
    hp_reach_term(&t->at[i].reach);
    sqlite3_free(t->at[i].plans);
    sqlite3_free(t->at[i].matters);
    sqlite3_free(t->at[i].upkeep);
    hp_memo_term(&t->at[i].sets);
  }
  sqlite3_free(t->at);
  sqlite3_free(t->costs);
  sqlite3_free(t->expected);
  sqlite3_free(t->promises);
  sqlite3_free(t->scratch);
  sqlite3_free(t);
}
