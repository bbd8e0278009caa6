/* SPDX-License-Identifier: MIT */
#include "advisor/ddl.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_ddl_suite(void);

static const char fill[] = "CREATE TABLE t(a, b, c);"
                           "CREATE INDEX \"my \"\"index\" ON t(a);"
                           "CREATE UNIQUE INDEX Idx_t_B ON t(b);"
                           "CREATE VIEW idx_t_c AS SELECT 1;";

enum { QUOTED, UNIQUE };

static sqlite3 *host;
static hp_lab *lab;
static hp_report report;
static char *err;

static void set_up(void) {
  host = test_db_open("host.db", NULL);
  test_db_exec(host, "%s", fill);
  report = (hp_report){0};
  ck_assert_int_eq(hp_lab_open(host, NULL, &lab, &err), SQLITE_OK);
}

static void take_down(void) {
  hp_report_term(&report);
  hp_lab_close(lab);
  test_db_close(host);
}

static int build(const char *sql) {
  int i;

  ck_assert_int_eq(hp_lab_build(lab, sql, &i, &err), SQLITE_OK);
  return i;
}

/* Advises index i: its DDL. */
static const char *create(int i) {
  char *ddl = hp_ddl_create(lab, i, &report);
  int rc = hp_report_add(&report, (hp_advice){.action = "create",
                                              .ddl = ddl,
                                              .table = sqlite3_mprintf("t"),
                                              .helped = sqlite3_mprintf(""),
                                              .harmed = sqlite3_mprintf(""),
                                              .evidence = sqlite3_mprintf("")});

  ck_assert_int_eq(rc, SQLITE_OK);
  return ddl;
}

START_TEST(a_new_index_loses_the_number_of_the_lab) {
  int i = build("CREATE INDEX \"idx_t_a__2\" ON \"t\"(\"a\", \"c\" DESC)");

  ck_assert_str_eq(create(i),
                   "CREATE INDEX \"idx_t_a\" ON \"t\"(\"a\", \"c\" DESC);");
}
END_TEST

START_TEST(a_name_that_the_schema_has_gets_a_number) {
  ck_assert_str_eq(create(build("CREATE INDEX \"idx_t_b__2\" ON t(b, c)")),
                   "CREATE INDEX \"idx_t_b_2\" ON t(b, c);");
  ck_assert_str_eq(create(build("CREATE INDEX \"idx_t_c__3\" ON t(c)")),
                   "CREATE INDEX \"idx_t_c_2\" ON t(c);");
}
END_TEST

START_TEST(a_name_that_was_advised_gets_a_number) {
  ck_assert_str_eq(create(build("CREATE INDEX \"i__2\" ON t(a) WHERE b = 1")),
                   "CREATE INDEX \"i\" ON t(a) WHERE b = 1;");
  ck_assert_str_eq(create(build("CREATE INDEX \"i__3\" ON t(a) WHERE b = 2")),
                   "CREATE INDEX \"i_2\" ON t(a) WHERE b = 2;");
  ck_assert_str_eq(create(build("CREATE INDEX \"i__4\" ON t(a) WHERE b = 3")),
                   "CREATE INDEX \"i_3\" ON t(a) WHERE b = 3;");
}
END_TEST

START_TEST(an_index_of_the_host_is_dropped_by_its_name) {
  char *ddl = hp_ddl_drop(lab, QUOTED);

  ck_assert_str_eq(ddl, "DROP INDEX \"my \"\"index\";");
  sqlite3_free(ddl);
}
END_TEST

START_TEST(a_unique_index_stays_unique) {
  ck_assert_str_eq(create(UNIQUE),
                   "CREATE UNIQUE INDEX \"Idx_t_B_2\" ON t(b);");
}
END_TEST

static bool attempt(void *arg) {
  char *ddl = hp_ddl_create(lab, *(int *)arg, &report);
  bool ok = ddl != NULL;

  sqlite3_free(ddl);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  int i = build("CREATE INDEX \"idx_t_b__2\" ON t(b, c)");

  test_db_error(hp_lab_db(lab), "SELECT nothing");
  ck_assert_int_ge(test_heap_each_failure_steady(attempt, &i), 5);
}
END_TEST

Suite *advisor_ddl_suite(void) {
  Suite *s = suite_create("advisor_ddl");
  TCase *c = tcase_create("ddl");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_test(c, a_new_index_loses_the_number_of_the_lab);
  tcase_add_test(c, a_name_that_the_schema_has_gets_a_number);
  tcase_add_test(c, a_name_that_was_advised_gets_a_number);
  tcase_add_test(c, an_index_of_the_host_is_dropped_by_its_name);
  tcase_add_test(c, a_unique_index_stays_unique);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
