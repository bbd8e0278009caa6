/* SPDX-License-Identifier: MIT */
#include "demo/story.h"

#include <stdio.h>

#include "demo/base.h"
#include "demo/files.h"
#include "demo/runs.h"
#include "demo/say.h"
#include "demo/see.h"

enum { OBSERVED = 100 };

/* Everything the story's parts hand on; term frees what is owned. */
typedef struct story {
  demo_stage stage; /* owned */
  demo_run naive, hotpath;
  demo_app *app; /* owned: hotpath's application, still open */
} story;

static int run_naive(story *s) {
  char words[32];

  demo_heading("2. The naive application");
  printf("  A connection for each statement, no transactions, no secondary "
         "indexes,\n  a look-up per card: %s words become cards.\n  %s\n",
         demo_thousands(s->stage.list.n, words),
         demo_place_sentence(&s->stage.place));
  return demo_run_copy(&s->stage, demo_plan_naive(), s->stage.list.n, &s->naive,
                       NULL);
}

static int see_why(sqlite3 *db) {
  int rc = demo_see_begin(db);

  if (rc == 0) rc = demo_see_findings(db, true);
  if (rc == 0) rc = demo_see_stats(db);
  if (rc == 0) rc = demo_see_slow(db);
  return rc == 0 ? demo_exec(db, "SELECT query_reset()") : rc;
}

/* Settings and statistics belong to the process, so any connection will do. */
static int set_slow(const char *so) {
  sqlite3 *db = NULL;
  int rc =
      demo_open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);

  if (rc == 0) rc = demo_load(db, so);
  if (rc == 0) rc = demo_exec(db, "SELECT query_config('slow_ms', 10)");
  sqlite3_close(db);
  return rc;
}

/* A few cards are enough: what is wrong is wrong at the first of them. The
** statistics stay when a connection is closed. */
static int observe(story *s) {
  demo_app *app = NULL;
  demo_run run;
  int n = s->stage.list.n < OBSERVED ? s->stage.list.n : OBSERVED, rc;

  demo_heading("3. Why it is slow");
  printf("  The same statements for %d cards, on one connection, with hotpath "
         "loaded and\n  watching.\n",
         n);
  rc = set_slow(s->stage.options->so);
  if (rc == 0) {
    rc = demo_run_copy(&s->stage, demo_plan_observed(), n, &run, &app);
  }
  if (rc == 0) rc = demo_app_see(app, see_why);
  demo_app_close(app);
  return rc;
}

static int run_hotpath(story *s) {
  demo_heading("4. The same work with hotpath");
  printf("  One connection, migrations/009_performance_indexes.sql (building "
         "them counts),\n  transactions, cached tables; hotpath is loaded and "
         "watches.\n");
  return demo_run_copy(&s->stage, demo_plan_hotpath(), s->stage.list.n,
                       &s->hotpath, &s->app);
}

static int compare(story *s) {
  char rows[32];
  int rc;

  demo_heading("5. The same results, sooner");
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

static int see_hotpath(story *s) {
  sqlite3 *db = demo_app_db(s->app);
  int rc;

  demo_heading("6. What hotpath did");
  rc = demo_see_cache(db);
  if (rc == 0) rc = demo_see_stats(db);
  if (rc == 0) {
    printf("\n  Your own database: make demo DB=file.db "
           "[SQL=statements.sql]\n");
  }
  return rc;
}

int demo_story(const demo_options *options) {
  story s = {.app = NULL};
  int rc;

  demo_heading("1. A database");
  rc = demo_stage_init(&s.stage, options);
  if (rc == 0) rc = run_naive(&s);
  if (rc == 0) rc = observe(&s);
  if (rc == 0) rc = run_hotpath(&s);
  if (rc == 0) rc = compare(&s);
  if (rc == 0) rc = see_hotpath(&s);
  demo_app_close(s.app);
  demo_stage_term(&s.stage);
  return rc;
}
