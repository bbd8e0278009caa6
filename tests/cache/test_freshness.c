/* SPDX-License-Identifier: MIT */
#include "cache/freshness.h"

#include <check.h>

Suite *cache_freshness_suite(void);

START_TEST(without_a_ttl_an_answer_does_not_expire) {
  hp_freshness f = {.ttl_ms = 0};

  ck_assert_int_eq(hp_freshness_lifetime_ms(&f, 0.5), 0);
}
END_TEST

START_TEST(jitter_takes_off_at_most_its_share) {
  hp_freshness f = {.ttl_ms = 1000, .jitter = 0.1};

  ck_assert_int_eq(hp_freshness_lifetime_ms(&f, 1e-9), 1000);
  ck_assert_int_eq(hp_freshness_lifetime_ms(&f, 0.5), 950);
  ck_assert_int_eq(hp_freshness_lifetime_ms(&f, 1), 900);
}
END_TEST

START_TEST(full_jitter_leaves_a_millisecond) {
  hp_freshness f = {.ttl_ms = 1000, .jitter = 1};

  ck_assert_int_eq(hp_freshness_lifetime_ms(&f, 1), 1);
}
END_TEST

START_TEST(refresh_is_due_in_the_last_part_of_the_ttl) {
  hp_freshness f = {.ttl_ms = 1000, .refresh_ahead_ms = 200};

  ck_assert(!hp_freshness_is_due(&f, 5000, 0, 4799, 0.5));
  ck_assert(hp_freshness_is_due(&f, 5000, 0, 4800, 0.5));
}
END_TEST

START_TEST(without_the_option_no_refresh_is_due) {
  hp_freshness f = {.ttl_ms = 1000};

  ck_assert(!hp_freshness_is_due(&f, 5000, 1000000000, 4999, 1e-9));
}
END_TEST

/* P(due) at `left` ms before the end is exp(-left / cost). */
static double share_due(int64_t left_ms, uint64_t cost_ns) {
  hp_freshness f = {.ttl_ms = 60000, .is_xfetch = true};
  int n = 100000, due = 0;

  for (int i = 1; i <= n; i++) {
    due += hp_freshness_is_due(&f, 100000, cost_ns, 100000 - left_ms,
                               (double)i / n);
  }
  return (double)due / n;
}

START_TEST(xfetch_is_exponential_in_the_time_left_over_the_cost) {
  ck_assert_double_eq_tol(share_due(0, 100000000), 1.0, 1e-9);
  ck_assert_double_eq_tol(share_due(100, 100000000), 0.36788, 0.001);
  ck_assert_double_eq_tol(share_due(300, 100000000), 0.04979, 0.001);
  ck_assert_double_eq_tol(share_due(10, 100000000), 0.90484, 0.001);
}
END_TEST

START_TEST(stale_windows_count_from_the_end_of_the_ttl) {
  hp_freshness f = {.ttl_ms = 1000,
                    .stale_while_revalidate_ms = 500,
                    .stale_if_error_ms = 2000};

  ck_assert(hp_freshness_may_revalidate(&f, 100, 1600));
  ck_assert(!hp_freshness_may_revalidate(&f, 100, 1601));
  ck_assert(hp_freshness_may_stand_in(&f, 100, 3100));
  ck_assert(!hp_freshness_may_stand_in(&f, 100, 3101));
}
END_TEST

START_TEST(nothing_stale_without_the_options) {
  hp_freshness f = {.ttl_ms = 1000};

  ck_assert(!hp_freshness_may_revalidate(&f, 100, 101));
  ck_assert(!hp_freshness_may_stand_in(&f, 100, 101));
  ck_assert(!hp_freshness_uses_refresh(&f));
}
END_TEST

Suite *cache_freshness_suite(void) {
  Suite *s = suite_create("cache_freshness");
  TCase *c = tcase_create("freshness");

  tcase_add_test(c, without_a_ttl_an_answer_does_not_expire);
  tcase_add_test(c, jitter_takes_off_at_most_its_share);
  tcase_add_test(c, full_jitter_leaves_a_millisecond);
  tcase_add_test(c, refresh_is_due_in_the_last_part_of_the_ttl);
  tcase_add_test(c, without_the_option_no_refresh_is_due);
  tcase_add_test(c, xfetch_is_exponential_in_the_time_left_over_the_cost);
  tcase_add_test(c, stale_windows_count_from_the_end_of_the_ttl);
  tcase_add_test(c, nothing_stale_without_the_options);
  suite_add_tcase(s, c);
  return s;
}
