/* SPDX-License-Identifier: MIT */
#include "advisor/need.h"

#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_need_suite(void);

static hp_term lower_of(int column) {
  return (hp_term){.column = column,
                   .expression = sqlite3_mprintf("lower(name)")};
}

START_TEST(a_column_and_an_expression_on_it_are_two_terms) {
  hp_need n = {.table = 0};

  hp_terms_add(n.eq, &n.n_eq, (hp_term){.column = 3});
  hp_terms_add(n.eq, &n.n_eq, lower_of(3));
  ck_assert_int_eq(n.n_eq, 2);
  ck_assert(!hp_term_is(&n.eq[0], &n.eq[1]));
  hp_need_free(&n);
}
END_TEST

START_TEST(a_term_is_kept_once) {
  hp_need n = {.table = 0};

  hp_terms_add(n.eq, &n.n_eq, lower_of(3));
  hp_terms_add(n.eq, &n.n_eq, lower_of(3));
  ck_assert_int_eq(n.n_eq, 1);
  hp_need_free(&n);
}
END_TEST

START_TEST(terms_beyond_the_last_place_are_left_out) {
  hp_need n = {.table = 0};

  for (int i = 0; i < HP_NEED_TERMS + 2; i++) {
    hp_terms_add(n.range, &n.n_range, lower_of(i));
  }
  ck_assert_int_eq(n.n_range, HP_NEED_TERMS);
  hp_need_free(&n);
}
END_TEST

static hp_need need_of(const char *literal) {
  hp_need n = {.table = 1, .n_eq = 1};

  n.eq[0] = (hp_term){.column = 2, .literal = sqlite3_mprintf("%s", literal)};
  return n;
}

START_TEST(needs_that_are_alike_are_one) {
  hp_needs all = {0};
  hp_need a = need_of("7"), b = need_of("7"), c = need_of("8"),
          d = need_of("7");

  d.n_present = 1;
  d.present[0].column = 5;
  ck_assert_int_eq(hp_needs_add(&all, &a), SQLITE_OK);
  ck_assert_int_eq(hp_needs_add(&all, &b), SQLITE_OK);
  ck_assert_int_eq(all.n, 1);
  ck_assert_int_eq(hp_needs_add(&all, &c), SQLITE_OK);
  ck_assert_int_eq(hp_needs_add(&all, &d), SQLITE_OK);
  ck_assert_int_eq(all.n, 3);
  hp_needs_term(&all);
}
END_TEST

static bool attempt(void *unused) {
  hp_needs all = {0};
  hp_need a = need_of("7"), b = need_of("8");
  bool ok;

  (void)unused;
  ok = a.eq[0].literal && b.eq[0].literal;
  ok = hp_needs_add(&all, &a) == SQLITE_OK && ok;
  ok = hp_needs_add(&all, &b) == SQLITE_OK && ok;
  hp_needs_term(&all);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 3);
}
END_TEST

Suite *advisor_need_suite(void) {
  Suite *s = suite_create("advisor_need");
  TCase *c = tcase_create("need");

  tcase_add_test(c, a_column_and_an_expression_on_it_are_two_terms);
  tcase_add_test(c, a_term_is_kept_once);
  tcase_add_test(c, terms_beyond_the_last_place_are_left_out);
  tcase_add_test(c, needs_that_are_alike_are_one);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
