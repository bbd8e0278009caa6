/* SPDX-License-Identifier: MIT
**
** Candidates that the lens cannot see, from a statement's text: expressions on
** a column that are compared or sorted by (`lower(name) = ?`), and columns
** with a collation of their own (`ORDER BY name COLLATE NOCASE`). A guess is
** harmless: each candidate is tried. Pure.
*/
#ifndef HP_ADVISOR_PHRASES_H
#define HP_ADVISOR_PHRASES_H

#include "advisor/candidates.h"

/* Offers what statement number `statement` of c's has. touches: of each table,
** whether the statement uses it. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_phrases_offer(hp_candidates *c, const hp_tables *tables,
                                   const bool *touches, const char *sql,
                                   int statement, double weight);

#endif
