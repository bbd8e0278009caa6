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

/* sql as it may be shown: its normal form, without values. NULL when out of
** memory. Caller frees. */
char *hp_statement_shown(const char *sql);

/* The same, about index i of the set only. */
HP_MUST_CHECK int hp_verdict_about(hp_lab *lab, hp_trial *trial,
                                   const hp_statement *statements, int n,
                                   const bool *set, int i, hp_report *out,
                                   char **err);

#endif
