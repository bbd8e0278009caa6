/* SPDX-License-Identifier: MIT
**
** Where the search starts: the best indexes for each statement by itself, the
** weightiest statement first. So good plans are known early, and bad ones are
** given up soon; and indexes of use only beside each other come in at once.
*/
#ifndef HP_ADVISOR_SEED_H
#define HP_ADVISOR_SEED_H

#include "advisor/session.h"

/* Adds to set (of all the lab's indexes) built ones that make a statement
** cheaper by more than their bytes are worth, where the workload costs `base`;
** for statements that cost at least the share `least` of it. Ones that a new
** one begins with go; if least > 0, so may others that were made for the
** statement. May exceed the budget of bytes. SQLITE_OK, or a code with
** *s->err a sentence or NULL (out of memory). */
HP_MUST_CHECK int hp_seed_sow(hp_session *s, double base, double least,
                              bool *set);

#endif
