/* SPDX-License-Identifier: MIT
**
** What the lens cannot see of a statement, from its text: expressions on a
** column that are compared or sorted by (`lower(name) = ?`, `data ->> '$.a'`),
** what is in a list (`state IN ('new', 'open')`), sorting by a collation that
** is not the column's own, and the order that min() and max() want. Which table
** a column belongs to is guessed, which is harmless: each candidate is tried.
** Pure.
*/
#ifndef HP_ADVISOR_PHRASES_H
#define HP_ADVISOR_PHRASES_H

#include "advisor/need.h"

/* Adds to the needs of the statement sql what its text tells. SQLITE_OK or
** SQLITE_NOMEM. */
HP_MUST_CHECK int hp_phrases_note(const hp_tables *tables, const char *sql,
                                  hp_needs *needs);

#endif
