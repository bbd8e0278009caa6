/* SPDX-License-Identifier: MIT */
#include "query/findings_vtab.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *query_findings_vtab_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("findings.db", NULL);
  test_db_exec(
      db, "PRAGMA synchronous = OFF;"
          "CREATE TABLE deck(id INTEGER PRIMARY KEY, name TEXT);"
          "CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT, front TEXT);"
          "CREATE INDEX card_front ON card(front);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
          " WHERE i < 20000) INSERT INTO card SELECT i, i %% 300, 'f' || i"
          " FROM n;"
          "INSERT INTO deck SELECT id, 'deck' FROM card WHERE id <= 300");
}

static void close_db(void) {
  test_db_close(db);
}

static const char *column_of(const char *column, const char *kind) {
  return test_db_text(db, "SELECT %s FROM query_findings WHERE kind = %Q",
                      column, kind);
}

START_TEST(a_scan_is_found_with_the_index_that_helps) {
  for (int i = 0; i < 10; i++)
    test_db_int(db, "SELECT count(*) FROM card WHERE deck = %d", i);
  ck_assert_str_eq(column_of("what, fix, basis, saves_ms > 1", "scan"),
                   "SELECT count(*) FROM card WHERE deck = ?|CREATE INDEX "
                   "\"card_deck\" ON \"card\"(\"deck\")|estimate|1");
  test_db_exec(db, "%s", column_of("fix", "scan"));
  ck_assert_str_eq(column_of("what", "scan"), "");
}
END_TEST

START_TEST(statements_that_want_one_index_are_one_finding) {
  for (int i = 0; i < 10; i++) {
    test_db_int(db, "SELECT count(*) FROM card WHERE deck = %d", i);
    test_db_int(db, "SELECT sum(id) FROM card WHERE deck = %d", i);
  }
  ck_assert_str_eq(
      column_of("count(*), max(evidence LIKE '%and 1 more like it')", "scan"),
      "1|1");
}
END_TEST

START_TEST(a_cacheable_question_comes_with_its_cached_table) {
  char *fix;

  for (int i = 0; i < 30; i++) test_db_int(db, "SELECT sum(id) FROM card");
  ck_assert_str_eq(column_of("what, basis", "cacheable"),
                   "SELECT sum(id) FROM card|estimate");
  fix = strdup(column_of("fix", "cacheable"));
  test_db_exec(db, "%s", fix);
  ck_assert_int_eq(
      test_db_int(db, "SELECT * FROM temp.\"%.15s\"", strstr(fix, "cached_")),
      test_db_int(db, "SELECT sum(id) FROM card"));
  free(fix);
}
END_TEST

START_TEST(what_changes_with_each_call_is_not_cacheable) {
  for (int i = 0; i < 30; i++)
    test_db_int(db, "SELECT sum(id) + random() FROM card");
  ck_assert_str_eq(column_of("what", "cacheable"), "");
}
END_TEST

START_TEST(writes_one_by_one_want_a_transaction) {
  test_db_exec(db, "SELECT query_config('nplus1_ms', 0)");
  for (int i = 0; i < 200; i++)
    test_db_exec(db, "INSERT INTO deck(name) VALUES('n%d')", i);
  ck_assert_str_eq(column_of("what, fix LIKE 'BEGIN; %'", "no transaction"),
                   "INSERT INTO deck(name) VALUES (?)|1");
}
END_TEST

static void look_up_ranges(const char *sql) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);

  test_db_text(db, "SELECT id FROM deck WHERE id <= 20");
  for (int i = 1; i <= 20; i++) {
    sqlite3_bind_int(stmt, 1, i * 100);
    while (sqlite3_step(stmt) == SQLITE_ROW) continue;
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
}

/* A look-up of ranges can be neither tried nor rewritten. */
START_TEST(suspects_without_a_price_are_findings_of_their_own_without_a_fix) {
  test_db_exec(db, "SELECT query_config('nplus1_ms', 0.001)");
  look_up_ranges("SELECT deck FROM card WHERE id BETWEEN ?1 AND ?1 + 900");
  look_up_ranges("SELECT front FROM card WHERE id BETWEEN ?1 AND ?1 + 900");
  ck_assert_str_eq(column_of("count(*), count(fix), count(saves_ms)", "n+1"),
                   "2|0|0");
}
END_TEST

START_TEST(preparing_every_time_is_priced) {
  for (int i = 0; i < 3000; i++)
    test_db_int(db, "SELECT %d AS a UNION SELECT name FROM deck WHERE id = 1",
                i);
  ck_assert_str_eq(column_of("basis, saves_ms > 1", "re-prepared"),
                   "measured|1");
}
END_TEST

