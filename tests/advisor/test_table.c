/* SPDX-License-Identifier: MIT */
#include "advisor/table.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_table_suite(void);

static hp_tables read_tables(sqlite3 *db) {
  hp_tables t;

  ck_assert_int_eq(hp_tables_read(db, &t), SQLITE_OK);
  return t;
}

START_TEST(tables_are_read_with_columns_and_rows) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_tables t;

  test_db_exec(db, "CREATE TABLE b(x TEXT COLLATE NOCASE, y \"odd, type\");"
                   "INSERT INTO b VALUES(1, 2), (3, 4);"
                   "CREATE TABLE a(z); CREATE VIEW v AS SELECT 1;"
                   "CREATE VIRTUAL TABLE doc USING rtree(id, p, q); ANALYZE");
  t = read_tables(db);
  ck_assert_str_eq(t.at[0].name, "a");
  ck_assert_str_eq(t.at[1].name, "b");
  ck_assert_int_eq(t.at[1].n_rows, 2);
  ck_assert_int_eq(t.at[1].n_columns, 2);
  ck_assert_str_eq(t.at[1].columns[0].collation, "NOCASE");
  ck_assert_str_eq(t.at[1].columns[1].type, "");
  ck_assert_int_eq(hp_tables_find(&t, "B"), 1);
  ck_assert_int_eq(hp_tables_find(&t, "v"), -1);
  ck_assert_int_eq(hp_tables_find(&t, "doc"), -1);
  ck_assert_int_eq(hp_tables_find(&t, "sqlite_stat1"), -1);
  ck_assert_int_eq(hp_table_find(&t.at[1], "Y"), 1);
  hp_tables_term(&t);
  test_db_close(db);
}
END_TEST

static const struct {
  const char *columns;
  int alias;
} keys[] = {
    {"a, b INTEGER PRIMARY KEY", 1},
    {"a, b INTEGER, PRIMARY KEY(b)", 1},
    {"a, b INT PRIMARY KEY", -1},
    {"a, b INTEGER PRIMARY KEY DESC", -1},
    {"a INTEGER, b INTEGER, PRIMARY KEY(a, b)", -1},
    {"a, b", -1},
};

START_TEST(the_alias_of_the_rowid_is_known) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_tables t;

  test_db_exec(db, "CREATE TABLE t(%s)", keys[_i].columns);
  t = read_tables(db);
  ck_assert_msg(t.at[0].rowid_alias == keys[_i].alias, "%s: %d",
                keys[_i].columns, t.at[0].rowid_alias);
  hp_tables_term(&t);
  test_db_close(db);
}
END_TEST

START_TEST(a_temp_table_of_the_same_name_is_another_one) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_tables t;

  test_db_exec(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   "INSERT INTO t(b) VALUES(1), (2), (3);"
                   "CREATE TEMP TABLE t(x)");
  t = read_tables(db);
  ck_assert_int_eq(t.at[0].n_columns, 2);
  ck_assert_int_eq(t.at[0].rowid_alias, 0);
  ck_assert_int_eq(t.at[0].n_rows, 3);
  hp_tables_term(&t);
  test_db_close(db);
}
END_TEST

START_TEST(a_database_that_is_locked_has_not_just_no_rows) {
  sqlite3 *db = test_db_open("t.db", "DELETE");
  sqlite3 *other = test_db_open("t.db", NULL);
  hp_tables t;

  test_db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  sqlite3_busy_timeout(db, 0);
  test_db_exec(other, "BEGIN EXCLUSIVE");
  ck_assert_int_eq(hp_tables_read(db, &t), SQLITE_BUSY);
  hp_tables_term(&t);
  test_db_close(other);
  test_db_close(db);
}
END_TEST

static bool attempt(void *db) {
  hp_tables t;
  int rc = hp_tables_read(db, &t);

  if (rc != SQLITE_OK) ck_assert(test_heap_failed());
  hp_tables_term(&t);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   "CREATE TABLE u(a PRIMARY KEY)");
  test_db_error(db, "SELECT nothing"); /* SQLite keeps a buffer for these */
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 20);
  test_db_close(db);
}
END_TEST

Suite *advisor_table_suite(void) {
  Suite *s = suite_create("advisor_table");
  TCase *c = tcase_create("table");

  tcase_add_test(c, tables_are_read_with_columns_and_rows);
  tcase_add_loop_test(c, the_alias_of_the_rowid_is_known, 0,
                      sizeof keys / sizeof *keys);
  tcase_add_test(c, a_temp_table_of_the_same_name_is_another_one);
  tcase_add_test(c, a_database_that_is_locked_has_not_just_no_rows);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
