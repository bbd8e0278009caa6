/* SPDX-License-Identifier: MIT */
#include "advisor/trial.h"

#include "support/db.h"

#include <check.h>
#include <float.h>
#include <string.h>

Suite *advisor_trial_suite(void);

static const char fill[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
    " INSERT INTO t SELECT i, i, i %% 2, i FROM n;";

enum { BY_A, BY_B, N_INDEXES };

typedef struct scene {
  sqlite3 *host;
  hp_lab *lab;
  hp_tables tables;
  hp_shadow *shadow;
  hp_trial *trial;
} scene;

static const hp_statement work[] = {
    {"SELECT sum(c) FROM t WHERE a = 5 AND b = 1", 1},
    {"SELECT nofunction(a) FROM t", 1},
    {"UPDATE t SET b = 1 - b WHERE id < 100", 1},
};
enum { LOOKUP, UNKNOWN, WRITE, N_WORK };

static void check_ok(int rc, char **err) {
  ck_assert_msg(rc == SQLITE_OK, "%s", *err);
}

static scene s;

static void set_up(void) {
  char *err;
  int i;

  s = (scene){.host = test_db_open("host.db", NULL)};
  test_db_exec(s.host, fill);
  check_ok(hp_lab_open(s.host, NULL, &s.lab, &err), &err);
  ck_assert_int_eq(hp_tables_read(hp_lab_db(s.lab), &s.tables), SQLITE_OK);
  check_ok(hp_shadow_open(hp_lab_db(s.lab), 1000, &s.shadow, &err), &err);
  check_ok(
      hp_trial_open(s.lab, s.shadow, &s.tables, work, N_WORK, &s.trial, &err),
      &err);
  check_ok(hp_lab_build(s.lab, "CREATE INDEX i_1 ON t(a)", &i, &err), &err);
  check_ok(hp_lab_build(s.lab, "CREATE INDEX i_2 ON t(b)", &i, &err), &err);
}

static void take_down(void) {
  hp_trial_close(s.trial);
  hp_shadow_close(s.shadow);
  hp_tables_term(&s.tables);
  hp_lab_close(s.lab);
  test_db_close(s.host);
}

static hp_cost cost(int statement, bool a, bool b) {
  hp_cost c;
  char *err;

  check_ok(hp_trial_cost(s.trial, statement, (bool[]){a, b}, &c, &err), &err);
  return c;
}

START_TEST(the_same_plan_is_run_once) {
  hp_cost bare = cost(LOOKUP, false, false);
  int runs = hp_trial_runs(s.trial);

  ck_assert_int_gt(bare.steps, 150000);
  ck_assert_int_eq(cost(LOOKUP, false, false).steps, bare.steps);
  ck_assert_int_eq(hp_trial_runs(s.trial), runs);
  ck_assert_int_lt(cost(LOOKUP, true, false).steps, 1000);
  ck_assert_int_eq(hp_trial_runs(s.trial), runs + 1);
}
END_TEST

START_TEST(a_plan_that_was_given_up_is_not_thought_better_than_the_first) {
  hp_cost bare = cost(LOOKUP, false, false), given_up;

  cost(LOOKUP, true, false); /* sets the mark */
  given_up = cost(LOOKUP, false, true);
  ck_assert(given_up.is_capped);
  ck_assert_int_ge(given_up.steps, bare.steps);
  ck_assert_int_ge(given_up.pages, bare.pages);
}
END_TEST

START_TEST(what_was_given_up_and_is_chosen_is_run_to_its_end) {
  bool found = true;
  hp_cost real;
  char *err;

  cost(LOOKUP, false, false);
  cost(LOOKUP, true, false);
  check_ok(hp_trial_doubt(s.trial, (bool[]){true, false}, &found, &err), &err);
  ck_assert(!found);
  check_ok(hp_trial_doubt(s.trial, (bool[]){false, true}, &found, &err), &err);
  ck_assert(found);
  real = cost(LOOKUP, false, true);
  ck_assert(!real.is_capped);
  ck_assert_int_gt(real.steps, 150000);
  check_ok(hp_trial_doubt(s.trial, (bool[]){false, true}, &found, &err), &err);
  ck_assert(!found);
}
END_TEST

START_TEST(a_write_pays_for_the_indexes_it_keeps_up) {
  hp_cost bare = cost(WRITE, false, false);

  ck_assert_int_eq(cost(WRITE, true, false).steps, bare.steps);
  ck_assert_int_gt(cost(WRITE, false, true).steps, bare.steps);
  ck_assert_int_eq(test_db_int(hp_lab_db(s.lab), "SELECT sum(b) FROM t"),
                   150000);
}
END_TEST

START_TEST(what_cannot_be_run_costs_nothing_and_says_why) {
  ck_assert_int_eq(cost(UNKNOWN, false, false).steps, 0);
  ck_assert_str_eq(hp_trial_skipped(s.trial, UNKNOWN),
                   "no such function: nofunction");
  ck_assert_ptr_null(hp_trial_skipped(s.trial, WRITE));
}
END_TEST

static double cost_of_all(bool a, bool b) {
  hp_cost costs[N_WORK];
  char *err;

  check_ok(hp_trial_costs(s.trial, (bool[]){a, b}, costs, &err), &err);
  return hp_trial_sum(s.trial, costs);
}

static double estimate(bool a, bool b, double limit) {
  double total;
  char *err;

  check_ok(hp_trial_estimate(s.trial, (bool[]){a, b}, (bool[]){true, true},
                             limit, &total, &err),
           &err);
  return total;
}

static const char *shown(void) {
  return test_db_text(hp_lab_db(s.lab),
                      "SELECT ifnull(group_concat(name), '') FROM"
                      " (SELECT name FROM sqlite_schema WHERE type = 'index'"
                      " ORDER BY rowid)");
}

/* Of both the planner takes the one on b, the worse: it has no statistics. */
START_TEST(an_estimate_plans_nothing_when_an_unused_index_goes) {
  double both = cost_of_all(true, true);

  ck_assert_str_eq(shown(), "i_1,i_2");
  ck_assert_double_eq(estimate(false, true, DBL_MAX), both);
  ck_assert_str_eq(shown(), "i_1,i_2");
  ck_assert_double_eq(cost_of_all(false, true), both);
}
END_TEST

START_TEST(an_estimate_plans_when_a_used_index_goes) {
  double both = cost_of_all(true, true), real;

  ck_assert_double_lt(estimate(true, false, DBL_MAX), both / 2);
  ck_assert_str_eq(shown(), "i_1");
  real = cost_of_all(true, false);
  ck_assert_double_eq_tol(estimate(true, false, DBL_MAX), real, real * 1e-9);
}
END_TEST

START_TEST(an_estimate_plans_nothing_beyond_its_limit) {
  double bare, total;

  cost_of_all(true, true);
  bare = cost_of_all(false, false);
  total = estimate(true, false, bare / 1000);
  ck_assert_double_ge(total, bare / 1000);
  ck_assert_double_le(total, bare);
  ck_assert_str_eq(shown(), "");
}
END_TEST

START_TEST(the_tables_of_a_statement_are_known) {
  ck_assert(hp_trial_touches(s.trial, LOOKUP)[0]);
}
END_TEST

Suite *advisor_trial_suite(void) {
  Suite *suite = suite_create("advisor_trial");
  TCase *c = tcase_create("trial");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, the_same_plan_is_run_once);
  tcase_add_test(c,
                 a_plan_that_was_given_up_is_not_thought_better_than_the_first);
  tcase_add_test(c, what_was_given_up_and_is_chosen_is_run_to_its_end);
  tcase_add_test(c, a_write_pays_for_the_indexes_it_keeps_up);
  tcase_add_test(c, what_cannot_be_run_costs_nothing_and_says_why);
  tcase_add_test(c, an_estimate_plans_nothing_when_an_unused_index_goes);
  tcase_add_test(c, an_estimate_plans_when_a_used_index_goes);
  tcase_add_test(c, an_estimate_plans_nothing_beyond_its_limit);
  tcase_add_test(c, the_tables_of_a_statement_are_known);
  suite_add_tcase(suite, c);
  return suite;
}
