/* SPDX-License-Identifier: MIT */
#include "demo/story.h"

#include <stdio.h>

#include "demo/base.h"
#include "demo/files.h"
#include "demo/runs.h"
#include "demo/say.h"

/* Everything the story's parts hand on; term frees what is owned. */
typedef struct story {
  const demo_options *options; /* borrowed */
  char *base;                  /* owned: path of the base database */
  demo_list list;              /* owned */
  demo_run naive, hotpath;
  demo_app *app; /* owned: hotpath's application, still open */
} story;

static int prepare(story *s) {
  int rc;

  demo_heading("1. A database");
  s->base = sqlite3_mprintf("%s/base.db", s->options->dir);
  if (s->base == NULL) return demo_fail("out of memory.");
  rc = demo_make_dir(s->options->dir);
  if (rc == 0) {
    rc = demo_base_build(s->base, s->options->migrations, s->options->edict);
  }
  if (rc == 0) rc = demo_list_init(&s->list, s->base, s->options->cards);
  return rc;
}

static int run_naive(story *s) {
  char words[32];

  demo_heading("2. The naive application");
  printf("  A connection for each statement, no transactions, no secondary "
         "indexes,\n  a lookup per card: %s words become cards.\n",
         demo_thousands(s->options->cards, words));
  return demo_run_copy(s->options, s->base, demo_plan_naive(), &s->list,
                       &s->naive, NULL);
}

static int run_hotpath(story *s) {
  demo_heading("3. The same work with hotpath");
  printf("  One connection, migrations/009_performance_indexes.sql (building "
         "them counts),\n  transactions; hotpath is loaded.\n");
  return demo_run_copy(s->options, s->base, demo_plan_hotpath(), &s->list,
                       &s->hotpath, &s->app);
}

static int compare(story *s) {
  char rows[32];
  int rc;

  demo_heading("4. The same results, sooner");
  rc = demo_print_times(&s->naive, &s->hotpath);
  if (rc == 0) {
    rc = demo_compare(&s->naive, &s->hotpath);
  }
  if (rc == 0) {
    printf("  Equal: every row read (hash %016llx), and all %s rows of the %d\n"
           "  tables left behind (hash %016llx).\n",
           (unsigned long long)s->naive.answers,
           demo_thousands(s->naive.rows, rows), s->naive.tables,
           (unsigned long long)s->naive.content);
    printf("  Naive %.2f s, hotpath %.2f s: %.1f times faster.\n",
           demo_run_total_s(&s->naive), demo_run_total_s(&s->hotpath),
           demo_run_total_s(&s->naive) / demo_run_total_s(&s->hotpath));
  }
  return rc;
}

static void story_term(story *s) {
  demo_app_close(s->app);
  demo_list_term(&s->list);
  sqlite3_free(s->base);
}

int demo_story(const demo_options *options) {
  story s = {.options = options};
  int rc = prepare(&s);

  if (rc == 0) rc = run_naive(&s);
  if (rc == 0) rc = run_hotpath(&s);
  if (rc == 0) rc = compare(&s);
  story_term(&s);
  return rc;
}
