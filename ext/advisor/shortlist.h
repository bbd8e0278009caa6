/* SPDX-License-Identifier: MIT
**
** Which candidates are worth building: those that SQLite's planner would use
** for a statement they were made for, tried as indexes without rows on a
** shadow, one by one, all of a statement's together, and in chains; of the rest
** those that matter most.
*/
#ifndef HP_ADVISOR_SHORTLIST_H
#define HP_ADVISOR_SHORTLIST_H

#include "advisor/candidates.h"
#include "advisor/trial.h"

/* Takes out of c what is not worth building. shadow is one of the lab's
** connection; its statistics are removed. The more rows a table has, the fewer
** are left for it, as building them takes time. SQLITE_OK, or a code with *err
** set to a sentence (caller frees; NULL: out of memory). */
HP_MUST_CHECK int hp_shortlist(hp_candidates *c, const hp_tables *tables,
                               hp_shadow *shadow,
                               const hp_statement *statements,
                               const double *weights, char **err);

#endif
