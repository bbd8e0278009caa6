/* SPDX-License-Identifier: MIT */
#include "report/help.h"

#include "support/db.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *report_help_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("help.db", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

START_TEST(every_example_runs) {
  for (const hp_help *h = hp_help_table; h->name; h++) {
    char *message = NULL;
    ck_assert_str_ne(h->example, "");
    sqlite3_exec(db, h->example, NULL, NULL, &message);
    ck_assert_msg(!message, "example of %s: %s: %s", h->name, h->example,
                  message ? message : "");
  }
}
END_TEST

/* What this connection has and a connection without hotpath has not. */
static const char *added(const char *list) {
  sqlite3 *plain = test_db_open("plain.db", NULL);

  test_db_exec(db, "CREATE TEMP TABLE IF NOT EXISTS plain(name)");
  test_db_exec(db, "DELETE FROM plain");
  for (sqlite3_stmt *s = test_db_prepare(plain, list);;) {
    if (sqlite3_step(s) != SQLITE_ROW) {
      sqlite3_finalize(s);
      break;
    }
    test_db_exec(db, "INSERT INTO plain VALUES(%Q)", sqlite3_column_text(s, 0));
  }
  test_db_close(plain);
  return test_db_text(db, "%s EXCEPT SELECT name FROM plain", list);
}

static void expect_rows_for(const char *names) {
  char *copy = strdup(names), *rest = NULL;
  int n = 0;

  for (char *name = strtok_r(copy, "\n", &rest); name;
       name = strtok_r(NULL, "\n", &rest), n++) {
    ck_assert_msg(test_db_int(db,
                              "SELECT count(*) FROM hotpath_help"
                              " WHERE name = %Q",
                              name) > 0,
                  "hotpath_help has no row for %s", name);
  }
  ck_assert_int_gt(n, 0);
  free(copy);
}

START_TEST(every_function_has_a_row) {
  expect_rows_for(added("SELECT DISTINCT name FROM pragma_function_list"));
}
END_TEST

START_TEST(every_table_has_a_row) {
  expect_rows_for(added("SELECT name FROM pragma_module_list"
                        " WHERE name NOT LIKE 'pragma%' AND"
                        " name NOT LIKE 'fts%'"));
}
END_TEST

static bool is_there(const hp_help *h) {
  bool is_function = strncmp(h->kind, "function", 8) == 0;

  return test_db_int(db, "SELECT count(*) FROM pragma_%s_list WHERE name = %Q",
                     is_function ? "function" : "module", h->name) > 0;
}

START_TEST(every_row_names_something_that_is_there) {
  for (const hp_help *h = hp_help_table; h->name; h++)
    ck_assert_msg(is_there(h), "%s is not registered", h->name);
}
END_TEST

START_TEST(a_table_s_columns_are_as_told) {
  for (const hp_help *h = hp_help_table; h->name; h++) {
    if (strcmp(h->kind, "table")) continue;
    ck_assert_str_eq(test_db_text(db,
                                  "SELECT group_concat(name, ', ') FROM"
                                  " pragma_table_info(%Q)",
                                  h->name),
                     h->returns);
  }
}
END_TEST

Suite *report_help_suite(void) {
  Suite *s = suite_create("report_help");
  TCase *c = tcase_create("help");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, every_example_runs);
  tcase_add_test(c, every_function_has_a_row);
  tcase_add_test(c, every_table_has_a_row);
  tcase_add_test(c, every_row_names_something_that_is_there);
  tcase_add_test(c, a_table_s_columns_are_as_told);
  suite_add_tcase(s, c);
  return s;
}
