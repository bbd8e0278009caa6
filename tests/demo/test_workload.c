/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>

#include "demo/workload.h"
#include "support/db.h"
#include "support/tmp.h"

static sqlite3 *db;
static demo_workload w;

static void setup(void) {
  test_tmp_renew();
  w = (demo_workload){0};
  db = test_db_open("own.db", NULL);
  test_db_exec(db, "CREATE TABLE a (id INTEGER PRIMARY KEY, n UNIQUE);"
                   "CREATE TABLE \"b \"\" b\" (x REFERENCES a (id), y);"
                   "INSERT INTO a VALUES (1, 'one'), (2, 'two');"
                   "INSERT INTO \"b \"\" b\" VALUES (1, NULL), (NULL, 3)");
}

static void teardown(void) {
  demo_workload_term(&w);
  test_db_close(db);
}

static const demo_item *item(const char *sql) {
  int i;

  for (i = 0; i < w.n; i++) {
    if (sqlite3_stricmp(w.items[i].sql, sql) == 0) return &w.items[i];
  }
  ck_abort_msg("no statement: %s", sql);
  return NULL;
}

static void run_file(const char *text) {
  const char *path = test_tmp_path("own.sql");
  FILE *file = fopen(path, "w");

  fputs(text, file);
  fclose(file);
  ck_assert_int_eq(demo_workload_file(db, path, &w), 0);
}

START_TEST(reads_are_made_for_tables_keys_and_references) {
  ck_assert_int_eq(demo_workload_made(db, db, &w), 0);
  ck_assert_int_eq(w.n, 5);
  ck_assert_int_eq(item("SELECT count(*) FROM \"a\"")->calls, 1);
  ck_assert_int_eq(
      item("SELECT * FROM \"a\" WHERE \"id\" = ?1 LIMIT 100")->calls, 2);
  ck_assert_int_eq(
      item("SELECT * FROM \"a\" WHERE \"n\" = ?1 LIMIT 100")->calls, 2);
  ck_assert_int_eq(item("SELECT * FROM \"b \"\" b\" WHERE \"x\" = ?1 "
                        "LIMIT 100")
                       ->calls,
                   1);
}
END_TEST

START_TEST(a_look_up_keeps_a_value_to_repeat_it_with) {
  ck_assert_int_eq(demo_workload_made(db, db, &w), 0);
  ck_assert_str_eq(
      (const char *)sqlite3_value_text(
          item("SELECT * FROM \"a\" WHERE \"n\" = ?1 LIMIT 100")->sample),
      "one");
  ck_assert_ptr_null(item("SELECT count(*) FROM \"a\"")->sample);
}
END_TEST

START_TEST(a_file_is_run_statement_by_statement) {
  run_file("-- a comment; with a semicolon\nSELECT 1;\n"
           "/* more */ INSERT INTO a VALUES (3, 'th;ree');\n"
           "SELECT count(*) FROM a -- no semicolon\n");
  ck_assert_int_eq(w.n, 3);
  ck_assert_int_eq(w.failed, 0);
  ck_assert(item("SELECT 1;")->is_read);
  ck_assert(!item("INSERT INTO a VALUES (3, 'th;ree');")->is_read);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM a"), 3);
}
END_TEST

START_TEST(a_statement_that_fails_does_not_stop_the_others) {
  run_file("SELECT nothing, 'a;b' FROM a; INSERT INTO a VALUES (1, 'x');"
           "SELECT FROM; SELECT 7;");
  ck_assert_int_eq(w.failed, 3);
  ck_assert_int_eq(item("SELECT 7;")->calls, 1);
}
END_TEST

START_TEST(a_file_without_statements_is_an_error) {
  const char *path = test_tmp_path("empty.sql");
  FILE *file = fopen(path, "w");

  fputs("-- nothing here\n", file);
  fclose(file);
  ck_assert_int_eq(demo_workload_file(db, path, &w), 1);
  ck_assert_int_eq(demo_workload_file(db, test_tmp_path("none"), &w), 1);
}
END_TEST

Suite *demo_workload_suite(void);

Suite *demo_workload_suite(void) {
  Suite *suite = suite_create("demo_workload");
  TCase *tc = tcase_create("workload");

  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, reads_are_made_for_tables_keys_and_references);
  tcase_add_test(tc, a_look_up_keeps_a_value_to_repeat_it_with);
  tcase_add_test(tc, a_file_is_run_statement_by_statement);
  tcase_add_test(tc, a_statement_that_fails_does_not_stop_the_others);
  tcase_add_test(tc, a_file_without_statements_is_an_error);
  suite_add_tcase(suite, tc);
  return suite;
}
