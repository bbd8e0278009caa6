/* SPDX-License-Identifier: MIT
**
** What a change of the indexes does to the statements of a workload, as JSON.
*/
#ifndef HP_ADVISOR_EFFECT_H
#define HP_ADVISOR_EFFECT_H

#include "advisor/trial.h"

/* What is compared; all borrowed. */
typedef struct hp_comparison {
  hp_lab *lab;
  hp_trial *trial;
  const hp_statement *statements; /* n of them */
  int n;
  const bool *set; /* the indexes that are advised */
} hp_comparison;

typedef struct hp_effects {
  sqlite3_str *helped, *harmed; /* objects with sql, calls, before_ms … */
  int n_helped, n_harmed;
  double before_ns, after_ns;       /* measured, all calls */
  double before_model, after_model; /* by steps and pages */
} hp_effects;

/* Makes e empty; hp_effects_finish() must follow. */
void hp_effects_begin(hp_effects *e);

/* Adds every statement to helped, harmed or neither, and sums them up. Those
** harmed by an index of this table (NULL: by something else) are tried with NOT
** INDEXED, which is named as "remedy" where it cures and gives the same rows;
** one that could not be tried is not named. May change what the lab shows. */
void hp_effects_compare(const hp_comparison *c, const hp_cost *before,
                        const hp_cost *after, const char *table, hp_effects *e);

/* The lists as JSON arrays; NULL when out of memory. Caller frees both. */
void hp_effects_finish(hp_effects *e, char **helped, char **harmed);

/* sql as it may be shown: its normal form, without values. NULL when out of
** memory. Caller frees. */
char *hp_statement_shown(const char *sql);

#endif
