/* SPDX-License-Identifier: MIT */
#include "advisor/advisor_vtab.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *advisor_advisor_vtab_suite(void);

static sqlite3 *open_db(void) {
  sqlite3 *db = test_db_open_hotpath("advice.db", "wal");

  test_db_exec(db, "CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT, w TEXT,"
                   " p1, p2, p3, p4, p5, p6);"
                   "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 3000) INSERT INTO card(deck, w)"
                   " SELECT i * 7919 %% 3000, 'secret' || i FROM n");
  return db;
}

START_TEST(recorded_statements_get_advice) {
  sqlite3 *db = open_db();

  /* Often enough to pay for what the recorded INSERT has to keep up. */
  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT * FROM card WHERE deck = %d", i);
  }
  ck_assert_str_eq(
      test_db_text(db, "SELECT ddl FROM index_suggestions WHERE action ="
                       " 'create'"),
      "CREATE INDEX \"idx_card_deck\" ON \"card\"(\"deck\");");
  ck_assert_int_eq(test_db_int(db,
                               "SELECT count(*) FROM sqlite_schema WHERE type ="
                               " 'index'"),
                   0);
  test_db_close(db);
}
END_TEST

START_TEST(values_are_not_shown) {
  sqlite3 *db = open_db();
  const char *all;

  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT * FROM card WHERE w = 'secret77'");
  }
  all = test_db_text(db, "SELECT * FROM index_suggestions");
  ck_assert_ptr_nonnull(strstr(all, "idx_card_w"));
  ck_assert_msg(!strstr(all, "secret"), "%s", all);
  test_db_close(db);
}
END_TEST

START_TEST(a_workload_may_be_given) {
  sqlite3 *db = open_db();
  const char *query = "SELECT action, ddl FROM index_suggestions(%Q)";

  ck_assert_str_eq(
      test_db_text(db, query,
                   "[{\"sql\": \"SELECT * FROM card WHERE deck = ?\","
                   " \"calls\": 3}, \"SELECT * FROM card WHERE id = 1\"]"),
      "create|CREATE INDEX \"idx_card_deck\" ON \"card\"(\"deck\");");
  ck_assert_str_eq(test_db_text(db, query, "[]"), "");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM index_suggestions('[7]')"),
             "the workload must be a JSON array"));
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM index_suggestions('[{\"sql\":"
                               " \"SELECT 1\", \"calls\": 0}]')"),
             "number above 0"));
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM index_suggestions('nonsense')"),
             "the workload cannot be read: malformed JSON"));
  test_db_close(db);
}
END_TEST

START_TEST(one_statement_gets_advice) {
  sqlite3 *db = open_db();

  ck_assert_str_eq(
      test_db_text(db, "SELECT ddl, gain > 0.9, size_bytes > 8192,"
                       " json_array_length(helped), harmed FROM"
                       " suggest_indexes('SELECT * FROM card WHERE w = 5')"),
      "CREATE INDEX \"idx_card_w\" ON \"card\"(\"w\");|1|1|1|[]");
  ck_assert_ptr_nonnull(
      strstr(test_db_text(db, "SELECT action, evidence FROM"
                              " suggest_indexes('SELECT f(w) FROM card')"),
             "skipped|not executed: no such function: f"));
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM suggest_indexes"), "sql"));
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM suggest_indexes(NULL)"),
             "needs a statement's text"));
  test_db_close(db);
}
END_TEST

START_TEST(an_index_of_ones_own_is_measured) {
  sqlite3 *db = open_db();
  const char *query = "SELECT ddl, gain > 0.9 FROM index_verify(%Q, %Q)";

  ck_assert_str_eq(test_db_text(db, query, "CREATE INDEX mine ON card(w, deck)",
                                "[\"SELECT * FROM card WHERE w = 'x'\"]"),
                   "CREATE INDEX \"mine\" ON card(w, deck);|1");
  ck_assert_str_eq(test_db_text(db, query, "CREATE INDEX mine ON card(p1)",
                                "[\"SELECT * FROM card WHERE w = 'x'\"]"),
                   "CREATE INDEX \"mine\" ON card(p1);|0");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM index_verify('DROP TABLE card')"),
             "only a CREATE INDEX statement can be tried"));
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM card"), 3000);
  test_db_close(db);
}
END_TEST

START_TEST(advice_is_for_top_level_sql_only) {
  sqlite3 *db = open_db();

  test_db_exec(db, "CREATE VIEW leak AS SELECT * FROM index_suggestions");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM leak"), "unsafe use"));
  test_db_close(db);
}
END_TEST

Suite *advisor_advisor_vtab_suite(void) {
  Suite *s = suite_create("advisor_advisor_vtab");
  TCase *c = tcase_create("advisor_vtab");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, recorded_statements_get_advice);
  tcase_add_test(c, values_are_not_shown);
  tcase_add_test(c, a_workload_may_be_given);
  tcase_add_test(c, one_statement_gets_advice);
  tcase_add_test(c, an_index_of_ones_own_is_measured);
  tcase_add_test(c, advice_is_for_top_level_sql_only);
  suite_add_tcase(s, c);
  return s;
}