START_TEST(a_locked_database_is_found) {
  sqlite3 *other = test_db_open("findings.db", NULL);

  sqlite3_busy_timeout(db, 0);
  test_db_exec(other, "BEGIN EXCLUSIVE");
  test_db_error(db, "UPDATE deck SET name = 'x' WHERE id = 1");
  test_db_exec(other, "ROLLBACK");
  test_db_close(other);
  ck_assert_str_eq(column_of("what, evidence, fix", "lock waits"),
                   "UPDATE deck SET name = ? WHERE id = ?|at least 1 of 1 "
                   "calls could not begin|PRAGMA busy_timeout = 5000");
}
END_TEST

START_TEST(settings_are_judged) {
  sqlite3_busy_timeout(db, 0);
  ck_assert_str_eq(column_of("what, fix", "setting"),
                   "journal_mode is not WAL|PRAGMA journal_mode = WAL\n"
                   "busy_timeout = 0|PRAGMA busy_timeout = 5000");
  test_db_exec(db, "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;"
                   "PRAGMA synchronous = FULL");
  ck_assert_str_eq(column_of("fix", "setting"), "PRAGMA synchronous = NORMAL");
  test_db_exec(db, "PRAGMA synchronous = NORMAL");
  ck_assert_str_eq(column_of("fix", "setting"), "");
}
END_TEST

START_TEST(an_index_that_no_plan_names_is_unused) {
  for (int i = 1; i < 120; i++)
    test_db_int(db, "SELECT id FROM card WHERE id = %d", i);
  ck_assert_str_eq(column_of("what, fix", "unused index"),
                   "index card_front on card|DROP INDEX \"card_front\"");
  test_db_int(db, "SELECT id FROM card WHERE front = 'f7'");
  ck_assert_str_eq(column_of("what", "unused index"), "");
}
END_TEST

START_TEST(a_slow_statement_without_a_better_finding_is_slow) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  test_db_text(db, "SELECT upper(name) FROM deck WHERE id = 1");
  test_db_exec(db, "SELECT query_config('slow_ms', 1000)");
  ck_assert_int_eq(
      test_db_int(db, "SELECT count(*) FROM query_findings WHERE kind = 'slow'"
                      " AND what = 'SELECT upper(name) FROM deck"
                      " WHERE id = ?'"),
      1);
}
END_TEST

START_TEST(what_saves_most_comes_first) {
  for (int i = 0; i < 30; i++) {
    test_db_int(db, "SELECT count(*) FROM card WHERE deck = %d", i);
    test_db_int(db, "SELECT sum(id) FROM card");
  }
  ck_assert_int_ge(test_db_int(db, "SELECT count(*) FROM query_findings"), 3);
  ck_assert_str_eq(
      test_db_text(db, "SELECT count(*) FROM (SELECT coalesce(saves_ms, -1) >"
                       " coalesce(lag(saves_ms) OVER (ORDER BY rank), 1e9)"
                       " AS is_wrong FROM query_findings) WHERE is_wrong"),
      "0");
}
END_TEST

static bool attempt(void) {
  sqlite3_stmt *stmt = NULL;
  int n = 0;
  int rc =
      sqlite3_prepare_v2(db, "SELECT * FROM query_findings", -1, &stmt, NULL);

  while (!rc && sqlite3_step(stmt) == SQLITE_ROW) n++;
  return sqlite3_finalize(stmt) == SQLITE_OK && !rc && n > 0;
}

START_TEST(reading_survives_failing_allocations) {
  for (int i = 0; i < 30; i++) {
    test_db_int(db, "SELECT count(*) FROM card WHERE deck = 1");
    test_db_int(db, "SELECT sum(id) FROM card");
  }
  ck_assert(attempt());
  for (int i = 1, done = 0; !done; i += 13) {
    test_heap_fail_at(i);
    attempt();
    test_heap_fail_never();
    done = !test_heap_failed();
  }
  ck_assert(attempt());
}
END_TEST

Suite *query_findings_vtab_suite(void) {
  Suite *s = suite_create("query_findings_vtab");
  TCase *c = tcase_create("findings");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, a_scan_is_found_with_the_index_that_helps);
  tcase_add_test(c, statements_that_want_one_index_are_one_finding);
  tcase_add_test(c, a_cacheable_question_comes_with_its_cached_table);
  tcase_add_test(c, what_changes_with_each_call_is_not_cacheable);
  tcase_add_test(c, writes_one_by_one_want_a_transaction);
  tcase_add_test(
      c, suspects_without_a_price_are_findings_of_their_own_without_a_fix);
  tcase_add_test(c, preparing_every_time_is_priced);
  tcase_add_test(c, a_locked_database_is_found);
  tcase_add_test(c, settings_are_judged);
  tcase_add_test(c, an_index_that_no_plan_names_is_unused);
  tcase_add_test(c, a_slow_statement_without_a_better_finding_is_slow);
  tcase_add_test(c, what_saves_most_comes_first);
  tcase_add_test(c, reading_survives_failing_allocations);
  suite_add_tcase(s, c);
  return s;
}
