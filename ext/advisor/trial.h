/* SPDX-License-Identifier: MIT
**
** The workload on trial: what all its statements (subject.h) cost under sets of
** indexes, surely or with less planning.
*/
#ifndef HP_ADVISOR_TRIAL_H
#define HP_ADVISOR_TRIAL_H

#include "advisor/lab.h"
#include "advisor/measure.h"
#include "advisor/statement.h"
#include "advisor/table.h"
#include "schema/shadow.h"

typedef struct hp_trial hp_trial;

/* Puts n statements on trial in lab; shadow is one of the lab's connection.
** All is borrowed until hp_trial_close(). SQLITE_OK, or a code with *err set
** to a sentence (caller frees with sqlite3_free; NULL: out of memory). */
HP_MUST_CHECK int hp_trial_open(hp_lab *lab, hp_shadow *shadow,
                                const hp_tables *tables,
                                const hp_statement *statements, int n,
                                hp_trial **out, char **err);

void hp_trial_close(hp_trial *t);

/* Costs of all statements under the indexes shown, one call each; those of a
** statement that cannot be run are 0. Errors as above. */
HP_MUST_CHECK int hp_trial_costs(hp_trial *t, const bool *shown, hp_cost *costs,
                                 char **err);

/* Sets *total to about hp_trial_sum() of those costs, with less planning: a
** plan is taken to stay when indexes go that it does not use
** (hp_memo_infer()). Stops when the total is not expected to be less than
** limit; *total is then at least that. What must be planned is planned under
** `larger` first, a set that has all that are shown: the next estimates may be
** of others of its subsets. What hp_trial_costs() was asked is known. Errors as
** above. */
HP_MUST_CHECK int hp_trial_estimate(hp_trial *t, const bool *shown,
                                    const bool *larger, double limit,
                                    double *total, char **err);

/* hp_trial_costs() for statement s alone. */
HP_MUST_CHECK int hp_trial_cost(hp_trial *t, int s, const bool *shown,
                                hp_cost *out, char **err);

/* Runs statement s in other words under what the lab shows. True if it took at
** most twice the steps of `was` and gave the same rows; *out is what it took. A
** text that cannot be run gives false. */
bool hp_trial_reworded(hp_trial *t, int s, const char *sql, const hp_cost *was,
                       hp_cost *out);

/* Sum over the statements of calls times model. */
double hp_trial_sum(const hp_trial *t, const hp_cost *costs);

/* From now on gives up later on the plans of statements of which no plan has
** yet come to an end, and tries those again that it gave up on. */
void hp_trial_be_patient(hp_trial *t);

/* Does a statement's plan under these indexes stand that was given up, while
** the one without them came to its end? *found says so; such statements are
** waited for longer from now on. Errors as above. */
HP_MUST_CHECK int hp_trial_doubt(hp_trial *t, const bool *shown, bool *found,
                                 char **err);

/* The planner knows more than before: costs of sets are worked out anew, plans
** that were run need not be run again. */
void hp_trial_plan_anew(hp_trial *t);

/* Why statement s cannot be run in the lab, or NULL. Borrowed. */
const char *hp_trial_skipped(const hp_trial *t, int s);

/* Of each table: whether statement s reads or writes it. Borrowed. */
const bool *hp_trial_touches(const hp_trial *t, int s);

/* Runs made so far, and the cost of all of them by the model, in ns. */
int hp_trial_runs(const hp_trial *t);
double hp_trial_spent(const hp_trial *t);

#endif
