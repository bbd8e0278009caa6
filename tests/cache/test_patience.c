/* SPDX-License-Identifier: MIT
**
** compute_timeout: computations that would never end by themselves are ended,
** and nothing else is.
*/
#include "cache/patience.h"

#include "base/interrupt.h"
#include "base/worker.h"
#include "support/cached.h"

#include <check.h>
#include <string.h>

Suite *cache_patience_suite(void);

/* Never ends, unless :a is no card. */
#define ENDLESS                                                                \
  "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"           \
  " SELECT CASE WHEN :a IN (SELECT id FROM card) THEN"                         \
  " (SELECT count(*) FROM n) END)"
#define IMPATIENT                                                              \
  "CREATE VIRTUAL TABLE temp.slow USING cached(" ENDLESS                       \
  ", compute_timeout=0.005)"

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
}

static void close_db(void) {
  test_db_close(db);
}

static void expect_timeout(const char *sql) {
  const char *message = test_db_error(db, sql);

  ck_assert_msg(strstr(message, "slow: computing it was ended after "
                                "compute_timeout=0.005 seconds") != NULL,
                "%s: %s", sql, message);
}

START_TEST(a_computation_that_takes_too_long_is_ended_and_counted) {
  test_db_exec(db, IMPATIENT);
  expect_timeout("SELECT * FROM slow(1)");
  ck_assert_int_eq(test_cached_count(db, "slow", "timeouts"), 1);
  ck_assert_int_eq(test_cached_count(db, "slow", "errors"), 1);
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM card WHERE id = 1"),
                   "ichi");
}
END_TEST

START_TEST(one_that_is_in_time_is_kept) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.slow USING cached(" ENDLESS
                   ", compute_timeout=3600)");
  ck_assert_str_eq(test_cached_source(db, "slow(99)"), "computed");
  ck_assert_str_eq(test_cached_source(db, "slow(99)"), "l1");
  ck_assert_int_eq(test_cached_count(db, "slow", "timeouts"), 0);
}
END_TEST

START_TEST(a_statement_that_writes_keeps_its_transaction) {
  test_db_exec(db, IMPATIENT);
  test_db_exec(db, "BEGIN");
  test_db_exec(db, "INSERT INTO card(id, word) VALUES (5, 'go')");
  expect_timeout("INSERT INTO card(id) SELECT 6 FROM slow(1)");
  test_db_exec(db, "COMMIT");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM card WHERE id > 4"),
                   "go");
}
END_TEST

START_TEST(inside_of_other_computations_it_is_ended_too) {
  test_db_exec(db, IMPATIENT);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.outer USING cached("
                   "(SELECT * FROM slow(:a)), compute_timeout=3600)");
  expect_timeout("SELECT * FROM temp.outer(1)");
  expect_timeout("SELECT cache_fetch('k', 60, 'SELECT * FROM slow(1)')");
  expect_timeout("SELECT cache_refresh('slow', 1)");
  expect_timeout("SELECT cache_warm('slow', 'SELECT 1')");
  ck_assert_int_eq(test_cached_count(db, "outer", "timeouts"), 0);
}
END_TEST

START_TEST(the_time_of_the_outer_computation_counts_for_what_is_inside) {
  test_db_exec(db,
               "CREATE VIRTUAL TABLE temp.endless USING cached(" ENDLESS ")");
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.slow USING cached("
                   "(SELECT * FROM endless(:a)), compute_timeout=0.005)");
  expect_timeout("SELECT * FROM slow(1)");
}
END_TEST

/* Answers when the statement that calls it has been interrupted. */
static void linger(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  while (!hp_interrupt_is_set(sqlite3_user_data(ctx))) {
  }
  sqlite3_result_int(ctx, 1);
}

START_TEST(an_answer_that_comes_with_the_interrupt_comes_too_late) {
  sqlite3_create_function(db, "linger", 0, SQLITE_UTF8, hp_conn_find(db),
                          linger, NULL, NULL);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.slow USING cached("
                   "(SELECT linger()), ttl=60, compute_timeout=0.005)");
  expect_timeout("SELECT * FROM slow");
  ck_assert_int_eq(test_cached_count(db, "slow", "timeouts"), 1);
}
END_TEST

