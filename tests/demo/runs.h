/* SPDX-License-Identifier: MIT
**
** Runs of the pipeline, each on its own copy of the base database.
*/
#ifndef DEMO_RUNS_H
#define DEMO_RUNS_H

#include "demo/options.h"
#include "demo/pipeline.h"
#include "demo/place.h"

/* The naive application, and hotpath: the ends of the ladder. */
const demo_plan *demo_plan_naive(void);
const demo_plan *demo_plan_hotpath(void);

/* The naive application on one connection with hotpath loaded, which only
** watches: a burst is seen in the order of one connection's statements. */
const demo_plan *demo_plan_observed(void);

/* Step i of the ladder from naive to hotpath, each with one remedy more;
** NULL after the last. */
const demo_plan *demo_plan_step(int i);

/* Plan i of all: the ladder's steps, then the observed one, then NULL. */
const demo_plan *demo_plan_any(int i);

/* What all runs start from. */
typedef struct demo_stage {
  const demo_options *options; /* borrowed */
  char *base;                  /* owned: path of the base database */
  demo_place place;            /* where the copies are */
  demo_list list;              /* the words to import */
} demo_stage;

/* Builds the base database if need be, chooses the words and the place.
** Returns 0, or 1 after a sentence on stderr; term in either case. */
int demo_stage_init(demo_stage *stage, const demo_options *options);
void demo_stage_term(demo_stage *stage);

/* Copies the base database, runs the pipeline for the first n words on the
** copy and reads all that it left. If app is not NULL, the application stays
** open and the caller closes it before demo_stage_term; if not, the copy is
** removed. Returns 0, or 1 after a sentence on stderr. */
int demo_run_copy(const demo_stage *stage, const demo_plan *plan, int n,
                  demo_run *run, demo_app **app);

/* Compares two runs: every row read, and every row of every table. Returns 0
** when they are equal, 1 after a sentence on stderr when they are not. */
int demo_compare(const demo_run *a, const demo_run *b);

/* Prints times and ratio by phase. Returns 0, or 1 as above. */
int demo_print_times(const demo_run *naive, const demo_run *hotpath);

#endif
