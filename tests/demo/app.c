/* SPDX-License-Identifier: MIT */
#include "demo/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/files.h"
#include "demo/hash.h"
#include "demo/say.h"

struct demo_app {
  char *path;                              /* owned */
  const char *so;                          /* borrowed */
  const demo_plan *plan;                   /* borrowed */
  sqlite3 *db;                             /* kept if one_connection */
  sqlite3_stmt *prepared[DEMO_STATEMENTS]; /* kept with it */
  int64_t statements;                      /* run so far */
  uint64_t answers;                        /* hash of all rows read */
};

/* A connection as the plan wants it. */
static int connect_db(const demo_app *app, sqlite3 **out) {
  int rc = demo_open(app->path, SQLITE_OPEN_READWRITE, out);

  if (rc == 0 && (app->plan->cached || app->plan->observed)) {
    rc = demo_load(*out, app->so);
  }
  return rc;
}

int demo_app_open(const char *path, const demo_plan *plan, const char *so,
                  demo_app **out) {
  demo_app *app = calloc(1, sizeof(*app));
  int rc;

  *out = NULL;
  if (app == NULL) return demo_fail("out of memory.");
  app->path = sqlite3_mprintf("%s", path);
  app->so = so;
  app->plan = plan;
  app->answers = DEMO_HASH_START;
  rc = app->path == NULL ? demo_fail("out of memory.") : 0;
  if (rc == 0 && plan->one_connection) rc = connect_db(app, &app->db);
  if (rc == 0 && plan->one_connection) {
    rc = demo_exec(app->db, "PRAGMA journal_mode = WAL");
  }
  if (rc == 0 && plan->cached) {
    rc = demo_exec(app->db, demo_cached_tables_sql());
  }
  if (rc != 0) {
    demo_app_close(app);
    return 1;
  }
  *out = app;
  return 0;
}

void demo_app_close(demo_app *app) {
  int i;

  if (app == NULL) return;
  for (i = 0; i < DEMO_STATEMENTS; i++) sqlite3_finalize(app->prepared[i]);
  sqlite3_close(app->db);
  sqlite3_free(app->path);
  free(app);
}

static void bind_args(sqlite3_stmt *stmt, const demo_arg *args, int n) {
  int i;

  for (i = 0; i < n; i++) {
    if (args[i].text != NULL) {
      sqlite3_bind_text(stmt, i + 1, args[i].text, -1, SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_int64(stmt, i + 1, args[i].integer);
    }
  }
}

static void take_row(sqlite3_stmt *stmt, demo_result *result) {
  int n = sqlite3_column_count(stmt), i;

  result->rows++;
  for (i = 0; i < n; i++) {
    int type = sqlite3_column_type(stmt, i);

    if (type == SQLITE_INTEGER && result->n_ids < DEMO_RESULT_IDS) {
      result->ids[result->n_ids++] = sqlite3_column_int64(stmt, i);
    } else if (type == SQLITE_TEXT && result->text[0] == '\0') {
      snprintf(result->text, sizeof(result->text), "%s",
               (const char *)sqlite3_column_text(stmt, i));
    }
  }
}

/* Steps stmt to its end. Returns an SQLite code, SQLITE_DONE when all is well.
** The hash is told which statement gave the rows and how many they were. */
static int step_all(demo_app *app, demo_statement_id id, sqlite3_stmt *stmt,
                    demo_result *result) {
  int rc, rows = 0;

  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    rows++;
    app->answers = demo_hash_row(app->answers, stmt);
    if (result != NULL) take_row(stmt, result);
  }
  app->answers = demo_hash(app->answers, &id, sizeof(id));
  app->answers = demo_hash(app->answers, &rows, sizeof(rows));
  return rc;
}

static int run_on(demo_app *app, sqlite3 *db, demo_statement_id id,
                  sqlite3_stmt **stmt, const demo_arg *args, int n,
                  demo_result *result) {
  const demo_statement *s = demo_statement_get(id);
  const char *sql = app->plan->cached && s->cached ? s->cached : s->sql;
  int rc = SQLITE_OK;

  if (*stmt == NULL) {
    rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
  }
  if (rc == SQLITE_OK) {
    bind_args(*stmt, args, n);
    rc = step_all(app, id, *stmt, result);
  }
  if (rc != SQLITE_DONE) {
    return demo_fail("%s, in: %s", sqlite3_errmsg(db), sql);
  }
  sqlite3_reset(*stmt);
  return 0;
}

int demo_app_run(demo_app *app, demo_statement_id id, const demo_arg *args,
                 int n, demo_result *result) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  int rc;

  if (result != NULL) *result = (demo_result){0};
  app->statements++;
  if (app->db != NULL) {
    return run_on(app, app->db, id, &app->prepared[id], args, n, result);
  }
  rc = connect_db(app, &db);
  if (rc == 0) rc = run_on(app, db, id, &stmt, args, n, result);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return rc;
}

int demo_app_begin(demo_app *app) {
  return app->plan->transactions ? demo_exec(app->db, "BEGIN IMMEDIATE") : 0;
}

int demo_app_commit(demo_app *app) {
  return app->plan->transactions ? demo_exec(app->db, "COMMIT") : 0;
}

int64_t demo_app_statements(const demo_app *app) {
  return app->statements;
}

uint64_t demo_app_answers(const demo_app *app) {
  return app->answers;
}

sqlite3 *demo_app_db(demo_app *app) {
  return app->db;
}

int demo_app_see(demo_app *app, int (*see)(sqlite3 *)) {
  sqlite3 *db = NULL;
  int rc = connect_db(app, &db);

  if (rc == 0) rc = see(db);
  sqlite3_close(db);
  return rc;
}
