/* SPDX-License-Identifier: MIT */
#include "demo/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo/base.h"
#include "demo/files.h"
#include "demo/runs.h"
#include "demo/say.h"

enum { MAX_RUNS = 99, MAX_STEPS = 8 };

/* What the bench carries from run to run. */
typedef struct bench {
  demo_stage stage; /* owned */
  int runs;         /* of each way */
  demo_run first;   /* what all other runs must equal */
  bool has_first;
} bench;

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double median(double *values, int n) {
  qsort(values, (size_t)n, sizeof(*values), by_size);
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static int run_once(bench *b, const demo_plan *plan, double *seconds) {
  demo_run run;
  int rc = demo_run_copy(&b->stage, plan, b->stage.list.n, &run, NULL);

  if (rc != 0) return rc;
  *seconds = demo_run_total_s(&run);
  if (b->has_first) return demo_compare(&b->first, &run);
  b->first = run;
  b->has_first = true;
  return 0;
}

/* The ends of the ladder take turns, so that a slow minute of the machine is
** shared by both; the steps between them, told for interest, run once. */
static int run_all(bench *b, double seconds[][MAX_RUNS]) {
  const demo_plan *plan;
  int run, i, rc = 0;

  for (run = 0; rc == 0 && run < b->runs; run++) {
    for (i = 0; rc == 0 && (plan = demo_plan_step(i)) != NULL; i++) {
      if (run > 0 && i > 0 && demo_plan_step(i + 1) != NULL) continue;
      rc = run_once(b, plan, &seconds[i][run]);
    }
  }
  return rc;
}

static void print(const bench *b, double seconds[][MAX_RUNS]) {
  const demo_plan *plan;
  double naive = median(seconds[0], b->runs), s = naive;
  bool middle;
  int i;

  printf("\nflashcards pipeline, %d cards, median of %d run%s, equal results\n",
         b->stage.list.n, b->runs, b->runs == 1 ? "" : "s");
  for (i = 0; (plan = demo_plan_step(i)) != NULL; i++) {
    middle = i > 0 && demo_plan_step(i + 1) != NULL;
    s = i == 0 ? naive : median(seconds[i], middle ? 1 : b->runs);
    printf("  %-28s %8.2f s %8.1fx\n", plan->name, s, naive / s);
  }
  printf("demo pipeline naive / hotpath: %.1fx (to reach: >= 7.5x)\n",
         naive / s);
}

int demo_bench(const demo_options *options) {
  bench b = {.runs = options->bench};
  double seconds[MAX_STEPS][MAX_RUNS] = {{0}};
  int rc = demo_stage_init(&b.stage, options);

  if (rc == 0) rc = run_all(&b, seconds);
  if (rc == 0) print(&b, seconds);
  demo_stage_term(&b.stage);
  return rc;
}