START_TEST(rows_that_are_handed_on_as_they_come_have_all_the_time) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.many USING cached("
                   "(SELECT a.id FROM card a, card b), max_rows=1, "
                   "compute_timeout=3600)");
  sqlite3_stmt *rows = test_db_prepare(db, "SELECT * FROM many");
  int n = 0;

  while (sqlite3_step(rows) == SQLITE_ROW) {
    ck_assert_int_eq(hp_conn_find(db)->n_inner, 0);
    n++;
  }
  ck_assert_int_eq(sqlite3_finalize(rows), SQLITE_OK);
  ck_assert_int_eq(n, 16);
}
END_TEST

START_TEST(while_the_application_reads_something_else_nothing_is_ended) {
  sqlite3_stmt *reading = test_db_prepare(db, "SELECT word FROM card");

  test_db_exec(db, "CREATE VIRTUAL TABLE temp.long USING cached("
                   "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n LIMIT 200000) SELECT max(i) FROM n), "
                   "compute_timeout=0.001)");
  ck_assert_int_eq(sqlite3_step(reading), SQLITE_ROW);
  ck_assert_int_eq(test_db_int(db, "SELECT * FROM long"), 200000);
  ck_assert_int_eq(sqlite3_step(reading), SQLITE_ROW);
  sqlite3_finalize(reading);
}
END_TEST

START_TEST(patience_is_limited_only_while_the_asker_is_alone) {
  hp_conn *c = hp_conn_find(db);
  sqlite3_stmt *one = test_db_prepare(db, "SELECT word FROM card");
  sqlite3_stmt *two = test_db_prepare(db, "SELECT word FROM card");
  hp_patience p;

  sqlite3_step(one);
  hp_patience_begin(&p, c, 0);
  ck_assert(!p.is_limited);
  ck_assert(!hp_patience_end(&p, c));
  hp_patience_begin(&p, c, 3600000);
  ck_assert(p.is_limited);
  ck_assert(!hp_patience_end(&p, c));
  sqlite3_step(two);
  hp_patience_begin(&p, c, 3600000);
  ck_assert(!p.is_limited);
  ck_assert(!hp_patience_end(&p, c));
  sqlite3_finalize(one);
  sqlite3_finalize(two);
}
END_TEST

START_TEST(in_the_background_it_is_ended_and_the_stale_answer_stays) {
  sqlite3 *other = test_cached_open("test.db", "wal");

  test_db_exec(db, "CREATE VIRTUAL TABLE temp.slow USING cached(" ENDLESS
                   ", compute_timeout=0.5, stale_while_revalidate=1000)");
  ck_assert_int_eq(test_db_int(db, "SELECT * FROM slow(5)"), 0);
  test_db_exec(other, "INSERT INTO card(id) VALUES (5)");
  ck_assert_str_eq(test_cached_source(db, "slow(5)"), "stale");
  hp_worker_drain();
  ck_assert_int_eq(test_cached_count(db, "slow", "timeouts"), 1);
  ck_assert_str_eq(test_cached_source(db, "slow(5)"), "stale");
  test_db_close(other);
}
END_TEST

Suite *cache_patience_suite(void) {
  Suite *s = suite_create("cache_patience");
  TCase *c = tcase_create("patience");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_computation_that_takes_too_long_is_ended_and_counted);
  tcase_add_test(c, one_that_is_in_time_is_kept);
  tcase_add_test(c, a_statement_that_writes_keeps_its_transaction);
  tcase_add_test(c, inside_of_other_computations_it_is_ended_too);
  tcase_add_test(c,
                 the_time_of_the_outer_computation_counts_for_what_is_inside);
  tcase_add_test(c, an_answer_that_comes_with_the_interrupt_comes_too_late);
  tcase_add_test(c, rows_that_are_handed_on_as_they_come_have_all_the_time);
  tcase_add_test(c,
                 while_the_application_reads_something_else_nothing_is_ended);
  tcase_add_test(c, patience_is_limited_only_while_the_asker_is_alone);
  tcase_add_test(c, in_the_background_it_is_ended_and_the_stale_answer_stays);
  suite_add_tcase(s, c);
  return s;
}
