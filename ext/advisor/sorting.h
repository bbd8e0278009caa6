/* SPDX-License-Identifier: MIT
**
** How much a run of a statement sorted. SQLite counts sorts but not their
** rows, and what a sorter does is not among the steps of the virtual machine:
** a scan whose rows are sorted can take five times as long as its steps tell.
**
** The rows follow from the steps between one sort and the next, or the end, and
** the length of the loop that reads the sorted rows back, and are at most as
** many as the steps before the sort could have put in. Where that cannot be
** told (sorts in coroutines, or repeated for each row of a loop) nothing is
** counted; nor for ORDER BY … LIMIT, which keeps few rows.
*/
#ifndef HP_ADVISOR_SORTING_H
#define HP_ADVISOR_SORTING_H

#include "base/sqlite_api.h"

#include <stdint.h>

enum { HP_SORTS = 8 }; /* of one run; beyond, nothing is counted */

typedef struct hp_sorting {
  sqlite3_stmt *stmt;
  int before;           /* its sorts before this run */
  int n;                /* seen in this run */
  int64_t at[HP_SORTS]; /* steps of this run when each was seen */
} hp_sorting;

/* Before a run of stmt, which is borrowed until hp_sorting_end(). */
void hp_sorting_begin(hp_sorting *s, sqlite3_stmt *stmt);

/* Every so many steps, from a progress handler: steps of this run so far. */
void hp_sorting_look(hp_sorting *s, int64_t steps);

/* After the run of so many steps: about how many comparisons its sorts made, in
** *compares. Reads the program with EXPLAIN. SQLITE_OK, or an SQLite code. */
HP_MUST_CHECK int hp_sorting_end(hp_sorting *s, int64_t steps,
                                 int64_t *compares);

#endif
