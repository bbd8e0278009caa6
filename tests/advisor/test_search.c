/* SPDX-License-Identifier: MIT */
#include "advisor/search.h"

#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_search_suite(void);

enum { N = 10, QUERIES = 12 };

/* A made-up workload: query q costs time[q][i] with the best index i in the
** set, and plain[q] without; each index costs upkeep[i]. */
typedef struct model {
  double plain[QUERIES], time[QUERIES][N], upkeep[N], least[N];
  int64_t n_bytes[N];
  int table[N];
  bool is_fixed[N];
  int n_calls;
  bool was_asked[1 << N]; /* the cost of this set */
} model;

static uint64_t random_state;

static double draw(void) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (double)(random_state >> 33) / (double)(1u << 31);
}

static model make(uint64_t seed) {
  model m = {.n_calls = 0};

  random_state = seed;
  for (int i = 0; i < N; i++) {
    m.upkeep[i] = draw() * 3;
    m.n_bytes[i] = 4096 + (int64_t)(draw() * 1e6);
    m.table[i] = i % 2;
  }
  for (int q = 0; q < QUERIES; q++) {
    m.plain[q] = 10 + draw() * 90;
    for (int i = 0; i < N; i++) {
      m.time[q][i] = draw() < 0.4 ? m.plain[q] * draw() : m.plain[q] * 2;
    }
  }
  return m;
}

static double cost_of(const model *m, const bool *set) {
  double sum = 0;

  for (int i = 0; i < N; i++) sum += set[i] ? m->upkeep[i] : 0;
  for (int q = 0; q < QUERIES; q++) {
    double best = m->plain[q];

    for (int i = 0; i < N; i++) {
      if (set[i] && m->time[q][i] < best) best = m->time[q][i];
    }
    sum += best;
  }
  return sum;
}

static int number_of(const bool *set) {
  int number = 0;

  for (int i = 0; i < N; i++) number |= set[i] << i;
  return number;
}

static int cost(void *arg, const bool *set, double *out) {
  model *m = arg;

  m->n_calls++;
  m->was_asked[number_of(set)] = true;
  *out = cost_of(m, set);
  return SQLITE_OK;
}

static int estimate(void *arg, const bool *set, const bool *larger,
                    double limit, double *out) {
  model *m = arg;

  for (int i = 0; i < N; i++) ck_assert(!set[i] || larger[i]);
  (void)limit;
  *out = cost_of(m, set);
  return SQLITE_OK;
}

/* Half of the cost, until that was asked for. */
static int estimate_badly(void *arg, const bool *set, const bool *larger,
                          double limit, double *out) {
  model *m = arg;

  (void)larger, (void)limit;
  *out = cost_of(m, set) * (m->was_asked[number_of(set)] ? 1 : 0.5);
  return SQLITE_OK;
}

/* Stops at the limit, with that. */
static int estimate_shortly(void *arg, const bool *set, const bool *larger,
                            double limit, double *out) {
  (void)larger;
  *out = cost_of(arg, set);
  if (*out > limit) *out = limit > 0 ? limit : 0;
  return SQLITE_OK;
}

static bool always(void *arg, double share) {
  (void)arg, (void)share;
  return true;
}

static hp_search search_of(model *m) {
  return (hp_search){.n = N,
                     .n_bytes = m->n_bytes,
                     .table = m->table,
                     .is_fixed = m->is_fixed,
                     .min_gain = 0.0001,
                     .least = m->least,
                     .base = cost_of(m, (bool[N]){false}),
                     .cost = cost,
                     .estimate = estimate,
                     .may_go_on = always,
                     .arg = m};
}

static double optimum(const model *m) {
  bool set[N];
  double best = 1e300;

  for (int subset = 0; subset < 1 << N; subset++) {
    double c;

    for (int i = 0; i < N; i++) set[i] = (subset >> i & 1) != 0;
    c = cost_of(m, set);
    if (c < best) best = c;
  }
  return best;
}

START_TEST(the_result_is_within_5_percent_of_the_optimum) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert_double_eq_tol(total, cost_of(&m, set), 1e-9);
  ck_assert_double_le(total, 1.05 * optimum(&m));
}
END_TEST

