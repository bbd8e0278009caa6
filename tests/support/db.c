/* SPDX-License-Identifier: MIT */
#include "support/db.h"

#include "hotpath.h"
#include "support/tmp.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { N_RESULTS = 8 };

static void expect(sqlite3 *db, int rc, int wanted, const char *what) {
  ck_assert_msg(rc == wanted, "%s: %s (%d)", what, sqlite3_errmsg(db), rc);
}

/* Keeps a malloc'ed text for the next seven calls; returns it. */
static const char *keep(char *text) {
  static _Thread_local char *kept[N_RESULTS];
  static _Thread_local unsigned next;
  char **slot = &kept[next++ % N_RESULTS];

  free(*slot);
  *slot = text;
  return text;
}

static const char *keep_and_free(char *text) {
  char *copy = strdup(text != NULL ? text : "");

  sqlite3_free(text);
  ck_assert_ptr_nonnull(copy);
  return keep(copy);
}

static char *format_sql(const char *format, va_list args) {
  char *sql = sqlite3_vmprintf(format, args);

  ck_assert_ptr_nonnull(sql);
  return sql;
}

sqlite3 *test_db_open(const char *name, const char *journal_mode) {
  bool is_whole =
      name[0] == '/' || name[0] == ':' || strncmp(name, "file:", 5) == 0;
  const char *path = is_whole ? name : test_tmp_path(name);
  sqlite3 *db = NULL;
  int rc = sqlite3_open_v2(
      path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
      NULL);

  expect(db, rc, SQLITE_OK, path);
  sqlite3_busy_timeout(db, 5000);
  if (journal_mode != NULL) {
    const char *got = test_db_text(db, "PRAGMA journal_mode=%s", journal_mode);

    ck_assert_msg(sqlite3_stricmp(got, journal_mode) == 0,
                  "%s: journal_mode %s, not %s", path, got, journal_mode);
  }
  return db;
}

sqlite3 *test_db_open_hotpath(const char *name, const char *journal_mode) {
  sqlite3 *db = test_db_open(name, journal_mode);
  char *err = NULL;
  int rc = sqlite3_hotpath_init(db, &err, NULL);

  ck_assert_msg(rc == SQLITE_OK || rc == SQLITE_OK_LOAD_PERMANENTLY,
                "hotpath: %s (%d)", err != NULL ? err : "no message", rc);
  return db;
}

void test_db_close(sqlite3 *db) {
  expect(db, sqlite3_close(db), SQLITE_OK, "close");
}

void test_db_exec(sqlite3 *db, const char *format, ...) {
  va_list args;
  char *sql;

  va_start(args, format);
  sql = format_sql(format, args);
  va_end(args);
  expect(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql);
  sqlite3_free(sql);
}

sqlite3_stmt *test_db_prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = NULL;

  expect(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, sql);
  return stmt;
}

int64_t test_db_int(sqlite3 *db, const char *format, ...) {
  va_list args;
  char *sql;
  sqlite3_stmt *stmt;
  int64_t value;

  va_start(args, format);
  sql = format_sql(format, args);
  va_end(args);
  stmt = test_db_prepare(db, sql);
  expect(db, sqlite3_step(stmt), SQLITE_ROW, sql);
  value = sqlite3_column_int64(stmt, 0);
  expect(db, sqlite3_finalize(stmt), SQLITE_OK, sql);
  sqlite3_free(sql);
  return value;
}

static void append_value(sqlite3_str *out, sqlite3_stmt *stmt, int i) {
  int n = sqlite3_column_bytes(stmt, i);

  switch (sqlite3_column_type(stmt, i)) {
  case SQLITE_NULL: sqlite3_str_appendall(out, "NULL"); break;
  case SQLITE_BLOB:
    sqlite3_str_appendall(out, "x'");
    for (int k = 0; k < n; k++) {
      sqlite3_str_appendf(
          out, "%02x",
          ((const unsigned char *)sqlite3_column_blob(stmt, i))[k]);
    }
    sqlite3_str_appendall(out, "'");
    break;
  default:
    sqlite3_str_append(out, (const char *)sqlite3_column_text(stmt, i), n);
  }
}

const char *test_db_text(sqlite3 *db, const char *format, ...) {
  sqlite3_str *out = sqlite3_str_new(db);
  sqlite3_stmt *stmt;
  va_list args;
  char *sql;
  int rc;

  va_start(args, format);
  sql = format_sql(format, args);
  va_end(args);
  stmt = test_db_prepare(db, sql);
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    if (sqlite3_str_length(out) > 0) sqlite3_str_appendall(out, "\n");
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
      if (i > 0) sqlite3_str_appendall(out, "|");
      append_value(out, stmt, i);
    }
  }
  expect(db, rc, SQLITE_DONE, sql);
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return keep_and_free(sqlite3_str_finish(out));
}

const char *test_db_error(sqlite3 *db, const char *sql) {
  char *message = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &message);

  ck_assert_msg(rc != SQLITE_OK, "meant to fail, but succeeded: %s", sql);
  return keep_and_free(message);
}

bool test_db_since(int version) {
  return sqlite3_libversion_number() >= version;
}

bool test_db_knows(const char *sql) {
  if (!sql) return true;
  return (test_db_since(3035000) || !strstr(sql, "RETURNING")) &&
         (test_db_since(3038000) || !strstr(sql, "unixepoch"));
}
