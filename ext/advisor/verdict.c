/* SPDX-License-Identifier: MIT */
#include "advisor/verdict.h"

#include "advisor/ddl.h"
#include "advisor/effect.h"
#include "advisor/repeat.h"

#include <math.h>
#include <string.h>

typedef struct writing {
  hp_lab *lab;
  hp_trial *trial;
  const hp_statement *statements;
  int n;
  hp_report *out;
  const bool *set;  /* what is advised */
  hp_cost *with;    /* of each statement under the final set */
  hp_cost *without; /* ditto, without the index in question */
  char **err;
} writing;

static hp_comparison comparison_of(const writing *w) {
  return (hp_comparison){.lab = w->lab,
                         .trial = w->trial,
                         .statements = w->statements,
                         .n = w->n,
                         .set = w->set};
}

/* ---- words */

/* What the figures were measured on. Caller frees. */
static char *measured_on(const writing *w) {
  const hp_sample *sample = hp_lab_sample(w->lab);

  if (!sample) return sqlite3_mprintf("executed on a private copy");
  return sqlite3_mprintf("executed on a sample of %.3g %% of the rows",
                         100 * hp_sample_fraction(sample));
}

static char *evidence_of(writing *w, const hp_lab_index *x, const hp_effects *e,
                         const char *action) {
  const char *how =
      hp_lab_has_statistics(w->lab) ? "with ANALYZE" : "without statistics";
  char *on = measured_on(w), *text;

  if (!on) return NULL;
  if (strcmp(action, "drop") == 0) {
    text = sqlite3_mprintf("%s (upkeep by writes is reckoned), %s: no statement"
                           " of the workload is slower without it, and %d that"
                           " write are cheaper",
                           on, how, e->n_helped);
  } else {
    text = sqlite3_mprintf(
        "%s (upkeep by writes is reckoned), %s: %d statements faster, %d slower"
        " than without it (and with all else that is advised)%s",
        on, how, e->n_helped, e->n_harmed,
        x->is_partial ? "; partial: only for statements with that constant"
                      : "");
  }
  sqlite3_free(on);
  return text;
}

/* ---- advice */

static int add_advice(writing *w, int i, const char *action,
                      const hp_cost *before, const hp_cost *after) {
  const hp_lab_index *x = hp_lab_index_at(w->lab, i);
  hp_comparison c = comparison_of(w);
  char *evidence, *helped, *harmed;
  hp_effects e;

  hp_effects_begin(&e);
  hp_effects_compare(&c, before, after,
                     strcmp(action, "create") ? NULL : x->table, &e);
  hp_effects_finish(&e, &helped, &harmed);
  evidence = evidence_of(w, x, &e, action);
  return hp_report_add(
      w->out,
      (hp_advice){
          .action = action,
          .index = i,
          .ddl = strcmp(action, "drop") ? hp_ddl_create(w->lab, i, w->out)
                                        : hp_ddl_drop(w->lab, i),
          .table = sqlite3_mprintf("%s", x->table),
          .helped = helped,
          .harmed = harmed,
          .evidence = evidence,
          .before_ms = e.before_ns / 1e6,
          .after_ms = e.after_ns / 1e6,
          .gain = w->out->before > 0
                      ? (e.before_model - e.after_model) / w->out->before
                      : 0,
          .size_bytes = x->n_bytes,
          .build_ms = (double)x->build_ns / 1e6});
}

/* Advice about index i of the lab, by comparing with it and without it. */
static int judge(writing *w, bool *set, int i) {
  const hp_lab_index *x = hp_lab_index_at(w->lab, i);
  bool was = set[i];
  int rc;

  set[i] = false;
  rc = hp_trial_costs(w->trial, set, w->without, w->err);
  set[i] = was;
  if (rc != SQLITE_OK) return rc;
  if (!x->is_original) return add_advice(w, i, "create", w->without, w->with);
  /* Not needed at all: nothing gets slower, and it is no constraint. */
  if (x->is_unique) return SQLITE_OK;
  for (int s = 0; s < w->n; s++) {
    if (hp_cost_model(&w->without[s]) > hp_cost_model(&w->with[s]) * 1.001) {
      return SQLITE_OK;
    }
  }
  return add_advice(w, i, "drop", w->with, w->without);
}

