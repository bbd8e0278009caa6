/* SPDX-License-Identifier: MIT */
#include "report/version_sql.h"

#include "base/version.h"

static void version(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_text(ctx, hp_version, -1, SQLITE_STATIC);
}

static void debug(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  char *text = sqlite3_mprintf(
      "hotpath %s\ncompiled with SQLite %s headers by %s\nrunning in SQLite %s "
      "(%s), threadsafe=%d",
      hp_version, SQLITE_VERSION, __VERSION__, sqlite3_libversion(),
      sqlite3_sourceid(), sqlite3_threadsafe());

  (void)argc, (void)argv;
  if (text)
    sqlite3_result_text(ctx, text, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(ctx);
}

int hp_version_register(sqlite3 *db) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int rc = sqlite3_create_function_v2(db, "hotpath_version", 0, flags, NULL,
                                      version, NULL, NULL, NULL);

  if (rc) return rc;
  return sqlite3_create_function_v2(db, "hotpath_debug", 0, flags, NULL, debug,
                                    NULL, NULL, NULL);
}
