/* SPDX-License-Identifier: MIT */
#include "cache/ghost.h"
#include "base/hash.h"
#include "base/sqlite_api.h"

#include <check.h>

Suite *cache_ghost_suite(void);

static uint64_t hash_of(int i) {
  return hp_hash64(&i, sizeof i);
}

START_TEST(an_empty_ghost_remembers_nothing) {
  hp_ghost g = {.slots = NULL};

  ck_assert_int_eq(hp_ghost_take(&g, hash_of(1), 100), -1);
  hp_ghost_term(&g);
}
END_TEST

START_TEST(a_key_is_remembered_with_its_mark_and_once) {
  hp_ghost g = {.slots = NULL};

  ck_assert_int_eq(hp_ghost_reserve(&g, 10), SQLITE_OK);
  hp_ghost_add(&g, hash_of(1), 0);
  hp_ghost_add(&g, hash_of(2), 1);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(1), 10), 0);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(1), 10), -1);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(2), 10), 1);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(3), 10), -1);
  hp_ghost_term(&g);
}
END_TEST

START_TEST(a_key_is_forgotten_after_so_many_others) {
  hp_ghost g = {.slots = NULL};

  ck_assert_int_eq(hp_ghost_reserve(&g, 100), SQLITE_OK);
  for (int i = 0; i < 10; i++) hp_ghost_add(&g, hash_of(i), 0);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(4), 5), -1);
  ck_assert_int_eq(hp_ghost_take(&g, hash_of(5), 5), 0);
  hp_ghost_term(&g);
}
END_TEST

START_TEST(growing_keeps_the_keys_and_few_are_lost_early) {
  hp_ghost g = {.slots = NULL};
  int n_kept = 0;

  for (int i = 0; i < 1000; i++) {
    ck_assert_int_eq(hp_ghost_reserve(&g, i + 1), SQLITE_OK);
    hp_ghost_add(&g, hash_of(i), i % 2);
  }
  for (int i = 0; i < 1000; i++) {
    n_kept += hp_ghost_take(&g, hash_of(i), 1000) == i % 2;
  }
  ck_assert_int_ge(n_kept, 980);
  hp_ghost_term(&g);
}
END_TEST

Suite *cache_ghost_suite(void) {
  Suite *s = suite_create("cache_ghost");
  TCase *c = tcase_create("ghost");

  tcase_add_test(c, an_empty_ghost_remembers_nothing);
  tcase_add_test(c, a_key_is_remembered_with_its_mark_and_once);
  tcase_add_test(c, a_key_is_forgotten_after_so_many_others);
  tcase_add_test(c, growing_keeps_the_keys_and_few_are_lost_early);
  suite_add_tcase(s, c);
  return s;
}
