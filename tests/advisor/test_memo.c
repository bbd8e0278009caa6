/* SPDX-License-Identifier: MIT */
#include "advisor/memo.h"

#include "support/heap.h"

#include <check.h>

Suite *advisor_memo_suite(void);

enum { A = 1, B = 2, C = 4, N_INDEXES = 70 };

static hp_memo memo;

static void set_up(void) {
  memo = (hp_memo){0};
  hp_memo_clear(&memo, N_INDEXES);
}

static void take_down(void) {
  hp_memo_term(&memo);
}

/* Sets of the first and of the 65th index and those behind them. */
static int put(uint64_t set, uint64_t high, uint64_t uses, int64_t steps) {
  hp_cost cost = {.steps = steps, .is_capped = steps > 1000};

  return hp_memo_put(&memo, (uint64_t[]){set, high}, (uint64_t[]){uses, 0},
                     &cost);
}

static int64_t found(uint64_t set, uint64_t high) {
  const hp_cost *c = hp_memo_find(&memo, (uint64_t[]){set, high});

  return c ? c->steps : -1;
}

static int64_t inferred(uint64_t set, uint64_t high) {
  const hp_cost *c = hp_memo_infer(&memo, (uint64_t[]){set, high});

  return c ? c->steps : -1;
}

START_TEST(a_set_is_found_again) {
  for (int i = 0; i < 100; i++) {
    ck_assert_int_eq(put((uint64_t)i, 0, 0, i), SQLITE_OK);
    ck_assert_int_eq(put((uint64_t)i, 1, 0, 1000 - i), SQLITE_OK);
  }
  ck_assert_int_eq(found(7, 0), 7);
  ck_assert_int_eq(found(7, 1), 993);
  ck_assert_int_eq(found(7, 2), -1);
}
END_TEST

START_TEST(an_index_that_is_not_used_may_go) {
  ck_assert_int_eq(put(A | B | C, 1, A, 5), SQLITE_OK);
  ck_assert_int_eq(inferred(A, 0), 5);
  ck_assert_int_eq(inferred(A | C, 1), 5);
  ck_assert_int_eq(found(A, 0), -1);
}
END_TEST

START_TEST(one_that_is_used_may_not_go) {
  ck_assert_int_eq(put(A | B | C, 0, A | B, 5), SQLITE_OK);
  ck_assert_int_eq(inferred(A | C, 0), -1);
}
END_TEST

START_TEST(one_that_was_not_there_may_not_come) {
  ck_assert_int_eq(put(A | B, 0, A, 5), SQLITE_OK);
  ck_assert_int_eq(inferred(A | C, 0), -1);
  ck_assert_int_eq(inferred(A, 1), -1);
}
END_TEST

static int64_t least(uint64_t set) {
  const hp_cost *c = hp_memo_least(&memo, (uint64_t[]){set, 0});

  return c ? c->steps : -1;
}

START_TEST(the_least_cost_is_that_of_a_plan_that_is_possible) {
  ck_assert_int_eq(least(A), -1);
  ck_assert_int_eq(put(0, 0, 0, 500), SQLITE_OK);
  ck_assert_int_eq(put(A, 0, A, 50), SQLITE_OK);
  ck_assert_int_eq(put(A | B, 0, B, 5), SQLITE_OK);
  ck_assert_int_eq(least(A | B), 5);
  ck_assert_int_eq(least(A), 50);
  ck_assert_int_eq(least(0), 500);
}
END_TEST

START_TEST(what_the_planner_passed_over_changes_nothing) {
  ck_assert_int_eq(put(0, 0, 0, 500), SQLITE_OK);
  ck_assert_int_eq(put(B, 0, B, 5), SQLITE_OK);
  ck_assert_int_eq(put(A | C, 0, A, 50), SQLITE_OK);
  ck_assert_int_eq(least(A | C), 50);
}
END_TEST

START_TEST(what_it_would_do_with_an_index_may_not_be_known) {
  ck_assert_int_eq(put(0, 0, 0, 500), SQLITE_OK);
  ck_assert_int_eq(put(B, 0, B, 5), SQLITE_OK);
  ck_assert_int_eq(put(A | C, 0, A, 50), SQLITE_OK);
  ck_assert_int_eq(least(C), 5);
}
END_TEST

START_TEST(nothing_is_known_of_an_index_that_was_never_there) {
  ck_assert_int_eq(put(A | B, 0, A, 50), SQLITE_OK);
  ck_assert_int_eq(least(A | C), -1);
  ck_assert_int_eq(put(C, 0, C, 5000), SQLITE_OK);
  ck_assert_int_eq(least(A | C), 50);
}
END_TEST

START_TEST(lower_bounds_are_forgotten) {
  ck_assert_int_eq(put(A, 0, 0, 2000), SQLITE_OK);
  ck_assert_int_eq(put(B, 0, B, 5), SQLITE_OK);
  ck_assert_int_eq(put(C, 0, 0, 3000), SQLITE_OK);
  hp_memo_forget_capped(&memo);
  ck_assert_int_eq(found(A, 0), -1);
  ck_assert_int_eq(found(C, 0), -1);
  ck_assert_int_eq(found(B, 0), 5);
  ck_assert_int_eq(inferred(B, 0), 5);
}
END_TEST

START_TEST(clearing_forgets_all) {
  ck_assert_int_eq(put(A, 0, 0, 5), SQLITE_OK);
  hp_memo_clear(&memo, N_INDEXES);
  ck_assert_int_eq(found(A, 0), -1);
}
END_TEST

START_TEST(bits_are_those_of_the_bools) {
  bool set[N_INDEXES] = {[1] = true, [64] = true};
  uint64_t bits[2];

  ck_assert_uint_eq(hp_memo_words(63), 1);
  ck_assert_uint_eq(hp_memo_words(N_INDEXES), 2);
  hp_memo_bits(set, N_INDEXES, bits);
  ck_assert_uint_eq(bits[0], 2);
  ck_assert_uint_eq(bits[1], 1);
}
END_TEST

static bool attempt(void *arg) {
  int rc = SQLITE_OK;

  (void)arg;
  for (uint64_t i = 0; rc == SQLITE_OK && i < 20; i++) rc = put(i, 0, 0, 1);
  hp_memo_clear(&memo, N_INDEXES);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_eq(test_heap_each_failure(attempt, NULL), 9);
}
END_TEST

Suite *advisor_memo_suite(void) {
  Suite *s = suite_create("advisor_memo");
  TCase *c = tcase_create("memo");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_test(c, a_set_is_found_again);
  tcase_add_test(c, an_index_that_is_not_used_may_go);
  tcase_add_test(c, one_that_is_used_may_not_go);
  tcase_add_test(c, one_that_was_not_there_may_not_come);
  tcase_add_test(c, the_least_cost_is_that_of_a_plan_that_is_possible);
  tcase_add_test(c, what_the_planner_passed_over_changes_nothing);
  tcase_add_test(c, what_it_would_do_with_an_index_may_not_be_known);
  tcase_add_test(c, nothing_is_known_of_an_index_that_was_never_there);
  tcase_add_test(c, lower_bounds_are_forgotten);
  tcase_add_test(c, clearing_forgets_all);
  tcase_add_test(c, bits_are_those_of_the_bools);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
