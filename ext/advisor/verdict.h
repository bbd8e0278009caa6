/* SPDX-License-Identifier: MIT
**
** Writes the report of a finished search: what each index of the final set
** does for which statement, measured against the set without it.
*/
#ifndef HP_ADVISOR_VERDICT_H
#define HP_ADVISOR_VERDICT_H

#include "advisor/report.h"

/* Fills in the advice and the verdicts (whose array is there already) of out.
** set: of each index of the lab, whether it is to be there. SQLITE_OK, or a
** code with *err set to a sentence (caller frees; NULL: out of memory). */
HP_MUST_CHECK int hp_verdict_give(hp_lab *lab, hp_trial *trial,
                                  const hp_statement *statements, int n,
                                  const bool *set, hp_report *out, char **err);

/* Adds the advice to ANALYZE, if the database has no statistics and those save
** at least min_gain of what the workload cost at first, with the indexes of
** the set. Changes the lab: the last step. Codes as above. */
HP_MUST_CHECK int hp_verdict_analyze(hp_lab *lab, hp_trial *trial,
                                     const hp_statement *statements, int n,
                                     const bool *set, double min_gain,
                                     hp_report *out, char **err);

/* The same, about index i of the set only. */
HP_MUST_CHECK int hp_verdict_about(hp_lab *lab, hp_trial *trial,
                                   const hp_statement *statements, int n,
                                   const bool *set, int i, hp_report *out,
                                   char **err);

#endif
