/* SPDX-License-Identifier: MIT */
#include "base/statement.h"

#include <stdarg.h>

static void explain(sqlite3 *db, int rc, char **err) {
  if (rc && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
}

int hp_statement_prepare(sqlite3 *db, char *sql, sqlite3_stmt **out,
                         char **err) {
  const char *tail = "";
  int rc = SQLITE_NOMEM;

  *out = NULL;
  if (sql) rc = sqlite3_prepare_v2(db, sql, -1, out, &tail);
  if (!rc && *tail) {
    *err = sqlite3_mprintf("the statement does not end where it should: %.100s",
                           tail);
    sqlite3_finalize(*out);
    *out = NULL;
    rc = SQLITE_ERROR;
  }
  explain(db, rc, err);
  sqlite3_free(sql);
  return rc;
}

int hp_statement_finish(sqlite3 *db, sqlite3_stmt *stmt, int rc, char **err) {
  if (!rc) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) rc = SQLITE_OK;
  explain(db, rc, err);
  sqlite3_finalize(stmt);
  return rc;
}

int hp_statement_run(sqlite3 *db, char **err, const char *format, ...) {
  sqlite3_stmt *stmt;
  va_list args;
  char *sql;
  int rc;

  va_start(args, format);
  sql = sqlite3_vmprintf(format, args);
  va_end(args);
  rc = hp_statement_prepare(db, sql, &stmt, err);
  return hp_statement_finish(db, stmt, rc, err);
}
