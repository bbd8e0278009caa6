/* SPDX-License-Identifier: MIT */
#include "advisor/shortlist.h"

#include "support/heap.h"
#include "support/stage.h"

#include <check.h>
#include <string.h>

Suite *advisor_shortlist_suite(void);

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

static int try_shorten(void) {
  return hp_shortlist(&stage.list, &stage.tables, stage.tryout.shadow,
                      stage.tryout.statements, stage.tryout.weights,
                      &stage.err);
}

static void shorten(void) {
  ck_assert_int_eq(try_shorten(), SQLITE_OK);
}

static const hp_candidate *find(const char *body) {
  return test_stage_find(&stage, body);
}

START_TEST(what_the_planner_takes_up_stays) {
  ck_assert_int_eq(offer("t", "t(a)", SIMPLE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(pad)", SIMPLE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(nothing)", SIMPLE), SQLITE_OK);
  shorten();
  ck_assert_int_eq(stage.list.n, 1);
  ck_assert(find("t(a)")->helps[SIMPLE]);
}
END_TEST

START_TEST(an_index_for_each_side_of_or_stays_with_the_other) {
  ck_assert_int_eq(offer("t", "t(b)", EITHER), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(c)", EITHER), SQLITE_OK);
  shorten();
  ck_assert_int_eq(stage.list.n, 2);
  ck_assert(!find("t(b)")->helps[EITHER]);
  ck_assert(find("t(b)")->together[EITHER]);
  ck_assert(find("t(c)")->together[EITHER]);
}
END_TEST

START_TEST(one_side_of_or_alone_is_of_no_use) {
  ck_assert_int_eq(offer("t", "t(b)", EITHER), SQLITE_OK);
  shorten();
  ck_assert_int_eq(stage.list.n, 0);
}
END_TEST

START_TEST(an_index_that_is_of_use_only_beside_another_stays) {
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_int_eq(stage.list.n, 0);
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_ptr_nonnull(find("person(kind)"));
  ck_assert_ptr_nonnull(find("bill(person)"));
  ck_assert(!find("person(kind)")->helps[CHAIN]);
  ck_assert_int_eq(find("person(kind)")->together[CHAIN],
                   HP_TOGETHER_ALL | HP_TOGETHER_PLAIN);
}
END_TEST

START_TEST(a_table_of_few_rows_gets_none) {
  ck_assert_int_eq(offer("tiny", "tiny(x)", ON_TINY), SQLITE_OK);
  ck_assert_int_eq(offer("tiny", "tiny(x, y)", ON_TINY), SQLITE_OK);
  shorten();
  ck_assert_int_eq(stage.list.n, 0);
}
END_TEST

/* As many as can be built in reasonable time, plain ones first. */
START_TEST(a_table_of_many_rows_gets_few) {
  static const char *const columns[] = {"b", "c", "id", "pad"};
  char body[40];

  stage.tables.at[hp_tables_find(&stage.tables, "t")].n_rows =
      100 * 1000 * 1000;
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < 4; k++) {
      if (i == k) continue;
      sqlite3_snprintf(sizeof body, body, "t(a, %s, %s)", columns[i],
                       columns[k]);
      ck_assert_int_eq(offer("t", body, SIMPLE), SQLITE_OK);
      sqlite3_snprintf(sizeof body, body, "t(a, %s DESC, %s)", columns[i],
                       columns[k]);
      ck_assert_int_eq(offer("t", body, SIMPLE), SQLITE_OK);
      stage.list.at[stage.list.n - 1].is_covering = true;
    }
  }
  shorten();
  ck_assert_int_eq(stage.list.n, 14);
  ck_assert_ptr_nonnull(find("t(a, pad, id)"));
}
END_TEST

static bool attempt(void *arg) {
  int rc = offer("person", "person(kind)", CHAIN);

  (void)arg;
  if (rc == SQLITE_OK) rc = offer("bill", "bill(person)", CHAIN);
  if (rc == SQLITE_OK) rc = try_shorten();
  sqlite3_free(stage.err);
  stage.err = NULL;
  hp_candidates_term(&stage.list);
  stage.list.n_statements = N_STAGED;
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 50);
}
END_TEST

Suite *advisor_shortlist_suite(void) {
  Suite *s = suite_create("advisor_shortlist");
  TCase *c = tcase_create("shortlist");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, what_the_planner_takes_up_stays);
  tcase_add_test(c, an_index_for_each_side_of_or_stays_with_the_other);
  tcase_add_test(c, one_side_of_or_alone_is_of_no_use);
  tcase_add_test(c, an_index_that_is_of_use_only_beside_another_stays);
  tcase_add_test(c, a_table_of_few_rows_gets_none);
  tcase_add_test(c, a_table_of_many_rows_gets_few);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