START_TEST(the_same_input_gives_the_same_set) {
  model m = make(7);
  hp_search s = search_of(&m);
  bool a[N] = {false}, b[N] = {false};
  double x, y;

  ck_assert_int_eq(hp_search_run(&s, a, &x), SQLITE_OK);
  ck_assert_int_eq(hp_search_run(&s, b, &y), SQLITE_OK);
  ck_assert_mem_eq(a, b, sizeof a);
}
END_TEST

START_TEST(the_budget_is_kept) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  int64_t sum = 0;
  double total;

  s.budget_bytes = 800000;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  for (int i = 0; i < N; i++) sum += set[i] ? m.n_bytes[i] : 0;
  ck_assert_int_le(sum, 800000);
}
END_TEST

START_TEST(a_start_over_the_budget_is_brought_down_to_it) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool set[N];
  int64_t sum = 0;
  double total;

  memset(set, true, sizeof set);
  s.budget_bytes = 800000;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  for (int i = 0; i < N; i++) sum += set[i] ? m.n_bytes[i] : 0;
  ck_assert_int_le(sum, 800000);
  ck_assert_double_eq(total, cost_of(&m, set));
}
END_TEST

/* Each index repeats the one before it. */
static bool neighbours(void *arg, const bool *set, int in, int out) {
  (void)arg;
  return (in > 0 && in - 1 != out && set[in - 1]) ||
         (in + 1 < N && in + 1 != out && set[in + 1]);
}

START_TEST(what_repeats_another_one_is_not_beside_it) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  s.clashes = neighbours;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert_double_lt(total, cost_of(&m, (bool[N]){false}));
  for (int i = 1; i < N; i++) ck_assert(!set[i] || !set[i - 1]);
}
END_TEST

START_TEST(fixed_indexes_stay) {
  model m = make(3);
  hp_search s = search_of(&m);
  bool set[N] = {[4] = true};
  double total;

  m.is_fixed[4] = true;
  m.upkeep[4] = 1000;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert(set[4]);
}
END_TEST

START_TEST(a_byte_has_its_price) {
  model m = make(5);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  s.min_density = 1; /* a byte must save everything */
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  for (int i = 0; i < N; i++) ck_assert(!set[i]);
}
END_TEST

START_TEST(an_index_must_save_its_least) {
  model m = make(5);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  for (int i = 0; i < N; i++) m.least[i] = 1e9;
  m.least[3] = 0;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  for (int i = 0; i < N; i++) ck_assert_int_eq(set[i], i == 3);
}
END_TEST

static bool never(void *arg, double share) {
  (void)arg, (void)share;
  return false;
}

START_TEST(a_spent_budget_ends_the_search) {
  model m = make(9);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  s.may_go_on = never;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert_int_le(m.n_calls, 2);
}
END_TEST

START_TEST(what_was_estimated_too_low_is_not_taken) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total, bare = cost_of(&m, set);

  s.estimate = estimate_badly;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert_double_eq_tol(total, cost_of(&m, set), 1e-9);
  ck_assert_double_le(total, bare);
  ck_assert_double_le(total, 1.1 * optimum(&m));
}
END_TEST

/* Index 0 is of no use, 1 is; all others cost more than they save. */
static model make_simple(void) {
  model m = make(1);

  for (int i = 0; i < N; i++) {
    m.table[i] = 0;
    m.n_bytes[i] = 8192;
    m.upkeep[i] = 1;
    for (int q = 0; q < QUERIES; q++) {
      m.time[q][i] = m.plain[q] * (i == 1 ? 0.5 : 2);
    }
  }
  return m;
}

static bool has_shrunk;

/* Thinks too well of index 0. */
static int estimate_with_favour(void *arg, const bool *set, const bool *larger,
                                double limit, double *out) {
  model *m = arg;

  (void)limit;
  if (number_of(set) != number_of(larger)) has_shrunk = true;
  *out = cost_of(m, set);
  if (set[0] && !m->was_asked[number_of(set)]) *out /= 10;
  return SQLITE_OK;
}

