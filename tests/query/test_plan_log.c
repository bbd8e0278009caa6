/* SPDX-License-Identifier: MIT
**
** plan_log.c, shown by query_plan_changes.
*/
#include "query/plan_log.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_plan_log_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("plans.db", "wal");
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
                   "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 500) INSERT INTO t SELECT i, i, i FROM n;"
                   "SELECT query_reset()");
}

static void close_db(void) {
  test_db_exec(db, "SELECT query_reset()");
  test_db_close(db);
}

static void ask(int n) {
  for (int i = 0; i < n; i++) test_db_text(db, "SELECT b FROM t WHERE a = 7");
}

static const char *changes(const char *columns) {
  return test_db_text(db,
                      "SELECT %s FROM query_plan_changes"
                      " WHERE query LIKE 'SELECT b%%'",
                      columns);
}

START_TEST(a_plan_that_stays_is_no_news) {
  ask(3);
  ck_assert_str_eq(changes("*"), "");
  ask(3);
  ck_assert_str_eq(changes("*"), "");
}
END_TEST

START_TEST(a_change_has_what_calls_took_before_and_after) {
  ask(10);
  ck_assert_str_eq(changes("1"), "");
  ask(5);
  test_db_exec(db, "CREATE INDEX ta ON t(a)");
  ask(4);
  ck_assert_str_eq(
      changes(
          "replace(plan_before, ' TABLE ', ' '),"
          " replace(plan_after, ' TABLE ', ' '), calls_before, calls_after"),
      "SCAN t|SEARCH t USING INDEX ta (a=?)|15|4");
  ck_assert_str_eq(changes("vm_steps_before > 10 * vm_steps_after"), "1");
  ask(6);
  ck_assert_str_eq(changes("calls_before, calls_after"), "15|10");
}
END_TEST

START_TEST(each_change_ends_the_one_before) {
  ask(2);
  changes("1");
  test_db_exec(db, "CREATE INDEX ta ON t(a)");
  ask(3);
  changes("1");
  test_db_exec(db, "DROP INDEX ta");
  ask(4);
  ck_assert_str_eq(changes("calls_before, calls_after"), "2|3\n3|4");
}
END_TEST

START_TEST(calls_around_a_change_that_was_not_seen_are_nobodys) {
  sqlite3 *other = test_db_open("plans.db", NULL);

  ask(2);
  changes("1");
  ask(3);
  test_db_exec(other, "CREATE INDEX ta ON t(a)");
  ask(4);
  ck_assert_str_eq(changes("calls_before, calls_after"), "2|0");
  ask(5);
  ck_assert_str_eq(changes("calls_before, calls_after"), "2|5");
  ck_assert_str_eq(changes("mean_ms_after IS NULL"), "0");
  test_db_close(other);
}
END_TEST

START_TEST(findings_and_plans_notice_it_too) {
  ask(2);
  test_db_text(db, "SELECT count(*) FROM query_plans");
  test_db_exec(db, "CREATE INDEX ta ON t(a)");
  ask(2);
  test_db_text(db, "SELECT count(*) FROM query_findings");
  test_db_exec(db, "DROP INDEX ta");
  ck_assert_str_eq(changes("replace(plan_after, ' TABLE ', ' ')"),
                   "SEARCH t USING INDEX ta (a=?)\nSCAN t");
}
END_TEST

START_TEST(a_reset_forgets_the_history) {
  ask(2);
  changes("1");
  test_db_exec(db, "CREATE INDEX ta ON t(a)");
  ck_assert_str_eq(changes("1"), "1");
  test_db_exec(db, "SELECT query_reset()");
  ask(1);
  ck_assert_str_eq(changes("1"), "");
}
END_TEST

static int count_one(const hp_plan_change *c, void *arg) {
  (void)c;
  ++*(int *)arg;
  return 0;
}

/* A statement that is planned now this way, now that way. */
START_TEST(the_oldest_changes_make_room) {
  hp_stat stat = {.fingerprint = 42, .query = "q", .database = "d"};
  hp_stat_view v = {.stat = &stat};
  hp_plan_line line = {.detail = NULL};
  hp_plan plan = {.at = &line, .n = 1};
  int n = 0;

  for (int i = 0; i < HP_PLAN_LOG_CHANGES + 50; i++) {
    line.detail = (char *)(i % 2 ? "SCAN a" : "SCAN b");
    v.tally.calls = i;
    ck_assert_int_eq(hp_plan_log_see(&v, &plan, i), SQLITE_OK);
  }
  ck_assert_int_eq(hp_plan_log_each(count_one, &n), 0);
  ck_assert_int_eq(n, HP_PLAN_LOG_CHANGES);
  hp_plan_log_reset();
}
END_TEST

static bool attempt(void *arg) {
  hp_stat stat = {.fingerprint = 42, .query = "q", .database = "d"};
  hp_stat_view v = {.stat = &stat};
  hp_plan_line line = {.detail = (char *)"SCAN a"};
  hp_plan plan = {.at = &line, .n = 1};
  int rc;

  (void)arg;
  rc = hp_plan_log_see(&v, &plan, 1);
  line.detail = (char *)"SCAN b";
  if (!rc) rc = hp_plan_log_see(&v, &plan, 2);
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  hp_plan_log_reset();
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 6);
}
END_TEST

Suite *query_plan_log_suite(void) {
  Suite *s = suite_create("query_plan_log");
  TCase *c = tcase_create("changes");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_plan_that_stays_is_no_news);
  tcase_add_test(c, a_change_has_what_calls_took_before_and_after);
  tcase_add_test(c, each_change_ends_the_one_before);
  tcase_add_test(c, calls_around_a_change_that_was_not_seen_are_nobodys);
  tcase_add_test(c, findings_and_plans_notice_it_too);
  tcase_add_test(c, a_reset_forgets_the_history);
  tcase_add_test(c, the_oldest_changes_make_room);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
