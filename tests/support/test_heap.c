/* SPDX-License-Identifier: MIT */
#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *support_heap_suite(void);

START_TEST(the_nth_allocation_fails_and_only_that_one) {
  void *p;

  test_heap_fail_at(2);
  p = sqlite3_malloc(8);
  ck_assert_ptr_nonnull(p);
  ck_assert(!test_heap_failed());
  ck_assert_ptr_null(sqlite3_malloc(8));
  ck_assert(test_heap_failed());
  p = sqlite3_realloc(p, 4000);
  ck_assert_ptr_nonnull(p);
  sqlite3_free(p);
}
END_TEST

START_TEST(every_later_allocation_fails_until_told_otherwise) {
  test_heap_fail_from(1);
  ck_assert_ptr_null(sqlite3_malloc(8));
  ck_assert_ptr_null(sqlite3_malloc(8));
  test_heap_fail_never();
  sqlite3_free(sqlite3_malloc(8));
  ck_assert(test_heap_failed());
}
END_TEST

START_TEST(live_allocations_are_counted) {
  int64_t before = test_heap_outstanding();
  void *p = sqlite3_malloc(8);

  ck_assert_int_eq(test_heap_outstanding(), before + 1);
  sqlite3_free(p);
  ck_assert_int_eq(test_heap_outstanding(), before);
}
END_TEST

static bool two_allocations(void *arg) {
  void *a = sqlite3_malloc(8);
  void *b = a != NULL ? sqlite3_malloc(8) : NULL;
  bool ok = b != NULL;

  (void)arg;
  sqlite3_free(a);
  sqlite3_free(b);
  return ok;
}

START_TEST(each_allocation_of_an_attempt_fails_in_turn) {
  ck_assert_int_eq(test_heap_each_failure(two_allocations, NULL), 2);
}
END_TEST

START_TEST(sqlite_itself_runs_out_of_memory_too) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_heap_fail_from(1);
  ck_assert_int_eq(sqlite3_exec(db, "SELECT 1", NULL, NULL, NULL),
                   SQLITE_NOMEM);
  test_heap_fail_never();
  ck_assert_int_eq(test_db_int(db, "SELECT 1"), 1);
  test_db_close(db);
}
END_TEST

Suite *support_heap_suite(void) {
  Suite *s = suite_create("support_heap");
  TCase *c = tcase_create("heap");

  tcase_add_test(c, the_nth_allocation_fails_and_only_that_one);
  tcase_add_test(c, every_later_allocation_fails_until_told_otherwise);
  tcase_add_test(c, live_allocations_are_counted);
  tcase_add_test(c, each_allocation_of_an_attempt_fails_in_turn);
  tcase_add_test(c, sqlite_itself_runs_out_of_memory_too);
  suite_add_tcase(s, c);
  return s;
}
