/* SPDX-License-Identifier: MIT
**
** How the application talks to SQLite. One object runs named statements in
** the way a demo_plan says: from "a connection per statement" to "one
** connection, prepared statements, transactions, cached tables". Every row
** read is folded into a hash, so that two ways can be compared.
*/
#ifndef DEMO_APP_H
#define DEMO_APP_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "demo/statements.h"

/* The steps of the ladder; each is one remedy. */
typedef struct demo_plan {
  const char *name;
  const char *file;    /* names the database of its run */
  bool one_connection; /* keep it and its prepared statements, in WAL mode */
  bool indexes;        /* apply migrations/009 before anything else */
  bool transactions;   /* demo_app_begin and _commit do something */
  bool cached;         /* load hotpath, read the cached tables */
  bool observed;       /* load hotpath into every connection to watch it */
} demo_plan;

/* One parameter: text when text is not NULL, else the integer. */
typedef struct demo_arg {
  const char *text; /* borrowed during the call */
  sqlite3_int64 integer;
} demo_arg;

#define DEMO_INT(x)  ((demo_arg){.integer = (x)})
#define DEMO_TEXT(x) ((demo_arg){.text = (x)})

enum { DEMO_RESULT_IDS = 64, DEMO_RESULT_TEXT = 512 };

/* What the application needs of an answer. */
typedef struct demo_result {
  int rows;
  int n_ids;
  sqlite3_int64 ids[DEMO_RESULT_IDS]; /* its integers, in order */
  char text[DEMO_RESULT_TEXT];        /* its first text, "" if none */
} demo_result;

typedef struct demo_app demo_app;

/* Opens path for plan; so is the extension (used if the plan is cached or
** observed). The plan is borrowed until demo_app_close. Returns 0 and *out,
** or 1 after a sentence on stderr with *out NULL. */
int demo_app_open(const char *path, const demo_plan *plan, const char *so,
                  demo_app **out);

/* Closes and frees; accepts NULL. */
void demo_app_close(demo_app *app);

/* Runs the statement with n args. *result (may be NULL) takes the answer.
** Returns 0, or 1 after a sentence on stderr. */
int demo_app_run(demo_app *app, demo_statement_id id, const demo_arg *args,
                 int n, demo_result *result);

/* Begins and commits a transaction where the plan has them. */
int demo_app_begin(demo_app *app);
int demo_app_commit(demo_app *app);

/* Statements run so far, and the hash of all rows they gave. */
int64_t demo_app_statements(const demo_app *app);
uint64_t demo_app_answers(const demo_app *app);

/* The kept connection, NULL in a plan without one; borrowed until close. */
sqlite3 *demo_app_db(demo_app *app);

/* Calls see with a connection like those of the statements, which is closed
** afterwards. Returns what see does, or 1 when there is no connection. */
int demo_app_see(demo_app *app, int (*see)(sqlite3 *));

#endif
