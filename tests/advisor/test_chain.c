/* SPDX-License-Identifier: MIT */
#include "advisor/chain.h"

#include "support/heap.h"
#include "support/stage.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *advisor_chain_suite(void);

static test_stage stage;

static void set_up(void) {
  test_stage_open(&stage);
}

static void take_down(void) {
  test_stage_close(&stage);
}

static int offer(const char *table, const char *body, int q) {
  return test_stage_offer(&stage, table, body, q);
}

/* The planner has taken up none of them by themselves. */
static int attempt_all(void) {
  static bool before[8 * N_STAGED];
  int rc;

  for (int i = 0; i < stage.list.n; i++) {
    memcpy(before + i * N_STAGED, stage.list.at[i].helps, N_STAGED);
    memset(stage.list.at[i].helps, 0, N_STAGED);
    stage.list.at[i].weight = 0;
  }
  stage.tryout.before = before;
  rc = hp_chain_try_all(&stage.tryout);
  sqlite3_free(stage.err);
  stage.err = NULL;
  return rc;
}

static void try_all(void) {
  ck_assert_int_eq(attempt_all(), SQLITE_OK);
}

static bool is_chain(const hp_chain *c, const char *a, const char *b) {
  return c->n == 2 && strcmp(c->body[0], a) == 0 && strcmp(c->body[1], b) == 0;
}

START_TEST(a_wide_index_may_make_a_narrow_one_of_use) {
  int n = 0;

  ck_assert_int_eq(offer("person", "person(kind)", GROUPED), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", GROUPED), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(day)", GROUPED), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person, day)", GROUPED), SQLITE_OK);
  stage.list.at[3].n_columns = 2;
  try_all();
  for (int i = 0; i < stage.list.n_chains; i++) {
    const hp_chain *c = &stage.list.chains[i];

    n += is_chain(c, "person(kind)", "bill(person, day)") ||
         is_chain(c, "bill(person, day)", "person(kind)");
  }
  ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(sides_of_or_that_a_term_beside_it_hides_are_noted_as_a_chain) {
  ck_assert_int_eq(offer("t", "t(pad)", BESIDE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(b)", BESIDE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(c)", BESIDE), SQLITE_OK);
  try_all();
  ck_assert_int_eq(stage.list.n_chains, 1);
  ck_assert(is_chain(&stage.list.chains[0], "t(b)", "t(c)"));
}
END_TEST

START_TEST(narrow_indexes_that_a_wider_one_hides_are_noted_as_a_chain) {
  ck_assert_int_eq(offer("bill", "bill(day, person)", CHAIN), SQLITE_OK);
  stage.list.at[0].n_columns = 2;
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(day)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  try_all();
  ck_assert_int_eq(stage.list.n_chains, 1);
  ck_assert(is_chain(&stage.list.chains[0], "person(kind)", "bill(person)") ||
            is_chain(&stage.list.chains[0], "bill(person)", "person(kind)"));
  ck_assert_int_eq(stage.list.chains[0].statement, CHAIN);
}
END_TEST

START_TEST(a_candidate_that_goes_takes_its_chains_along) {
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  try_all();
  ck_assert_int_eq(stage.list.n_chains, 1);
  hp_candidates_drop(&stage.list, 0);
  ck_assert_int_eq(stage.list.n, 1);
  ck_assert_int_eq(stage.list.n_chains, 0);
}
END_TEST

START_TEST(what_only_a_chain_needs_gets_weight) {
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(nothing)", CHAIN), SQLITE_OK);
  try_all();
  ck_assert_double_gt(test_stage_find(&stage, "bill(person)")->weight, 0);
  ck_assert_double_le(test_stage_find(&stage, "bill(nothing)")->weight, 0);
}
END_TEST

START_TEST(a_statement_of_little_weight_is_left_alone) {
  static const double weights[N_STAGED] = {[SIMPLE] = 5000, [CHAIN] = 1};

  stage.tryout.weights = weights;
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  try_all();
  ck_assert_int_eq(stage.list.n_chains, 0);
}
END_TEST

static bool attempt(void *arg) {
  int rc = offer("person", "person(kind)", CHAIN);

  (void)arg;
  if (rc == SQLITE_OK) rc = offer("bill", "bill(person)", CHAIN);
  if (rc == SQLITE_OK) rc = attempt_all();
  hp_candidates_term(&stage.list);
  stage.list.n_statements = N_STAGED;
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 50);
}
END_TEST

Suite *advisor_chain_suite(void) {
  Suite *s = suite_create("advisor_chain");
  TCase *c = tcase_create("chain");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, narrow_indexes_that_a_wider_one_hides_are_noted_as_a_chain);
  tcase_add_test(c, a_wide_index_may_make_a_narrow_one_of_use);
  tcase_add_test(c,
                 sides_of_or_that_a_term_beside_it_hides_are_noted_as_a_chain);
  tcase_add_test(c, what_only_a_chain_needs_gets_weight);
  tcase_add_test(c, a_statement_of_little_weight_is_left_alone);
  tcase_add_test(c, a_candidate_that_goes_takes_its_chains_along);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
