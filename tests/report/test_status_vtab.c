/* SPDX-License-Identifier: MIT */
#include "report/status_vtab.h"

#include "hotpath.h"
#include "support/db.h"

#include <check.h>
#include <stdlib.h>

Suite *report_status_vtab_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath(":memory:", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

static const char *status(const char *name) {
  return test_db_text(db, "SELECT value FROM hotpath_status WHERE name = %Q",
                      name);
}

START_TEST(it_names_versions_and_the_hook) {
  ck_assert_str_eq(status("version"), HOTPATH_VERSION);
  ck_assert_str_eq(status("sqlite"), sqlite3_libversion());
  ck_assert_str_eq(status("hook"), "alive");
  test_db_exec(db, "SELECT query_config('hook', 'off')");
  ck_assert_str_eq(status("hook"), "off");
}
END_TEST

START_TEST(the_cost_of_the_hook_is_measured) {
  ck_assert_str_eq(status("hook_overhead"), "NULL");
  for (int i = 0; i < 200; i++) test_db_int(db, "SELECT 1");
  ck_assert_str_eq(status("hook_overhead_samples"), "1");
  ck_assert_int_gt(atoi(status("hook_overhead")), 0);
  ck_assert_int_lt(atoi(status("hook_overhead")), 1000000);
}
END_TEST

START_TEST(memory_and_statements_are_counted) {
  test_db_int(db, "SELECT 1");
  ck_assert_int_gt(atoi(status("statistics_memory")), 1000);
  ck_assert_int_ge(atoi(status("fingerprints")), 1);
}
END_TEST

START_TEST(versions_are_functions_too) {
  ck_assert_str_eq(test_db_text(db, "SELECT hotpath_version()"),
                   HOTPATH_VERSION);
  ck_assert_int_eq(test_db_int(db, "SELECT hotpath_debug() LIKE 'hotpath "
                                   "%%running in SQLite %%'"),
                   1);
}
END_TEST

START_TEST(registering_twice_changes_nothing) {
  char *err = NULL;

  ck_assert_int_eq(sqlite3_hotpath_init(db, &err, NULL),
                   SQLITE_OK_LOAD_PERMANENTLY);
  ck_assert_ptr_null(err);
  ck_assert_str_eq(status("hook"), "alive");
}
END_TEST

Suite *report_status_vtab_suite(void) {
  Suite *s = suite_create("report_status_vtab");
  TCase *c = tcase_create("status");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, it_names_versions_and_the_hook);
  tcase_add_test(c, the_cost_of_the_hook_is_measured);
  tcase_add_test(c, memory_and_statements_are_counted);
  tcase_add_test(c, versions_are_functions_too);
  tcase_add_test(c, registering_twice_changes_nothing);
  suite_add_tcase(s, c);
  return s;
}
