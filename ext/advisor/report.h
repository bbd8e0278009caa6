/* SPDX-License-Identifier: MIT
**
** What the advisor is asked and what it answers.
*/
#ifndef HP_ADVISOR_REPORT_H
#define HP_ADVISOR_REPORT_H

#include "advisor/trial.h"

typedef struct hp_advisor_options {
  int64_t max_bytes;    /* of larger databases a sample of about this size is
                        ** copied */
  int64_t budget_bytes; /* for new indexes in all; 0: no limit */
  double budget_ms;     /* for running statements, by the model and so the
                        ** same each time; then the best so far is taken */
  double min_gain;      /* share of the cost that the advised set leaves which
                        ** an index must save */
  double min_density;   /* and, for an index as large as the whole database,
                        ** this share more, in proportion */
} hp_advisor_options;

/* One piece of advice. */
typedef struct hp_advice {
  const char *action; /* "create", "replace" (create one, drop others that it
                      ** makes superfluous), "drop", "analyze", or "rewrite"
                      ** (no index helps this statement); constant */
  int index;          /* the lab's number of it; -1: of none */
  char *ddl;          /* of a rewrite: the statement in other words, with its
                      ** values, or "" */
  char *table;
  char *helped;     /* JSON array: statements that it makes faster, with what
                    ** one call took without and with it */
  char *harmed;     /* ditto, slower */
  char *evidence;   /* a sentence */
  double before_ms; /* of the helped and harmed statements, all their calls,
                    ** measured without it but with all other advice */
  double after_ms;  /* and with it */
  double gain;      /* share of the workload's cost that it saves, by steps
                    ** and pages */
  int64_t size_bytes;
  double build_ms;
} hp_advice;

/* What became of one statement. */
typedef struct hp_verdict {
  hp_cost before, after; /* of one call: indexes as they are; as advised */
  char *skipped;         /* NULL, or why it could not be run */
  bool same_rows;        /* it returned the same rows in both */
} hp_verdict;

/* Zero-initialised by hp_advisor_run(). */
typedef struct hp_report {
  hp_advice *at; /* n of them, in the order in which they were measured: of
                 ** two indexes that do as well the planner takes the younger */
  int n;
  hp_verdict *verdicts; /* one per statement */
  int n_verdicts;
  double before, after; /* cost of the workload by the model, ns */
  int n_candidates, n_built, n_runs;
  double spent_ms;
  bool is_cut; /* the budget was spent before the search was finished */
} hp_report;

/* Appends a to r; takes ownership of its texts even on failure. SQLITE_OK, or
** SQLITE_NOMEM also if one of them is NULL. */
HP_MUST_CHECK int hp_report_add(hp_report *r, hp_advice a);

/* Frees the texts of a. */
void hp_advice_term(hp_advice *a);

/* Frees what r owns; may be called again. */
void hp_report_term(hp_report *r);

#endif
