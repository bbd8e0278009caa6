/* SPDX-License-Identifier: MIT */
#include "advisor/keyset.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_keyset_suite(void);

START_TEST(a_set_has_what_was_put_into_it_and_nothing_else) {
  hp_numbers l = {0};
  hp_keyset s = {0};

  ck_assert(!hp_keyset_has(&s, 7));
  for (uint64_t i = 1; i <= 10000; i++) {
    ck_assert_int_eq(hp_numbers_push(&l, i << 40 | i % 3), SQLITE_OK);
  }
  ck_assert_int_eq(hp_keyset_make(&s, &l), SQLITE_OK);
  for (uint64_t i = 1; i <= 10000; i++) {
    ck_assert(hp_keyset_has(&s, i << 40 | i % 3));
    ck_assert(!hp_keyset_has(&s, i << 40 | 3));
  }
  hp_keyset_term(&s);
  ck_assert(!hp_keyset_has(&s, 1u << 31));
  hp_numbers_term(&l);
}
END_TEST

START_TEST(numbers_are_put_in_order) {
  hp_numbers l = {0};

  for (uint64_t i = 0; i < 1000; i++) {
    ck_assert_int_eq(hp_numbers_push(&l, i * 7919 % 1009), SQLITE_OK);
  }
  hp_numbers_sort(&l);
  ck_assert_int_eq((int)l.n, 1000);
  for (size_t i = 1; i < l.n; i++) ck_assert(l.at[i - 1] < l.at[i]);
  hp_numbers_term(&l);
}
END_TEST

/* Two values as SQL, and whether they are the same key. */
static const struct {
  const char *a, *b;
  bool are_same;
} keys[] = {
    {"7", "'7'", true},
    {"-7", "'-7'", true},
    {"7", "'07'", false},
    {"7", "'7 '", false},
    {"'x'", "'x'", true},
    {"'x'", "'X'", false},
    {"'x'", "x'78'", true},
    {"1", "2", false},
    {"2.5", "'2.5'", true},
    {"''", "'0'", false},
    {"9007199254740993", "'9007199254740993'", true},
};

START_TEST(values_that_name_the_same_row_have_the_same_number) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  char *sql = sqlite3_mprintf("SELECT %s, %s", keys[_i].a, keys[_i].b);
  sqlite3_stmt *row = test_db_prepare(db, sql);
  uint64_t a, b;

  ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
  a = hp_key_number(sqlite3_column_value(row, 0));
  b = hp_key_number(sqlite3_column_value(row, 1));
  ck_assert_msg((a == b) == keys[_i].are_same, "%s and %s", keys[_i].a,
                keys[_i].b);
  ck_assert(a && b);
  sqlite3_finalize(row);
  sqlite3_free(sql);
  test_db_close(db);
}
END_TEST

static bool attempt(void *arg) {
  hp_numbers l = {0};
  hp_keyset s = {0};
  int rc = SQLITE_OK;

  (void)arg;
  for (uint64_t i = 1; rc == SQLITE_OK && i < 500; i++) {
    rc = hp_numbers_push(&l, i);
  }
  if (rc == SQLITE_OK) rc = hp_keyset_make(&s, &l);
  hp_keyset_term(&s);
  hp_numbers_term(&l);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 3);
}
END_TEST

Suite *advisor_keyset_suite(void) {
  Suite *s = suite_create("advisor_keyset");
  TCase *c = tcase_create("keyset");

  tcase_add_test(c, a_set_has_what_was_put_into_it_and_nothing_else);
  tcase_add_test(c, numbers_are_put_in_order);
  tcase_add_loop_test(c, values_that_name_the_same_row_have_the_same_number, 0,
                      sizeof keys / sizeof *keys);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
