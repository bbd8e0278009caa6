/* SPDX-License-Identifier: MIT */
#include "demo/runs.h"

#include <stdio.h>

#include "demo/base.h"
#include "demo/files.h"
#include "demo/hash.h"
#include "demo/say.h"
#include "demo/table.h"

/* The order is that of effort: what costs least to change comes first. */
static const demo_plan ladder[] = {
    {.name = "naive", .file = "naive"},
    {.name = "+ indexes of 009", .file = "step", .indexes = true},
    {.name = "+ one connection, WAL",
     .file = "step",
     .indexes = true,
     .one_connection = true},
    {.name = "+ transactions",
     .file = "step",
     .indexes = true,
     .one_connection = true,
     .transactions = true},
    {.name = "+ cached tables (hotpath)",
     .file = "hotpath",
     .indexes = true,
     .one_connection = true,
     .transactions = true,
     .cached = true},
};

enum { STEPS = sizeof(ladder) / sizeof(ladder[0]) };

static const demo_plan observed = {.name = "observed",
                                   .file = "observed",
                                   .one_connection = true,
                                   .observed = true};

const demo_plan *demo_plan_naive(void) {
  return &ladder[0];
}

const demo_plan *demo_plan_hotpath(void) {
  return &ladder[STEPS - 1];
}

const demo_plan *demo_plan_observed(void) {
  return &observed;
}

const demo_plan *demo_plan_step(int i) {
  return i >= 0 && i < STEPS ? &ladder[i] : NULL;
}

const demo_plan *demo_plan_any(int i) {
  return i == STEPS ? &observed : demo_plan_step(i);
}

int demo_stage_init(demo_stage *stage, const demo_options *options) {
  int rc = demo_make_dir(options->dir);

  *stage = (demo_stage){.options = options,
                        .base = sqlite3_mprintf("%s/base.db", options->dir)};
  if (stage->base == NULL) return demo_fail("out of memory.");
  if (rc == 0) {
    rc = demo_base_build(stage->base, options->migrations, options->edict);
  }
  if (rc == 0) rc = demo_list_init(&stage->list, stage->base, options->cards);
  if (rc == 0) {
    rc = demo_place_init(&stage->place, options->dir, options->on_disk);
  }
  return rc;
}

void demo_stage_term(demo_stage *stage) {
  demo_place_term(&stage->place);
  demo_list_term(&stage->list);
  sqlite3_free(stage->base);
  stage->base = NULL;
}

static int add_indexes(const char *path, const char *migrations) {
  sqlite3 *db = NULL;
  int rc = demo_open(path, SQLITE_OPEN_READWRITE, &db);

  if (rc == 0) rc = demo_migrate(db, migrations, 9, 9, NULL);
  sqlite3_close(db);
  return rc;
}

/* Building the indexes counts: it is part of what the remedy costs. */
static int set_up(const demo_options *options, const char *path,
                  const demo_plan *plan, demo_run *run, demo_app **app) {
  double before_s = demo_now_s();
  int rc = 0;

  if (plan->indexes) rc = add_indexes(path, options->migrations);
  if (rc == 0) rc = demo_app_open(path, plan, options->so, app);
  run->seconds[DEMO_SETUP] = demo_now_s() - before_s;
  return rc;
}

static int read_content(const char *path, demo_run *run) {
  sqlite3 *db = NULL;
  int rc = demo_open(path, SQLITE_OPEN_READWRITE, &db);

  if (rc == 0) {
    rc = demo_hash_database(db, &run->content, &run->rows, &run->tables);
  }
  sqlite3_close(db);
  return rc;
}

int demo_run_copy(const demo_stage *stage, const demo_plan *plan, int n,
                  demo_run *run, demo_app **app) {
  demo_app *mine = NULL;
  demo_list words = stage->list;
  char *path = sqlite3_mprintf("%s/run-%s.db", stage->place.dir, plan->file);
  int rc;

  *run = (demo_run){0};
  if (app != NULL) *app = NULL;
  if (path == NULL) return demo_fail("out of memory.");
  if (n < words.n) words.n = n;
  rc = demo_copy(stage->base, path);
  if (rc == 0) rc = set_up(stage->options, path, plan, run, &mine);
  if (rc == 0) rc = demo_pipeline_run(mine, &words, run);
  if (rc == 0) rc = read_content(path, run);
  if (rc == 0 && app != NULL) {
    *app = mine;
  } else {
    demo_app_close(mine);
    demo_remove(path);
  }
  sqlite3_free(path);
  return rc;
}

int demo_compare(const demo_run *a, const demo_run *b) {
  if (a->answers != b->answers) {
    return demo_fail("the two runs read different rows (%016llx, %016llx).",
                     (unsigned long long)a->answers,
                     (unsigned long long)b->answers);
  }
  if (a->content != b->content || a->rows != b->rows ||
      a->tables != b->tables) {
    return demo_fail("the two runs left different tables (%016llx, %016llx).",
                     (unsigned long long)a->content,
                     (unsigned long long)b->content);
  }
  return 0;
}

static char *times_sql(const demo_run *naive, const demo_run *hotpath) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  int64_t statements = 0;
  int i;

  sqlite3_str_appendall(sql, "WITH t(work, statements, a, b) AS (VALUES ");
  for (i = 0; i < DEMO_PHASES; i++) {
    statements += naive->statements[i];
    sqlite3_str_appendf(sql, "(%Q, %lld, %.9f, %.9f), ",
                        demo_phase_name((demo_phase)i),
                        (sqlite3_int64)naive->statements[i], naive->seconds[i],
                        hotpath->seconds[i]);
  }
  sqlite3_str_appendf(sql,
                      "('together', %lld, %.9f, %.9f)) "
                      "SELECT work, statements, a AS \"naive s\", "
                      "b AS \"hotpath s\", CASE WHEN work = 'set up' THEN NULL "
                      "ELSE printf('%%.1f ×', a / b) END AS faster FROM t",
                      (sqlite3_int64)statements, demo_run_total_s(naive),
                      demo_run_total_s(hotpath));
  return sqlite3_str_finish(sql);
}

int demo_print_times(const demo_run *naive, const demo_run *hotpath) {
  sqlite3 *db = NULL;
  char *sql = times_sql(naive, hotpath);
  int rc = sql == NULL ? demo_fail("out of memory.") : 0;

  if (rc == 0) {
    rc = demo_open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);
  }
  if (rc == 0) rc = demo_table_print(stdout, db, sql, 1, "");
  sqlite3_free(sql);
  sqlite3_close(db);
  return rc;
}
