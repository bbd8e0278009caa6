/* SPDX-License-Identifier: MIT */
#include "demo/own.h"

#include <stdio.h>

#include "demo/contents.h"
#include "demo/files.h"
#include "demo/say.h"
#include "demo/see.h"
#include "demo/suggest.h"
#include "demo/workload.h"

/* The copy, open twice: plain reads the schema, db has hotpath loaded. */
typedef struct own {
  const demo_options *options; /* borrowed */
  char *path;                  /* owned: of the copy */
  sqlite3 *plain;              /* owned */
  sqlite3 *db;                 /* owned */
  demo_workload workload;      /* owned */
} own;

static int make_copy(own *o) {
  demo_progress progress;
  int rc = demo_make_dir(o->options->dir);

  o->path = sqlite3_mprintf("%s/own.db", o->options->dir);
  if (o->path == NULL) return demo_fail("out of memory.");
  if (rc != 0) return rc;
  demo_progress_begin(&progress, "copying the database", 0);
  rc = demo_copy(o->options->db, o->path);
  if (rc == 0) demo_progress_end(&progress, o->path);
  return rc;
}

static int open_copy(own *o, int *tables) {
  int rc = demo_open(o->path, SQLITE_OPEN_READWRITE, &o->plain);

  if (rc == 0) rc = demo_contents_print(o->plain, tables);
  if (rc == 0) rc = demo_open(o->path, SQLITE_OPEN_READWRITE, &o->db);
  if (rc == 0) rc = demo_load(o->db, o->options->so);
  /* What a careful application sets, so that no finding is about the demo. */
  if (rc == 0) sqlite3_busy_timeout(o->db, 5000);
  if (rc == 0) rc = demo_exec(o->db, "SELECT query_config('slow_ms', 5)");
  return rc;
}

static int run_workload(own *o) {
  char failed[32];
  int rc;

  if (o->options->sql != NULL) {
    demo_heading("2. Your statements");
    rc = demo_workload_file(o->db, o->options->sql, &o->workload);
  } else {
    demo_heading("2. Reads made from the schema");
    printf("  SQL=file runs statements of your own instead.\n");
    rc = demo_workload_made(o->db, o->plain, &o->workload);
  }
  if (o->workload.failed > 0) {
    printf("  %s of the statements failed; the others are looked at.\n",
           demo_thousands(o->workload.failed, failed));
  }
  return rc;
}

static int report(own *o) {
  int rc;

  demo_heading("3. What hotpath saw");
  rc = demo_see_begin(o->db);
  /* Look-ups made from the schema are a burst of our own making. */
  if (rc == 0) rc = demo_see_findings(o->db, o->options->sql != NULL);
  if (rc == 0) rc = demo_see_stats(o->db);
  if (rc == 0) rc = demo_see_plans(o->db);
  if (rc == 0) rc = demo_see_slow(o->db);
  if (rc != 0) return rc;
  demo_heading("4. What a cached table would bring");
  return demo_suggest(o->db, &o->workload);
}

static void own_term(own *o) {
  demo_workload_term(&o->workload);
  sqlite3_close(o->db);
  sqlite3_close(o->plain);
  if (o->path != NULL) demo_remove(o->path);
  sqlite3_free(o->path);
}

int demo_own(const demo_options *options) {
  own o = {.options = options};
  int tables = 0, rc;

  demo_heading("1. Your database");
  rc = make_copy(&o);
  if (rc == 0) rc = open_copy(&o, &tables);
  if (rc == 0 && tables > 0) {
    rc = run_workload(&o);
    if (rc == 0) rc = report(&o);
  }
  if (rc == 0) {
    printf("\n  %s was only read; the copy is removed.\n", options->db);
  }
  own_term(&o);
  return rc;
}
