/* SPDX-License-Identifier: MIT */
#include "cache/roster.h"

#include "cache/call.h"
#include "support/cached.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_roster_suite(void);

static sqlite3 *db;
static hp_table *found;
static sqlite3_stmt *hold;
static char *err;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT word FROM card WHERE deck = :deck));"
                   "CREATE VIRTUAL TABLE temp.n USING cached(("
                   "SELECT count(*) AS n FROM card))");
  found = NULL;
  hold = NULL;
  err = NULL;
}

static void close_db(void) {
  sqlite3_finalize(hold);
  sqlite3_free(err);
  test_db_close(db);
}

static int look(const char *name, int n_args) {
  sqlite3_finalize(hold);
  sqlite3_free(err);
  err = NULL;
  return hp_roster_open(hp_conn_find(db), name, n_args, &found, &hold, &err);
}

static void expect_error(const char *name, int n_args, const char *message) {
  ck_assert_int_ne(look(name, n_args), SQLITE_OK);
  ck_assert_ptr_null(found);
  ck_assert_ptr_null(hold);
  ck_assert_str_eq(err, message);
}

START_TEST(a_cached_table_is_found_by_its_name) {
  ck_assert_int_eq(look("DECK", 1), SQLITE_OK);
  ck_assert_str_eq(found->d->name, "deck");
  ck_assert_int_eq(look("n", 0), SQLITE_OK);
  ck_assert_str_eq(found->d->name, "n");
}
END_TEST

START_TEST(one_in_temp_comes_before_one_that_is_stored) {
  test_db_exec(db, "CREATE VIRTUAL TABLE main.deck USING cached(("
                   "SELECT id FROM card WHERE deck = :deck))");
  test_db_int(db, "SELECT count(*) FROM main.deck(1)");
  ck_assert_int_eq(look("deck", 1), SQLITE_OK);
  ck_assert(!found->d->is_stored);
  sqlite3_finalize(hold);
  hold = NULL;
  test_db_exec(db, "DROP TABLE temp.deck");
  ck_assert_int_eq(look("deck", 1), SQLITE_OK);
  ck_assert(found->d->is_stored);
}
END_TEST

/* What is freed too early is seen by the address sanitizer. */
START_TEST(a_table_that_is_held_survives_that_the_schema_is_read_again) {
  sqlite3 *other = test_db_open(sqlite3_db_filename(db, "main"), NULL);

  test_db_exec(db, "CREATE VIRTUAL TABLE main.kept USING cached(("
                   "SELECT id FROM card WHERE deck = :deck))");
  ck_assert_int_eq(look("kept", 1), SQLITE_OK);
  test_db_exec(other, "CREATE TABLE one_more(x)");
  test_db_exec(db, "INSERT INTO one_more VALUES (1)");
  ck_assert_str_eq(found->d->name, "kept");
  test_db_close(other);
}
END_TEST

START_TEST(another_number_of_arguments_is_told) {
  expect_error("deck", 0, "deck takes 1 argument (deck); 0 were given");
  expect_error("deck", 2, "deck takes 1 argument (deck); 2 were given");
  expect_error("n", 1, "n takes 0 arguments; 1 was given");
}
END_TEST

START_TEST(what_is_no_cached_table_is_told) {
  expect_error("card", 0, "card is not a cached table");
  expect_error("nothing", 0, "no such table: nothing");
  expect_error("de\"ck", 0, "no such table: de\"ck");
}
END_TEST

static bool open_one(void *arg) {
  int rc = look("deck", 1);
  bool is_open = rc == SQLITE_OK && hold != NULL;

  (void)arg;
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  sqlite3_finalize(hold);
  hold = NULL;
  return is_open;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(open_one, NULL), 0);
}
END_TEST

Suite *cache_roster_suite(void) {
  Suite *s = suite_create("cache_roster");
  TCase *c = tcase_create("roster");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_cached_table_is_found_by_its_name);
  tcase_add_test(c, one_in_temp_comes_before_one_that_is_stored);
  tcase_add_test(c,
                 a_table_that_is_held_survives_that_the_schema_is_read_again);
  tcase_add_test(c, another_number_of_arguments_is_told);
  tcase_add_test(c, what_is_no_cached_table_is_told);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
