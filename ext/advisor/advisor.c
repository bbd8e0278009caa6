/* SPDX-License-Identifier: MIT */
#include "advisor/advisor.h"

#include "advisor/leftover.h"
#include "advisor/search.h"
#include "advisor/seed.h"
#include "advisor/session.h"
#include "advisor/verdict.h"
#include "base/clock.h"

#include <float.h>
#include <string.h>

/* A statement may become dearer by this share without an answer. */
static const double harm = 0.2;

/* What is left slow is named from this share of the workload on. */
static const double leftover_share = 0.02;

hp_advisor_options hp_advisor_defaults(void) {
  return (hp_advisor_options){.max_bytes = (int64_t)32 << 20,
                              .budget_ms = 20000,
                              .min_gain = 0.001,
                              .min_density = 0.5};
}

static int cost_of_set(void *arg, const bool *set, double *out) {
  hp_session *s = arg;
  int rc = hp_trial_costs(s->trial, set, s->costs, s->err);

  if (rc == SQLITE_OK) *out = hp_trial_sum(s->trial, s->costs);
  return rc;
}

static int estimate_of_set(void *arg, const bool *set, const bool *larger,
                           double limit, double *out) {
  hp_session *s = arg;

  return hp_trial_estimate(s->trial, set, larger, limit, out, s->err);
}

static bool may_go_on(void *arg, double share) {
  hp_session *s = arg;

  if (hp_trial_spent(s->trial) < share * s->options->budget_ms * 1e6) {
    return true;
  }
  s->out->is_cut = true;
  return false;
}

static bool clashes(void *arg, const bool *set, int in, int out) {
  return hp_session_clashes(arg, set, in, out);
}

/* A call has costs of its own, besides which less is not felt. */
static const double least_ns_per_call = 1000;

/* What a built index must save at least. */
static double least_gain(const hp_session *s, int index) {
  const hp_candidate *c = &s->candidates.at[s->made_of[index - s->n_originals]];
  double calls = 0;

  for (int q = 0; q < s->n; q++) {
    if ((c->helps[q] || c->together[q]) && s->statements[q].calls > calls) {
      calls = s->statements[q].calls;
    }
  }
  return calls * least_ns_per_call;
}

/* Improves *set; base is the cost that savings are compared with. */
static int search(hp_session *s, double base, bool *set, double *total) {
  size_t n = (size_t)hp_lab_count(s->lab);
  double *least = hp_zeroed(n, sizeof *least);
  int64_t *bytes = hp_zeroed(n, sizeof *bytes);
  int *table = hp_zeroed(n, sizeof *table);
  bool *fixed = hp_zeroed(n, sizeof *fixed);
  hp_search how = {.n = (int)n,
                   .n_bytes = bytes,
                   .table = table,
                   .is_fixed = fixed,
                   .budget_bytes = s->options->budget_bytes,
                   .base = base,
                   .min_gain = s->options->min_gain,
                   .min_density = s->options->min_density / hp_session_bytes(s),
                   .least = least,
                   .clashes = clashes,
                   .cost = cost_of_set,
                   .estimate = estimate_of_set,
                   .may_go_on = may_go_on,
                   .arg = s};
  int rc = least && bytes && table && fixed ? SQLITE_OK : SQLITE_NOMEM;

  for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
    const hp_lab_index *x = hp_lab_index_at(s->lab, (int)i);

    bytes[i] = x->n_bytes;
    table[i] = hp_tables_find(&s->tables, x->table);
    /* What the application has made stays, and is judged afterwards. */
    fixed[i] = x->is_original;
    if (!fixed[i]) least[i] = least_gain(s, (int)i);
  }
  if (rc == SQLITE_OK) rc = hp_search_run(&how, set, total);
  sqlite3_free(bytes);
  sqlite3_free(table);
  sqlite3_free(fixed);
  sqlite3_free(least);
  return rc;
}

/* ---- a statement that the set makes slower is answered with an index of its
** own, whatever its bytes, if the workload as a whole gains by it */

static bool is_in_budget(const hp_session *s, const bool *set) {
  int64_t sum = 0;

  for (int i = s->n_originals; i < hp_lab_count(s->lab); i++) {
    if (set[i]) sum += hp_lab_index_at(s->lab, i)->n_bytes;
  }
  return !s->options->budget_bytes || sum <= s->options->budget_bytes;
}

