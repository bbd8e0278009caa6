/* SPDX-License-Identifier: MIT */
#include "advisor/leftover.h"

#include "advisor/rewrite.h"
#include "advisor/effect.h"

enum { LEAST_STEPS = 5000 }; /* a cheaper statement is left alone */

typedef struct leftover {
  hp_trial *trial;
  const hp_statement *statement;
  const hp_cost *was; /* with all that is advised */
  int number;
  hp_report *out;
} leftover;

static bool is_left(const hp_report *r, int i, double calls, double min_share) {
  const hp_verdict *v = &r->verdicts[i];
  double after = hp_cost_model(&v->after);

  return !v->skipped && v->after.steps >= LEAST_STEPS &&
         after >= 0.7 * hp_cost_model(&v->before) &&
         calls * after >= min_share * r->after;
}

static char *evidence_of(const leftover *l, const hp_rewrite *r,
                         const hp_cost *other) {
  char *shown = hp_statement_shown(l->statement->sql), *evidence = NULL;

  if (shown && other) {
    evidence = sqlite3_mprintf("%s; in other words it took %lld steps instead "
                               "of %lld here, for the same rows. Statement: %s",
                               r->reason, other->steps, l->was->steps, shown);
  } else if (shown) {
    evidence = sqlite3_mprintf("%s. Statement: %s", r->reason, shown);
  }
  sqlite3_free(shown);
  return evidence;
}

/* other: what the rewritten statement took; NULL: there is none. */
static int add(const leftover *l, const hp_rewrite *r, const hp_cost *other) {
  double calls = l->statement->calls;
  const hp_cost *then = other ? other : l->was;
  double saved = calls * (hp_cost_model(l->was) - hp_cost_model(then));

  return hp_report_add(
      l->out,
      (hp_advice){.action = "rewrite",
                  .index = -1,
                  .ddl = sqlite3_mprintf("%s", other ? r->sql : ""),
                  .table = sqlite3_mprintf(""),
                  .helped = sqlite3_mprintf("[]"),
                  .harmed = sqlite3_mprintf("[]"),
                  .evidence = evidence_of(l, r, other),
                  .before_ms = calls * (double)l->was->ns / 1e6,
                  .after_ms = calls * (double)then->ns / 1e6,
                  .gain = l->out->before > 0 ? saved / l->out->before : 0});
}

static int explain(const leftover *l) {
  hp_rewrite r;
  hp_cost other;
  bool has_other;
  int rc = hp_rewrite_find(l->statement->sql, &r);

  /* Other words for other rows are not offered. */
  has_other = rc == SQLITE_OK && r.sql &&
              hp_trial_reworded(l->trial, l->number, r.sql, l->was, &other);
  if (rc == SQLITE_OK && r.reason) rc = add(l, &r, has_other ? &other : NULL);
  hp_rewrite_term(&r);
  return rc;
}

int hp_leftover_give(hp_lab *lab, hp_trial *trial,
                     const hp_statement *statements, int n, const bool *set,
                     double min_share, hp_report *out, char **err) {
  int rc = hp_lab_show(lab, set, err);

  for (int i = 0; rc == SQLITE_OK && i < n; i++) {
    leftover l = {.trial = trial,
                  .statement = &statements[i],
                  .was = &out->verdicts[i].after,
                  .number = i,
                  .out = out};

    if (is_left(out, i, statements[i].calls, min_share)) rc = explain(&l);
  }
  return rc;
}
