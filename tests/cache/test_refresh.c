/* SPDX-License-Identifier: MIT
**
** Computing ahead and serving stale answers, through the virtual table.
** Nothing waits for time: hp_worker_drain() waits for the background thread.
*/
#include "cache/refresh.h"
#include "base/worker.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

Suite *cache_refresh_suite(void);

#define REVALIDATED                                                            \
  "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word FROM card"          \
  " WHERE id = :id), stale_while_revalidate=1000, tags='one')"

static sqlite3 *db, *other;

static void open_db(void) {
  db = test_cached_open("refresh.db", "wal");
  other = test_cached_open("refresh.db", "wal");
  test_db_exec(db, "CREATE TABLE card(id INTEGER PRIMARY KEY, word TEXT)");
  test_db_exec(db, "INSERT INTO card VALUES (1, 'old'), (2, 'two')");
}

static void close_db(void) {
  if (db) test_db_close(db);
  if (other) test_db_close(other);
  db = other = NULL;
}

static void expect(const char *call, const char *word, const char *source) {
  char *sql = sqlite3_mprintf("SELECT word || ' ' || _source FROM %s", call);
  char *wanted = sqlite3_mprintf("%s %s", word, source);

  ck_assert_str_eq(test_db_text(db, "%s", sql), wanted);
  sqlite3_free(sql);
  sqlite3_free(wanted);
}

static void make_stale(void) {
  expect("one(1)", "old", "computed");
  test_db_exec(other, "UPDATE card SET word = 'new' WHERE id = 1");
}

START_TEST(a_stale_answer_is_served_while_the_next_is_computed) {
  test_db_exec(db, REVALIDATED);
  make_stale();
  expect("one(1)", "old", "stale");
  hp_worker_drain();
  expect("one(1)", "new", "l1");
  ck_assert_int_eq(test_cached_count(db, "one", "refreshes"), 1);
  ck_assert_int_eq(test_cached_count(db, "one", "hits_stale"), 1);
}
END_TEST

START_TEST(without_the_option_nothing_stale_is_served) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word "
                   "FROM card WHERE id = :id))");
  make_stale();
  expect("one(1)", "new", "computed");
}
END_TEST

START_TEST(an_answer_is_asked_for_once_however_often_it_is_served) {
  test_db_exec(db, REVALIDATED);
  make_stale();
  for (int i = 0; i < 5; i++) {
    test_db_int(db, "SELECT count(*) FROM one(1)");
  }
  hp_worker_drain();
  ck_assert_int_eq(test_cached_count(db, "one", "refreshes"), 1);
}
END_TEST

START_TEST(what_a_tag_invalidated_is_never_served) {
  test_db_exec(db, REVALIDATED);
  make_stale();
  test_db_exec(db, "SELECT cache_invalidate('one')");
  expect("one(1)", "new", "computed");
}
END_TEST

START_TEST(inside_a_transaction_nothing_stale_is_served) {
  test_db_exec(db, REVALIDATED);
  make_stale();
  test_db_exec(db, "BEGIN");
  expect("one(1)", "new", "computed");
  test_db_exec(db, "COMMIT");
}
END_TEST

static void one(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_int(ctx, 1);
}

START_TEST(answers_of_this_connection_alone_are_not_refreshed) {
  sqlite3_create_function(db, "own", 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          NULL, one, NULL, NULL);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word "
                   "FROM card WHERE id = :id * own()), "
                   "stale_while_revalidate=1000)");
  make_stale();
  expect("one(1)", "new", "computed");
}
END_TEST

START_TEST(refresh_ahead_computes_before_the_end_of_the_ttl) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word "
                   "FROM card WHERE id = :id), ttl=3000, refresh_ahead=2999.99,"
                   " consistency=ttl)");
  expect("one(1)", "old", "computed");
  test_db_exec(other, "UPDATE card SET word = 'new' WHERE id = 1");
  while (test_cached_count(db, "one", "refreshes") == 0) {
    test_db_int(db, "SELECT count(*) FROM one(1)");
    hp_worker_drain();
  }
  expect("one(1)", "new", "l1");
}
END_TEST