/* Adds sentence to *text (owned), with `between`. */
static int extend(char **text, const char *between, const char *sentence) {
  char *longer = sqlite3_mprintf("%s%s%s", *text, between, sentence);

  if (!longer) return SQLITE_NOMEM;
  sqlite3_free(*text);
  *text = longer;
  return SQLITE_OK;
}

static void forget(hp_report *r, int d) {
  hp_advice gone = r->at[d];

  for (int i = d; i + 1 < r->n; i++) r->at[i] = r->at[i + 1];
  r->n--;
  hp_advice_term(&gone);
}

/* The advice to drop, at d, becomes part of the advice to create, at c. */
static int replace(hp_report *r, int c, int d) {
  hp_advice *made = &r->at[c];
  const hp_advice *gone = &r->at[d];
  int rc = extend(&made->ddl, "\n", gone->ddl);

  if (rc == SQLITE_OK) {
    rc = extend(&made->evidence,
                "; begins with all columns of what goes: ", gone->ddl);
  }
  made->action = "replace";
  forget(r, d);
  return rc;
}

/* An index of the application's that is superfluous because of one advised
** goes with it, not without it. */
static int find_replacements(writing *w, const bool *set) {
  hp_report *r = w->out;
  int rc = hp_lab_show(w->lab, set, w->err);

  for (int d = r->n - 1; d >= 0 && rc == SQLITE_OK; d--) {
    if (strcmp(r->at[d].action, "drop")) continue;
    for (int c = 0; c < r->n; c++) {
      if (hp_lab_index_at(w->lab, r->at[c].index)->is_original) continue;
      if (!hp_repeat_covers(w->lab, r->at[c].index, r->at[d].index)) continue;
      rc = replace(r, c, d);
      break;
    }
  }
  return rc;
}

static bool is_repeated(const writing *w, const bool *set, int index) {
  for (int k = 0; k < hp_lab_count(w->lab); k++) {
    if (k != index && set[k] && hp_repeat_covers(w->lab, k, index)) return true;
  }
  return false;
}

/* One statement alone does not tell that an index is of no use, unless another
** repeats it. The lab shows the set. */
static void forget_drops(writing *w, const bool *set) {
  hp_report *r = w->out;

  for (int d = r->n - 1; d >= 0; d--) {
    if (strcmp(r->at[d].action, "drop")) continue;
    if (!is_repeated(w, set, r->at[d].index)) forget(r, d);
  }
}

/* What became of each statement from first to last. */
static int give_verdicts(writing *w, const hp_cost *before) {
  for (int s = 0; s < w->n; s++) {
    const char *skipped = hp_trial_skipped(w->trial, s);
    hp_verdict *v = &w->out->verdicts[s];

    v->before = before[s];
    v->after = w->with[s];
    v->same_rows = before[s].is_capped || w->with[s].is_capped ||
                   (before[s].rows == w->with[s].rows &&
                    before[s].n_rows == w->with[s].n_rows);
    if (skipped && !(v->skipped = sqlite3_mprintf("%s", skipped))) {
      return SQLITE_NOMEM;
    }
  }
  return SQLITE_OK;
}

static int first_and_last(writing *w, bool *set, const bool *final) {
  int n = hp_lab_count(w->lab), rc;

  for (int i = 0; i < n; i++) set[i] = hp_lab_index_at(w->lab, i)->is_original;
  rc = hp_trial_costs(w->trial, set, w->without, w->err);
  if (rc != SQLITE_OK) return rc;
  w->out->before = hp_trial_sum(w->trial, w->without);
  memcpy(set, final, (size_t)n * sizeof *set);
  rc = hp_trial_costs(w->trial, set, w->with, w->err);
  if (rc != SQLITE_OK) return rc;
  w->out->after = hp_trial_sum(w->trial, w->with);
  return give_verdicts(w, w->without);
}

/* About index `only`, or about all of the set if it is negative. */
static int write_all(writing *w, bool *set, const bool *final, int only) {
  int rc = first_and_last(w, set, final);

  w->set = final;
  for (int i = 0; rc == SQLITE_OK && i < hp_lab_count(w->lab); i++) {
    if (set[i] && (only < 0 || i == only)) rc = judge(w, set, i);
  }
  if (rc == SQLITE_OK) rc = find_replacements(w, set);
  if (rc == SQLITE_OK && w->n == 1) forget_drops(w, set);
  return rc;
}

