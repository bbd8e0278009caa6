/* SPDX-License-Identifier: MIT */
#include "advisor/subject.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_subject_suite(void);

static const char fill[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
    "CREATE TABLE u(x);"
    "CREATE INDEX t_a ON t(a);"
    "CREATE INDEX t_b ON t(b);"
    "CREATE INDEX u_x ON u(x);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " INSERT INTO t SELECT i, i, i %% 10 FROM n;";

enum { T_A = 1, T_B = 2, U_X = 4 };

static sqlite3 *host;
static hp_shadow *shadow;
static hp_tables tables;
static hp_setting setting;
static hp_subject subject;
static char *err;

static void set_up(void) {
  err = NULL;
  host = test_db_open("host.db", NULL);
  test_db_exec(host, fill);
  setting = (hp_setting){.tables = &tables};
  ck_assert_int_eq(hp_lab_open(host, NULL, &setting.lab, &err), SQLITE_OK);
  setting.n_indexes = hp_lab_count(setting.lab);
  ck_assert_int_eq(hp_tables_read(hp_lab_db(setting.lab), &tables), SQLITE_OK);
  ck_assert_int_eq(hp_shadow_open(hp_lab_db(setting.lab), 1000, &shadow, &err),
                   SQLITE_OK);
}

static void take_down(void) {
  hp_subject_term(&subject);
  hp_shadow_close(shadow);
  hp_tables_term(&tables);
  hp_lab_close(setting.lab);
  test_db_close(host);
}

static void begin(const char *sql) {
  hp_statement statement = {.sql = sql, .calls = 1};

  ck_assert_int_eq(hp_subject_init(&subject, &statement, shadow, &tables),
                   SQLITE_OK);
  ck_assert_int_eq(hp_subject_meet(&subject, &setting), SQLITE_OK);
}

static hp_cost plan(uint64_t set) {
  uint64_t uses;
  hp_cost cost;

  ck_assert_int_eq(
      hp_lab_show(setting.lab, (bool[]){set & T_A, set & T_B, set & U_X}, &err),
      SQLITE_OK);
  ck_assert_int_eq(
      hp_subject_plan(&subject, &setting, &set, &uses, &cost, &err), SQLITE_OK);
  return cost;
}

static bool knows(uint64_t set, bool may_infer, hp_cost *out) {
  return hp_subject_knows(&subject, &setting, &set, may_infer, out);
}

START_TEST(the_indexes_of_its_tables_matter) {
  begin("SELECT * FROM t WHERE a = 7 AND b = 7");
  ck_assert_uint_eq(subject.matters[0], T_A | T_B);
  ck_assert_uint_eq(subject.upkeep[0], 0);
}
END_TEST

START_TEST(a_plan_is_run_once) {
  begin("SELECT * FROM t WHERE a = 7");
  ck_assert_int_gt(plan(0).steps, 2000);
  ck_assert_int_gt(plan(T_B).steps, 2000);
  ck_assert_int_eq(setting.n_runs, 1);
  ck_assert_int_lt(plan(T_A).steps, 100);
  ck_assert_int_eq(setting.n_runs, 2);
}
END_TEST

START_TEST(what_was_planned_is_known_and_more_can_be_inferred) {
  hp_cost cost;

  begin("SELECT * FROM t WHERE a = 7");
  ck_assert(!knows(T_A, true, &cost));
  plan(T_A | T_B);
  ck_assert(knows(T_A | T_B, false, &cost));
  ck_assert_int_lt(cost.steps, 100);
  ck_assert(!knows(T_A, false, &cost));
  ck_assert(knows(T_A, true, &cost));
  ck_assert(!knows(T_B, true, &cost));
}
END_TEST

START_TEST(a_write_pays_for_the_indexes_of_the_set) {
  hp_cost bare, with;

  begin("UPDATE t SET b = b + 1 WHERE id < 100");
  ck_assert_uint_eq(subject.upkeep[0], T_B);
  bare = plan(0);
  with = plan(T_B);
  ck_assert_int_eq(with.n_changed, 99);
  ck_assert_int_gt(with.pages, bare.pages + 99);
  ck_assert(knows(T_B, false, &with));
  ck_assert_int_gt(with.pages, bare.pages + 99);
  ck_assert_int_eq(hp_subject_hope(&subject, &setting, &(uint64_t){0}).pages,
                   bare.pages);
}
END_TEST

START_TEST(hope_is_the_best_that_was_seen) {
  begin("SELECT * FROM t WHERE a = 7");
  ck_assert_int_eq(hp_subject_hope(&subject, &setting, &(uint64_t){T_A}).steps,
                   0);
  plan(0);
  plan(T_A);
  ck_assert_int_lt(hp_subject_hope(&subject, &setting, &(uint64_t){T_A}).steps,
                   100);
  ck_assert_int_gt(hp_subject_hope(&subject, &setting, &(uint64_t){0}).steps,
                   2000);
}
END_TEST

START_TEST(what_cannot_be_run_is_skipped_with_the_reason) {
  hp_cost cost;

  begin("SELECT nofunction(a) FROM t");
  ck_assert_int_eq(plan(0).steps, 0);
  ck_assert_str_eq(subject.skipped, "no such function: nofunction");
  ck_assert(knows(T_A, false, &cost));
  ck_assert_int_eq(cost.steps, 0);
}
END_TEST

START_TEST(only_what_came_to_its_end_and_the_first_plan_are_kept) {
  hp_cost cost;

  begin("SELECT * FROM t WHERE a = 7");
  plan(0);
  plan(T_A);
  subject.plans[0].cost.is_capped = true;
  subject.sets.costs[0].is_capped = true;
  hp_subject_forget_capped(&subject);
  ck_assert_int_eq(subject.n_plans, 2);
  ck_assert(!knows(0, false, &cost));
  ck_assert(knows(T_A, false, &cost));
}
END_TEST

static bool attempt(void *arg) {
  hp_statement statement = {.sql = arg, .calls = 1};
  hp_subject s;
  hp_cost cost;
  uint64_t set = T_A, uses;
  char *sentence = NULL;
  int rc = hp_subject_init(&s, &statement, shadow, &tables);

  if (rc == SQLITE_OK) rc = hp_subject_meet(&s, &setting);
  if (rc == SQLITE_OK) {
    rc = hp_subject_plan(&s, &setting, &set, &uses, &cost, &sentence);
  }
  sqlite3_free(sentence);
  hp_subject_term(&s);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_eq(hp_lab_show(setting.lab, (bool[]){true, false, false}, &err),
                   SQLITE_OK);
  test_db_error(hp_lab_db(setting.lab), "SELECT nothing");
  ck_assert_int_ge(
      test_heap_each_failure_steady(attempt, "SELECT b FROM t WHERE a = 7"),
      10);
}
END_TEST

Suite *advisor_subject_suite(void) {
  Suite *s = suite_create("advisor_subject");
  TCase *c = tcase_create("subject");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, the_indexes_of_its_tables_matter);
  tcase_add_test(c, a_plan_is_run_once);
  tcase_add_test(c, what_was_planned_is_known_and_more_can_be_inferred);
  tcase_add_test(c, a_write_pays_for_the_indexes_of_the_set);
  tcase_add_test(c, hope_is_the_best_that_was_seen);
  tcase_add_test(c, what_cannot_be_run_is_skipped_with_the_reason);
  tcase_add_test(c, only_what_came_to_its_end_and_the_first_plan_are_kept);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