static int answer_harm(hp_session *s, int q, bool *set, double *total) {
  int found = -1, rc = SQLITE_OK;

  for (int k = 0; rc == SQLITE_OK && k < s->out->n_built; k++) {
    int i = s->n_originals + k;
    double cost;

    if (!hp_session_may_add(s, set, k, q)) continue;
    set[i] = true;
    cost = *total;
    if (is_in_budget(s, set)) rc = cost_of_set(s, set, &cost);
    set[i] = false;
    if (rc != SQLITE_OK || cost >= *total) continue;
    *total = cost;
    found = i;
  }
  if (rc == SQLITE_OK && found >= 0) set[found] = true;
  return rc;
}

static int answer_harms(hp_session *s, bool *set, double *total) {
  int rc = cost_of_set(s, set, total);

  for (int q = 0; rc == SQLITE_OK && q < s->n; q++) {
    hp_cost now;
    double excess;

    rc = hp_trial_cost(s->trial, q, set, &now, s->err);
    excess = s->statements[q].calls * hp_cost_model(&now) - s->weights[q];
    if (rc != SQLITE_OK || excess < harm * s->weights[q] ||
        excess < s->options->min_gain * *total) {
      continue;
    }
    rc = answer_harm(s, q, set, total);
  }
  return rc;
}

/* Until no statement's plan under the chosen set is only guessed at, and what
** it costs is what its savings were compared with: where one statement takes
** nearly everything as long as its index is missing, others count only after
** that. At such a point advice that was followed gives no other. */
static int search_surely(hp_session *s, double *total, bool *set) {
  bool again = true;
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && again) {
    double base = *total;

    rc = search(s, base, set, total);
    if (rc == SQLITE_OK) rc = answer_harms(s, set, total);
    if (rc == SQLITE_OK) rc = hp_trial_doubt(s->trial, set, &again, s->err);
    if (*total < base * (1 - s->options->min_gain)) again = true;
  }
  return rc;
}

/* ---- once more from other seeds: what is left is much less than the seeds
** were weighed by, and indexes of use only beside each other may pay now */

enum { MAX_KICKS = 2 };

static const double kick_share = 0.05; /* of what is left, for a statement */

static double worth_of(const hp_session *s, const bool *set, double base) {
  double worth = 0;

  for (int i = s->n_originals; i < hp_lab_count(s->lab); i++) {
    if (set[i]) worth += (double)hp_lab_index_at(s->lab, i)->n_bytes;
  }
  return worth * hp_session_price(s, base);
}

/* *better: set has become one that is, its bytes counted. */
static int kick(hp_session *s, double *total, bool *set, bool *better) {
  size_t n = (size_t)hp_lab_count(s->lab);
  bool *trial = hp_zeroed(n, sizeof *trial);
  double base = *total, found = *total;
  int rc = trial ? SQLITE_OK : SQLITE_NOMEM;

  *better = false;
  if (trial) memcpy(trial, set, n * sizeof *set);
  if (rc == SQLITE_OK) rc = hp_seed_sow(s, base, kick_share, trial);
  if (rc == SQLITE_OK && memcmp(trial, set, n * sizeof *set) != 0) {
    rc = search_surely(s, &found, trial);
  }
  if (rc == SQLITE_OK &&
      found + worth_of(s, trial, base) <
          base * (1 - s->options->min_gain) + worth_of(s, set, base)) {
    memcpy(set, trial, n * sizeof *set);
    *total = found;
    *better = true;
  }
  sqlite3_free(trial);
  return rc;
}

static int kick_on(hp_session *s, double *total, bool *set) {
  bool better = true;
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && better && i < MAX_KICKS; i++) {
    rc = kick(s, total, set, &better);
  }
  return rc;
}

/* ---- of one statement alone nothing tells what else the bytes are wanted for:
** an index that repeats the table is too much for the little it saves besides a
** narrow one */

static const double nearly_all = 0.95, much_smaller = 1.0 / 3;

/* Puts the best such index in the place of i, counting what bytes are worth,
** unless it is there. */
static int shrink_one(hp_session *s, bool *set, int i, double *total) {
  const hp_lab_index *large = hp_lab_index_at(s->lab, i);
  double enough = s->bare - nearly_all * (s->bare - *total), best = DBL_MAX;
  double most = much_smaller * (double)large->n_bytes;
  double worth = hp_session_price(s, s->bare);
  int found = i, rc = SQLITE_OK;

  set[i] = false;
  for (int k = 0; rc == SQLITE_OK && k < hp_lab_count(s->lab); k++) {
    const hp_lab_index *x = hp_lab_index_at(s->lab, k);
    bool was = set[k];
    double cost;

    if ((double)x->n_bytes > most || sqlite3_stricmp(x->table, large->table)) {
      continue;
    }
    set[k] = true;
    rc = cost_of_set(s, set, &cost);
    set[k] = was;
    if (rc != SQLITE_OK || cost > enough) continue;
    if (cost + worth * (double)x->n_bytes >= best) continue;
    best = cost + worth * (double)x->n_bytes;
    *total = cost;
    found = k;
  }
  set[found] = true;
  return rc;
}

