/* SPDX-License-Identifier: MIT
**
** Candidates tried as indexes without rows on a shadow: which ones would
** SQLite's planner use for a statement?
*/
#ifndef HP_ADVISOR_TRYOUT_H
#define HP_ADVISOR_TRYOUT_H

#include "advisor/candidates.h"
#include "advisor/statement.h"
#include "schema/plan.h"

typedef struct hp_tryout {
  hp_candidates *c;
  const hp_tables *tables;
  hp_shadow *shadow; /* of the lab's connection */
  const hp_statement *statements;
  const double *weights;
  bool *before; /* of each candidate and statement: whether the one was made for
                ** the other */
  char **err;
} hp_tryout;

/* True if candidate i was made for statement q. */
bool hp_tryout_is_for(const hp_tryout *t, int i, int q);

/* Shows candidate i to the planner; one that cannot be created is left out.
** SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_tryout_create(const hp_tryout *t, int i);

/* Takes it away, if it is there. SQLITE_OK, or a code with the shadow's
** sentence in *t->err. */
HP_MUST_CHECK int hp_tryout_drop(const hp_tryout *t, int i);

/* The plan of statement q; empty if it has none, which is not an error here:
** the trial says why the statement is left out. SQLITE_OK or SQLITE_NOMEM. Free
** out with hp_plan_term(). */
HP_MUST_CHECK int hp_tryout_plan(const hp_tryout *t, int q, hp_plan *out);

/* True if the plan uses candidate i. */
bool hp_tryout_names(const hp_plan *plan, int i);

#endif
