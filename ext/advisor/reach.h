/* SPDX-License-Identifier: MIT
**
** How far a statement reaches: the tables it touches, the columns it reads and
** changes, and so the indexes that can matter to it.
*/
#ifndef HP_ADVISOR_REACH_H
#define HP_ADVISOR_REACH_H

#include "advisor/lab.h"
#include "advisor/table.h"
#include "schema/shadow.h"

/* Zero-initialised. Of each table; columns are bits, those from the 63rd on
** are all bits. */
typedef struct hp_reach {
  bool *touches;
  uint64_t *reads;
  uint64_t *updates; /* all bits: rows come or go */
  bool writes;
} hp_reach;

/* Reads what sql's first statement reaches of the tables. SQLITE_OK, or
** SQLITE_NOMEM; free in both cases. */
HP_MUST_CHECK int hp_reach_read(hp_shadow *shadow, const hp_tables *tables,
                                const char *sql, hp_reach *out);

/* False if no plan of the statement can use index x: it begins with what the
** statement does not read, and has not all that it reads. Of writes every index
** of the table matters. With statistics SQLite may skip the first columns. */
bool hp_reach_matters(const hp_reach *r, const hp_tables *tables,
                      const hp_lab_index *x, bool has_statistics);

/* True if a change by the statement changes index x; in doubt it does. */
bool hp_reach_keeps_up(const hp_reach *r, const hp_tables *tables,
                       const hp_lab_index *x);

/* Frees what r owns; may be called again. */
void hp_reach_term(hp_reach *r);

#endif
