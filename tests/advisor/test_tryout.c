/* SPDX-License-Identifier: MIT */
#include "advisor/tryout.h"

#include "support/stage.h"

#include <check.h>

Suite *advisor_tryout_suite(void);

static test_stage stage;

static void set_up(void) {
  test_stage_open(&stage);
}

static void take_down(void) {
  test_stage_close(&stage);
}

/* True if the plan of statement q names candidate i, which was created. */
static bool is_used(int i, int q) {
  hp_plan plan;
  bool named;

  ck_assert_int_eq(hp_tryout_plan(&stage.tryout, q, &plan), SQLITE_OK);
  named = hp_tryout_names(&plan, i);
  hp_plan_term(&plan);
  return named;
}

START_TEST(a_candidate_is_used_while_it_is_there) {
  ck_assert_int_eq(test_stage_offer(&stage, "t", "t(a)", SIMPLE), SQLITE_OK);
  ck_assert(!is_used(0, SIMPLE));
  ck_assert_int_eq(hp_tryout_create(&stage.tryout, 0), SQLITE_OK);
  ck_assert(is_used(0, SIMPLE));
  ck_assert(!is_used(0, EITHER));
  ck_assert_int_eq(hp_tryout_drop(&stage.tryout, 0), SQLITE_OK);
  ck_assert(!is_used(0, SIMPLE));
}
END_TEST

START_TEST(numbers_that_begin_alike_are_told_apart) {
  char body[20];

  for (int i = 0; i < 12; i++) {
    sqlite3_snprintf(sizeof body, body, i == 11 ? "t(a)" : "t(b + %d)", i);
    ck_assert_int_eq(test_stage_offer(&stage, "t", body, SIMPLE), SQLITE_OK);
  }
  ck_assert_int_eq(hp_tryout_create(&stage.tryout, 11), SQLITE_OK);
  ck_assert(is_used(11, SIMPLE));
  ck_assert(!is_used(1, SIMPLE));
}
END_TEST

START_TEST(what_cannot_be_created_is_left_out) {
  ck_assert_int_eq(test_stage_offer(&stage, "t", "t(nothing)", SIMPLE),
                   SQLITE_OK);
  ck_assert_int_eq(hp_tryout_create(&stage.tryout, 0), SQLITE_OK);
  ck_assert(!is_used(0, SIMPLE));
  ck_assert_int_eq(hp_tryout_drop(&stage.tryout, 0), SQLITE_OK);
  ck_assert_ptr_null(stage.err);
}
END_TEST

START_TEST(a_statement_without_a_plan_uses_nothing) {
  ck_assert_int_eq(test_stage_offer(&stage, "t", "t(a)", BROKEN), SQLITE_OK);
  ck_assert_int_eq(hp_tryout_create(&stage.tryout, 0), SQLITE_OK);
  ck_assert(!is_used(0, BROKEN));
}
END_TEST

Suite *advisor_tryout_suite(void) {
  Suite *s = suite_create("advisor_tryout");
  TCase *c = tcase_create("tryout");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_test(c, a_candidate_is_used_while_it_is_there);
  tcase_add_test(c, numbers_that_begin_alike_are_told_apart);
  tcase_add_test(c, what_cannot_be_created_is_left_out);
  tcase_add_test(c, a_statement_without_a_plan_uses_nothing);
  suite_add_tcase(s, c);
  return s;
}
