/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <check.h>
#include <stdlib.h>

Suite *base_clock_suite(void);

static void wait_ns(int64_t ns) {
  int64_t end = hp_clock_ns() + ns;

  while (hp_clock_ns() < end) continue;
}

/* How far the fast clock is off over about ns, in parts of a million. */
static int64_t error_ppm(int64_t ns) {
  int64_t fast = hp_clock_fast_ns(), exact = hp_clock_ns();

  wait_ns(ns);
  fast = hp_clock_fast_ns() - fast;
  exact = hp_clock_ns() - exact;
  return llabs(fast - exact) * 1000000 / exact;
}

START_TEST(the_fast_clock_works_before_it_is_tuned) {
  ck_assert_int_le(error_ppm(1000000), 5000);
}
END_TEST

START_TEST(the_fast_clock_is_right_to_a_thousandth) {
  int best = 1000000;

  hp_clock_tune();
  for (int i = 0; i < 20 && best > 2000; i++) {
    int64_t e = error_ppm(2000000);
    if (e < best) best = (int)e;
    hp_clock_tune();
  }
  ck_assert_int_le(best, 2000);
}
END_TEST

START_TEST(the_fast_clock_does_not_run_back) {
  int64_t last;

  hp_clock_tune();
  last = hp_clock_fast_ns();
  for (int i = 0; i < 100000; i++) {
    int64_t now = hp_clock_fast_ns();
    ck_assert_int_le(last, now);
    last = now;
  }
}
END_TEST

Suite *base_clock_suite(void) {
  Suite *s = suite_create("base_clock");
  TCase *c = tcase_create("clock");

  tcase_add_test(c, the_fast_clock_works_before_it_is_tuned);
  tcase_add_test(c, the_fast_clock_is_right_to_a_thousandth);
  tcase_add_test(c, the_fast_clock_does_not_run_back);
  suite_add_tcase(s, c);
  return s;
}
