/* SPDX-License-Identifier: MIT
**
** Runs a statement and counts what it takes, without leaving a trace in the
** database.
*/
#ifndef HP_ADVISOR_MEASURE_H
#define HP_ADVISOR_MEASURE_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

/* What one run of a statement took. */
typedef struct hp_cost {
  int64_t steps;    /* of SQLite's virtual machine */
  int64_t pages;    /* asked of the page cache */
  int64_t compares; /* made in sorting, about */
  int64_t ns;
  int64_t n_rows;    /* returned */
  int64_t n_changed; /* inserted, updated, deleted; triggers' too */
  uint64_t rows;     /* hash of them, whatever their order; 0 for writes */
  bool is_capped;    /* stopped at the cap: all figures are lower bounds */
} hp_cost;

/* ns of a cost by the model: 14.5 per step of the virtual machine, 150 per page
** asked for and 15 per comparison of a sort. All three repeat exactly, time
** does not. (14.5 was fitted to scans of a million rows; a page costs 70 when
** it is in SQLite's cache and 580 when it is in the system's; a comparison 9 to
** 13 of integers and 8 to 27 of texts, in sorts of a thousand to a million
** rows.) */
double hp_cost_model(const hp_cost *c);

/* Runs a prepared statement of db to its end, rolls back what it wrote, and
** resets it; its bindings stay. Stops after cap_steps (0: no cap). SQLITE_OK,
** or a code with *err set to a sentence (caller frees with sqlite3_free; NULL:
** out of memory). */
HP_MUST_CHECK int hp_measure_run(sqlite3 *db, sqlite3_stmt *stmt,
                                 int64_t cap_steps, hp_cost *out, char **err);

#endif
