/* SPDX-License-Identifier: MIT */
#include "schema/refresh.h"

static int refresh(sqlite3 *db, const char *name, bool *was_stale) {
  char *sql =
      sqlite3_mprintf("SELECT 1 FROM \"%w\".sqlite_schema LIMIT 1", name);
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (stmt) {
    rc = sqlite3_step(stmt);
    if (sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0)) {
      *was_stale = true;
    }
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return hp_rc_rolls_back(rc) ? rc : SQLITE_OK;
}

int hp_schemas_refresh(sqlite3 *db, bool *was_stale) {
  sqlite3_stmt *list = NULL;
  int rc = sqlite3_prepare_v2(db, "PRAGMA database_list", -1, &list, NULL);

  while (!rc && sqlite3_step(list) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(list, 1);

    rc = name ? refresh(db, name, was_stale) : SQLITE_NOMEM;
  }
  if (rc)
    sqlite3_finalize(list);
  else
    rc = sqlite3_finalize(list);
  return hp_rc_rolls_back(rc) ? rc : SQLITE_OK;
}
