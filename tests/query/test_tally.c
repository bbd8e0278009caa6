/* SPDX-License-Identifier: MIT */
#include "query/tally.h"

#include <check.h>

Suite *query_tally_suite(void);

static void record(hp_tally *t, int64_t ns, int64_t now_ns) {
  hp_counters c = {.rows = 1, .changes = 2, .vm_steps = ns / 10};

  hp_tally_record(t, ns, now_ns, &c);
}

START_TEST(calls_add_up) {
  hp_tally t = {0};

  record(&t, 300, 1000);
  record(&t, 100, 2000);
  ck_assert_int_eq(t.calls, 2);
  ck_assert_int_eq(t.total_ns, 400);
  ck_assert_int_eq(t.min_ns, 100);
  ck_assert_int_eq(t.max_ns, 300);
  ck_assert_int_eq(t.sum.rows, 2);
  ck_assert_int_eq(t.sum.changes, 4);
  ck_assert_int_eq(t.sum.vm_steps, 40);
  ck_assert_int_eq(t.first_ns, 1000);
  ck_assert_int_eq(t.last_ns, 2000);
}
END_TEST

START_TEST(mean_and_deviation_are_those_of_the_values) {
  hp_tally t = {0};

  ck_assert_double_eq(hp_tally_stddev_ns(&t), 0);
  for (int i = 0; i < 4; i++) record(&t, i % 2 ? 1000 : 3000, i);
  ck_assert_double_eq_tol(hp_tally_mean_ns(&t), 2000, 1e-6);
  ck_assert_double_eq_tol(hp_tally_stddev_ns(&t), 1000, 1e-6);
}
END_TEST

START_TEST(equal_values_deviate_by_nothing_measurable) {
  hp_tally t = {0};

  for (int i = 0; i < 1000; i++) record(&t, 123456789, i);
  ck_assert_double_lt(hp_tally_stddev_ns(&t), 10);
}
END_TEST

START_TEST(merging_is_the_same_as_recording_all) {
  hp_tally a = {0}, b = {0}, all = {0};

  for (int i = 1; i <= 100; i++) {
    record(i % 3 ? &a : &b, i * 37 % 91, i);
    record(&all, i * 37 % 91, i);
  }
  hp_tally_merge(&a, &b);
  ck_assert_mem_eq(&a, &all, sizeof a);
}
END_TEST

START_TEST(merging_nothing_changes_nothing) {
  hp_tally a = {0}, empty = {0}, before;

  record(&a, 5, 5);
  before = a;
  hp_tally_merge(&a, &empty);
  ck_assert_mem_eq(&a, &before, sizeof a);
  hp_tally_merge(&empty, &a);
  ck_assert_mem_eq(&empty, &before, sizeof a);
}
END_TEST

Suite *query_tally_suite(void) {
  Suite *s = suite_create("query_tally");
  TCase *c = tcase_create("tally");

  tcase_add_test(c, calls_add_up);
  tcase_add_test(c, mean_and_deviation_are_those_of_the_values);
  tcase_add_test(c, equal_values_deviate_by_nothing_measurable);
  tcase_add_test(c, merging_is_the_same_as_recording_all);
  tcase_add_test(c, merging_nothing_changes_nothing);
  suite_add_tcase(s, c);
  return s;
}