START_TEST(a_refresh_that_nobody_used_is_counted_as_wasted) {
  test_db_exec(db, REVALIDATED);
  make_stale();
  expect("one(1)", "old", "stale");
  hp_worker_drain();
  test_db_exec(db, "SELECT cache_clear()");
  ck_assert_int_eq(test_cached_count(db, "one", "wasted_refreshes"), 1);
}
END_TEST

START_TEST(what_was_cleared_is_counted_though_another_answer_was_being_read) {
  sqlite3_stmt *reading;

  test_db_exec(db, REVALIDATED);
  make_stale();
  reading = test_db_prepare(db, "SELECT word FROM one(1)");
  ck_assert_int_eq(sqlite3_step(reading), SQLITE_ROW);
  hp_worker_drain();
  sqlite3_finalize(reading);
  test_db_exec(db, "SELECT cache_clear()");
  ck_assert_int_eq(test_cached_count(db, "one", "wasted_refreshes"), 1);
}
END_TEST

START_TEST(closing_the_last_table_leaves_no_file_behind) {
  char *wal = sqlite3_mprintf("%s-wal", sqlite3_db_filename(db, "main"));

  test_db_exec(db, REVALIDATED);
  make_stale();
  expect("one(1)", "old", "stale");
  close_db();
  ck_assert_int_ne(access(wal, F_OK), 0);
  sqlite3_free(wal);
}
END_TEST

START_TEST(two_connections_share_one_line) {
  test_db_exec(db, REVALIDATED);
  test_db_exec(other, REVALIDATED);
  make_stale();
  expect("one(1)", "old", "stale");
  test_db_exec(db, "DROP TABLE one");
  hp_worker_drain();
  ck_assert_str_eq(
      test_db_text(other, "SELECT word || ' ' || _source FROM one(1)"),
      "new l1");
}
END_TEST

/* ---- stale_if_error ---- */

static void open_rollback(void) {
  db = test_cached_open("error.db", "delete");
  other = test_cached_open("error.db", "delete");
  test_db_exec(db, "CREATE TABLE card(id INTEGER PRIMARY KEY, word TEXT)");
  test_db_exec(db, "INSERT INTO card VALUES (1, 'old')");
}

START_TEST(a_locked_file_is_bridged_by_an_older_answer) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word "
                   "FROM card WHERE id = :id), stale_if_error=1000)");
  make_stale();
  sqlite3_busy_timeout(db, 0);
  test_db_exec(other, "BEGIN EXCLUSIVE");
  expect("one(1)", "old", "stale");
  test_db_exec(other, "COMMIT");
  expect("one(1)", "new", "computed");
}
END_TEST

START_TEST(without_the_option_a_locked_file_is_an_error) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached((SELECT word "
                   "FROM card WHERE id = :id))");
  make_stale();
  sqlite3_busy_timeout(db, 0);
  test_db_exec(other, "BEGIN EXCLUSIVE");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT word FROM one(1)"), "locked"));
  test_db_exec(other, "COMMIT");
}
END_TEST

Suite *cache_refresh_suite(void) {
  Suite *s = suite_create("cache_refresh");
  TCase *c = tcase_create("refresh"), *e = tcase_create("error");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_stale_answer_is_served_while_the_next_is_computed);
  tcase_add_test(c, without_the_option_nothing_stale_is_served);
  tcase_add_test(c, an_answer_is_asked_for_once_however_often_it_is_served);
  tcase_add_test(c, what_a_tag_invalidated_is_never_served);
  tcase_add_test(c, inside_a_transaction_nothing_stale_is_served);
  tcase_add_test(c, answers_of_this_connection_alone_are_not_refreshed);
  tcase_add_test(c, refresh_ahead_computes_before_the_end_of_the_ttl);
  tcase_add_test(c, a_refresh_that_nobody_used_is_counted_as_wasted);
  tcase_add_test(
      c, what_was_cleared_is_counted_though_another_answer_was_being_read);
  tcase_add_test(c, closing_the_last_table_leaves_no_file_behind);
  tcase_add_test(c, two_connections_share_one_line);
  suite_add_tcase(s, c);
  tcase_add_checked_fixture(e, open_rollback, close_db);
  tcase_add_test(e, a_locked_file_is_bridged_by_an_older_answer);
  tcase_add_test(e, without_the_option_a_locked_file_is_an_error);
  suite_add_tcase(s, e);
  return s;
}
