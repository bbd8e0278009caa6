/* SPDX-License-Identifier: MIT */
#include "cache/sketch.h"
#include "base/hash.h"
#include "base/sqlite_api.h"

#include <check.h>

Suite *cache_sketch_suite(void);

static uint64_t hash_of(int i) {
  return hp_hash64(&i, sizeof i);
}

START_TEST(an_empty_sketch_knows_nothing) {
  hp_sketch s = {.words = NULL};

  ck_assert_int_eq(hp_sketch_get(&s, hash_of(1)), 0);
  hp_sketch_term(&s);
}
END_TEST

START_TEST(a_count_is_never_too_low_and_ends_at_15) {
  hp_sketch s = {.words = NULL};

  ck_assert_int_eq(hp_sketch_reserve(&s, 1000), SQLITE_OK);
  for (int i = 0; i < 1000; i++) hp_sketch_add(&s, hash_of(i), i % 20);
  for (int i = 0; i < 1000; i++) {
    int true_count = i % 20 < 15 ? i % 20 : 15;
    ck_assert_int_ge(hp_sketch_get(&s, hash_of(i)), true_count);
    ck_assert_int_le(hp_sketch_get(&s, hash_of(i)), 15);
  }
  hp_sketch_term(&s);
}
END_TEST

START_TEST(few_keys_are_counted_exactly) {
  hp_sketch s = {.words = NULL};
  int n_wrong = 0;

  ck_assert_int_eq(hp_sketch_reserve(&s, 1000), SQLITE_OK);
  for (int i = 0; i < 1000; i++) hp_sketch_add(&s, hash_of(i), 1);
  for (int i = 0; i < 1000; i++) n_wrong += hp_sketch_get(&s, hash_of(i)) != 1;
  ck_assert_int_le(n_wrong, 20);
  hp_sketch_term(&s);
}
END_TEST

START_TEST(growing_keeps_what_is_known) {
  hp_sketch s = {.words = NULL};

  ck_assert_int_eq(hp_sketch_reserve(&s, 100), SQLITE_OK);
  for (int i = 0; i < 100; i++) hp_sketch_add(&s, hash_of(i), i % 9);
  ck_assert_uint_gt(hp_sketch_growth(&s, 5000), 0);
  ck_assert_int_eq(hp_sketch_reserve(&s, 5000), SQLITE_OK);
  ck_assert_uint_eq(hp_sketch_growth(&s, 5000), 0);
  for (int i = 0; i < 100; i++) {
    ck_assert_int_ge(hp_sketch_get(&s, hash_of(i)), i % 9);
  }
  hp_sketch_term(&s);
}
END_TEST

START_TEST(age_halves_all_counts) {
  hp_sketch s = {.words = NULL};

  ck_assert_int_eq(hp_sketch_reserve(&s, 100), SQLITE_OK);
  hp_sketch_add(&s, hash_of(1), 15);
  hp_sketch_age(&s, 15);
  ck_assert_int_eq(hp_sketch_get(&s, hash_of(1)), 15);
  hp_sketch_age(&s, 14);
  ck_assert_int_eq(hp_sketch_get(&s, hash_of(1)), 7);
  hp_sketch_term(&s);
}
END_TEST

Suite *cache_sketch_suite(void) {
  Suite *s = suite_create("cache_sketch");
  TCase *c = tcase_create("sketch");

  tcase_add_test(c, an_empty_sketch_knows_nothing);
  tcase_add_test(c, a_count_is_never_too_low_and_ends_at_15);
  tcase_add_test(c, few_keys_are_counted_exactly);
  tcase_add_test(c, growing_keeps_what_is_known);
  tcase_add_test(c, age_halves_all_counts);
  suite_add_tcase(s, c);
  return s;
}
