/* SPDX-License-Identifier: MIT */
#include "advisor/lab.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_lab_suite(void);

static const char fill[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b UNIQUE, c);"
    "CREATE INDEX t_a ON t(a);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " INSERT INTO t SELECT i, i %% 20, i, i %% 3 FROM n;";

static sqlite3 *open_host(void) {
  sqlite3 *host = test_db_open("host.db", "wal");

  test_db_exec(host, fill);
  return host;
}

static hp_lab *lab_of(sqlite3 *host) {
  hp_lab *lab;
  char *err;
  int rc = hp_lab_open(host, NULL, &lab, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  return lab;
}

static int build(hp_lab *lab, const char *sql) {
  char *err;
  int i = -1, rc = hp_lab_build(lab, sql, &i, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  return i;
}

static void show(hp_lab *lab, const bool *set) {
  char *err;
  int rc = hp_lab_show(lab, set, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
}

static hp_cost run(hp_lab *lab, const char *sql, int64_t cap) {
  sqlite3_stmt *stmt;
  hp_cost cost;
  char *err;

  ck_assert_int_eq(hp_lab_prepare(lab, sql, &stmt, &err), SQLITE_OK);
  ck_assert_int_eq(hp_lab_run(lab, stmt, cap, &cost, &err), SQLITE_OK);
  sqlite3_finalize(stmt);
  return cost;
}

static const char *plan(hp_lab *lab, const char *sql) {
  return test_db_text(hp_lab_db(lab), "EXPLAIN QUERY PLAN %s", sql);
}

START_TEST(indexes_are_shown_and_hidden) {
  sqlite3 *host = open_host();
  hp_lab *lab = lab_of(host);
  const char *sql = "SELECT * FROM t WHERE a = 3 AND c = 1";
  int i = build(lab, "CREATE INDEX t_c_a ON t(c, a)");

  ck_assert_int_eq(hp_lab_count(lab), 2);
  show(lab, (bool[]){true, false});
  ck_assert_ptr_nonnull(strstr(plan(lab, sql), "t_a "));
  show(lab, (bool[]){false, true});
  ck_assert_ptr_nonnull(strstr(plan(lab, sql), "t_c_a "));
  show(lab, (bool[]){false, false});
  ck_assert_ptr_nonnull(strstr(plan(lab, sql), "SCAN"));
  ck_assert(hp_lab_index_at(lab, 0)->is_original);
  ck_assert(!hp_lab_index_at(lab, i)->is_original);
  ck_assert_int_gt(hp_lab_index_at(lab, i)->n_bytes, 4096);
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(hidden_indexes_stay_true_to_their_tables) {
  sqlite3 *host = open_host();
  hp_lab *lab = lab_of(host);

  build(lab, "CREATE INDEX t_c ON t(c)");
  for (int i = 0; i < 4; i++) {
    show(lab, (bool[]){i & 1, i & 2});
    ck_assert_int_gt(run(lab, "DELETE FROM t WHERE c = 1", 0).n_changed, 600);
    run(lab, "UPDATE t SET a = a + 1, c = 9", 0);
    run(lab, "INSERT INTO t(a, b, c) SELECT a, b + 9000, c FROM t", 0);
  }
  show(lab, (bool[]){true, true});
  ck_assert_str_eq(test_db_text(hp_lab_db(lab), "PRAGMA integrity_check"),
                   "ok");
  ck_assert_int_eq(test_db_int(hp_lab_db(lab), "SELECT count(*) FROM t"), 2000);
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(statistics_follow_the_shown_indexes) {
  sqlite3 *host = open_host();
  hp_lab *lab;

  test_db_exec(host, "ANALYZE");
  lab = lab_of(host);
  ck_assert(hp_lab_has_statistics(lab));
  build(lab, "CREATE INDEX t_c ON t(c)");
  show(lab, (bool[]){false, true});
  ck_assert_str_eq(
      test_db_text(hp_lab_db(lab), "SELECT idx FROM sqlite_stat1 ORDER BY 1"),
      "NULL\nsqlite_autoindex_t_1\nt_c");
  show(lab, (bool[]){true, false});
  ck_assert_str_eq(
      test_db_text(hp_lab_db(lab), "SELECT idx FROM sqlite_stat1 ORDER BY 1"),
      "NULL\nsqlite_autoindex_t_1\nt_a");
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(a_cap_stops_a_run_and_its_writes) {
  sqlite3 *host = open_host();
  hp_lab *lab = lab_of(host);
  hp_cost cost = run(lab, "SELECT count(*) FROM t, t AS u", 100000);

  ck_assert(cost.is_capped);
  ck_assert_int_le(cost.steps, 200000);
  cost = run(lab, "INSERT INTO t(a) SELECT t.a FROM t, t AS u", 50000);
  ck_assert(cost.is_capped);
  ck_assert_int_eq(test_db_int(hp_lab_db(lab), "SELECT count(*) FROM t"), 2000);
  ck_assert(sqlite3_get_autocommit(hp_lab_db(lab)));
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(counts_repeat_exactly) {
  sqlite3 *host = open_host();
  hp_lab *lab = lab_of(host);
  hp_cost a = run(lab, "SELECT a, sum(c) FROM t GROUP BY a", 0),
          b = run(lab, "SELECT a, sum(c) FROM t GROUP BY a", 0);

  ck_assert_int_eq(a.steps, b.steps);
  ck_assert_int_eq(a.pages, b.pages);
  ck_assert_int_eq(a.n_rows, 20);
  ck_assert(a.rows == b.rows && a.rows != 0);
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

static void expect_refused(hp_lab *lab, const char *sql) {
  sqlite3_stmt *stmt;
  char *err;

  ck_assert_int_eq(hp_lab_prepare(lab, sql, &stmt, &err), SQLITE_AUTH);
  ck_assert_ptr_null(stmt);
  sqlite3_free(err);
}

START_TEST(only_statements_on_rows_are_run) {
  sqlite3 *host = open_host();
  hp_lab *lab = lab_of(host);
  char *err;
  int i;

  expect_refused(lab, "DROP TABLE t");
  expect_refused(lab, "ATTACH 'x.db' AS x");
  expect_refused(lab, "PRAGMA writable_schema = ON");
  expect_refused(lab, "VACUUM INTO 'x.db'");
  ck_assert_int_eq(hp_lab_build(lab, "DROP INDEX t_a", &i, &err),
                   SQLITE_MISUSE);
  ck_assert_msg(strstr(err, "only a CREATE INDEX statement"), "%s", err);
  sqlite3_free(err);
  ck_assert_int_eq(hp_lab_build(lab, "CREATE INDEX x ON nowhere(a)", &i, &err),
                   SQLITE_ERROR);
  ck_assert_msg(strstr(err, "no such table: main.nowhere"), "%s", err);
  sqlite3_free(err);
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(temp_tables_are_copied) {
  sqlite3 *host = open_host();
  hp_lab *lab;

  test_db_exec(host, "CREATE TEMP TABLE pick(x INTEGER PRIMARY KEY, y);"
                     "INSERT INTO pick VALUES (3, 'three'), (4, x'00ff')");
  lab = lab_of(host);
  ck_assert_str_eq(test_db_text(hp_lab_db(lab), "SELECT * FROM temp.pick"),
                   "3|three\n4|x'00ff'");
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

/* Up to 3.40 SQLite took json_extract() for unsafe. */
START_TEST(a_schema_may_use_functions_that_the_host_lets_it_use) {
  sqlite3 *host = test_db_open("json.db", NULL);
  hp_lab *lab;
  char *err;
  int rc;

  test_db_exec(host, "CREATE TABLE t(j, x AS (json_extract(j, '$.x')),"
                     " CHECK (json_valid(j)));"
                     "INSERT INTO t VALUES('{\"x\":7}')");
  lab = lab_of(host);
  ck_assert_int_eq(run(lab, "SELECT 1 FROM t WHERE x = 7", 0).n_rows, 1);
  hp_lab_close(lab);
  test_db_exec(host, "PRAGMA trusted_schema = OFF");
  rc = hp_lab_open(host, NULL, &lab, &err);
  if (sqlite3_exec(host, "SELECT x FROM t", NULL, NULL, NULL)) {
    ck_assert_int_eq(rc, SQLITE_CORRUPT);
    ck_assert_msg(strstr(err, "unsafe use of json_"), "%s", err);
    sqlite3_free(err);
  } else {
    ck_assert_int_eq(rc, SQLITE_OK);
    hp_lab_close(lab);
  }
  test_db_close(host);
}
END_TEST

static int n_calls;

static void count_call(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  n_calls++;
  sqlite3_result_int(ctx, 1);
}

/* As an application registers functions on every connection. */
static int register_both(sqlite3 *db, char **err, const void *api) {
  (void)err, (void)api;
  sqlite3_create_function(db, "act", 0, SQLITE_UTF8, NULL, count_call, NULL,
                          NULL);
  return sqlite3_create_function(db, "reckon", 0,
                                 SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                 count_call, NULL, NULL);
}

START_TEST(functions_that_may_act_are_not_called_on_the_copy) {
  sqlite3 *host = open_host();
  sqlite3_stmt *stmt;
  hp_lab *lab;
  char *err;

  sqlite3_auto_extension((void (*)(void))register_both);
  lab = lab_of(host);
  ck_assert_int_eq(hp_lab_prepare(lab, "SELECT act()", &stmt, &err),
                   SQLITE_ERROR);
  ck_assert_msg(strstr(err, "no such function: act"), "%s", err);
  sqlite3_free(err);
  ck_assert_int_eq(n_calls, 0);
  ck_assert_int_eq(run(lab, "SELECT reckon()", 0).n_rows, 1);
  sqlite3_reset_auto_extension();
  hp_lab_close(lab);
  test_db_close(host);
}
END_TEST

START_TEST(the_host_is_left_alone) {
  sqlite3 *host = open_host(), *other = test_db_open("host.db", NULL);
  hp_lab *lab = lab_of(host);

  build(lab, "CREATE INDEX t_c ON t(c)");
  run(lab, "DELETE FROM t", 0);
  test_db_exec(other, "DELETE FROM t WHERE id = 1");
  ck_assert_int_eq(test_db_int(host, "SELECT count(*) FROM t"), 1999);
  ck_assert_int_eq(test_db_int(host, "SELECT count(*) FROM sqlite_schema"
                                     " WHERE name = 't_c'"),
                   0);
  hp_lab_close(lab);
  test_db_close(host);
  test_db_close(other);
}
END_TEST

static bool attempt(void *unused) {
  sqlite3 *host = NULL;
  hp_lab *lab = NULL;
  char *err = NULL;
  int i, rc = sqlite3_open(":memory:", &host);

  (void)unused;
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(host,
                      "CREATE TABLE t(a, b); CREATE INDEX t_a ON t(a);"
                      "INSERT INTO t VALUES (1, 2); ANALYZE;"
                      "CREATE TEMP TABLE x(y); INSERT INTO x VALUES (1)",
                      NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) rc = hp_lab_open(host, NULL, &lab, &err);
  if (rc == SQLITE_OK) {
    rc = hp_lab_build(lab, "CREATE INDEX t_b ON t(b)", &i, &err);
  }
  if (rc == SQLITE_OK) rc = hp_lab_show(lab, (bool[]){true, false}, &err);
  sqlite3_free(err);
  hp_lab_close(lab);
  sqlite3_close(host);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 100);
}
END_TEST

Suite *advisor_lab_suite(void) {
  Suite *s = suite_create("advisor_lab");
  TCase *c = tcase_create("lab");

  tcase_set_timeout(c, 120);
  tcase_add_test(c, indexes_are_shown_and_hidden);
  tcase_add_test(c, hidden_indexes_stay_true_to_their_tables);
  tcase_add_test(c, statistics_follow_the_shown_indexes);
  tcase_add_test(c, a_cap_stops_a_run_and_its_writes);
  tcase_add_test(c, counts_repeat_exactly);
  tcase_add_test(c, only_statements_on_rows_are_run);
  tcase_add_test(c, temp_tables_are_copied);
  tcase_add_test(c, a_schema_may_use_functions_that_the_host_lets_it_use);
  tcase_add_test(c, functions_that_may_act_are_not_called_on_the_copy);
  tcase_add_test(c, the_host_is_left_alone);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
