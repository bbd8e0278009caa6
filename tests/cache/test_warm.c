/* SPDX-License-Identifier: MIT
**
** Filling ahead: warm.c and warm_sql.c, both of which cache_warm() and
** cache_refresh() show.
*/
#include "cache/warm.h"
#include "support/cached.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_warm_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT id, word FROM card WHERE deck = :deck));"
                   "CREATE VIRTUAL TABLE temp.n USING cached(("
                   "SELECT count(*) AS n FROM card));"
                   "CREATE VIRTUAL TABLE temp.pair USING cached(("
                   "SELECT word FROM card WHERE id = :id AND deck = :deck))");
}

static void close_db(void) {
  test_db_close(db);
}

static void expect_error(const char *sql, const char *part) {
  const char *message = test_db_error(db, sql);

  ck_assert_msg(strstr(message, part), "%s: %s", sql, message);
}

START_TEST(warming_computes_what_is_not_there) {
  ck_assert_int_eq(
      test_db_int(db, "SELECT cache_warm('deck', 'SELECT deck FROM card')"), 2);
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "l1");
  ck_assert_str_eq(test_cached_source(db, "deck(2)"), "l1");
  ck_assert_int_eq(
      test_db_int(db, "SELECT cache_warm('deck', 'VALUES (1), (2), (3)')"), 1);
  ck_assert_str_eq(test_cached_source(db, "deck(3)"), "");
}
END_TEST

START_TEST(warming_computes_what_is_not_right_any_more) {
  test_db_int(db,
              "SELECT cache_warm('deck', 'SELECT DISTINCT deck FROM card')");
  test_db_exec(db, "UPDATE card SET word = 'go' WHERE id = 1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_warm('deck', 'VALUES (1)')"),
                   1);
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM deck(1)"),
                   "go|l1\nni|l1");
}
END_TEST

START_TEST(tables_of_no_and_of_several_parameters_are_warmed) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('n')"), 1);
  ck_assert_str_eq(test_db_text(db, "SELECT n, _source FROM n"), "4|l1");
  ck_assert_int_eq(
      test_db_int(db, "SELECT cache_warm('pair', 'SELECT id, deck FROM card')"),
      4);
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM pair(3, 2)"),
                   "san|l1");
}
END_TEST

START_TEST(progress_is_in_cache_stats) {
  test_db_exec(db, "SELECT cache_clear()");
  test_db_int(db, "SELECT cache_warm('deck', 'VALUES (1), (2), (1)')");
  ck_assert_int_eq(test_cached_count(db, "deck", "warmed"), 3);
  ck_assert_int_eq(test_cached_count(db, "deck", "warm_left"), 0);
  ck_assert_int_eq(test_cached_count(db, "deck", "computations"), 2);
  ck_assert_int_eq(test_cached_count(db, "deck", "misses"), 0);
}
END_TEST

START_TEST(refreshing_replaces_an_answer_that_only_age_would_end) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.old USING cached(("
                   "SELECT word FROM card WHERE id = :id), ttl=3600,"
                   "consistency=ttl); SELECT * FROM old(1);"
                   "UPDATE card SET word = 'new' WHERE id = 1");
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM old(1)"),
                   "ichi|l1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('old', 1)"), 1);
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM old(1)"),
                   "new|l1");
}
END_TEST

START_TEST(nothing_is_kept_of_what_is_not_committed) {
  test_db_exec(db, "BEGIN; UPDATE card SET word = 'mine' WHERE id = 1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('deck', 1)"), 0);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_warm('deck', 'VALUES (1)')"),
                   0);
  test_db_exec(db, "ROLLBACK");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1) WHERE id = 1"),
                   "ichi");
}
END_TEST

START_TEST(in_a_read_transaction_what_it_sees_is_kept_if_it_is_current) {
  sqlite3 *other = test_db_open("test.db", NULL);

  test_db_exec(db, "BEGIN; SELECT * FROM card");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('deck', 1)"), 1);
  test_db_exec(other, "UPDATE card SET word = 'new' WHERE id = 1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('deck', 1)"), 0);
  test_db_exec(db, "COMMIT");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1) WHERE id = 1"),
                   "new");
  test_db_close(other);
}
END_TEST

START_TEST(a_failure_ends_the_warming_and_keeps_what_was_done) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.a USING cached(("
                   "SELECT abs(:n) AS a))");
  expect_error("SELECT cache_warm('a', 'VALUES (1), (-9223372036854775808),"
               " (3)')",
               "cache_warm: a: integer overflow");
  ck_assert_str_eq(test_cached_source(db, "a(1)"), "l1");
  ck_assert_str_eq(test_cached_source(db, "a(3)"), "computed");
  ck_assert_int_eq(test_cached_count(db, "a", "warmed"), 1);
  ck_assert_int_eq(test_cached_count(db, "a", "warm_left"), 0);
}
END_TEST

