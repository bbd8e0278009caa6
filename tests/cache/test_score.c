/* SPDX-License-Identifier: MIT */
#include "cache/score.h"

#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

Suite *cache_score_suite(void);

/* What hp_score_each() says about one name. */
typedef struct wanted {
  const char *name;
  uint64_t sums[HP_N_COUNTS];
  int n_seen;
} wanted;

static bool note(const hp_score *t, const uint64_t *sums, void *arg) {
  wanted *w = arg;

  if (strcmp(hp_score_name(t), w->name) != 0) return true;
  memcpy(w->sums, sums, sizeof w->sums);
  w->n_seen++;
  return true;
}

static uint64_t sum_of(const char *name, hp_count what) {
  wanted w = {.name = name};

  hp_score_each(note, &w);
  ck_assert_int_eq(w.n_seen, 1);
  return w.sums[what];
}

START_TEST(sheets_of_one_name_add_up_in_one_score) {
  hp_sheet *a = hp_sheet_new("x"), *b = hp_sheet_new("x"),
           *other = hp_sheet_new("y");

  hp_sheet_add(a, HP_COUNT_hits_l1, 2);
  hp_sheet_add(a, HP_COUNT_hits_l1, 3);
  hp_sheet_add(b, HP_COUNT_hits_l1, 10);
  hp_sheet_add(b, HP_COUNT_errors, 1);
  ck_assert_ptr_eq(a->score, b->score);
  ck_assert_ptr_ne(a->score, other->score);
  ck_assert_uint_eq(sum_of("x", HP_COUNT_hits_l1), 15);
  ck_assert_uint_eq(sum_of("x", HP_COUNT_errors), 1);
  ck_assert_uint_eq(sum_of("y", HP_COUNT_hits_l1), 0);
  hp_sheet_free(a);
  hp_sheet_free(b);
  hp_sheet_free(other);
}
END_TEST

START_TEST(what_was_counted_outlives_the_sheet) {
  hp_sheet *a = hp_sheet_new("x"), *b = hp_sheet_new("x");

  hp_sheet_add(a, HP_COUNT_computations, 7);
  hp_sheet_add(b, HP_COUNT_computations, 1);
  hp_sheet_free(a);
  ck_assert_uint_eq(sum_of("x", HP_COUNT_computations), 8);
  hp_sheet_free(b);
  ck_assert_uint_eq(sum_of("x", HP_COUNT_computations), 8);
  hp_sheet_free(NULL);
}
END_TEST

START_TEST(a_reset_zeroes_open_and_closed_sheets_alike) {
  hp_sheet *a = hp_sheet_new("x"), *b = hp_sheet_new("x");

  hp_sheet_add(a, HP_COUNT_saved_ns, 5);
  hp_sheet_add(b, HP_COUNT_saved_ns, 6);
  hp_sheet_free(a);
  hp_score_reset();
  ck_assert_uint_eq(sum_of("x", HP_COUNT_saved_ns), 0);
  hp_sheet_add(b, HP_COUNT_saved_ns, 4);
  hp_sheet_free(b);
  ck_assert_uint_eq(sum_of("x", HP_COUNT_saved_ns), 4);
}
END_TEST

static bool stop(const hp_score *t, const uint64_t *sums, void *arg) {
  (void)t, (void)sums;
  ++*(int *)arg;
  return false;
}

START_TEST(a_visit_that_says_no_ends_the_round) {
  hp_sheet *a = hp_sheet_new("x"), *b = hp_sheet_new("y");
  int n = 0;

  hp_score_each(stop, &n);
  ck_assert_int_eq(n, 1);
  hp_sheet_free(a);
  hp_sheet_free(b);
}
END_TEST

enum { N_THREADS = 4, N_ROUNDS = 200 };

/* Counts on sheets of its own, made and freed all the time. */
static void *count_away(void *arg) {
  for (int i = 0; i < N_ROUNDS; i++) {
    hp_sheet *s = hp_sheet_new("shared");

    if (!s) return arg;
    for (int k = 0; k < 10; k++) hp_sheet_add(s, HP_COUNT_hits_l1, 1);
    hp_sheet_free(s);
  }
  return NULL;
}

START_TEST(threads_lose_no_count) {
  pthread_t threads[N_THREADS];
  wanted w = {.name = "shared"};
  void *failed;

  for (int i = 0; i < N_THREADS; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, count_away, &w), 0);
  }
  for (int i = 0; i < 50; i++) hp_score_each(note, &w);
  for (int i = 0; i < N_THREADS; i++) {
    pthread_join(threads[i], &failed);
    ck_assert_ptr_null(failed);
  }
  ck_assert_uint_eq(sum_of("shared", HP_COUNT_hits_l1),
                    N_THREADS * N_ROUNDS * 10);
}
END_TEST

static bool attempt_sheet(void *arg) {
  hp_sheet *s = hp_sheet_new("x");
  bool ok = s != NULL;

  (void)arg;
  hp_sheet_free(s);
  return ok;
}

START_TEST(a_sheet_that_finds_no_memory_is_not_made) {
  ck_assert_int_eq(test_heap_each_failure(attempt_sheet, NULL), 1);
  test_heap_fail_at(2);
  ck_assert_ptr_null(hp_sheet_new("never heard of"));
  test_heap_fail_never();
}
END_TEST

Suite *cache_score_suite(void) {
  Suite *s = suite_create("cache_score");
  TCase *c = tcase_create("score");

  tcase_add_test(c, sheets_of_one_name_add_up_in_one_score);
  tcase_add_test(c, what_was_counted_outlives_the_sheet);
  tcase_add_test(c, a_reset_zeroes_open_and_closed_sheets_alike);
  tcase_add_test(c, a_visit_that_says_no_ends_the_round);
  tcase_add_test(c, threads_lose_no_count);
  tcase_add_test(c, a_sheet_that_finds_no_memory_is_not_made);
  suite_add_tcase(s, c);
  return s;
}
