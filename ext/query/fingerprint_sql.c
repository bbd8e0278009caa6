/* SPDX-License-Identifier: MIT */
#include "query/fingerprint_sql.h"
#include "query/fingerprint.h"

/* The text of the argument, or NULL: for SQL NULL the result is NULL, and
** out of memory is reported. */
static const char *text_of(sqlite3_context *ctx, sqlite3_value *value,
                           size_t *n) {
  const char *sql;

  if (sqlite3_value_type(value) == SQLITE_NULL) return NULL;
  sql = (const char *)sqlite3_value_text(value);
  *n = (size_t)sqlite3_value_bytes(value);
  if (!sql) sqlite3_result_error_nomem(ctx);
  return sql;
}

static void normalize(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  size_t n;
  const char *sql = text_of(ctx, argv[0], &n);
  char *normal;

  (void)argc;
  if (!sql) return;
  normal = hp_fingerprint_normalize(sql, n);
  if (normal)
    sqlite3_result_text(ctx, normal, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(ctx);
}

static void fingerprint(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  size_t n;
  const char *sql = text_of(ctx, argv[0], &n);
  uint64_t hash;
  char hex[17];

  (void)argc;
  if (!sql) return;
  hash = hp_fingerprint(sql, n);
  if (hash == 0) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  sqlite3_snprintf(sizeof hex, hex, "%016llx", (unsigned long long)hash);
  sqlite3_result_text(ctx, hex, -1, SQLITE_TRANSIENT);
}

int hp_fingerprint_register(sqlite3 *db) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int rc = sqlite3_create_function_v2(db, "query_normalize", 1, flags, NULL,
                                      normalize, NULL, NULL, NULL);

  if (rc != SQLITE_OK) return rc;
  return sqlite3_create_function_v2(db, "query_fingerprint", 1, flags, NULL,
                                    fingerprint, NULL, NULL, NULL);
}
