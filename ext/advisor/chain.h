/* SPDX-License-Identifier: MIT
**
** Chains: indexes that are of use only beside each other. One for each table of
** a join: narrow ones, of which wider candidates may hide from the planner that
** they are better, and where the combinations are few, wider ones, too. Or all
** on one table, for the sides of an OR, which the planner combines only where
** no wider index, nor one for a term beside the OR, looks better.
*/
#ifndef HP_ADVISOR_CHAIN_H
#define HP_ADVISOR_CHAIN_H

#include "advisor/tryout.h"

/* Notes in t->c the chains that the planner uses for statements which have a
** two-thousandth of the weight or more, and gives weight to candidates that
** only a chain needs. SQLITE_OK, or a code with a sentence in *t->err (NULL:
** out of memory). */
HP_MUST_CHECK int hp_chain_try_all(const hp_tryout *t);

#endif
