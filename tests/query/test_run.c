/* SPDX-License-Identifier: MIT */
#include "query/run.h"

#include <check.h>

Suite *query_run_suite(void);

static hp_counters difference(hp_run_marks start, hp_run_marks end) {
  hp_counters c = {.rows = 4, .changes = 5, .sorts = 99, .reprepares = 99};

  hp_run_difference(&start, &end, &c);
  ck_assert_int_eq(c.rows, 4);
  ck_assert_int_eq(c.changes, 5);
  return c;
}

START_TEST(each_counter_counts_by_itself) {
  hp_run_marks start = {100, 10, 20, 30, 40};

  for (int i = 0; i < 5; i++) {
    hp_run_marks end = {150, 10 + (i == 1), 20 + (i == 2), 30 + (i == 3),
                        40 + (i == 4)};
    hp_counters c = difference(start, end);

    ck_assert_int_eq(c.vm_steps, 50);
    ck_assert_int_eq(c.fullscan_steps, i == 1);
    ck_assert_int_eq(c.sorts, i == 2);
    ck_assert_int_eq(c.autoindexes, i == 3);
    ck_assert_int_eq(c.reprepares, i == 4);
  }
}
END_TEST

START_TEST(steps_wrap) {
  hp_run_marks start = {UINT32_MAX - 9, 0, 0, 0, 0}, end = {40, 0, 0, 0, 0};

  ck_assert_int_eq(difference(start, end).vm_steps, 50);
}
END_TEST

START_TEST(a_counter_that_the_application_reset_counts_from_there) {
  hp_run_marks start = {100, 90, 0, 0, 0}, end = {150, 7, 0, 0, 0};

  ck_assert_int_eq(difference(start, end).fullscan_steps, 7);
}
END_TEST

Suite *query_run_suite(void) {
  Suite *s = suite_create("query_run");
  TCase *c = tcase_create("run");

  tcase_add_test(c, each_counter_counts_by_itself);
  tcase_add_test(c, steps_wrap);
  tcase_add_test(c, a_counter_that_the_application_reset_counts_from_there);
  suite_add_tcase(s, c);
  return s;
}
