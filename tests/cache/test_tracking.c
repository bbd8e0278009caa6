/* SPDX-License-Identifier: MIT
**
** tracking.c, and cache_track() and cache_untrack(), which show all of it.
*/
#include "cache/tracking.h"
#include "support/cached.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>

Suite *cache_tracking_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE TABLE other(x REFERENCES card ON DELETE CASCADE)");
  test_db_exec(db, "SELECT cache_track('card')");
}

static void close_db(void) {
  test_db_close(db);
}

static int64_t generation(const char *table) {
  return test_db_int(db,
                     "SELECT generation FROM hotpath_generations WHERE"
                     " \"table\" = %Q",
                     table);
}

static int n_triggers(void) {
  return (int)test_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE type ="
                              " 'trigger'");
}

static const char *const writes[] = {
    "UPDATE card SET n = n WHERE id = 1",
    "DELETE FROM card WHERE id = 1",
    "DELETE FROM card",
    "INSERT INTO card VALUES(9, 9, 'ku', 9)",
    "REPLACE INTO card VALUES(1, 1, 'x', 1)",
    "INSERT OR IGNORE INTO card VALUES(9, 9, 'ku', 9)",
    "INSERT INTO card VALUES(1, 1, 'x', 1) ON CONFLICT DO UPDATE SET n = 0",
};

START_TEST(each_write_gives_another_number) {
  int64_t before = generation("card");

  test_db_exec(db, "%s", writes[_i]);
  ck_assert_int_ne(generation("card"), before);
}
END_TEST

START_TEST(so_does_one_without_hotpath) {
  sqlite3 *other = test_db_open("test.db", NULL);
  int64_t before = generation("card");

  test_db_exec(other, "PRAGMA trusted_schema = 0");
  test_db_exec(other, "UPDATE card SET n = 0 WHERE id = 1");
  ck_assert_int_ne(generation("card"), before);
  test_db_close(other);
}
END_TEST

START_TEST(so_does_a_cascade) {
  int64_t before;

  test_db_exec(db, "PRAGMA foreign_keys = 1; INSERT INTO other VALUES(1)");
  test_db_exec(db, "SELECT cache_track('other')");
  before = generation("other");
  test_db_exec(db, "DELETE FROM card WHERE id = 1");
  ck_assert_int_ne(generation("other"), before);
}
END_TEST

/* RAISE(IGNORE) and RAISE(FAIL) leave the change in place and the triggers that
** would come after them out. */
static const char *const quitters[] = {
    "CREATE TRIGGER quit AFTER UPDATE ON card BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER quit AFTER UPDATE ON card BEGIN SELECT RAISE(FAIL, 'no');"
    " END",
};

START_TEST(so_does_one_that_another_trigger_cuts_short) {
  bool is_first = _i % 2;
  int64_t before;

  if (is_first) test_db_exec(db, "SELECT cache_untrack('card')");
  test_db_exec(db, "%s", quitters[_i / 2]);
  if (is_first) test_db_exec(db, "SELECT cache_track('card')");
  before = generation("card");
  sqlite3_exec(db, "UPDATE card SET n = 77 WHERE id = 1", NULL, NULL, NULL);
  ck_assert_int_eq(test_db_int(db, "SELECT n FROM card WHERE id = 1"), 77);
  ck_assert_int_ne(generation("card"), before);
}
END_TEST

START_TEST(a_rolled_back_write_leaves_the_number_alone) {
  int64_t before = generation("card");

  test_db_exec(db, "BEGIN; UPDATE card SET n = 0; ROLLBACK");
  ck_assert_int_eq(generation("card"), before);
}
END_TEST

START_TEST(two_copies_that_go_their_own_ways_never_share_a_number) {
  sqlite3 *copy;

  test_db_exec(db, "VACUUM INTO %Q", test_tmp_path("copy.db"));
  copy = test_db_open("copy.db", NULL);
  test_db_exec(db, "UPDATE card SET n = 1 WHERE id = 1");
  test_db_exec(copy, "UPDATE card SET n = 2 WHERE id = 1");
  ck_assert_int_ne(generation("card"),
                   test_db_int(copy, "SELECT generation FROM"
                                     " hotpath_generations"));
  test_db_close(copy);
}
END_TEST

START_TEST(the_application_is_not_told_of_it) {
  test_db_exec(db, "INSERT INTO card VALUES(77, 1, 'x', 1)");
  ck_assert_int_eq(sqlite3_last_insert_rowid(db), 77);
  test_db_exec(db, "UPDATE card SET n = 0 WHERE id < 3");
  ck_assert_int_eq(sqlite3_changes(db), 2);
}
END_TEST

START_TEST(a_name_is_taken_as_sqlite_takes_it) {
  test_db_exec(db, "CREATE TABLE \"it's \"\"odd\"\" \"(a)");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_track(%Q)", "IT's \"odd\" "),
                   1);
  test_db_exec(db, "INSERT INTO \"it's \"\"odd\"\" \" VALUES(1)");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_untrack(%Q)", "it's \"odd\" "),
                   1);
  ck_assert_int_eq(n_triggers(), 3);
}
END_TEST

