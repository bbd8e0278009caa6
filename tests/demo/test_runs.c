/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "demo/app.h"
#include "demo/files.h"
#include "demo/runs.h"
#include "support/db.h"
#include "support/tmp.h"

static const demo_run one = {
    .answers = 1, .content = 2, .rows = 3, .tables = 4};

START_TEST(runs_that_read_and_left_the_same_are_equal) {
  demo_run other = one;

  other.seconds[DEMO_STUDY] = 99;
  ck_assert_int_eq(demo_compare(&one, &other), 0);
}
END_TEST

START_TEST(any_difference_between_two_runs_is_an_error) {
  demo_run answers = one, content = one, rows = one, tables = one;

  answers.answers++;
  content.content++;
  rows.rows++;
  tables.tables++;
  ck_assert_int_eq(demo_compare(&one, &answers), 1);
  ck_assert_int_eq(demo_compare(&one, &content), 1);
  ck_assert_int_eq(demo_compare(&one, &rows), 1);
  ck_assert_int_eq(demo_compare(&one, &tables), 1);
}
END_TEST

START_TEST(the_ladder_goes_from_nothing_to_everything) {
  const demo_plan *naive = demo_plan_step(0), *last = demo_plan_hotpath();
  int n = 0;

  while (demo_plan_step(n) != NULL) n++;
  ck_assert_ptr_eq(naive, demo_plan_naive());
  ck_assert(!naive->one_connection && !naive->indexes && !naive->transactions &&
            !naive->cached && !naive->observed);
  ck_assert_ptr_eq(demo_plan_step(n - 1), last);
  ck_assert(last->one_connection && last->indexes && last->transactions &&
            last->cached);
  ck_assert_ptr_eq(demo_plan_any(n), demo_plan_observed());
  ck_assert_ptr_null(demo_plan_any(n + 1));
}
END_TEST

/* The hash of what a plan without extras reads from t.db: one deck. */
static uint64_t answers(const char *name) {
  demo_app *app = NULL;
  uint64_t hash;

  ck_assert_int_eq(
      demo_app_open(test_tmp_path("t.db"), demo_plan_naive(), "", &app), 0);
  ck_assert_int_eq(demo_app_run(app, DEMO_WORD_FIND,
                                (demo_arg[]){DEMO_TEXT(name), DEMO_TEXT("")}, 2,
                                NULL),
                   0);
  ck_assert_int_eq(demo_app_statements(app), 1);
  hash = demo_app_answers(app);
  demo_app_close(app);
  return hash;
}

START_TEST(another_answer_is_another_hash) {
  sqlite3 *db = test_db_open("t.db", NULL);

  test_db_exec(db, "CREATE TABLE vocabulary (id INTEGER PRIMARY KEY, "
                   "headword, reading);"
                   "INSERT INTO vocabulary VALUES (7, 'a', ''), (8, 'b', '')");
  ck_assert_uint_eq(answers("a"), answers("a"));
  ck_assert_uint_ne(answers("a"), answers("b"));
  ck_assert_uint_ne(answers("a"), answers("none"));
  test_db_exec(db, "UPDATE vocabulary SET id = 9 WHERE id = 7");
  ck_assert_uint_ne(answers("a"), answers("b"));
  test_db_close(db);
}
END_TEST

Suite *demo_runs_suite(void);

Suite *demo_runs_suite(void) {
  Suite *suite = suite_create("demo_runs");
  TCase *tc = tcase_create("runs");

  tcase_add_checked_fixture(tc, test_tmp_renew, NULL);
  tcase_add_test(tc, runs_that_read_and_left_the_same_are_equal);
  tcase_add_test(tc, any_difference_between_two_runs_is_an_error);
  tcase_add_test(tc, the_ladder_goes_from_nothing_to_everything);
  tcase_add_test(tc, another_answer_is_another_hash);
  suite_add_tcase(suite, tc);
  return suite;
}