static bool until_it_shrinks(void *arg, double share) {
  (void)arg, (void)share;
  return !has_shrunk;
}

static bool zero_excludes_one(void *arg, const bool *set, int in, int out) {
  (void)arg;
  return (in == 0 && set[1] && out != 1) || (in == 1 && set[0] && out != 0);
}

START_TEST(what_was_favoured_takes_no_place) {
  model m = make_simple();
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  has_shrunk = false;
  s.estimate = estimate_with_favour;
  s.may_go_on = until_it_shrinks;
  s.clashes = zero_excludes_one;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert(set[1] && !set[0]);
}
END_TEST

START_TEST(an_exchange_pays_for_the_bytes) {
  model m = make_simple();
  hp_search s = search_of(&m);
  bool set[N] = {[1] = true};
  double total;

  for (int q = 0; q < QUERIES; q++) m.time[q][0] = m.plain[q] * 0.48;
  m.n_bytes[0] = 1 << 20;
  s.min_density = 1e-7;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert(set[1] && !set[0]);
  m.n_bytes[0] = 8192;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_OK);
  ck_assert(set[0] && !set[1]);
}
END_TEST

START_TEST(it_is_enough_to_know_that_a_cost_is_over_the_limit) {
  model m = make((uint64_t)_i + 1);
  hp_search s = search_of(&m);
  bool a[N] = {false}, b[N] = {false};
  double x, y;

  ck_assert_int_eq(hp_search_run(&s, a, &x), SQLITE_OK);
  s.estimate = estimate_shortly;
  ck_assert_int_eq(hp_search_run(&s, b, &y), SQLITE_OK);
  ck_assert_double_eq_tol(x, y, 1e-9);
  ck_assert_mem_eq(a, b, sizeof a);
}
END_TEST

static int fails(void *arg, const bool *set, double *out) {
  (void)arg, (void)set;
  *out = 0;
  return SQLITE_IOERR;
}

static int fails_to_estimate(void *arg, const bool *set, const bool *larger,
                             double limit, double *out) {
  (void)larger, (void)limit;
  return fails(arg, set, out);
}

START_TEST(a_failure_is_passed_on) {
  model m = make(1);
  hp_search s = search_of(&m);
  bool set[N] = {false};
  double total;

  s.estimate = fails_to_estimate;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_IOERR);
  s.cost = fails;
  ck_assert_int_eq(hp_search_run(&s, set, &total), SQLITE_IOERR);
}
END_TEST

static bool attempt(void *arg) {
  hp_search s = search_of(arg);
  bool set[N] = {false};
  double total;

  return hp_search_run(&s, set, &total) == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  model m = make(1);

  ck_assert_int_ge(test_heap_each_failure(attempt, &m), 2);
}
END_TEST

Suite *advisor_search_suite(void) {
  Suite *s = suite_create("advisor_search");
  TCase *c = tcase_create("search");

  tcase_add_loop_test(c, the_result_is_within_5_percent_of_the_optimum, 0, 200);
  tcase_add_test(c, the_same_input_gives_the_same_set);
  tcase_add_loop_test(c, the_budget_is_kept, 0, 20);
  tcase_add_loop_test(c, a_start_over_the_budget_is_brought_down_to_it, 0, 20);
  tcase_add_loop_test(c, what_repeats_another_one_is_not_beside_it, 0, 10);
  tcase_add_test(c, fixed_indexes_stay);
  tcase_add_test(c, a_byte_has_its_price);
  tcase_add_test(c, an_index_must_save_its_least);
  tcase_add_test(c, a_spent_budget_ends_the_search);
  tcase_add_loop_test(c, what_was_estimated_too_low_is_not_taken, 0, 50);
  tcase_add_test(c, what_was_favoured_takes_no_place);
  tcase_add_test(c, an_exchange_pays_for_the_bytes);
  tcase_add_loop_test(c, it_is_enough_to_know_that_a_cost_is_over_the_limit, 0,
                      50);
  tcase_add_test(c, a_failure_is_passed_on);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
