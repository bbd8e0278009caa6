/* SPDX-License-Identifier: MIT */
#include "query/config_sql.h"

#include "support/db.h"

#include <check.h>

Suite *query_config_sql_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath(":memory:", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

START_TEST(a_setting_is_read_and_set_answering_the_old_value) {
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('slow_ms')"), "100.0");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('slow_ms', 2.5)"),
                   "100.0");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('SLOW_MS')"), "2.5");
  ck_assert_str_eq(
      test_db_text(db, "SELECT query_config('max_fingerprints', 100)"), "5000");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('values', 'on')"),
                   "off");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('values')"), "on");
}
END_TEST

START_TEST(an_unknown_name_lists_the_known_ones) {
  const char *wanted =
      "query_config() has no setting 'fast'; there are hook, "
      "slow_ms, nplus1_ms, max_fingerprints, values, sample, persist";

  ck_assert_str_eq(test_db_error(db, "SELECT query_config('fast')"), wanted);
}
END_TEST

static const char *const refused[][2] = {
    {"SELECT query_config('slow_ms', 'soon')",
     "query_config('slow_ms', value) takes a number of milliseconds from 0 to "
     "1e9"},
    {"SELECT query_config('slow_ms', -1)",
     "query_config('slow_ms', value) takes a number of milliseconds from 0 to "
     "1e9"},
    {"SELECT query_config('max_fingerprints', 3)",
     "query_config('max_fingerprints', value) takes an integer from 16 to "
     "1000000"},
    {"SELECT query_config('hook', 'maybe')",
     "query_config('hook', value) takes 'on' or 'off'"},
    {"SELECT query_config('sample', 0)",
     "query_config('sample', value) takes an integer from 1 to 1000000: one "
     "statement of so many"},
    {"SELECT query_config('values', NULL)",
     "query_config('values', value) takes 'on' or 'off'"},
    {"SELECT query_config(NULL)",
     "query_config() has no setting ''; there are hook, slow_ms, "
     "nplus1_ms, max_fingerprints, values, sample, persist"},
    {"SELECT query_reset('it')",
     "query_reset() forgets 'stats', 'slow', 'nplus1' or 'all', not 'it'"},
};

START_TEST(a_bad_value_is_refused_in_a_sentence) {
  ck_assert_str_eq(test_db_error(db, refused[_i][0]), refused[_i][1]);
}
END_TEST

START_TEST(the_hook_can_be_taken_off_and_put_back) {
  test_db_exec(db, "SELECT query_config('hook', 'off')");
  test_db_exec(db, "SELECT 1 AS unseen");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('hook')"), "off");
  test_db_exec(db, "SELECT query_config('hook', 'on')");
  test_db_exec(db, "SELECT 1 AS seen");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('hook')"), "on");
  ck_assert_str_eq(test_db_text(db, "SELECT query FROM query_stats"
                                    " WHERE query LIKE '%%seen'"),
                   "SELECT ? AS seen");
}
END_TEST

static int app_trace(unsigned event, void *arg, void *p, void *x) {
  (void)event, (void)arg, (void)p, (void)x;
  return 0;
}

START_TEST(a_displaced_hook_is_noticed) {
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, app_trace, NULL);
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('hook')"),
                   "displaced");
  ck_assert_str_eq(test_db_text(db, "SELECT value FROM hotpath_status"
                                    " WHERE name = 'hook'"),
                   "displaced");
  test_db_exec(db, "SELECT query_config('hook', 'on')");
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('hook')"), "on");
}
END_TEST

START_TEST(a_reset_forgets_what_it_names) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0); SELECT 1 AS x");
  ck_assert_int_ge(test_db_int(db, "SELECT query_reset('stats')"), 2);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM query_stats"
                                   " WHERE query LIKE '%%AS x'"),
                   0);
  ck_assert_int_ge(test_db_int(db, "SELECT count(*) FROM slow_queries"), 1);
  test_db_exec(db, "SELECT query_config('slow_ms', 1000)");
  test_db_exec(db, "SELECT query_reset('slow')");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM slow_queries"), 0);
  test_db_exec(db, "SELECT query_reset()");
}
END_TEST

Suite *query_config_sql_suite(void) {
  Suite *s = suite_create("query_config_sql");
  TCase *c = tcase_create("functions");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_setting_is_read_and_set_answering_the_old_value);
  tcase_add_test(c, an_unknown_name_lists_the_known_ones);
  tcase_add_loop_test(c, a_bad_value_is_refused_in_a_sentence, 0,
                      sizeof refused / sizeof *refused);
  tcase_add_test(c, the_hook_can_be_taken_off_and_put_back);
  tcase_add_test(c, a_displaced_hook_is_noticed);
  tcase_add_test(c, a_reset_forgets_what_it_names);
  suite_add_tcase(s, c);
  return s;
}
