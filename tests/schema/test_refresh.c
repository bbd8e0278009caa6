/* SPDX-License-Identifier: MIT */
#include "schema/refresh.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *schema_refresh_suite(void);

static bool is_stale(sqlite3 *db) {
  bool was_stale = false;

  ck_assert_int_eq(hp_schemas_refresh(db, &was_stale), SQLITE_OK);
  return was_stale;
}

START_TEST(only_what_others_changed_is_stale_and_only_once) {
  sqlite3 *db = test_db_open("a.db", "wal"),
          *other = test_db_open("a.db", NULL);

  test_db_exec(db, "CREATE TABLE t(a)");
  ck_assert(!is_stale(db));
  test_db_exec(other, "CREATE TABLE u(a)");
  ck_assert(is_stale(db));
  ck_assert(!is_stale(db));
  test_db_exec(other, "INSERT INTO u VALUES (1)");
  ck_assert(!is_stale(db));
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(attached_databases_are_looked_at_too) {
  sqlite3 *db = test_db_open(":memory:", NULL),
          *other = test_db_open("b.db", "delete");

  test_db_exec(other, "CREATE TABLE t(a)");
  test_db_exec(db, "ATTACH %Q AS \"odd \"\" name\"",
               sqlite3_db_filename(other, "main"));
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM t"), 0);
  test_db_exec(other, "CREATE TABLE u(a)");
  ck_assert(is_stale(db));
  ck_assert(!is_stale(db));
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(a_locked_database_is_left_alone) {
  sqlite3 *db = test_db_open("c.db", "delete"),
          *other = test_db_open("c.db", NULL);

  test_db_exec(db, "CREATE TABLE t(a)");
  test_db_exec(other, "CREATE TABLE u(a); BEGIN EXCLUSIVE");
  sqlite3_busy_timeout(db, 0);
  ck_assert(!is_stale(db));
  test_db_exec(other, "COMMIT");
  ck_assert(is_stale(db));
  test_db_close(other);
  test_db_close(db);
}
END_TEST

static bool attempt_refresh(void *db) {
  bool was_stale = false;
  int rc = hp_schemas_refresh(db, &was_stale);

  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE t(a)");
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure(attempt_refresh, db), 5);
  test_db_close(db);
}
END_TEST

Suite *schema_refresh_suite(void) {
  Suite *s = suite_create("schema_refresh");
  TCase *c = tcase_create("refresh");

  tcase_add_test(c, only_what_others_changed_is_stale_and_only_once);
  tcase_add_test(c, attached_databases_are_looked_at_too);
  tcase_add_test(c, a_locked_database_is_left_alone);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
