/* SPDX-License-Identifier: MIT */
#include "advisor/trial.h"

#include "advisor/binding.h"
#include "advisor/subject.h"

#include <float.h>
#include <string.h>

struct hp_trial {
  hp_setting setting;
  hp_subject *at; /* n of them */
  int n;
  uint64_t *scratch; /* of questions */
  uint64_t *last;    /* the set of which all costs were last known for sure */
  hp_cost *costs;    /* n of them: these */
  bool has_last;
  double *expected, *promises; /* n of each: of an estimate */
};

/* ---- the lab's indexes */

enum { MAX_QUESTIONS = 2, SETS = 3 }; /* at the same time, and of each */

/* What has been built since is looked at, and costs of sets are forgotten. */
static int meet_indexes(hp_trial *t) {
  int n = hp_lab_count(t->setting.lab), rc = SQLITE_OK;
  size_t n_bytes =
      (MAX_QUESTIONS * SETS + 1) * hp_memo_words(n) * sizeof *t->scratch;

  if (t->scratch && n == t->setting.n_indexes) return SQLITE_OK;
  sqlite3_free(t->scratch);
  t->scratch = sqlite3_malloc64(n_bytes);
  if (!t->scratch) return SQLITE_NOMEM;
  t->last = t->scratch + MAX_QUESTIONS * SETS * hp_memo_words(n);
  t->has_last = false;
  t->setting.n_indexes = n;
  for (int i = 0; rc == SQLITE_OK && i < t->n; i++) {
    rc = hp_subject_meet(&t->at[i], &t->setting);
  }
  if (rc != SQLITE_OK) t->setting.n_indexes = -1;
  return rc;
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
  size_t n_words = hp_memo_words(t->setting.n_indexes);
  uint64_t *sets = t->scratch + n_words * SETS * (size_t)i;

  if (rc != SQLITE_OK) return rc;
  *q = (question){.shown = shown,
                  .all = sets,
                  .set = sets + n_words,
                  .uses = sets + 2 * n_words};
  hp_memo_bits(shown, t->setting.n_indexes, q->all);
  return SQLITE_OK;
}

/* True if the indexes that matter to s are those of the last set. */
static bool is_as_last(const hp_trial *t, const hp_subject *s,
                       const question *q) {
  if (!t->has_last) return false;
  for (size_t i = 0; i < hp_memo_words(t->setting.n_indexes); i++) {
    if ((q->all[i] ^ t->last[i]) & s->matters[i]) return false;
  }
  return true;
}

/* Of the indexes shown those that do not matter to s are left out: another set
** that differs in them only costs s the same. */
static void narrow(const hp_trial *t, const hp_subject *s, question *q) {
  for (size_t i = 0; i < hp_memo_words(t->setting.n_indexes); i++) {
    q->set[i] = q->all[i] & s->matters[i];
  }
}

static bool is_known(const hp_trial *t, const hp_subject *s, question *q,
                     bool may_infer, hp_cost *out) {
  if (!s->skipped && is_as_last(t, s, q)) {
    *out = t->costs[s - t->at];
    return true;
  }
  narrow(t, s, q);
  return hp_subject_knows(s, &t->setting, q->set, may_infer, out);
}

static int answer(hp_trial *t, hp_subject *s, question *q, bool may_infer,
                  hp_cost *out, char **err) {
  int rc;

  if (is_known(t, s, q, may_infer, out)) return SQLITE_OK;
  rc = hp_lab_show(t->setting.lab, q->shown, err);
  if (rc != SQLITE_OK) return rc;
  return hp_subject_plan(s, &t->setting, q->set, q->uses, out, err);
}

static void note_last(hp_trial *t, const question *q, const hp_cost *costs) {
  memcpy(t->last, q->all,
         hp_memo_words(t->setting.n_indexes) * sizeof *t->last);
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

static double weight_of(const hp_subject *s, const hp_cost *cost) {
  return s->calls * hp_cost_model(cost);
}

/* Weighs what is known of s, or else the least that it is expected to cost,
** and then how much less that is than what it cost last; 0: it is known. */
static double expect(const hp_trial *t, const hp_subject *s, question *q,
                     double *promise) {
  hp_cost cost;
  double weight, last;

  *promise = 0;
  if (is_known(t, s, q, false, &cost)) return weight_of(s, &cost);
  cost = hp_subject_hope(s, &t->setting, q->set);
  weight = weight_of(s, &cost);
  last = t->has_last ? weight_of(s, &t->costs[s - t->at]) : 0;
  *promise = last > weight ? last - weight : DBL_MIN;
  return weight;
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
static int estimate_one(hp_trial *t, hp_subject *s, question *larger,
                        question *q, hp_cost *out, char **err) {
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
  int rc = hp_lab_prepare(t->setting.lab, sql, &stmt, &err);

  if (rc == SQLITE_OK) {
    rc = hp_binding_fill(hp_lab_db(t->setting.lab), t->setting.tables,
                         t->at[s].reach.touches, stmt, &err);
  }
  if (rc == SQLITE_OK) {
    rc = hp_lab_run(t->setting.lab, stmt, 2 * was->steps, out, &err);
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

void hp_trial_be_patient(hp_trial *t) {
  t->setting.is_patient = true;
  t->has_last = false;
  for (int i = 0; i < t->n; i++) {
    hp_subject *s = &t->at[i];

    if (!s->first.is_capped || s->least_steps) continue;
    hp_subject_forget_capped(s);
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
    hp_subject *s = &t->at[i];

    rc = answer(t, s, &q, false, &cost, err);
    if (rc != SQLITE_OK || !cost.is_capped) continue;
    if (s->first.is_capped || s->is_doubted) continue;
    s->is_doubted = *found = true;
    t->has_last = false;
    hp_subject_forget_capped(s);
  }
  return rc;
}

void hp_trial_plan_anew(hp_trial *t) {
  t->setting.n_indexes = -1;
}

const char *hp_trial_skipped(const hp_trial *t, int s) {
  return t->at[s].skipped;
}

const bool *hp_trial_touches(const hp_trial *t, int s) {
  return t->at[s].reach.touches;
}

int hp_trial_runs(const hp_trial *t) {
  return t->setting.n_runs;
}

double hp_trial_spent(const hp_trial *t) {
  return t->setting.spent;
}

/* ---- life */

int hp_trial_open(hp_lab *lab, hp_shadow *shadow, const hp_tables *tables,
                  const hp_statement *statements, int n, hp_trial **out,
                  char **err) {
  hp_trial *t = sqlite3_malloc64(sizeof *t);
  size_t n_bytes = ((size_t)n + 1) * sizeof(hp_subject);
  int rc = SQLITE_OK;

  *out = NULL;
  *err = NULL;
  if (!t) return SQLITE_NOMEM;
  *t = (hp_trial){.setting = {.lab = lab, .tables = tables}};
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
    rc = hp_subject_init(&t->at[t->n], &statements[t->n], shadow, tables);
  }
  if (rc == SQLITE_OK)
    *out = t;
  else
    hp_trial_close(t);
  return rc;
}

void hp_trial_close(hp_trial *t) {
  if (!t) return;
  for (int i = 0; i < t->n; i++) hp_subject_term(&t->at[i]);
  sqlite3_free(t->at);
  sqlite3_free(t->costs);
  sqlite3_free(t->expected);
  sqlite3_free(t->promises);
  sqlite3_free(t->scratch);
  sqlite3_free(t);
}
