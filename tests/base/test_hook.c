/* SPDX-License-Identifier: MIT */
#include "base/hook.h"

#include "support/db.h"

#include <check.h>

Suite *base_hook_suite(void);

static sqlite3 *db;
static hp_conn *conn;
static int n_stmts, n_rows, n_profiles;

static void count_stmt(void *arg, sqlite3_stmt *stmt, const char *sql) {
  (void)arg;
  ck_assert_str_eq(sql, sqlite3_sql(stmt));
  n_stmts++;
}

static void count(void *n, sqlite3_stmt *stmt) {
  (void)stmt;
  ++*(int *)n;
}

static void listen_to(hp_listener listener) {
  ck_assert_int_eq(hp_hook_add(conn, &listener), SQLITE_OK);
}

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE t(a); CREATE TABLE log(a);"
                   "CREATE TRIGGER tr AFTER INSERT ON t"
                   " BEGIN INSERT INTO log VALUES (new.a); END");
  ck_assert_int_eq(hp_conn_open(db, &conn), SQLITE_OK);
  n_stmts = n_rows = n_profiles = 0;
}

static void close_db(void) {
  test_db_close(db);
  hp_conn_close(conn);
}

START_TEST(each_listener_is_told_what_it_wants) {
  listen_to((hp_listener){.on_row = count, .arg = &n_rows});
  listen_to((hp_listener){.on_stmt = count_stmt});
  listen_to((hp_listener){.on_profile = count, .arg = &n_profiles});
  test_db_text(db, "VALUES (1), (2), (3)");
  ck_assert_int_eq(n_stmts, 1);
  ck_assert_int_eq(n_rows, 3);
  ck_assert_int_eq(n_profiles, 1);
}
END_TEST

START_TEST(a_trigger_program_is_no_statement_of_its_own) {
  listen_to((hp_listener){.on_stmt = count_stmt});
  test_db_exec(db, "INSERT INTO t VALUES (1)");
  ck_assert_int_eq(n_stmts, 1);
}
END_TEST

START_TEST(a_statement_that_begins_with_a_comment_is_one) {
  listen_to((hp_listener){.on_stmt = count_stmt});
  test_db_text(db, "-- mine\nSELECT 1");
  ck_assert_int_eq(n_stmts, 1);
}
END_TEST

START_TEST(muted_nobody_is_told) {
  listen_to((hp_listener){.on_stmt = count_stmt});
  hp_hook_mute(conn);
  test_db_text(db, "SELECT 1");
  hp_hook_unmute(conn);
  ck_assert_int_eq(n_stmts, 0);
}
END_TEST

START_TEST(there_is_room_for_so_many) {
  for (int i = 0; i < HP_HOOK_LISTENERS; i++)
    listen_to((hp_listener){.on_row = count, .arg = &n_rows});
  ck_assert_int_eq(hp_hook_add(conn, &(hp_listener){.on_row = count}),
                   SQLITE_FULL);
  test_db_text(db, "SELECT 1");
  ck_assert_int_eq(n_rows, HP_HOOK_LISTENERS);
}
END_TEST

Suite *base_hook_suite(void) {
  Suite *s = suite_create("base_hook");
  TCase *c = tcase_create("hook");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, each_listener_is_told_what_it_wants);
  tcase_add_test(c, a_trigger_program_is_no_statement_of_its_own);
  tcase_add_test(c, a_statement_that_begins_with_a_comment_is_one);
  tcase_add_test(c, muted_nobody_is_told);
  tcase_add_test(c, there_is_room_for_so_many);
  suite_add_tcase(s, c);
  return s;
}
