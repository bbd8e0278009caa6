/* SPDX-License-Identifier: MIT */
#include "query/remedy.h"

#include <check.h>

Suite *query_remedy_suite(void);

/* Two bursts of ten calls at 5000 ns each, in autocommit. */
static hp_suspect suspect_of(hp_nplus1_kind kind) {
  return (hp_suspect){
      .sum = {.kind = kind, .calls = 20, .cost_ns = 100000, .n_autocommit = 20},
      .bursts = 2};
}

static void is_about(double a, double b) {
  ck_assert_msg(a > b - 1 && a < b + 1, "%f, not %f", a, b);
}

START_TEST(nothing_measured_means_no_remedy) {
  hp_suspect s = suspect_of(HP_NPLUS1_LOOKUPS);
  hp_remedy_prices p = {.prepare_ns = 0};
  hp_remedy_plan plan = hp_remedy_choose(&s, &p);

  ck_assert_int_eq(plan.best, HP_REMEDIES);
  is_about(plan.now_ns, 50000);
  is_about(plan.saving_ns, 0);
}
END_TEST

START_TEST(the_simplest_of_nearly_equal_remedies_is_advised) {
  hp_suspect s = suspect_of(HP_NPLUS1_LOOKUPS);
  hp_remedy_prices p = {
      .lookup = {.n_values = 10, .lookup_ns = 500, .batch_ns = 2000}};
  hp_remedy_plan plan = hp_remedy_choose(&s, &p);

  ck_assert_int_eq(plan.best, HP_REMEDY_TRANSACTION);
  is_about(plan.saving_ns, 45000);
  is_about(plan.with_ns[HP_REMEDY_BATCH], 2000);
}
END_TEST

START_TEST(the_best_remedy_wins_when_it_is_much_better) {
  hp_suspect s = suspect_of(HP_NPLUS1_LOOKUPS);
  hp_remedy_prices p = {.lookup = {.n_values = 10,
                                   .lookup_ns = 4500,
                                   .indexed_ns = 300,
                                   .batch_ns = 40000}};

  ck_assert_int_eq(hp_remedy_choose(&s, &p).best, HP_REMEDY_INDEX);
}
END_TEST

START_TEST(a_join_is_advised_when_it_saves_much_more) {
  hp_suspect s = suspect_of(HP_NPLUS1_INTERLEAVED);
  hp_remedy_prices p = {
      .lookup = {.n_values = 10, .lookup_ns = 4500, .batch_ns = 30000},
      .join_ns = 1000};
  hp_remedy_plan plan = hp_remedy_choose(&s, &p);

  ck_assert_int_eq(plan.best, HP_REMEDY_JOIN);
  is_about(plan.saving_ns, 49000);
}
END_TEST

START_TEST(calls_in_a_transaction_need_none) {
  hp_suspect s = suspect_of(HP_NPLUS1_LOOKUPS);
  hp_remedy_prices p = {.lookup = {.n_values = 10, .lookup_ns = 500}};

  s.sum.n_autocommit = 0;
  ck_assert(hp_remedy_choose(&s, &p).with_ns[HP_REMEDY_TRANSACTION] < 0);
}
END_TEST

START_TEST(preparing_each_time_counts_and_can_be_saved) {
  hp_suspect s = suspect_of(HP_NPLUS1_REPREPARED);
  hp_remedy_prices p = {.prepare_ns = 3000};
  hp_remedy_plan plan;

  s.sum.n_prepared = 20;
  plan = hp_remedy_choose(&s, &p);
  is_about(plan.now_ns, 80000);
  ck_assert_int_eq(plan.best, HP_REMEDY_REUSE);
  is_about(plan.saving_ns, 27000);
}
END_TEST

START_TEST(all_duplicates_but_one_become_hits) {
  hp_suspect s = suspect_of(HP_NPLUS1_DUPLICATE);
  hp_remedy_prices p = {.hit_ns = 500};
  hp_remedy_plan plan = hp_remedy_choose(&s, &p);

  ck_assert_int_eq(plan.best, HP_REMEDY_CACHE);
  is_about(plan.with_ns[HP_REMEDY_CACHE], 9500);
  p.hit_ns = 6000;
  ck_assert_int_eq(hp_remedy_choose(&s, &p).best, HP_REMEDIES);
}
END_TEST

START_TEST(writes_share_a_transaction) {
  hp_suspect s = suspect_of(HP_NPLUS1_AUTOCOMMIT);
  hp_remedy_prices p = {.write_ns = 1000};

  is_about(hp_remedy_choose(&s, &p).saving_ns, 40000);
}
END_TEST

START_TEST(a_colder_measurement_does_not_count_against_a_remedy) {
  hp_suspect s = suspect_of(HP_NPLUS1_LOOKUPS);
  hp_remedy_prices p = {.lookup = {.n_values = 10, .lookup_ns = 9000}};
  hp_remedy_plan plan = hp_remedy_choose(&s, &p);

  is_about(plan.with_ns[HP_REMEDY_TRANSACTION], 50000);
  ck_assert_int_eq(plan.best, HP_REMEDIES);
}
END_TEST

START_TEST(remedies_have_names) {
  ck_assert_str_eq(hp_remedy_name(HP_REMEDY_BATCH), "batch");
  ck_assert_str_eq(hp_remedy_name(HP_REMEDY_CACHE), "cached table");
}
END_TEST

Suite *query_remedy_suite(void) {
  Suite *s = suite_create("query_remedy");
  TCase *c = tcase_create("remedies");

  tcase_add_test(c, nothing_measured_means_no_remedy);
  tcase_add_test(c, the_simplest_of_nearly_equal_remedies_is_advised);
  tcase_add_test(c, the_best_remedy_wins_when_it_is_much_better);
  tcase_add_test(c, a_join_is_advised_when_it_saves_much_more);
  tcase_add_test(c, calls_in_a_transaction_need_none);
  tcase_add_test(c, preparing_each_time_counts_and_can_be_saved);
  tcase_add_test(c, all_duplicates_but_one_become_hits);
  tcase_add_test(c, writes_share_a_transaction);
  tcase_add_test(c, a_colder_measurement_does_not_count_against_a_remedy);
  tcase_add_test(c, remedies_have_names);
  suite_add_tcase(s, c);
  return s;
}
