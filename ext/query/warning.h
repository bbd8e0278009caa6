/* SPDX-License-Identifier: MIT
**
** What is wrong with a plan, line by line, and what would put it right. A
** proposed index has been tried on the shadow: the planner does use it there.
** Whether that makes the statement faster only running it can tell.
** For the connection's own thread; runs SQL.
*/
#ifndef HP_QUERY_WARNING_H
#define HP_QUERY_WARNING_H

#include "query/explain.h"
#include "query/facts.h"
#include "query/stats.h"
#include "schema/plan.h"

#define HP_WARNING_ROWS 200 /* a table from this size on is large */

typedef enum hp_warning_kind {
  HP_WARNING_NONE,
  HP_WARNING_SCAN,
  HP_WARNING_SORT,
  HP_WARNING_AUTOINDEX,
  HP_WARNING_CORRELATED,
  HP_WARNING_LIKE,
  HP_WARNING_FUNCTION,
  HP_WARNING_COLLATION,
  HP_WARNING_AFFINITY,
  HP_WARNING_STATISTICS,
  HP_WARNING_STALE,
  HP_WARNING_ORDER
} hp_warning_kind;

typedef struct hp_warning {
  hp_warning_kind kind;
  int line;       /* of the plan, from 0 */
  int64_t rows;   /* per call, -1 if unknown */
  int64_t weight; /* rows times calls, counted where SQLite counts it */
  char table[HP_FACTS_NAME]; /* "" if the line names none */
  char *fix; /* a statement that runs, or a sentence; NULL for none */
} hp_warning;

typedef struct hp_warnings {
  hp_warning *at;
  int n;
} hp_warnings;

/* The kind's name as shown: "full scan", "temp b-tree" ... */
const char *hp_warning_name(hp_warning_kind kind);

/* Finds what is wrong with the plan of v's statement. SQLITE_OK or
** SQLITE_NOMEM; free out in both cases. */
HP_MUST_CHECK int hp_warnings_find(hp_explain *e, hp_facts *f,
                                   const hp_stat_view *v, const hp_plan *plan,
                                   hp_warnings *out);

void hp_warnings_term(hp_warnings *w);

#endif