static int shrink(hp_session *s, bool *set) {
  double total;
  int rc = cost_of_set(s, set, &total);

  for (int i = s->n_originals; rc == SQLITE_OK && i < hp_lab_count(s->lab);
       i++) {
    if (set[i]) rc = shrink_one(s, set, i, &total);
  }
  return rc;
}

/* Says what the columns of the advised indexes are there for. */
static int explain_columns(hp_session *s) {
  for (int i = 0; i < s->out->n; i++) {
    hp_advice *a = &s->out->at[i];
    char *text;

    if (a->index < s->n_originals) continue;
    text = sqlite3_mprintf(
        "%s; columns: %s", a->evidence,
        s->candidates.at[s->made_of[a->index - s->n_originals]].why);
    if (!text) return SQLITE_NOMEM;
    sqlite3_free(a->evidence);
    a->evidence = text;
  }
  return SQLITE_OK;
}

static int advise(hp_session *s, sqlite3 *host) {
  bool *set = NULL;
  double total;
  int rc = hp_session_open(s, host);

  if (rc == SQLITE_OK) rc = hp_session_build(s);
  if (rc == SQLITE_OK) {
    set = hp_session_originals(s);
    rc = set ? hp_seed_sow(s, s->bare, 0, set) : SQLITE_NOMEM;
  }
  if (rc == SQLITE_OK) rc = search(s, s->bare, set, &total);
  if (rc == SQLITE_OK) {
    hp_trial_be_patient(s->trial);
    rc = search_surely(s, &total, set);
    if (rc == SQLITE_OK) rc = kick_on(s, &total, set);
  }
  if (rc == SQLITE_OK && s->n == 1) rc = shrink(s, set);
  if (rc == SQLITE_OK) {
    rc = hp_verdict_give(s->lab, s->trial, s->statements, s->n, set, s->out,
                         s->err);
  }
  if (rc == SQLITE_OK) rc = explain_columns(s);
  if (rc == SQLITE_OK) {
    rc = hp_leftover_give(s->lab, s->trial, s->statements, s->n, set,
                          leftover_share, s->out, s->err);
  }
  if (rc == SQLITE_OK) {
    rc = hp_verdict_analyze(s->lab, s->trial, s->statements, s->n, set,
                            s->options->min_gain, s->out, s->err);
  }
  sqlite3_free(set);
  return rc;
}

/* Builds ddl and compares the host's indexes with and without it. */
static int verify(hp_session *s, sqlite3 *host, const char *ddl) {
  bool *set = NULL;
  int built;
  int rc = hp_session_open(s, host);

  if (rc == SQLITE_OK) rc = hp_lab_build(s->lab, ddl, &built, s->err);
  if (rc != SQLITE_OK) return rc;
  s->out->n_built = 1;
  set = hp_session_originals(s);
  if (!set) return SQLITE_NOMEM;
  set[built] = true;
  rc = hp_verdict_about(s->lab, s->trial, s->statements, s->n, set, built,
                        s->out, s->err);
  sqlite3_free(set);
  return rc;
}

static int finish(hp_session *s, int64_t start, int rc) {
  if (s->trial) s->out->n_runs = hp_trial_runs(s->trial);
  hp_session_close(s);
  s->out->spent_ms = (double)(hp_clock_ns() - start) / 1e6;
  return rc;
}

int hp_advisor_run(sqlite3 *host, const hp_statement *statements, int n,
                   const hp_advisor_options *options, hp_report *out,
                   char **err) {
  int64_t start = hp_clock_ns();
  hp_session s = {.statements = statements,
                  .n = n,
                  .options = options,
                  .out = out,
                  .err = err};

  *out = (hp_report){0};
  *err = NULL;
  return finish(&s, start, advise(&s, host));
}

int hp_advisor_verify(sqlite3 *host, const hp_statement *statements, int n,
                      const hp_advisor_options *options, const char *ddl,
                      hp_report *out, char **err) {
  int64_t start = hp_clock_ns();
  hp_session s = {.statements = statements,
                  .n = n,
                  .options = options,
                  .out = out,
                  .err = err};

  *out = (hp_report){0};
  *err = NULL;
  return finish(&s, start, verify(&s, host, ddl));
}
