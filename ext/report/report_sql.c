/* SPDX-License-Identifier: MIT */
#include "report/report_sql.h"

#include "base/clock.h"
#include "report/migration.h"

static const struct {
  const char *name;
  int (*write)(hp_conn *c, int64_t wall_ms, char **out, char **err);
} formats[] = {{"migration", hp_migration_write}};

enum { N_FORMATS = sizeof formats / sizeof *formats };

/* Ends the function with a sentence; frees it. */
static void fail(sqlite3_context *ctx, char *sentence) {
  if (sentence)
    sqlite3_result_error(ctx, sentence, -1);
  else
    sqlite3_result_error_nomem(ctx);
  sqlite3_free(sentence);
}

static void refuse(sqlite3_context *ctx, const char *name) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendf(s, "hotpath_report() has no format %.40Q; there is",
                      name);
  for (int i = 0; i < N_FORMATS; i++) {
    sqlite3_str_appendf(s, "%s %s", i ? "," : "", formats[i].name);
  }
  fail(ctx, sqlite3_str_finish(s));
}

static void report(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *name = (const char *)sqlite3_value_text(argv[0]);
  char *out, *err;
  int i = 0, rc;

  (void)argc;
  while (i < N_FORMATS && sqlite3_stricmp(formats[i].name, name)) i++;
  if (i == N_FORMATS) {
    refuse(ctx, name);
    return;
  }
  rc = formats[i].write(sqlite3_user_data(ctx), hp_clock_wall_ms(), &out, &err);
  if (!rc) {
    sqlite3_result_text(ctx, out, -1, sqlite3_free);
  } else {
    fail(ctx,
         sqlite3_mprintf("hotpath_report: %s", err ? err : sqlite3_errstr(rc)));
    sqlite3_result_error_code(ctx, rc);
  }
  sqlite3_free(err);
}

int hp_report_sql_register(hp_conn *c) {
  hp_conn *ref;
  int rc = hp_conn_open(c->db, &ref);

  if (rc) return rc;
  return sqlite3_create_function_v2(c->db, "hotpath_report", 1,
                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, ref,
                                    report, NULL, NULL, hp_conn_close);
}
