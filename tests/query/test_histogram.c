/* SPDX-License-Identifier: MIT */
#include "query/histogram.h"

#include <check.h>
#include <stdlib.h>

Suite *query_histogram_suite(void);

/* splitmix64 (S. Vigna): a replayable source of numbers. */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static int64_t random_ns(uint64_t *state) {
  uint64_t r = next_random(state);

  return (int64_t)(next_random(state) >> (24 + r % 40));
}

START_TEST(every_bucket_begins_where_the_one_before_ends) {
  ck_assert_int_eq(hp_histogram_first(0), 0);
  for (unsigned i = 0; i + 1 < HP_HISTOGRAM_BUCKETS; i++) {
    int64_t first = hp_histogram_first(i), end = hp_histogram_end(i);
    ck_assert_int_lt(first, end);
    ck_assert_uint_eq(hp_histogram_bucket(first), i);
    ck_assert_uint_eq(hp_histogram_bucket(end - 1), i);
    ck_assert_uint_eq(hp_histogram_bucket(end), i + 1);
  }
}
END_TEST

START_TEST(a_bucket_is_narrow_from_one_microsecond) {
  for (unsigned i = 8; i < HP_HISTOGRAM_BUCKETS; i++) {
    double first = (double)hp_histogram_first(i);
    ck_assert(first >= 1000);
    ck_assert((double)hp_histogram_end(i) <= first * 1.1251);
  }
}
END_TEST

START_TEST(durations_out_of_range_land_in_the_end_buckets) {
  ck_assert_uint_eq(hp_histogram_bucket(-5), 0);
  ck_assert_uint_eq(hp_histogram_bucket(INT64_MIN), 0);
  ck_assert_uint_eq(hp_histogram_bucket(INT64_MAX), HP_HISTOGRAM_BUCKETS - 1);
  ck_assert(hp_histogram_first(HP_HISTOGRAM_BUCKETS - 1) > 1000000000000);
}
END_TEST

START_TEST(an_empty_histogram_has_quantile_zero) {
  hp_histogram h = {{0}};

  ck_assert_int_eq(hp_histogram_quantile(&h, 0.5), 0);
}
END_TEST

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

  return (x > y) - (x < y);
}

/* Property: the quantile lies in the bucket of the true one. */
START_TEST(a_quantile_is_right_to_within_its_bucket) {
  uint64_t seed = (uint64_t)_i + 1;
  int n = (int)(next_random(&seed) % 2000) + 1;
  int64_t *values = malloc((size_t)n * sizeof *values);
  hp_histogram h = {{0}};

  ck_assert_ptr_nonnull(values);
  for (int i = 0; i < n; i++) {
    values[i] = random_ns(&seed);
    hp_histogram_record(&h, values[i]);
  }
  ck_assert_uint_eq(hp_histogram_count(&h), (uint64_t)n);
  qsort(values, (size_t)n, sizeof *values, compare);
  for (int p = 1; p <= 100; p++) {
    int rank = (n * p + 99) / 100;
    int64_t got = hp_histogram_quantile(&h, p / 100.0);
    ck_assert_msg(hp_histogram_bucket(got) ==
                      hp_histogram_bucket(values[rank - 1]),
                  "seed %d: p%d of %d values: got %lld, true %lld", _i + 1, p,
                  n, (long long)got, (long long)values[rank - 1]);
  }
  free(values);
}
END_TEST

START_TEST(merging_is_the_same_as_recording_all) {
  hp_histogram a = {{0}}, b = {{0}}, all = {{0}};
  uint64_t seed = 7;

  for (int i = 0; i < 1000; i++) {
    int64_t ns = random_ns(&seed);
    hp_histogram_record(i % 3 ? &a : &b, ns);
    hp_histogram_record(&all, ns);
  }
  hp_histogram_merge(&a, &b);
  ck_assert_mem_eq(&a, &all, sizeof a);
}
END_TEST

Suite *query_histogram_suite(void) {
  Suite *s = suite_create("query_histogram");
  TCase *c = tcase_create("histogram");

  tcase_add_test(c, every_bucket_begins_where_the_one_before_ends);
  tcase_add_test(c, a_bucket_is_narrow_from_one_microsecond);
  tcase_add_test(c, durations_out_of_range_land_in_the_end_buckets);
  tcase_add_test(c, an_empty_histogram_has_quantile_zero);
  tcase_add_loop_test(c, a_quantile_is_right_to_within_its_bucket, 0, 50);
  tcase_add_test(c, merging_is_the_same_as_recording_all);
  suite_add_tcase(s, c);
  return s;
}
