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
  const demo_options *options; /* borrowed */
  char *base;                  /* owned */
  demo_list list;              /* owned */
  demo_run first;              /* what all other runs must equal */
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
  int rc = demo_run_copy(b->options, b->base, plan, &b->list, &run, NULL);

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

  for (run = 0; rc == 0 && run < b->options->bench; run++) {
    for (i = 0; rc == 0 && (plan = demo_plan_step(i)) != NULL; i++) {
      if (run > 0 && i > 0 && demo_plan_step(i + 1) != NULL) continue;
      rc = run_once(b, plan, &seconds[i][run]);
    }
  }
  return rc;
}

static void print(const bench *b, double seconds[][MAX_RUNS]) {
  const demo_plan *plan;
  double naive = median(seconds[0], b->options->bench), s = naive;
  bool middle;
  int i;

  printf("\nflashcards pipeline, %d cards, median of %d run%s, equal results\n",
         b->options->cards, b->options->bench,
         b->options->bench == 1 ? "" : "s");
  for (i = 0; (plan = demo_plan_step(i)) != NULL; i++) {
    middle = i > 0 && demo_plan_step(i + 1) != NULL;
    s = i == 0 ? naive : median(seconds[i], middle ? 1 : b->options->bench);
    printf("  %-28s %8.2f s %8.1fx\n", plan->name, s, naive / s);
  }
  printf("demo pipeline naive / hotpath: %.1fx (to reach: >= 7.5x)\n",
         naive / s);
}

int demo_bench(const demo_options *options) {
  bench b = {.options = options};
  double seconds[MAX_STEPS][MAX_RUNS] = {{0}};
  int rc = demo_make_dir(options->dir);

  b.base = sqlite3_mprintf("%s/base.db", options->dir);
  if (rc == 0 && b.base == NULL) rc = demo_fail("out of memory.");
  if (rc == 0) {
    rc = demo_base_build(b.base, options->migrations, options->edict);
  }
  if (rc == 0) rc = demo_list_init(&b.list, b.base, options->cards);
  if (rc == 0) rc = run_all(&b, seconds);
  if (rc == 0) print(&b, seconds);
  demo_list_term(&b.list);
  sqlite3_free(b.base);
  return rc;
}