START_TEST(tracking_twice_is_tracking_once) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_track('CARD')"), 0);
  ck_assert_int_eq(n_triggers(), 3);
}
END_TEST

START_TEST(untracking_leaves_nothing_behind) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_untrack('card')"), 1);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_untrack('card')"), 0);
  ck_assert_int_eq(n_triggers(), 0);
  test_db_error(db, "SELECT * FROM hotpath_generations");
}
END_TEST

START_TEST(untracking_leaves_other_tables_tracked) {
  test_db_exec(db, "SELECT cache_track('other'), cache_untrack('card')");
  ck_assert_int_eq(n_triggers(), 3);
  generation("other");
}
END_TEST

START_TEST(a_trigger_that_is_missing_is_put_back) {
  int64_t before = generation("card");

  test_db_exec(db, "DROP TRIGGER hotpath_update_card");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_track('card')"), 1);
  ck_assert_int_eq(n_triggers(), 3);
  ck_assert_int_ne(generation("card"), before);
}
END_TEST

static const char *const strangers[] = {
    "nope", "v", "doc", "doc_content", "sqlite_schema", "hotpath_generations",
    "tmp",  ""};

START_TEST(what_cannot_be_tracked_is_named) {
  const char *message;
  char sql[100];

  test_db_exec(db, "CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE doc USING"
                   " fts4(a); CREATE TEMP TABLE tmp(a)");
  sqlite3_snprintf(sizeof sql, sql, "SELECT cache_track(%Q)", strangers[_i]);
  message = test_db_error(db, sql);
  ck_assert_msg(strstr(message, "cache_track: main has no table"), "%s",
                message);
  ck_assert_ptr_nonnull(strstr(message, strangers[_i]));
  ck_assert_int_eq(n_triggers(), 3);
}
END_TEST

START_TEST(an_argument_must_be_a_name) {
  const char *message = test_db_error(db, "SELECT cache_untrack(NULL)");

  ck_assert_ptr_nonnull(strstr(message, "cache_untrack: the argument is the"
                                        " name of a table in main"));
}
END_TEST

START_TEST(a_database_that_is_locked_is_left_as_it_is) {
  sqlite3 *other = test_db_open("test.db", NULL);

  sqlite3_busy_timeout(db, 0);
  test_db_exec(other, "BEGIN IMMEDIATE");
  test_db_error(db, "SELECT cache_track('other')");
  ck_assert_int_eq(sqlite3_get_autocommit(db), 1);
  test_db_exec(other, "COMMIT");
  ck_assert_int_eq(n_triggers(), 3);
  test_db_close(other);
}
END_TEST

START_TEST(tracking_takes_part_in_a_transaction) {
  test_db_exec(db, "BEGIN; SELECT cache_track('other')");
  ck_assert_int_eq(n_triggers(), 6);
  test_db_exec(db, "ROLLBACK");
  ck_assert_int_eq(n_triggers(), 3);
}
END_TEST

static bool attempt(void *arg) {
  hp_conn *c = hp_conn_find(db);
  char *err = NULL;
  int64_t n;
  int rc = hp_tracking_add(c, "other", &n, &err);

  (void)arg;
  sqlite3_free(err);
  err = NULL;
  if (!rc) rc = hp_tracking_remove(c, "other", &n, &err);
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 20);
  ck_assert_int_eq(sqlite3_get_autocommit(db), 1);
  test_db_exec(db, "SELECT cache_untrack('other')");
  ck_assert_int_eq(n_triggers(), 3);
}
END_TEST

Suite *cache_tracking_suite(void) {
  Suite *s = suite_create("cache_tracking");
  TCase *c = tcase_create("tracking");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 30);
  tcase_add_loop_test(c, each_write_gives_another_number, 0,
                      sizeof writes / sizeof *writes);
  tcase_add_test(c, so_does_one_without_hotpath);
  tcase_add_test(c, so_does_a_cascade);
  tcase_add_loop_test(c, so_does_one_that_another_trigger_cuts_short, 0, 4);
  tcase_add_test(c, a_rolled_back_write_leaves_the_number_alone);
  tcase_add_test(c, two_copies_that_go_their_own_ways_never_share_a_number);
  tcase_add_test(c, the_application_is_not_told_of_it);
  tcase_add_test(c, a_name_is_taken_as_sqlite_takes_it);
  tcase_add_test(c, tracking_twice_is_tracking_once);
  tcase_add_test(c, untracking_leaves_nothing_behind);
  tcase_add_test(c, untracking_leaves_other_tables_tracked);
  tcase_add_test(c, a_trigger_that_is_missing_is_put_back);
  tcase_add_loop_test(c, what_cannot_be_tracked_is_named, 0,
                      sizeof strangers / sizeof *strangers);
  tcase_add_test(c, an_argument_must_be_a_name);
  tcase_add_test(c, a_database_that_is_locked_is_left_as_it_is);
  tcase_add_test(c, tracking_takes_part_in_a_transaction);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
