/* SPDX-License-Identifier: MIT */
#include "support/cached.h"

#include "cache/cache.h"

#include <check.h>
#include <string.h>

sqlite3 *test_cached_open(const char *name, const char *journal_mode) {
  sqlite3 *db = test_db_open(name, journal_mode);
  hp_conn *c;

  ck_assert_int_eq(hp_conn_open(db, &c), SQLITE_OK);
  ck_assert_int_eq(hp_cache_register(c), SQLITE_OK);
  hp_conn_close(c);
  return db;
}

const char *test_cached_source(sqlite3 *db, const char *call) {
  return test_db_text(db, "SELECT DISTINCT _source FROM %s", call);
}

int64_t test_cached_count(sqlite3 *db, const char *name, const char *column) {
  return test_db_int(db, "SELECT %s FROM cache_stats WHERE name = %Q", column,
                     name);
}

static void expect_same_value(sqlite3_value *a, sqlite3_value *b,
                              const char *what) {
  int type = sqlite3_value_type(a), n;
  double x, y;

  ck_assert_msg(type == sqlite3_value_type(b), "%s: type %d and %d", what, type,
                sqlite3_value_type(b));
  ck_assert_msg(sqlite3_value_subtype(a) == sqlite3_value_subtype(b),
                "%s: subtypes differ", what);
  if (type == SQLITE_INTEGER) {
    ck_assert_int_eq(sqlite3_value_int64(a), sqlite3_value_int64(b));
  } else if (type == SQLITE_FLOAT) {
    x = sqlite3_value_double(a), y = sqlite3_value_double(b);
    ck_assert_msg(memcmp(&x, &y, sizeof x) == 0, "%s: %g and %g", what, x, y);
  } else if (type != SQLITE_NULL) {
    n = sqlite3_value_bytes(a);
    ck_assert_int_eq(n, sqlite3_value_bytes(b));
    ck_assert_msg(n == 0 || memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b),
                                   (size_t)n) == 0,
                  "%s: bytes differ", what);
  }
}

void test_cached_same(sqlite3 *db, const char *cached, const char *direct) {
  sqlite3_stmt *a = test_db_prepare(db, cached),
               *b = test_db_prepare(db, direct);
  int rc;

  ck_assert_int_eq(sqlite3_column_count(a), sqlite3_column_count(b));
  while ((rc = sqlite3_step(a)) == SQLITE_ROW) {
    ck_assert_msg(sqlite3_step(b) == SQLITE_ROW, "%s: a row too many", cached);
    for (int i = 0; i < sqlite3_column_count(a); i++) {
      expect_same_value(sqlite3_column_value(a, i), sqlite3_column_value(b, i),
                        cached);
    }
  }
  ck_assert_msg(rc == SQLITE_DONE, "%s: %s", cached, sqlite3_errmsg(db));
  ck_assert_msg(sqlite3_step(b) == SQLITE_DONE, "%s: a row too few", cached);
  sqlite3_finalize(a);
  sqlite3_finalize(b);
}

sqlite3 *test_cached_cards(void) {
  sqlite3 *db = test_cached_open("test.db", "wal");

  test_db_exec(db,
               "CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT,"
               "  word TEXT, n REAL);"
               "INSERT INTO card VALUES (1, 1, 'ichi', 1.5), (2, 1, 'ni', 2.5),"
               "  (3, 2, 'san', 3.5), (4, 2, NULL, NULL)");
  return db;
}
