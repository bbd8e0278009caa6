/* SPDX-License-Identifier: MIT */
#include "base/statement.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *base_statement_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE t(a UNIQUE)");
}

static void close_db(void) {
  test_db_close(db);
}

START_TEST(a_format_is_run_with_its_arguments) {
  char *err = NULL;

  ck_assert_int_eq(
      hp_statement_run(db, &err, "INSERT INTO \"%w\" VALUES(%Q)", "t", "it's"),
      SQLITE_OK);
  ck_assert_ptr_null(err);
  ck_assert_str_eq(test_db_text(db, "SELECT a FROM t"), "it's");
}
END_TEST

START_TEST(a_row_is_no_error) {
  char *err = NULL;

  ck_assert_int_eq(hp_statement_run(db, &err, "SELECT 1"), SQLITE_OK);
  ck_assert_ptr_null(err);
}
END_TEST

static const struct {
  const char *sql, *part;
  int rc;
} mistakes[] = {
    {"SELECT nope", "no such column: nope", SQLITE_ERROR},
    {"INSERT INTO t VALUES(1), (1)", "UNIQUE constraint", SQLITE_CONSTRAINT},
    {"SELECT 1; DROP TABLE t", "does not end where it should:  DROP TABLE t",
     SQLITE_ERROR},
};

START_TEST(a_mistake_is_one_sentence) {
  char *err = NULL;
  int rc = hp_statement_run(db, &err, "%s", mistakes[_i].sql);

  ck_assert_int_eq(rc & 0xff, mistakes[_i].rc);
  ck_assert_ptr_nonnull(err);
  ck_assert_msg(strstr(err, mistakes[_i].part), "%s", err);
  sqlite3_free(err);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM t"), 0);
}
END_TEST

START_TEST(what_could_not_be_prepared_is_not_stepped) {
  sqlite3_stmt *stmt;
  char *err = NULL;
  int rc = hp_statement_prepare(db, NULL, &stmt, &err);

  ck_assert_int_eq(rc, SQLITE_NOMEM);
  ck_assert_ptr_null(stmt);
  ck_assert_int_eq(hp_statement_finish(db, stmt, rc, &err), SQLITE_NOMEM);
  ck_assert_ptr_null(err);
}
END_TEST

static bool attempt(void *arg) {
  char *err = NULL;
  int rc = hp_statement_run(db, &err, "REPLACE INTO t VALUES(%Q)", "x");

  (void)arg;
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 2);
}
END_TEST

Suite *base_statement_suite(void) {
  Suite *s = suite_create("base_statement");
  TCase *c = tcase_create("statement");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_format_is_run_with_its_arguments);
  tcase_add_test(c, a_row_is_no_error);
  tcase_add_loop_test(c, a_mistake_is_one_sentence, 0,
                      sizeof mistakes / sizeof *mistakes);
  tcase_add_test(c, what_could_not_be_prepared_is_not_stepped);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