START_TEST(the_table_of_temp_goes_first) {
  test_db_exec(db, "CREATE VIRTUAL TABLE main.n USING cached(("
                   "SELECT 1 AS n FROM card));"
                   "CREATE VIRTUAL TABLE main.only USING cached(("
                   "SELECT 1 AS n FROM card))");
  test_db_int(db, "SELECT cache_refresh('N')");
  ck_assert_str_eq(test_db_text(db, "SELECT _source FROM temp.n"), "l1");
  ck_assert_str_eq(test_db_text(db, "SELECT DISTINCT _source FROM main.n"),
                   "computed");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_refresh('only')"), 1);
}
END_TEST

static const struct {
  const char *sql, *part;
} mistakes[] = {
    {"SELECT cache_warm('nope', 'SELECT 1')", "no such table: nope"},
    {"SELECT cache_warm('card', 'SELECT 1')", "card is not a cached table"},
    {"SELECT cache_refresh('card')", "card is not a cached table"},
    {"SELECT cache_warm('deck', 'SELECT 1, 2')",
     "deck takes 1 argument (deck); 2 were given"},
    {"SELECT cache_refresh('pair', 1)",
     "pair takes 2 arguments (id, deck); 1 was given"},
    {"SELECT cache_refresh('n', 1)", "n takes 0 arguments; 1 was given"},
    {"SELECT cache_warm('deck', 'SELECT nope')", "no such column: nope"},
    {"SELECT cache_warm('deck', 'DELETE FROM card RETURNING deck')",
     "come from a SELECT, not from: DELETE"},
    {"SELECT cache_warm('deck', 'BEGIN')", "come from a SELECT"},
    {"SELECT cache_warm('deck', '')", "come from a SELECT"},
    {"SELECT cache_warm('deck', 'SELECT 1; SELECT 2')",
     "after it follows: SELECT 2"},
    {"SELECT cache_warm('deck', NULL)", "a SELECT that gives its arguments"},
    {"SELECT cache_warm(x'64', 'SELECT 1')", "the name of a cached table"},
    {"SELECT cache_refresh()", "the name of a cached table"},
    {"SELECT cache_refresh(7)", "the name of a cached table"},
};

START_TEST(a_mistake_is_one_sentence) {
  if (!test_db_knows(mistakes[_i].sql)) return;
  expect_error(mistakes[_i].sql, mistakes[_i].part);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM card"), 4);
}
END_TEST

static int stop(void *arg) {
  (void)arg;
  return 1;
}

START_TEST(an_interrupt_ends_it) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.slow USING cached(("
                   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1"
                   " FROM c LIMIT 100000000) SELECT count(*), :n FROM c))");
  sqlite3_progress_handler(db, 100000, stop, NULL);
  expect_error("SELECT cache_warm('slow', 'VALUES (1), (2)')", "interrupt");
  sqlite3_progress_handler(db, 0, NULL, NULL);
  ck_assert_int_eq(test_cached_count(db, "slow", "warm_left"), 0);
}
END_TEST

static bool attempt(void *arg) {
  hp_conn *c = hp_conn_find(db);
  char *err = NULL;
  int64_t n = 0;
  int rc;

  (void)arg;
  test_db_exec(db, "SELECT cache_clear()");
  rc = hp_warm_all(c, "deck", "VALUES (1), (2)", &n, &err);
  sqlite3_free(err);
  return rc == SQLITE_OK && n == 2;
}

static bool attempt_without_clearing(void *arg) {
  char *err = NULL;
  int64_t n;
  int rc = hp_warm_all(hp_conn_find(db), "deck", "VALUES (7)", &n, &err);

  (void)arg;
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert(attempt(NULL));
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(
      test_heap_each_failure_steady(attempt_without_clearing, NULL), 5);
  ck_assert(attempt(NULL));
}
END_TEST

Suite *cache_warm_suite(void) {
  Suite *s = suite_create("cache_warm");
  TCase *c = tcase_create("warm");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, warming_computes_what_is_not_there);
  tcase_add_test(c, warming_computes_what_is_not_right_any_more);
  tcase_add_test(c, tables_of_no_and_of_several_parameters_are_warmed);
  tcase_add_test(c, progress_is_in_cache_stats);
  tcase_add_test(c, refreshing_replaces_an_answer_that_only_age_would_end);
  tcase_add_test(c, nothing_is_kept_of_what_is_not_committed);
  tcase_add_test(c,
                 in_a_read_transaction_what_it_sees_is_kept_if_it_is_current);
  tcase_add_test(c, a_failure_ends_the_warming_and_keeps_what_was_done);
  tcase_add_test(c, the_table_of_temp_goes_first);
  tcase_add_loop_test(c, a_mistake_is_one_sentence, 0,
                      sizeof mistakes / sizeof *mistakes);
  tcase_add_test(c, an_interrupt_ends_it);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
