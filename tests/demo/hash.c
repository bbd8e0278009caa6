/* SPDX-License-Identifier: MIT */
#include "demo/hash.h"

#include "demo/say.h"

uint64_t demo_hash(uint64_t hash, const void *bytes, size_t n) {
  const unsigned char *byte = bytes;
  size_t i;

  for (i = 0; i < n; i++) hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
  return hash;
}

static uint64_t hash_value(uint64_t hash, sqlite3_stmt *stmt, int column) {
  int type = sqlite3_column_type(stmt, column);
  sqlite3_int64 integer;
  double real;

  hash = demo_hash(hash, &type, sizeof(type));
  if (type == SQLITE_INTEGER) {
    integer = sqlite3_column_int64(stmt, column);
    return demo_hash(hash, &integer, sizeof(integer));
  }
  if (type == SQLITE_FLOAT) {
    real = sqlite3_column_double(stmt, column);
    return demo_hash(hash, &real, sizeof(real));
  }
  if (type != SQLITE_NULL) {
    const void *bytes = sqlite3_column_blob(stmt, column);
    int n = sqlite3_column_bytes(stmt, column);

    hash = demo_hash(hash, &n, sizeof(n));
    return demo_hash(hash, bytes, (size_t)n);
  }
  return hash;
}

uint64_t demo_hash_row(uint64_t hash, sqlite3_stmt *stmt) {
  int n = sqlite3_column_count(stmt), i;

  for (i = 0; i < n; i++) hash = hash_value(hash, stmt, i);
  return hash;
}

/* The first two columns order every table of the demo: an id is a key, and
** card_tags has both columns in its key. */
static int hash_table(sqlite3 *db, const char *table, uint64_t *hash,
                      int64_t *rows) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT * FROM main.\"%w\" ORDER BY 1, 2", table);
  int rc = SQLITE_NOMEM;

  if (sql != NULL) rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK) {
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
      *hash = demo_hash_row(*hash, stmt);
      ++*rows;
    }
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? 0 : demo_fail_sql(db, "cannot compare a table");
}

int demo_hash_database(sqlite3 *db, uint64_t *hash, int64_t *rows,
                       int *tables) {
  sqlite3_stmt *stmt = NULL;
  int rc, failed = 0;

  *hash = DEMO_HASH_START;
  *rows = 0;
  *tables = 0;
  rc = sqlite3_prepare_v2(db,
                          "SELECT name FROM main.sqlite_schema "
                          "WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' "
                          "ESCAPE '^' ORDER BY name",
                          -1, &stmt, NULL);
  if (rc != SQLITE_OK) return demo_fail_sql(db, "cannot list the tables");
  while (failed == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(stmt, 0);

    *hash = demo_hash(*hash, name, (size_t)sqlite3_column_bytes(stmt, 0));
    failed = hash_table(db, name, hash, rows);
    ++*tables;
  }
  sqlite3_finalize(stmt);
  if (failed == 0 && rc != SQLITE_DONE) {
    failed = demo_fail_sql(db, "cannot list the tables");
  }
  return failed;
}
