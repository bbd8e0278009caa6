/* SPDX-License-Identifier: MIT */
#include "cache/pager.h"

bool hp_pager_data_version(sqlite3 *db, const char *schema, uint32_t *out) {
  unsigned v = 0;

  if (sqlite3_file_control(db, schema, SQLITE_FCNTL_DATA_VERSION, &v)) {
    return false;
  }
  *out = v;
  return true;
}

void *hp_pager_vfs(sqlite3 *db, const char *schema) {
  void *vfs = NULL;

  sqlite3_file_control(db, schema, SQLITE_FCNTL_VFS_POINTER, &vfs);
  return vfs;
}

int hp_pager_lock(sqlite3 *db, const char *schema) {
  int state = -1;

  sqlite3_file_control(db, schema, SQLITE_FCNTL_LOCKSTATE, &state);
  return state;
}

bool hp_pager_is_lock_usual(sqlite3 *db, const char *schema, int txn) {
  return hp_pager_lock(db, schema) ==
         (txn == SQLITE_TXN_READ ? HP_PAGER_SHARED : 0);
}

static int status(sqlite3 *db, int op) {
  int v = 0, peak;

  sqlite3_db_status(db, op, &v, &peak, 0);
  return v;
}

static int64_t total_changes(sqlite3 *db) {
  if (sqlite3_libversion_number() < 3037000) return sqlite3_total_changes(db);
  return sqlite3_total_changes64(db);
}

void hp_pager_count(sqlite3 *db, hp_pager_counts *out) {
  out->written = status(db, SQLITE_DBSTATUS_CACHE_WRITE);
  out->spilled = status(db, SQLITE_DBSTATUS_CACHE_SPILL);
  out->changes = total_changes(db);
}

int hp_pager_touched(sqlite3 *db) {
  return status(db, SQLITE_DBSTATUS_CACHE_HIT) +
         status(db, SQLITE_DBSTATUS_CACHE_MISS);
}

int hp_pager_bytes(sqlite3 *db) {
  return status(db, SQLITE_DBSTATUS_CACHE_USED);
}

/* SQLite divides the memory of a shared cache among its connections. */
bool hp_pager_is_shared(sqlite3 *db) {
  int own = 0, part = 0, peak;

  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED, &own, &peak, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED_SHARED, &part, &peak, 0);
  return own != part;
}

int hp_pager_begin_read(sqlite3 *db, const char *schema, sqlite3_stmt **stmt) {
  int rc = SQLITE_OK;
  char *sql;

  if (!*stmt) {
    sql = sqlite3_mprintf("SELECT 1 FROM \"%w\".sqlite_schema LIMIT 1", schema);
    if (!sql) return SQLITE_NOMEM;
    rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
    sqlite3_free(sql);
  }
  if (rc) return rc;
  sqlite3_step(*stmt);
  return sqlite3_reset(*stmt);
}

/* Any read makes the pager look whether others have written; this one needs
** no schema. It cannot be kept prepared: the host could not close. */
bool hp_pager_poll(sqlite3 *db, const char *schema) {
  char *sql = sqlite3_mprintf("PRAGMA \"%w\".schema_version", schema);
  bool ok = sql && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

  sqlite3_free(sql);
  return ok;
}
