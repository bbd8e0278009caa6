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

/* SQLite divides the memory of a shared cache among its connections. */
bool hp_pager_is_shared(sqlite3 *db) {
  int own = 0, part = 0, peak;

  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED, &own, &peak, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED_SHARED, &part, &peak, 0);
  return own != part;
}
