/* SPDX-License-Identifier: MIT */
#include "query/stats_vtab.h"

#include "query/slow.h"
#include "query/stats.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_stats_vtab_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("app.db", "wal");
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  test_db_exec(db, "INSERT INTO t VALUES(1,10),(2,20),(3,30)");
}

static void close_db(void) {
  test_db_close(db);
}

START_TEST(query_stats_has_a_row_per_shape) {
  for (int i = 1; i < 4; i++) test_db_int(db, "SELECT v FROM t WHERE id=%d", i);
  ck_assert_str_eq(
      test_db_text(db, "SELECT calls, errors, rows_returned, prepares,"
                       " fingerprint = query_fingerprint(query),"
                       " min_ms <= p50_ms AND p50_ms <= p95_ms"
                       " AND p95_ms <= p99_ms AND p99_ms <= max_ms,"
                       " abs(mean_ms * calls - total_ms) < 0.001"
                       " FROM query_stats"
                       " WHERE query = 'SELECT v FROM t WHERE id = ?'"),
      "3|0|3|3|1|1|1");
  ck_assert_int_eq(test_db_int(db, "SELECT rows_changed FROM query_stats"
                                   " WHERE query LIKE 'INSERT INTO t %%'"),
                   3);
}
END_TEST

START_TEST(times_are_utc_and_now) {
  ck_assert_int_eq(test_db_int(db,
                               "SELECT min(abs(julianday(first_seen)"
                               " - julianday('now')) < 0.001 AND"
                               " first_seen LIKE '____-__-__T__:__:__.___Z' AND"
                               " first_seen <= last_seen) FROM query_stats"),
                   1);
}
END_TEST

START_TEST(the_database_is_the_file) {
  ck_assert_int_eq(test_db_int(db, "SELECT min(database LIKE '%%app.db')"
                                   " FROM query_stats"),
                   1);
}
END_TEST

START_TEST(evicted_statements_are_the_row_other) {
  test_db_exec(db, "SELECT query_config('max_fingerprints', 16)");
  for (int i = 0; i < 200; i++) test_db_int(db, "SELECT 1 AS c%d", i);
  ck_assert_int_ge(test_db_int(db, "SELECT calls FROM query_stats"
                                   " WHERE fingerprint IS NULL"
                                   " AND query = 'other'"),
                   180);
  ck_assert_int_eq(test_db_int(db, "SELECT sum(calls) FROM query_stats"), 204);
}
END_TEST

START_TEST(a_slow_statement_is_logged_with_its_plan) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  test_db_int(db, "SELECT v FROM t WHERE v = 20");
  test_db_exec(db, "SELECT query_config('slow_ms', 1000)");
  ck_assert_str_eq(
      test_db_text(db, "SELECT query, replace(plan, ' TABLE ', ' '),"
                       " rows_returned, fullscan_steps, ms > 0,"
                       " fingerprint = query_fingerprint(query)"
                       " FROM slow_queries WHERE query LIKE 'SELECT v%%'"),
      "SELECT v FROM t WHERE v = ?|SCAN t|1|1|1|1");
}
END_TEST

START_TEST(values_are_logged_only_when_asked_for) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  test_db_text(db, "SELECT 'secret' FROM t WHERE v = 21");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM slow_queries"
                                   " WHERE query LIKE '%%secr' || 'et%%'"),
                   0);
  test_db_exec(db, "SELECT query_config('values', 'on')");
  test_db_text(db, "SELECT 'secret' FROM t WHERE v = 21");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM slow_queries"
                                   " WHERE query LIKE '%%secr' || 'et%%'"),
                   1);
}
END_TEST

START_TEST(the_slow_log_keeps_the_latest) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  for (int i = 0; i < 300; i++) test_db_int(db, "SELECT %d", i);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM slow_queries"), 256);
  ck_assert_int_eq(
      test_db_int(db, "SELECT at >= lead(at) OVER () FROM slow_queries"), 1);
}
END_TEST

START_TEST(a_plan_of_a_dropped_table_says_so) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  test_db_int(db, "SELECT v FROM t");
  test_db_exec(db, "DROP TABLE t");
  ck_assert_str_eq(test_db_text(db, "SELECT plan FROM slow_queries"
                                    " WHERE query = 'SELECT v FROM t'"),
                   "(no such table: t)");
}
END_TEST

START_TEST(the_tables_cannot_be_read_from_a_view) {
  test_db_exec(db, "CREATE VIEW q AS SELECT * FROM query_stats;"
                   "CREATE VIEW s AS SELECT * FROM slow_queries;"
                   "CREATE VIEW c AS SELECT query_config('hook')");
  ck_assert_ptr_nonnull(strstr(test_db_error(db, "SELECT * FROM q"),
                               "unsafe use of virtual table"));
  ck_assert_ptr_nonnull(strstr(test_db_error(db, "SELECT * FROM s"),
                               "unsafe use of virtual table"));
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM c"), "unsafe use of"));
}
END_TEST

static bool attempt(void *arg) {
  sqlite3_stmt *stmt = NULL;
  int n = 0, rc;

  (void)arg;
  rc = sqlite3_prepare_v2(db,
                          "SELECT * FROM query_stats UNION ALL"
                          " SELECT at,ms,query,plan,1,2,3,4,5,6,7,8,9,10,"
                          "11,12,13,14,15,16,17,18,19,20,21"
                          " FROM slow_queries",
                          -1, &stmt, NULL);
  while (!rc && sqlite3_step(stmt) == SQLITE_ROW) n++;
  return sqlite3_finalize(stmt) == SQLITE_OK && !rc && n > 3;
}

START_TEST(reading_survives_every_failing_allocation) {
  test_db_exec(db, "SELECT query_config('slow_ms', 0)");
  test_db_int(db, "SELECT v FROM t");
  test_db_exec(db, "SELECT query_config('slow_ms', 10000)");
  ck_assert_int_eq(attempt(NULL), true);
  for (int i = 1, done = 0; !done; i++) {
    test_heap_fail_at(i);
    attempt(NULL);
    test_heap_fail_never();
    done = !test_heap_failed();
  }
  ck_assert_int_eq(attempt(NULL), true);
}
END_TEST

Suite *query_stats_vtab_suite(void) {
  Suite *s = suite_create("query_stats_vtab");
  TCase *c = tcase_create("tables");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, query_stats_has_a_row_per_shape);
  tcase_add_test(c, times_are_utc_and_now);
  tcase_add_test(c, the_database_is_the_file);
  tcase_add_test(c, evicted_statements_are_the_row_other);
  tcase_add_test(c, a_slow_statement_is_logged_with_its_plan);
  tcase_add_test(c, values_are_logged_only_when_asked_for);
  tcase_add_test(c, the_slow_log_keeps_the_latest);
  tcase_add_test(c, a_plan_of_a_dropped_table_says_so);
  tcase_add_test(c, the_tables_cannot_be_read_from_a_view);
  tcase_add_test(c, reading_survives_every_failing_allocation);
  suite_add_tcase(s, c);
  return s;
}
