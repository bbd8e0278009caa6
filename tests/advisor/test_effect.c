/* SPDX-License-Identifier: MIT */
#include "advisor/effect.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_effect_suite(void);

static const hp_statement work[] = {
    {"SELECT a FROM t WHERE \"odd\"\"name\" = 'x'", 10},
    {"SELECT b FROM t", 1},
    {"SELECT c FROM t", 2},
};
enum { FASTER, SAME, SLOWER, N_WORK };

static const hp_cost before[N_WORK] = {
    [FASTER] = {.steps = 1000, .pages = 10, .ns = 5000},
    [SAME] = {.steps = 1000, .pages = 10, .ns = 5000},
    [SLOWER] = {.steps = 100, .pages = 1, .ns = 500, .is_capped = true},
};
static const hp_cost after[N_WORK] = {
    [FASTER] = {.steps = 10, .pages = 2, .ns = 100},
    [SAME] = {.steps = 1001, .pages = 10, .ns = 9000},
    [SLOWER] = {.steps = 200, .pages = 1, .ns = 900},
};

static void compare(hp_effects *e, char **helped, char **harmed) {
  hp_comparison c = {.statements = work, .n = N_WORK};

  hp_effects_begin(e);
  hp_effects_compare(&c, before, after, NULL, e);
  hp_effects_finish(e, helped, harmed);
}

START_TEST(statements_are_helped_harmed_or_neither) {
  char *helped, *harmed;
  hp_effects e;

  compare(&e, &helped, &harmed);
  ck_assert_int_eq(e.n_helped, 1);
  ck_assert_int_eq(e.n_harmed, 1);
  ck_assert_ptr_nonnull(strstr(helped, "\"calls\":10"));
  ck_assert_ptr_nonnull(strstr(helped, "\"after_steps\":10,"));
  ck_assert_ptr_nonnull(strstr(harmed, "SELECT c FROM t"));
  ck_assert_ptr_nonnull(strstr(harmed, "\"at_least\":true"));
  ck_assert_ptr_null(strstr(harmed, "remedy"));
  sqlite3_free(helped);
  sqlite3_free(harmed);
}
END_TEST

START_TEST(sums_are_of_all_calls_of_what_changed) {
  char *helped, *harmed;
  hp_effects e;

  compare(&e, &helped, &harmed);
  ck_assert_double_eq(e.before_ns, 10 * 5000 + 2 * 500);
  ck_assert_double_eq(e.after_ns, 10 * 100 + 2 * 900);
  sqlite3_free(helped);
  sqlite3_free(harmed);
}
END_TEST

START_TEST(lists_are_json_without_values) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  char *helped, *harmed;
  hp_effects e;

  compare(&e, &helped, &harmed);
  ck_assert_int_eq(test_db_int(db,
                               "SELECT json_array_length(%Q) * 10"
                               " + json_array_length(%Q)",
                               helped, harmed),
                   11);
  ck_assert_ptr_null(strstr(helped, "'x'"));
  sqlite3_free(helped);
  sqlite3_free(harmed);
  test_db_close(db);
}
END_TEST

static bool attempt(void *unused) {
  char *helped, *harmed;
  hp_effects e;
  bool ok;

  (void)unused;
  compare(&e, &helped, &harmed);
  ok = helped && harmed && strstr(helped, "WHERE") && strstr(harmed, "SELECT");
  sqlite3_free(helped);
  sqlite3_free(harmed);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 5);
}
END_TEST

Suite *advisor_effect_suite(void) {
  Suite *s = suite_create("advisor_effect");
  TCase *c = tcase_create("effect");

  tcase_add_test(c, statements_are_helped_harmed_or_neither);
  tcase_add_test(c, sums_are_of_all_calls_of_what_changed);
  tcase_add_test(c, lists_are_json_without_values);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
