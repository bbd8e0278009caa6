/* SPDX-License-Identifier: MIT */
#include "query/detectors.h"
#include "query/suspects.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>

Suite *query_detectors_suite(void);

static void *take_and_give(void *arg) {
  hp_nplus1 *d = hp_detectors_take(1);
  bool is_same = d == arg;

  hp_detectors_give(1, d);
  return is_same ? arg : NULL;
}

START_TEST(a_thread_goes_on_with_its_detector) {
  hp_nplus1 *d = hp_detectors_take(1);

  hp_detectors_give(1, d);
  ck_assert_ptr_eq(hp_detectors_take(1), d);
  hp_detectors_give(1, d);
}
END_TEST

START_TEST(another_thread_or_file_gets_its_own) {
  hp_nplus1 *d = hp_detectors_take(1), *other;
  pthread_t thread;
  void *same;

  hp_detectors_give(1, d);
  other = hp_detectors_take(2);
  ck_assert_ptr_ne(other, d);
  hp_detectors_give(2, other);
  ck_assert_int_eq(pthread_create(&thread, NULL, take_and_give, d), 0);
  ck_assert_int_eq(pthread_join(thread, &same), 0);
  ck_assert_ptr_null(same);
}
END_TEST

/* Enough repeated calls for a burst. */
static void run_duplicates(hp_nplus1 *d) {
  hp_nplus1_event e = {
      .fingerprint = 7, .values = 7, .what = HP_SHAPE_LOOKUP, .rows = 1};
  int i;

  for (i = 0; i < 9; i++) {
    e.start_ns = 1 + i;
    hp_nplus1_record(d, &e);
  }
}

static int n_suspects(void) {
  static hp_suspect list[HP_SUSPECTS];

  return hp_suspects_list(list, HP_SUSPECTS);
}

START_TEST(what_is_parked_can_be_flushed) {
  hp_nplus1 *d = hp_detectors_take(1);

  hp_suspects_reset();
  run_duplicates(d);
  hp_detectors_give(1, d);
  ck_assert_int_eq(n_suspects(), 0);
  hp_detectors_flush();
  ck_assert_int_eq(n_suspects(), 1);
}
END_TEST

START_TEST(a_database_without_a_file_ends_with_its_connection) {
  hp_nplus1 *d = hp_detectors_take(0);

  hp_suspects_reset();
  run_duplicates(d);
  hp_detectors_give(0, d);
  ck_assert_int_eq(n_suspects(), 1);
}
END_TEST

START_TEST(few_are_kept) {
  int64_t before;
  int i;

  for (i = 1; i <= 100; i++) {
    hp_detectors_give((uint64_t)i, hp_detectors_take((uint64_t)i));
    if (i == HP_DETECTORS) before = test_heap_outstanding();
  }
  ck_assert_int_eq(test_heap_outstanding(), before);
}
END_TEST

START_TEST(out_of_memory_is_told) {
  test_heap_fail_at(1);
  ck_assert_ptr_null(hp_detectors_take(99));
  test_heap_fail_never();
  hp_detectors_give(99, NULL);
}
END_TEST

Suite *query_detectors_suite(void) {
  Suite *s = suite_create("query_detectors");
  TCase *c = tcase_create("detectors");

  tcase_add_test(c, a_thread_goes_on_with_its_detector);
  tcase_add_test(c, another_thread_or_file_gets_its_own);
  tcase_add_test(c, what_is_parked_can_be_flushed);
  tcase_add_test(c, a_database_without_a_file_ends_with_its_connection);
  tcase_add_test(c, few_are_kept);
  tcase_add_test(c, out_of_memory_is_told);
  suite_add_tcase(s, c);
  return s;
}
