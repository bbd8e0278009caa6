/* SPDX-License-Identifier: MIT
**
** The statements that no index of the advice helps: each that is still dear is
** named, with the reason (rewrite.h) and, where it can be put in other words,
** these, run beside it on the copy.
*/
#ifndef HP_ADVISOR_LEFTOVER_H
#define HP_ADVISOR_LEFTOVER_H

#include "advisor/report.h"

/* Adds a "rewrite" to out, whose verdicts are there, for each of the n
** statements that takes at least min_share of what the workload takes as
** advised. The lab shows the indexes of set afterwards. SQLITE_OK, or a code
** with *err set to a sentence (caller frees; NULL: out of memory). */
HP_MUST_CHECK int hp_leftover_give(hp_lab *lab, hp_trial *trial,
                                   const hp_statement *statements, int n,
                                   const bool *set, double min_share,
                                   hp_report *out, char **err);

#endif
