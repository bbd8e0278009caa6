/* SPDX-License-Identifier: MIT */
#include "query/portable_sql.h"

#include "query/portable.h"
#include "query/trace.h"

typedef struct writing {
  sqlite3_str *out;
  hp_portable_now now;
  const char *comma;
} writing;

static int put(const hp_stat *s, void *arg) {
  writing *w = arg;

  if (!s->tally.calls) return SQLITE_OK;
  sqlite3_str_appendall(w->out, w->comma);
  hp_portable_put(w->out, s, w->now);
  w->comma = ",\n";
  return sqlite3_str_errcode(w->out);
}

static void export_all(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  writing w = {.out = sqlite3_str_new(sqlite3_context_db_handle(ctx)),
               .now = hp_portable_now_get(),
               .comma = ""};
  char *json;
  int rc;

  (void)argc, (void)argv;
  hp_trace_settle(sqlite3_user_data(ctx));
  sqlite3_str_appendall(w.out, "[");
  rc = hp_stats_each(put, &w);
  sqlite3_str_appendall(w.out, "]");
  json = sqlite3_str_finish(w.out);
  if (!rc && json) {
    sqlite3_result_text(ctx, json, -1, sqlite3_free);
    return;
  }
  sqlite3_free(json);
  sqlite3_result_error_code(ctx, rc ? rc : SQLITE_NOMEM);
}

static void import_all(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *json = (const char *)sqlite3_value_text(argv[0]);
  char *err;
  int64_t n;
  int rc;

  (void)argc;
  if (!json) return;
  rc = hp_portable_import(sqlite3_user_data(ctx), json, &n, &err);
  if (!rc)
    sqlite3_result_int64(ctx, n);
  else if (err)
    sqlite3_result_error(ctx, err, -1);
  else
    sqlite3_result_error_nomem(ctx);
  sqlite3_free(err);
}

static int add(hp_conn *c, const char *name, int n_args,
               void (*fn)(sqlite3_context *, int, sqlite3_value **)) {
  hp_conn *ref;
  int rc = hp_conn_open(c->db, &ref);

  if (rc) return rc;
  return sqlite3_create_function_v2(c->db, name, n_args,
                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, ref, fn,
                                    NULL, NULL, hp_conn_close);
}

int hp_portable_register(hp_conn *c) {
  int rc = add(c, "query_export", 0, export_all);

  return rc ? rc : add(c, "query_import", 1, import_all);
}
