/* SPDX-License-Identifier: MIT
**
** stored.c, and cache_define() and cache_undefine(), which show all of it.
*/
#include "cache/stored.h"
#include "support/cached.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_stored_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "SELECT cache_define('word', 'SELECT word FROM card"
                   " WHERE id = :id', 'ttl=60, tags=''w''')");
}

static void close_db(void) {
  test_db_close(db);
}

static void expect_error(const char *sql, const char *part) {
  const char *message = test_db_error(db, sql);

  ck_assert_msg(strstr(message, part), "%s: %s", sql, message);
}

static const char *stored(void) {
  return test_db_text(db, "SELECT group_concat(name || '=' || sql, ';') FROM"
                          " hotpath_definitions");
}

START_TEST(a_definition_makes_a_table_and_is_kept) {
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM word(1)"),
                   "ichi|computed");
  ck_assert_str_eq(test_cached_source(db, "word(1)"), "l1");
  ck_assert_str_eq(stored(), "word=SELECT word FROM card WHERE id = :id");
}
END_TEST

START_TEST(another_connection_has_it_only_when_it_asks) {
  sqlite3 *other = test_cached_open("test.db", NULL);

  test_db_error(other, "SELECT * FROM word(1)");
  ck_assert_int_eq(test_db_int(other, "SELECT cache_define()"), 1);
  ck_assert_str_eq(test_db_text(other, "SELECT word FROM word(2)"), "ni");
  ck_assert_int_eq(test_db_int(other, "SELECT cache_define()"), 0);
  ck_assert_int_eq(test_db_int(other, "SELECT cache_invalidate('w')"), 1);
  test_db_close(other);
}
END_TEST

START_TEST(a_new_definition_replaces_the_old_one) {
  test_db_exec(db, "SELECT cache_define('WORD', 'SELECT 7 AS seven')");
  ck_assert_str_eq(test_db_text(db, "SELECT seven FROM word"), "7");
  ck_assert_str_eq(stored(), "WORD=SELECT 7 AS seven");
}
END_TEST

START_TEST(a_bad_definition_changes_nothing) {
  expect_error("SELECT cache_define('word', 'SELECT nope FROM card')",
               "cache_define: word: no such column: nope");
  expect_error("SELECT cache_define('word', 'SELECT 1', 'colour=red')",
               "unknown option");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM word(1)"), "ichi");
  ck_assert_str_eq(stored(), "word=SELECT word FROM card WHERE id = :id");
}
END_TEST

START_TEST(an_undefined_one_is_gone) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_undefine('Word')"), 1);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_undefine('word')"), 0);
  ck_assert_str_eq(stored(), "NULL");
  expect_error("SELECT * FROM word(1)", "no such table");
}
END_TEST

START_TEST(without_definitions_there_is_nothing_to_do) {
  test_db_exec(db, "DROP TABLE hotpath_definitions; DROP TABLE temp.word");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_define()"), 0);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_undefine('word')"), 0);
}
END_TEST

static const struct {
  const char *sql, *part;
} mistakes[] = {
    {"SELECT cache_define('x')", "a name, a SELECT, and perhaps options"},
    {"SELECT cache_define('x', NULL)", "a name, a SELECT"},
    {"SELECT cache_define('x', 'SELECT 1', 3)", "a name, a SELECT"},
    {"SELECT cache_define('x', 'SELECT 1', '', 1)", "a name, a SELECT"},
    {"SELECT cache_undefine(NULL)", "the name of a definition"},
    {"SELECT cache_define('x', 'SELECT 1', 'ttl=1); DROP TABLE card; --')",
     "does not end where it should:  DROP TABLE card"},
    {"SELECT cache_define('x', 'SELECT 1) ; SELECT (2')", "syntax error"},
    {"SELECT cache_define('own', 'SELECT 1')", "is not a cached table"},
    {"SELECT cache_undefine('own')", "is not a cached table"},
};

START_TEST(a_mistake_is_one_sentence) {
  test_db_exec(db, "CREATE TEMP TABLE own(a)");
  expect_error(mistakes[_i].sql, mistakes[_i].part);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM card"), 4);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM own"), 0);
}
END_TEST

START_TEST(a_stored_definition_that_does_not_fit_any_more_is_named) {
  sqlite3 *other = test_cached_open("test.db", NULL);
  const char *message;

  test_db_exec(db, "ALTER TABLE card RENAME COLUMN word TO front");
  message = test_db_error(other, "SELECT cache_define()");
  ck_assert_msg(strstr(message, "cache_define: word: "), "%s", message);
  test_db_close(other);
}
END_TEST

START_TEST(what_cannot_be_kept_is_not_left_behind) {
  sqlite3 *other = test_cached_open("test.db", NULL);

  test_db_exec(db, "BEGIN IMMEDIATE");
  sqlite3_busy_timeout(other, 0);
  test_db_error(other, "SELECT cache_define('late', 'SELECT 1 AS one')");
  test_db_error(other, "SELECT * FROM late");
  test_db_exec(db, "COMMIT");
  test_db_close(other);
}
END_TEST

static bool attempt(void *arg) {
  char *err = NULL;
  int64_t n;
  int rc = hp_stored_load(hp_conn_find(db), &n, &err);

  (void)arg;
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 5);
}
END_TEST

Suite *cache_stored_suite(void) {
  Suite *s = suite_create("cache_stored");
  TCase *c = tcase_create("stored");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_definition_makes_a_table_and_is_kept);
  tcase_add_test(c, another_connection_has_it_only_when_it_asks);
  tcase_add_test(c, a_new_definition_replaces_the_old_one);
  tcase_add_test(c, a_bad_definition_changes_nothing);
  tcase_add_test(c, an_undefined_one_is_gone);
  tcase_add_test(c, without_definitions_there_is_nothing_to_do);
  tcase_add_loop_test(c, a_mistake_is_one_sentence, 0,
                      sizeof mistakes / sizeof *mistakes);
  tcase_add_test(c, a_stored_definition_that_does_not_fit_any_more_is_named);
  tcase_add_test(c, what_cannot_be_kept_is_not_left_behind);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
