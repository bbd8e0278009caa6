/* SPDX-License-Identifier: MIT
**
** leftover.c, through the advice that it ends.
*/
#include "advisor/leftover.h"
#include "advisor/advisor.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *advisor_leftover_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("test.db", NULL);
  test_db_exec(
      db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, at TEXT, who TEXT);"
          "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i <"
          " 5000) INSERT INTO visit SELECT i, date('2026-01-01', '+' || (i %%"
          " 300) || ' days'), 'Who' || i FROM n");
}

static void close_db(void) {
  test_db_close(db);
}

static const char *advice(const char *sql) {
  return test_db_text(db,
                      "SELECT action, ddl, evidence FROM suggest_indexes(%Q)"
                      " WHERE action NOT IN ('analyze')",
                      sql);
}

START_TEST(a_statement_that_no_index_helps_is_named_with_the_reason) {
  const char *text = advice("SELECT count(*) FROM visit WHERE who LIKE '%77%'");

  ck_assert_msg(strstr(text, "rewrite|NULL|a LIKE pattern that begins with %"),
                "%s", text);
  ck_assert_ptr_nonnull(strstr(text, "Statement: SELECT count(*) FROM visit"));
}
END_TEST

/* What is said of sql where no index is worth its bytes. */
static hp_report leftovers(const char *sql) {
  hp_advisor_options options = hp_advisor_defaults();
  hp_report r;
  char *err;
  int rc;

  options.min_density = 1000;
  rc = hp_advisor_run(db, &(hp_statement){sql, 1}, 1, &options, &r, &err);
  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  ck_assert_int_ge(r.n, 1);
  ck_assert_str_eq(r.at[0].action, "rewrite");
  return r;
}

START_TEST(other_words_are_shown_where_they_gave_the_same_rows) {
  hp_report r;

  test_db_exec(db, "CREATE UNIQUE INDEX visit_at ON visit(at, id)");
  r = leftovers("SELECT id FROM visit WHERE date(at) = '2026-02-03'");
  ck_assert_str_eq(r.at[0].ddl, "SELECT id FROM visit WHERE at >= '2026-02-03'"
                                " AND at < '2026-02-04'");
  ck_assert_msg(strstr(r.at[0].evidence, "date() around at hides the column"),
                "%s", r.at[0].evidence);
  ck_assert_msg(strstr(r.at[0].evidence, "in other words it took "), "%s",
                r.at[0].evidence);
  ck_assert_double_gt(r.at[0].gain, 0.9);
  hp_report_term(&r);
}
END_TEST

START_TEST(other_words_with_other_rows_are_not_shown) {
  hp_report r;

  test_db_exec(db, "UPDATE visit SET at = julianday(at) WHERE id %% 2");
  r = leftovers("SELECT id FROM visit WHERE date(at) = '2026-02-03'");
  ck_assert_str_eq(r.at[0].ddl, "");
  ck_assert_double_eq(r.at[0].gain, 0);
  hp_report_term(&r);
}
END_TEST

/* The last statement is dear enough to be named, and not to have an index of
** its own. */
START_TEST(of_a_recorded_statement_no_values_are_shown) {
  const char *text;

  test_db_exec(db, "CREATE UNIQUE INDEX visit_at ON visit(at, id);"
                   "SELECT query_reset('all')");
  for (int i = 0; i < 30; i++) {
    test_db_text(db, "SELECT count(*) FROM visit WHERE who LIKE '%%zebra%%'");
  }
  test_db_text(db, "SELECT id FROM visit WHERE date(at) = '2026-02-03'");
  text = test_db_text(db, "SELECT ddl, evidence FROM index_suggestions WHERE"
                          " action = 'rewrite'");
  ck_assert_msg(strstr(text, "NULL|a LIKE pattern that begins with %"), "%s",
                text);
  ck_assert_msg(strstr(text, "NULL|date() around at"), "%s", text);
  ck_assert_msg(strstr(text, "in other words it took"), "%s", text);
  ck_assert_ptr_null(strstr(text, "zebra"));
  ck_assert_ptr_null(strstr(text, "2026-02"));
}
END_TEST

START_TEST(what_an_index_helps_is_not_mentioned) {
  ck_assert_ptr_null(
      strstr(advice("SELECT * FROM visit WHERE who = 'Who7'"), "rewrite"));
  ck_assert_str_eq(advice("SELECT * FROM visit WHERE id = 7"), "");
}
END_TEST

Suite *advisor_leftover_suite(void) {
  Suite *s = suite_create("advisor_leftover");
  TCase *c = tcase_create("leftover");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, a_statement_that_no_index_helps_is_named_with_the_reason);
  tcase_add_test(c, other_words_are_shown_where_they_gave_the_same_rows);
  tcase_add_test(c, other_words_with_other_rows_are_not_shown);
  tcase_add_test(c, of_a_recorded_statement_no_values_are_shown);
  tcase_add_test(c, what_an_index_helps_is_not_mentioned);
  suite_add_tcase(s, c);
  return s;
}
