/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <check.h>

Suite *base_hash_suite(void);

START_TEST(equal_bytes_have_equal_hashes) {
  ck_assert(hp_hash64("abc", 3) == hp_hash64("abcd", 3));
  ck_assert(hp_hash64("abc", 3) != hp_hash64("abd", 3));
}
END_TEST

START_TEST(the_seed_changes_the_128_bit_hash) {
  hp_hash128 a = hp_hash128_of("abc", 3, 1), b = hp_hash128_of("abc", 3, 2);

  ck_assert(a.lo != b.lo && a.hi != b.hi);
}
END_TEST

START_TEST(the_secret_is_drawn_once) {
  ck_assert(hp_hash_secret() != 0);
  ck_assert(hp_hash_secret() == hp_hash_secret());
}
END_TEST

Suite *base_hash_suite(void) {
  Suite *s = suite_create("base_hash");
  TCase *c = tcase_create("hash");

  tcase_add_test(c, equal_bytes_have_equal_hashes);
  tcase_add_test(c, the_seed_changes_the_128_bit_hash);
  tcase_add_test(c, the_secret_is_drawn_once);
  suite_add_tcase(s, c);
  return s;
}
