/* SPDX-License-Identifier: MIT */
#include "base/calm.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *base_calm_suite(void);

static sqlite3 *db, *other;

static void open_db(void) {
  db = test_cached_open("calm.db", "wal");
  other = test_cached_open("calm.db", "wal");
  test_db_exec(db, "CREATE TABLE a(x); INSERT INTO a VALUES (1)");
  test_db_int(other, "SELECT count(*) FROM a");
}

static void close_db(void) {
  test_db_close(db);
  test_db_close(other);
}

/* Without the module the freed table is used: run under ASan or valgrind. */
START_TEST(a_table_that_another_connection_just_made_can_be_cached) {
  test_db_exec(db, "CREATE TABLE b(x); INSERT INTO b VALUES (2)");
  test_db_exec(other, "CREATE VIRTUAL TABLE temp.c USING cached("
                      "(SELECT x FROM b))");
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 2);
}
END_TEST

START_TEST(any_change_of_the_schema_by_another_connection_is_survived) {
  test_db_exec(db, "CREATE TABLE b(x)");
  test_db_exec(other, "CREATE VIRTUAL TABLE temp.c USING cached("
                      "(SELECT x FROM a))");
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
}
END_TEST

START_TEST(a_stored_table_is_connected_after_a_change_of_the_schema) {
  test_db_exec(db, "CREATE VIRTUAL TABLE c USING cached((SELECT x FROM a))");
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
  test_db_exec(db, "CREATE TABLE b(x)");
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
}
END_TEST

/* SQLite 3.34 leaves what a failed CREATE VIRTUAL TABLE has written. */
START_TEST(inside_a_transaction_too) {
  if (!test_db_since(3038000)) return;
  test_db_exec(db, "CREATE TABLE b(x)");
  test_db_exec(other, "BEGIN");
  test_db_exec(other, "CREATE VIRTUAL TABLE temp.c USING cached("
                      "(SELECT x FROM a))");
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
  test_db_exec(other, "COMMIT");
}
END_TEST

/* True if the table was made, which must be refused with this in the message
** otherwise. */
static bool is_made_or(const char *why, int nth) {
  int rc = sqlite3_exec(other,
                        "DROP TABLE IF EXISTS temp.c;"
                        "CREATE VIRTUAL TABLE temp.c USING cached("
                        "(SELECT x FROM a))",
                        NULL, NULL, NULL);

  ck_assert_msg(rc == SQLITE_OK || strstr(sqlite3_errmsg(other), why), "%d: %s",
                nth, sqlite3_errmsg(other));
  return rc == SQLITE_OK;
}

static int count_down(void *arg) {
  return --*(int *)arg == 0;
}

START_TEST(a_create_that_is_interrupted_anywhere_says_so) {
  bool is_made = false;

  for (int nth = 1; nth < 10000 && !is_made; nth++) {
    int left = nth;

    sqlite3_progress_handler(other, 1, count_down, &left);
    is_made = is_made_or("interrupted", nth);
    sqlite3_progress_handler(other, 0, NULL, NULL);
  }
  ck_assert(is_made);
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
}
END_TEST

static const sqlite3_io_methods *real;
static int locks_left;

static int fail_to_lock(sqlite3_file *file, int offset, int n, int flags) {
  if (--locks_left == 0) return SQLITE_IOERR_LOCK;
  return real->xShmLock(file, offset, n, flags);
}

START_TEST(a_create_whose_file_fails_anywhere_says_so) {
  sqlite3_io_methods failing;
  sqlite3_file *file;
  bool is_made = false;

  sqlite3_file_control(other, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  real = file->pMethods;
  failing = *real;
  failing.xShmLock = fail_to_lock;
  for (int nth = 1; nth < 1000 && !is_made; nth++) {
    locks_left = nth;
    file->pMethods = &failing;
    is_made = is_made_or("disk I/O error", nth);
    file->pMethods = real;
  }
  ck_assert(is_made);
  ck_assert_int_eq(test_db_int(other, "SELECT x FROM c"), 1);
}
END_TEST

static int count_call(void *arg) {
  ++*(int *)arg;
  return SQLITE_DONE;
}

START_TEST(the_work_is_done_once_and_its_code_returned) {
  hp_conn *c = hp_conn_find(db);
  int n = 0;

  ck_assert_int_eq(hp_calm_run(c, count_call, &n), SQLITE_DONE);
  ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(the_table_itself_is_empty) {
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM hp_calm"), 0);
}
END_TEST

Suite *base_calm_suite(void) {
  Suite *s = suite_create("base_calm");
  TCase *c = tcase_create("calm");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_table_that_another_connection_just_made_can_be_cached);
  tcase_add_test(c, any_change_of_the_schema_by_another_connection_is_survived);
  tcase_add_test(c, a_stored_table_is_connected_after_a_change_of_the_schema);
  tcase_add_test(c, inside_a_transaction_too);
  tcase_add_test(c, a_create_that_is_interrupted_anywhere_says_so);
  tcase_add_test(c, a_create_whose_file_fails_anywhere_says_so);
  tcase_add_test(c, the_work_is_done_once_and_its_code_returned);
  tcase_add_test(c, the_table_itself_is_empty);
  suite_add_tcase(s, c);
  return s;
}
