/* SPDX-License-Identifier: MIT
**
** The watchdog on statements that would never end by themselves: whoever waits
** here waits for the interrupt, not for time.
*/
#include "base/watchdog.h"
#include "support/db.h"

#include <check.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *base_watchdog_suite(void);

#define ENDLESS                                                                \
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "           \
  "SELECT count(*) FROM n"
#define AN_HOUR_MS 3600000

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

START_TEST(what_is_due_is_interrupted) {
  hp_watch w;

  ck_assert(hp_watchdog_begin(&w, db, 1));
  ck_assert_str_eq(test_db_error(db, ENDLESS), "interrupted");
  ck_assert(hp_watchdog_end(&w));
}
END_TEST

START_TEST(what_is_not_due_is_left_alone) {
  hp_watch w;

  ck_assert(hp_watchdog_begin(&w, db, AN_HOUR_MS));
  ck_assert_int_eq(test_db_int(db, "SELECT 1"), 1);
  ck_assert(!hp_watchdog_end(&w));
}
END_TEST

START_TEST(the_earliest_is_interrupted_whoever_began_first) {
  sqlite3 *other = test_db_open(":memory:", NULL);
  hp_watch late, soon;

  ck_assert(hp_watchdog_begin(&late, other, AN_HOUR_MS));
  ck_assert(hp_watchdog_begin(&soon, db, 1));
  ck_assert_str_eq(test_db_error(db, ENDLESS), "interrupted");
  ck_assert(hp_watchdog_end(&soon));
  ck_assert(!hp_watchdog_end(&late));
  test_db_close(other);
}
END_TEST

START_TEST(a_watch_that_has_ended_interrupts_nobody) {
  sqlite3 *other = test_db_open(":memory:", NULL);
  hp_watch first, second;

  ck_assert(hp_watchdog_begin(&first, other, 1));
  hp_watchdog_end(&first);
  ck_assert(hp_watchdog_begin(&second, db, 5));
  test_db_error(db, ENDLESS);
  hp_watchdog_end(&second);
  ck_assert_int_eq(test_db_int(other, "SELECT 1"), 1);
  test_db_close(other);
}
END_TEST

START_TEST(an_interrupt_that_came_before_the_statement_comes_again) {
  sqlite3 *other = test_db_open(":memory:", NULL);
  hp_watch early, late;

  ck_assert(hp_watchdog_begin(&early, db, 1));
  ck_assert(hp_watchdog_begin(&late, other, 5));
  test_db_error(other, ENDLESS); /* so both were due */
  ck_assert_str_eq(test_db_error(db, ENDLESS), "interrupted");
  ck_assert(hp_watchdog_end(&early));
  hp_watchdog_end(&late);
  test_db_close(other);
}
END_TEST

START_TEST(each_of_many_watches_fires) {
  hp_watch w;

  for (int i = 0; i < 20; i++) {
    ck_assert(hp_watchdog_begin(&w, db, 1));
    ck_assert_str_eq(test_db_error(db, ENDLESS), "interrupted");
    ck_assert(hp_watchdog_end(&w));
    ck_assert_int_eq(test_db_int(db, "SELECT 1"), 1);
  }
}
END_TEST

/* In the child: 0 if the parent's watch is over and a new one fires. */
static int use_in_child(hp_watch *parents) {
  hp_watch w;

  hp_watchdog_after_fork();
  if (hp_watchdog_end(parents)) return 1;
#ifdef __SANITIZE_THREAD__ /* allows no thread after a fork */
  return 0;
#endif
  if (!hp_watchdog_begin(&w, db, 1)) return 2;
  if (sqlite3_exec(db, ENDLESS, NULL, NULL, NULL) != SQLITE_INTERRUPT) return 3;
  return hp_watchdog_end(&w) ? 0 : 4;
}

START_TEST(after_a_fork_the_child_has_a_watchdog_of_its_own) {
  hp_watch w;
  int status;
  pid_t pid;

  ck_assert(hp_watchdog_begin(&w, db, AN_HOUR_MS));
  pid = fork();
  if (pid == 0) _exit(use_in_child(&w));
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  ck_assert_int_eq(status, 0);
  ck_assert(!hp_watchdog_end(&w));
}
END_TEST

Suite *base_watchdog_suite(void) {
  Suite *s = suite_create("base_watchdog");
  TCase *c = tcase_create("watchdog");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, what_is_due_is_interrupted);
  tcase_add_test(c, what_is_not_due_is_left_alone);
  tcase_add_test(c, the_earliest_is_interrupted_whoever_began_first);
  tcase_add_test(c, a_watch_that_has_ended_interrupts_nobody);
  tcase_add_test(c, an_interrupt_that_came_before_the_statement_comes_again);
  tcase_add_test(c, each_of_many_watches_fires);
  tcase_add_test(c, after_a_fork_the_child_has_a_watchdog_of_its_own);
  suite_add_tcase(s, c);
  return s;
}
