/* SPDX-License-Identifier: MIT */
#include "cache/sentinel.h"

#include <string.h>

#define REGION 32768 /* bytes of the WAL index per xShmMap region */

static int is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c && strchr("/._-~", c));
}

static void append_encoded(sqlite3_str *out, const char *z) {
  for (; *z; z++) {
    if (is_plain(*z)) {
      sqlite3_str_appendchar(out, 1, *z);
    } else {
      sqlite3_str_appendf(out, "%%%02X", (unsigned char)*z);
    }
  }
}

/* These say how the host opened the file, not what the file is. */
static int is_own_affair(const char *key) {
  return !strcmp(key, "mode") || !strcmp(key, "cache") ||
         !strcmp(key, "immutable");
}

char *hp_sentinel_uri(const char *filename) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  const char *key;

  sqlite3_str_appendall(out, "file:");
  append_encoded(out, filename);
  sqlite3_str_appendall(out, "?cache=private");
  for (int i = 0; (key = sqlite3_uri_key(filename, i)) != NULL; i++) {
    const char *value = sqlite3_uri_parameter(filename, key);
    if (is_own_affair(key)) continue;
    sqlite3_str_appendchar(out, 1, '&');
    append_encoded(out, key);
    sqlite3_str_appendchar(out, 1, '=');
    append_encoded(out, value ? value : "");
  }
  return sqlite3_str_finish(out);
}

static int configure(sqlite3 *db) {
  sqlite3_busy_timeout(db, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  return sqlite3_exec(db,
                      "PRAGMA query_only=1; PRAGMA wal_autocheckpoint=0;"
                      "PRAGMA mmap_size=0; PRAGMA cache_size=8;"
                      "PRAGMA locking_mode=NORMAL",
                      NULL, NULL, NULL);
}

/* Reads the schema cookie: a read transaction that parses no schema. */
static int read_once(sqlite3 *db) {
  return sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
}

static int is_wal(sqlite3 *db, int *out) {
  sqlite3_stmt *stmt;
  int rc = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL);

  *out = 0;
  if (!rc && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *mode = (const char *)sqlite3_column_text(stmt, 0);
    *out = mode && !strcmp(mode, "wal");
  }
  if (rc) return rc;
  return sqlite3_finalize(stmt);
}

static int map_wal_index(hp_sentinel *s) {
  const sqlite3_io_methods *io = s->file->pMethods;
  void volatile *p = NULL;
  int rc;

  if (!io || io->iVersion < 2 || !io->xShmMap) return SQLITE_CANTOPEN;
  rc = io->xShmMap(s->file, 0, REGION, 0, &p);
  if (rc) return rc;
  s->wal_index = (const void *)p;
  return p ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int begin_watch(hp_sentinel *s) {
  int wal, rc = configure(s->db);

  if (rc) return rc;
  if (sqlite3_db_readonly(s->db, "main")) return SQLITE_READONLY;
  if ((rc = read_once(s->db)) || (rc = is_wal(s->db, &wal))) return rc;
  rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &s->file);
  if (rc) return rc;
  return wal ? map_wal_index(s) : SQLITE_OK;
}

int hp_sentinel_open(const char *uri, const char *vfs, hp_sentinel *out) {
  hp_sentinel s = {NULL, NULL, NULL};
  int rc = sqlite3_open_v2(uri, &s.db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI |
                               SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                           vfs);

  if (!rc) rc = begin_watch(&s);
  if (rc) hp_sentinel_close(&s);
  *out = s;
  return rc;
}

bool hp_sentinel_is_in_place(const hp_sentinel *s) {
  int has_moved = 1;

  return !sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED,
                               &has_moved) &&
         !has_moved;
}

void hp_sentinel_follow(hp_sentinel *s, sqlite3 *host, const char *schema) {
  int is_on = -1;

  if (!s->db) return;
  if (!sqlite3_file_control(host, schema, SQLITE_FCNTL_PERSIST_WAL, &is_on) &&
      is_on == 1) {
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &is_on);
  }
  if (!sqlite3_db_config(host, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &is_on) &&
      is_on == 1) {
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  }
}

void hp_sentinel_close(hp_sentinel *s) {
  sqlite3_close(s->db);
  *s = (hp_sentinel){NULL, NULL, NULL};
}
