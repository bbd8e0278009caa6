/* SPDX-License-Identifier: MIT */
#include "cache/warm_sql.h"
#include "cache/stored.h"
#include "cache/tracking.h"
#include "cache/warm.h"

/* Ends a function that failed with rc; frees why, which may be NULL. */
static void fail(sqlite3_context *ctx, const char *function, char *why,
                 int rc) {
  char *sentence =
      sqlite3_mprintf("%s: %s", function, why ? why : sqlite3_errstr(rc));

  if (sentence) sqlite3_result_error(ctx, sentence, -1);
  sqlite3_result_error_code(ctx, sentence ? rc : SQLITE_NOMEM);
  sqlite3_free(sentence);
  sqlite3_free(why);
}

static const char *text_of(sqlite3_value *value) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) return NULL;
  return (const char *)sqlite3_value_text(value);
}

static void cache_refresh(sqlite3_context *ctx, int argc,
                          sqlite3_value **argv) {
  const char *name = argc ? text_of(argv[0]) : NULL;
  char *err = NULL;
  bool is_kept;
  int rc;

  if (!name) {
    fail(ctx, "cache_refresh",
         sqlite3_mprintf("the first argument is the name of a cached table, "
                         "then come its arguments"),
         SQLITE_ERROR);
    return;
  }
  rc = hp_warm_one(sqlite3_user_data(ctx), name, argc - 1, argv + 1, &is_kept,
                   &err);
  if (rc)
    fail(ctx, "cache_refresh", err, rc);
  else
    sqlite3_result_int(ctx, is_kept);
}

static void cache_warm(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *name = text_of(argv[0]), *sql = text_of(argv[1]);
  char *err = NULL;
  int64_t n_kept;
  int rc;

  (void)argc;
  if (!name || !sql) {
    fail(ctx, "cache_warm",
         sqlite3_mprintf("the arguments are the name of a cached table and a "
                         "SELECT that gives its arguments"),
         SQLITE_ERROR);
    return;
  }
  rc = hp_warm_all(sqlite3_user_data(ctx), name, sql, &n_kept, &err);
  if (rc)
    fail(ctx, "cache_warm", err, rc);
  else
    sqlite3_result_int64(ctx, n_kept);
}

static void cache_define(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hp_conn *c = sqlite3_user_data(ctx);
  const char *name = argc ? text_of(argv[0]) : NULL;
  const char *sql = argc > 1 ? text_of(argv[1]) : NULL;
  char *err = NULL;
  int64_t n = 1;
  int rc;

  if (argc > 3 || (argc && (!name || !sql)) ||
      (argc > 2 && sqlite3_value_type(argv[2]) != SQLITE_NULL &&
       !text_of(argv[2]))) {
    fail(ctx, "cache_define",
         sqlite3_mprintf("the arguments are a name, a SELECT, and perhaps "
                         "options; none at all make the tables of all that "
                         "is defined"),
         SQLITE_ERROR);
    return;
  }
  rc = argc ? hp_stored_define(c, name, sql, argc > 2 ? text_of(argv[2]) : NULL,
                               &err)
            : hp_stored_load(c, &n, &err);
  if (rc)
    fail(ctx, "cache_define", err, rc);
  else
    sqlite3_result_int64(ctx, n);
}

static void cache_undefine(sqlite3_context *ctx, int argc,
                           sqlite3_value **argv) {
  const char *name = text_of(argv[0]);
  char *err = NULL;
  int64_t n;
  int rc;

  (void)argc;
  if (!name) {
    fail(ctx, "cache_undefine",
         sqlite3_mprintf("the argument is the name of a definition"),
         SQLITE_ERROR);
    return;
  }
  rc = hp_stored_undefine(sqlite3_user_data(ctx), name, &n, &err);
  if (rc)
    fail(ctx, "cache_undefine", err, rc);
  else
    sqlite3_result_int64(ctx, n);
}

static void track(sqlite3_context *ctx, sqlite3_value *table,
                  const char *function,
                  int (*step)(hp_conn *, const char *, int64_t *, char **)) {
  const char *name = text_of(table);
  char *err = NULL;
  int64_t n;
  int rc;

  if (!name) {
    fail(ctx, function,
         sqlite3_mprintf("the argument is the name of a table in main"),
         SQLITE_ERROR);
    return;
  }
  rc = step(sqlite3_user_data(ctx), name, &n, &err);
  if (rc)
    fail(ctx, function, err, rc);
  else
    sqlite3_result_int64(ctx, n);
}

static void cache_track(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  track(ctx, argv[0], "cache_track", hp_tracking_add);
}

static void cache_untrack(sqlite3_context *ctx, int argc,
                          sqlite3_value **argv) {
  (void)argc;
  track(ctx, argv[0], "cache_untrack", hp_tracking_remove);
}

static int add(hp_conn *c, const char *name, int n_args,
               void (*call)(sqlite3_context *, int, sqlite3_value **)) {
  hp_conn *ref;
  int rc = hp_conn_open(c->db, &ref);

  if (rc) return rc;
  return sqlite3_create_function_v2(c->db, name, n_args,
                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, ref, call,
                                    NULL, NULL, hp_conn_close);
}

int hp_warm_sql_register(hp_conn *c) {
  int rc = add(c, "cache_refresh", -1, cache_refresh);

  if (!rc) rc = add(c, "cache_warm", 2, cache_warm);
  if (!rc) rc = add(c, "cache_define", -1, cache_define);
  if (!rc) rc = add(c, "cache_undefine", 1, cache_undefine);
  if (!rc) rc = add(c, "cache_track", 1, cache_track);
  return rc ? rc : add(c, "cache_untrack", 1, cache_untrack);
}
