/* SPDX-License-Identifier: MIT */
#include "cache/key.h"
#include "base/sqlite_api.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

Suite *cache_key_suite(void);

static const hp_key seed = {.lo = 1, .hi = 2};

/* Makes the function key(args…), which answers the key as a blob. */
static void key_fn(sqlite3_context *ctx, int n, sqlite3_value **args) {
  const hp_key *s = sqlite3_user_data(ctx);
  hp_key k;
  int rc = hp_key_of(s, n, args, &k);

  if (rc) {
    sqlite3_result_error_code(ctx, rc);
  } else {
    sqlite3_result_blob(ctx, &k, sizeof k, SQLITE_TRANSIENT);
  }
}

static void subtyped(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  sqlite3_result_value(ctx, args[0]);
  sqlite3_result_subtype(ctx, 'J');
}

static sqlite3 *open_db(void) {
  sqlite3 *db;

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_create_function(db, "key", -1, SQLITE_UTF8, (void *)&seed, key_fn,
                          NULL, NULL);
  sqlite3_create_function(db, "subtyped", 1,
                          SQLITE_UTF8 | SQLITE_RESULT_SUBTYPE, NULL, subtyped,
                          NULL, NULL);
  return db;
}

static int64_t answer(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;
  int64_t i;

  ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  i = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return i;
}

START_TEST(equal_arguments_have_equal_keys) {
  sqlite3 *db = open_db();

  ck_assert(answer(db, "SELECT key(1, 'a', NULL) = key(1, 'a', NULL)"));
  ck_assert(answer(db, "SELECT key() = key()"));
  ck_assert(answer(db, "SELECT key(zeroblob(3)) = key(x'000000')"));
  sqlite3_close(db);
}
END_TEST

START_TEST(values_that_differ_in_type_or_bytes_have_different_keys) {
  static const char *const values[] = {
      "",        "NULL",         "1",      "1.0",          "'1'",    "x'31'",
      "''",      "x''",          "'1',''", "'','1'",       "NULL,1", "1,NULL",
      "-0.0",    "0.0",          "0",      "'a'",          "'A'",    "'a '",
      "char(0)", "'a'||char(0)", "9e999",  "subtyped('1')"};
  int n = sizeof values / sizeof *values;
  sqlite3 *db = open_db();

  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      char *sql =
          sqlite3_mprintf("SELECT key(%s) = key(%s)", values[i], values[j]);
      ck_assert_msg(answer(db, sql) == (i == j), "%s", sql);
      sqlite3_free(sql);
    }
  }
  sqlite3_close(db);
}
END_TEST

START_TEST(arguments_of_any_length_are_hashed_whole) {
  sqlite3 *db = open_db();

  ck_assert(answer(db, "SELECT key(zeroblob(100000)||'a') <> "
                       "key(zeroblob(100000)||'b')"));
  ck_assert(answer(
      db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
          "LIMIT 600) SELECT count(DISTINCT key(printf('%.*c', i, 'x'))) = "
          "600 FROM n"));
  sqlite3_close(db);
}
END_TEST

START_TEST(the_seed_is_part_of_the_key) {
  hp_key a = {.lo = 1}, b = {.hi = 1}, x, y;

  ck_assert_int_eq(hp_key_of(&a, 0, NULL, &x), SQLITE_OK);
  ck_assert_int_eq(hp_key_of(&b, 0, NULL, &y), SQLITE_OK);
  ck_assert(x.lo != y.lo && x.hi != y.hi);
}
END_TEST

START_TEST(utf_16_text_has_the_key_of_the_same_utf_8_text) {
  sqlite3 *db = open_db(), *db16;
  sqlite3_stmt *a, *b;

  ck_assert_int_eq(sqlite3_open(":memory:", &db16), SQLITE_OK);
  sqlite3_exec(db16, "PRAGMA encoding='UTF-16'", NULL, NULL, NULL);
  sqlite3_create_function(db16, "key", -1, SQLITE_UTF8, (void *)&seed, key_fn,
                          NULL, NULL);
  sqlite3_prepare_v2(db, "SELECT key('héé')", -1, &a, NULL);
  sqlite3_prepare_v2(db16, "SELECT key('héé')", -1, &b, NULL);
  ck_assert_int_eq(sqlite3_step(a), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_step(b), SQLITE_ROW);
  ck_assert_mem_eq(sqlite3_column_blob(a, 0), sqlite3_column_blob(b, 0), 16);
  sqlite3_finalize(a);
  sqlite3_finalize(b);
  sqlite3_close(db);
  sqlite3_close(db16);
}
END_TEST

Suite *cache_key_suite(void) {
  Suite *s = suite_create("cache_key");
  TCase *c = tcase_create("key");

  tcase_add_test(c, equal_arguments_have_equal_keys);
  tcase_add_test(c, values_that_differ_in_type_or_bytes_have_different_keys);
  tcase_add_test(c, arguments_of_any_length_are_hashed_whole);
  tcase_add_test(c, the_seed_is_part_of_the_key);
  tcase_add_test(c, utf_16_text_has_the_key_of_the_same_utf_8_text);
  suite_add_tcase(s, c);
  return s;
}
