/* SPDX-License-Identifier: MIT */
#include "advisor/binding.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *advisor_binding_suite(void);

static sqlite3 *open_db(void) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT);"
                   "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 90) INSERT INTO t SELECT i, i * 10, 'w' || i"
                   " FROM n");
  return db;
}

/* sql with its guessed values. */
static const struct {
  const char *sql, *bound;
} cases[] = {
    {"SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a = 430"},
    {"SELECT * FROM t WHERE t.\"b\" = :word",
     "SELECT * FROM t WHERE t.\"b\" = 'w43'"},
    {"SELECT * FROM t WHERE a BETWEEN ? AND ?",
     "SELECT * FROM t WHERE a BETWEEN 430 AND 550"},
    {"SELECT * FROM t WHERE b = ?1 AND a > ?2 OR b > ?1",
     "SELECT * FROM t WHERE b = 'w43' AND a > 550 OR b > 'w43'"},
    {"SELECT * FROM t WHERE a IN (?, ?, ?) LIMIT ? OFFSET ?",
     "SELECT * FROM t WHERE a IN (430, 550, 310) LIMIT 20 OFFSET 0"},
    {"INSERT INTO t(id, a, b) VALUES (?, ?, ?)",
     "INSERT INTO t(id, a, b) VALUES (NULL, 550, 'w31')"},
    {"SELECT '?' || a FROM t", "SELECT '?' || a FROM t"},
};

START_TEST(parameters_get_values_of_their_columns) {
  sqlite3 *db = open_db();
  sqlite3_stmt *stmt = test_db_prepare(db, cases[_i].sql);
  bool touches[] = {true};
  hp_tables tables;
  char *err, *expanded;
  int rc;

  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  rc = hp_binding_fill(db, &tables, touches, stmt, &err);
  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  expanded = sqlite3_expanded_sql(stmt);
  ck_assert_str_eq(expanded, cases[_i].bound);
  sqlite3_free(expanded);
  sqlite3_finalize(stmt);
  hp_tables_term(&tables);
  test_db_close(db);
}
END_TEST

START_TEST(a_parameter_of_no_column_is_an_error) {
  sqlite3 *db = open_db();
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT ? + 1");
  hp_tables tables;
  char *err;

  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  ck_assert_int_eq(hp_binding_fill(db, &tables, (bool[]){false}, stmt, &err),
                   SQLITE_MISMATCH);
  ck_assert_ptr_nonnull(strstr(err, "no value to try for its parameter 1"));
  sqlite3_free(err);
  sqlite3_finalize(stmt);
  hp_tables_term(&tables);
  test_db_close(db);
}
END_TEST

Suite *advisor_binding_suite(void) {
  Suite *s = suite_create("advisor_binding");
  TCase *c = tcase_create("binding");

  tcase_add_loop_test(c, parameters_get_values_of_their_columns, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, a_parameter_of_no_column_is_an_error);
  suite_add_tcase(s, c);
  return s;
}
