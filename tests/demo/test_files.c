/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo/files.h"
#include "demo/hash.h"
#include "support/db.h"
#include "support/tmp.h"

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");

  ck_assert_ptr_nonnull(file);
  fputs(text, file);
  fclose(file);
}

START_TEST(a_copy_has_the_same_content_and_leaves_the_original) {
  sqlite3 *db = test_db_open("a.db", "wal"), *copy;
  uint64_t original, copied;
  int64_t rows;
  int tables;

  test_db_exec(db, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x')");
  /* The row is in the log only: the writer is still there. */
  ck_assert_int_eq(demo_copy(test_tmp_path("a.db"), test_tmp_path("b.db")), 0);
  copy = test_db_open("b.db", NULL);
  ck_assert_int_eq(demo_hash_database(db, &original, &rows, &tables), 0);
  ck_assert_int_eq(demo_hash_database(copy, &copied, &rows, &tables), 0);
  ck_assert_uint_eq(original, copied);
  ck_assert_int_eq(rows, 1);
  ck_assert_int_eq(tables, 1);
  test_db_exec(copy, "UPDATE t SET a = 2");
  ck_assert_int_eq(test_db_int(db, "SELECT a FROM t"), 1);
  test_db_close(copy);
  test_db_close(db);
}
END_TEST

START_TEST(the_hash_tells_types_and_order_of_values_apart) {
  static const char *const values[] = {
      "(1, 2)",     "(2, 1)",   "('1', 2)",    "(1.0, 2)",   "(NULL, 2)",
      "(x'31', 2)", "('', 12)", "('ab', 'c')", "('a', 'bc')"};
  uint64_t seen[sizeof(values) / sizeof(values[0])];
  int64_t rows;
  int tables;
  size_t i, j;

  for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
    sqlite3 *db = test_db_open(":memory:", NULL);

    test_db_exec(db, "CREATE TABLE t (a, b); INSERT INTO t VALUES %s",
                 values[i]);
    ck_assert_int_eq(demo_hash_database(db, &seen[i], &rows, &tables), 0);
    for (j = 0; j < i; j++) ck_assert_uint_ne(seen[i], seen[j]);
    test_db_close(db);
  }
}
END_TEST

START_TEST(what_is_no_database_cannot_be_copied) {
  char text[2001];

  memset(text, 'x', 2000);
  text[2000] = '\0';
  write_file(test_tmp_path("text"), text);
  ck_assert_int_eq(demo_copy(test_tmp_path("text"), test_tmp_path("c")), 1);
  ck_assert_int_ne(access(test_tmp_path("c"), F_OK), 0);
  ck_assert_int_eq(demo_copy(test_tmp_path("none"), test_tmp_path("c")), 1);
  ck_assert_int_ne(access(test_tmp_path("none"), F_OK), 0);
}
END_TEST

START_TEST(migrations_run_in_the_order_of_their_numbers) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  uint64_t digest = DEMO_HASH_START, again = DEMO_HASH_START;

  write_file(test_tmp_path("010_c.sql"), "INSERT INTO t VALUES (10);");
  write_file(test_tmp_path("002_b.sql"), "INSERT INTO t VALUES (2);");
  write_file(test_tmp_path("001_a.sql"), "CREATE TABLE t (x);");
  write_file(test_tmp_path("003_a.txt"), "not a migration");
  ck_assert_int_eq(demo_migrate(db, test_tmp_dir(), 1, 10, &digest), 0);
  ck_assert_str_eq(test_db_text(db, "SELECT group_concat(x) FROM t"), "2,10");
  ck_assert_int_eq(demo_migrate(NULL, test_tmp_dir(), 1, 10, &again), 0);
  ck_assert_uint_eq(digest, again);
  ck_assert_int_eq(demo_migrate(db, test_tmp_dir(), 1, 1, NULL), 1);
  ck_assert_int_eq(demo_migrate(db, test_tmp_path("none"), 1, 9, NULL), 1);
  test_db_close(db);
}
END_TEST

Suite *demo_files_suite(void);

Suite *demo_files_suite(void) {
  Suite *suite = suite_create("demo_files");
  TCase *tc = tcase_create("files");

  tcase_add_checked_fixture(tc, test_tmp_renew, NULL);
  tcase_add_test(tc, a_copy_has_the_same_content_and_leaves_the_original);
  tcase_add_test(tc, the_hash_tells_types_and_order_of_values_apart);
  tcase_add_test(tc, what_is_no_database_cannot_be_copied);
  tcase_add_test(tc, migrations_run_in_the_order_of_their_numbers);
  suite_add_tcase(suite, tc);
  return suite;
}
