/* SPDX-License-Identifier: MIT
**
** Findings about how the application uses its database, apart from single
** plans: repeated statements, preparing, locks, settings, unused indexes. For
** the connection's own thread; the hook is muted meanwhile.
*/
#ifndef HP_QUERY_HABIT_H
#define HP_QUERY_HABIT_H

#include "query/explain.h"
#include "query/facts.h"
#include "query/finding.h"
#include "query/stats.h"

typedef struct hp_habit {
  const hp_facts *facts;
  const hp_stat_view *views;
  int n_views;
  int64_t n_writes; /* calls that changed rows */
  hp_explain *explain;
  hp_findings *out;
} hp_habit;

/* What nplus1_suspects lists as to be fixed. */
void hp_habit_add_suspects(hp_habit *h);

/* Statements prepared for nearly every call, priced by preparing them now. */
void hp_habit_add_prepares(hp_habit *h);

/* Statements that failed to begin. */
void hp_habit_add_errors(hp_habit *h);

/* journal_mode, synchronous, busy_timeout of this connection. */
void hp_habit_add_settings(hp_habit *h);

/* Indexes that no recorded statement's plan names. */
void hp_habit_add_unused(hp_habit *h);

#endif
