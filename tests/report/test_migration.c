/* SPDX-License-Identifier: MIT
**
** migration.c and hotpath_report('migration').
*/
#include "report/migration.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *report_migration_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("migration.db", "wal");
  test_db_exec(db, "SELECT query_reset();"
                   "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, pad);"
                   "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 3000) INSERT INTO t SELECT i, i %% 50,"
                   " i * 7919 %% 3000, hex(zeroblob(60)) FROM n");
}

static void close_db(void) {
  test_db_close(db);
}

static const char *report(void) {
  return test_db_text(db, "SELECT hotpath_report('migration')");
}

static void expect(const char *text, const char *part) {
  ck_assert_msg(strstr(text, part), "no '%s' in:\n%s", part, text);
}

START_TEST(advice_becomes_a_migration_with_figures) {
  const char *text;

  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT * FROM t WHERE b = %d", i);
  }
  text = report();
  expect(text, "migration.db, with SQLite ");
  expect(text, "\n--    evidence: executed on a private copy (");
  expect(text, "\n-- 1. create: saves 9");
  expect(text, "\n--    faster: SELECT * FROM t WHERE b = ? (300 calls, ");
  expect(text, "\n--    undo: DROP INDEX \"idx_t_b\";\n"
               "CREATE INDEX \"idx_t_b\" ON \"t\"(\"b\");\n");
}
END_TEST

START_TEST(it_runs_and_then_there_is_nothing_to_do) {
  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT * FROM t WHERE b = %d", i);
  }
  test_db_exec(db, "%s", report());
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE"
                                   " name = 'idx_t_b'"),
                   1);
  expect(report(), "-- Nothing to change for the statements recorded so far.");
}
END_TEST

START_TEST(what_is_dropped_can_be_made_again) {
  const char *text;

  test_db_exec(db, "CREATE INDEX old ON t(a)");
  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT * FROM t WHERE a = %d ORDER BY b LIMIT 2", i);
  }
  text = report();
  expect(text, "-- 1. replace: ");
  expect(text, "\n--    undo: CREATE INDEX old ON t(a);\n");
  expect(text, "\nDROP INDEX \"old\";\n");
}
END_TEST

START_TEST(an_unknown_format_is_refused_with_the_known_ones) {
  expect(test_db_error(db, "SELECT hotpath_report('pdf')"),
         "hotpath_report() has no format 'pdf'; there is migration");
  expect(test_db_error(db, "SELECT hotpath_report(NULL)"), "no format NULL");
}
END_TEST

static int stop(void *arg) {
  (void)arg;
  return 1;
}

START_TEST(an_interrupt_ends_it) {
  char *out, *err;

  test_db_exec(db, "SELECT * FROM t WHERE b = 1");
  sqlite3_progress_handler(db, 1, stop, NULL);
  ck_assert_int_ne(hp_migration_write(hp_conn_find(db), 0, &out, &err),
                   SQLITE_OK);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  ck_assert_ptr_null(out);
  sqlite3_free(err);
}
END_TEST

Suite *report_migration_suite(void) {
  Suite *s = suite_create("report_migration");
  TCase *c = tcase_create("migration");

  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, advice_becomes_a_migration_with_figures);
  tcase_add_test(c, it_runs_and_then_there_is_nothing_to_do);
  tcase_add_test(c, what_is_dropped_can_be_made_again);
  tcase_add_test(c, an_unknown_format_is_refused_with_the_known_ones);
  tcase_add_test(c, an_interrupt_ends_it);
  suite_add_tcase(s, c);
  return s;
}