static int add_analyze(writing *w, int64_t ns, double min_gain) {
  hp_comparison c = comparison_of(w);
  hp_effects e;
  char *helped, *harmed, *on = measured_on(w);
  double gain;
  int rc;

  hp_effects_begin(&e);
  hp_effects_compare(&c, w->without, w->with, NULL, &e);
  hp_effects_finish(&e, &helped, &harmed);
  gain = w->out->before > 0 ? (e.before_model - e.after_model) / w->out->before
                            : 0;
  if (gain < min_gain) {
    sqlite3_free(helped);
    sqlite3_free(harmed);
    sqlite3_free(on);
    return helped && harmed && on ? SQLITE_OK : SQLITE_NOMEM;
  }
  rc = hp_report_add(
      w->out,
      (hp_advice){
          .action = "analyze",
          .index = -1,
          .ddl = sqlite3_mprintf("ANALYZE;"),
          .table = sqlite3_mprintf("sqlite_stat1"),
          .helped = helped,
          .harmed = harmed,
          .evidence =
              on ? sqlite3_mprintf(
                       "%s, with all else that is advised: %d statements "
                       "faster,"
                       " %d slower with the statistics that ANALYZE gathers",
                       on, e.n_helped, e.n_harmed)
                 : NULL,
          .before_ms = e.before_ns / 1e6,
          .after_ms = e.after_ns / 1e6,
          .gain = gain,
          .build_ms =
              (double)ns / 1e6 / hp_sample_fraction(hp_lab_sample(w->lab))});
  sqlite3_free(on);
  return rc;
}

static int analyze(writing *w, const bool *set, double min_gain) {
  int64_t ns;
  int rc = hp_trial_costs(w->trial, set, w->without, w->err);

  if (rc == SQLITE_OK) rc = hp_lab_analyze(w->lab, set, &ns, w->err);
  if (rc != SQLITE_OK) return rc;
  hp_trial_plan_anew(w->trial);
  rc = hp_trial_costs(w->trial, set, w->with, w->err);
  return rc == SQLITE_OK ? add_analyze(w, ns, min_gain) : rc;
}

/* False when out of memory; end_writing() in both cases. */
static bool begin_writing(writing *w, hp_lab *lab, hp_trial *trial,
                          const hp_statement *statements, int n, hp_report *out,
                          char **err) {
  size_t n_costs = (size_t)n + 1;

  *w = (writing){.lab = lab,
                 .trial = trial,
                 .statements = statements,
                 .n = n,
                 .out = out,
                 .with = sqlite3_malloc64(n_costs * sizeof *w->with),
                 .without = sqlite3_malloc64(n_costs * sizeof *w->without),
                 .err = err};
  *err = NULL;
  return w->with && w->without;
}

static void end_writing(writing *w) {
  sqlite3_free(w->with);
  sqlite3_free(w->without);
}

int hp_verdict_about(hp_lab *lab, hp_trial *trial,
                     const hp_statement *statements, int n, const bool *set,
                     int i, hp_report *out, char **err) {
  bool *own = sqlite3_malloc64((size_t)hp_lab_count(lab) + 1);
  writing w;
  int rc = SQLITE_NOMEM;

  if (begin_writing(&w, lab, trial, statements, n, out, err) && own) {
    rc = write_all(&w, own, set, i);
  }
  end_writing(&w);
  sqlite3_free(own);
  return rc;
}

int hp_verdict_analyze(hp_lab *lab, hp_trial *trial,
                       const hp_statement *statements, int n, const bool *set,
                       double min_gain, hp_report *out, char **err) {
  writing w;
  int rc = SQLITE_NOMEM;

  if (hp_lab_has_statistics(lab)) return SQLITE_OK;
  if (begin_writing(&w, lab, trial, statements, n, out, err)) {
    rc = analyze(&w, set, min_gain);
  }
  end_writing(&w);
  return rc;
}

int hp_verdict_give(hp_lab *lab, hp_trial *trial,
                    const hp_statement *statements, int n, const bool *set,
                    hp_report *out, char **err) {
  return hp_verdict_about(lab, trial, statements, n, set, -1, out, err);
}
