/* SPDX-License-Identifier: MIT */
#include "cache/runner.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_runner_suite(void);

static sqlite3 *db;
static hp_conn *conn;
static hp_definition *definition;
static hp_runner runner;
static hp_answer answer;
static sqlite3_stmt *values; /* stands on the arguments */
static sqlite3_value *args[2];

static const hp_run_limits no_limit = {.bytes = 1 << 30};

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, w);"
                   "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  ck_assert_int_eq(hp_conn_open(db, &conn), SQLITE_OK);
  values = test_db_prepare(db, "SELECT 1, 2");
  ck_assert_int_eq(sqlite3_step(values), SQLITE_ROW);
  for (int i = 0; i < 2; i++) args[i] = sqlite3_column_value(values, i);
  answer = (hp_answer){.at = 0};
  hp_pin_add(conn->reader, &answer.pin);
}

static void close_db(void) {
  hp_answer_clear(&answer);
  hp_pin_remove(conn->reader, &answer.pin);
  hp_runner_term(&runner);
  hp_definition_free(definition);
  sqlite3_finalize(values);
  hp_conn_close(conn);
  test_db_close(db);
}

/* Makes the runner of a SELECT in parentheses. */
static void make(const char *select) {
  const char *argv[] = {"cached", "temp", "x", select};
  char *err = NULL;

  ck_assert_msg(!hp_definition_new(db, 4, argv, &definition, &err), "%s", err);
  runner = (hp_runner){.conn = conn, .d = definition};
  ck_assert_int_eq(hp_runner_prepare(&runner, false), SQLITE_OK);
}

/* Runs to the end or to the limit; the error or NULL. */
static char *run(const hp_run_limits *limits, bool *is_complete) {
  char *err = NULL;
  bool has_row;
  int rc;

  hp_answer_clear(&answer);
  *is_complete = false;
  rc = hp_runner_begin(&runner, args, &has_row, &err);
  if (!rc) {
    rc =
        hp_runner_collect(&runner, has_row, limits, &answer, is_complete, &err);
  }
  ck_assert_int_eq(runner.n_running, 0);
  ck_assert_int_eq(rc != SQLITE_OK, err != NULL);
  if (!rc) hp_answer_set_rows(&answer, HP_SOURCE_COMPUTED);
  return err;
}

static void expect_error(const char *part) {
  bool is_complete;
  char *err = run(&no_limit, &is_complete);

  ck_assert_msg(err && strstr(err, part), "%s", err ? err : "no error");
  sqlite3_free(err);
}

START_TEST(a_run_collects_every_row_for_its_arguments) {
  bool is_complete;

  make("(SELECT w FROM t WHERE id IN (?1, ?2) ORDER BY id)");
  ck_assert_ptr_null(run(&no_limit, &is_complete));
  ck_assert(is_complete);
  ck_assert_int_eq(answer.n_rows, 2);
  ck_assert_ptr_null(answer.live);
  ck_assert(!sqlite3_stmt_busy(runner.stmt));
}
END_TEST

START_TEST(a_limit_hands_the_rest_over_and_the_next_run_is_whole_again) {
  hp_run_limits two = {.rows = 2, .bytes = 1 << 30}, small = {.bytes = 1},
                three = {.rows = 3, .bytes = 1 << 30};
  bool is_complete;
  sqlite3_stmt *live;

  make("(SELECT w FROM t)");
  ck_assert_ptr_null(run(&two, &is_complete));
  ck_assert(!is_complete);
  ck_assert_int_eq(answer.n_rows, 2);
  ck_assert_ptr_null(runner.stmt);
  live = answer.live;
  ck_assert(sqlite3_stmt_busy(live));
  ck_assert(hp_runner_is_expired(&runner));
  ck_assert_int_eq(hp_runner_prepare(&runner, false), SQLITE_OK);
  ck_assert_ptr_null(run(&three, &is_complete));
  ck_assert(is_complete);
  ck_assert_int_eq(answer.n_rows, 3);
  ck_assert_ptr_null(run(&small, &is_complete));
  ck_assert(!is_complete);
  ck_assert_int_eq(answer.n_rows, 0);
  ck_assert(answer.live_has_row);
}
END_TEST

START_TEST(no_row_at_all_is_a_whole_answer) {
  hp_run_limits small = {.rows = 1, .bytes = 0};
  bool is_complete;

  make("(SELECT w FROM t WHERE id > 7)");
  ck_assert_ptr_null(run(&small, &is_complete));
  ck_assert(is_complete);
  ck_assert_int_eq(answer.n_rows, 0);
}
END_TEST

START_TEST(a_failure_is_told_with_the_name_and_the_run_is_over) {
  make("(SELECT abs(column1) FROM (VALUES (1), (-9223372036854775808)))");
  expect_error("x: integer overflow");
  ck_assert(!sqlite3_stmt_busy(runner.stmt));
  expect_error("x: integer overflow");
}
END_TEST

START_TEST(a_failure_at_the_first_row_is_told_too) {
  make("(SELECT json_extract(column1, '$') FROM (VALUES ('{')))");
  expect_error("x: malformed JSON");
}
END_TEST

START_TEST(arguments_do_not_stay_bound) {
  bool is_complete;

  make("(SELECT ?1, ?2)");
  ck_assert_ptr_null(run(&no_limit, &is_complete));
  ck_assert_int_eq(sqlite3_step(runner.stmt), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_column_type(runner.stmt, 0), SQLITE_NULL);
  sqlite3_reset(runner.stmt);
}
END_TEST

START_TEST(a_run_within_a_run_is_a_table_that_reads_itself) {
  bool has_row, second;
  char *err = NULL;

  make("(SELECT w FROM t)");
  ck_assert_int_eq(hp_runner_begin(&runner, args, &has_row, &err), SQLITE_OK);
  ck_assert_int_eq(hp_runner_begin(&runner, args, &second, &err), SQLITE_ERROR);
  ck_assert(strstr(err, "x: its SELECT reads x itself; a cached table cannot "
                        "be recursive"));
  sqlite3_free(err);
  ck_assert_int_eq(runner.n_running, 1);
  hp_runner_end(&runner);
  ck_assert_int_eq(runner.n_running, 0);
}
END_TEST

static int allow(void *arg, int action, const char *a, const char *b,
                 const char *c, const char *d) {
  (void)arg, (void)action, (void)a, (void)b, (void)c, (void)d;
  return SQLITE_OK;
}

START_TEST(a_changed_schema_is_noticed_before_or_by_the_run) {
  bool is_complete;

  make("(SELECT w FROM t)");
  ck_assert(!hp_runner_is_expired(&runner));
  test_db_exec(db, "CREATE INDEX t_w ON t(w)");
  ck_assert_ptr_null(run(&no_limit, &is_complete));
  ck_assert(hp_runner_was_reprepared(&runner));
  ck_assert_int_eq(hp_runner_prepare(&runner, true), SQLITE_OK);
  ck_assert(!hp_runner_was_reprepared(&runner));
  sqlite3_set_authorizer(db, allow, NULL);
  ck_assert(hp_runner_is_expired(&runner));
}
END_TEST

START_TEST(other_columns_under_the_old_names_are_refused) {
  make("(SELECT * FROM t)");
  test_db_exec(db, "DROP TABLE t; CREATE TABLE t(w, id);"
                   "INSERT INTO t VALUES ('a', 1)");
  expect_error("the columns of its SELECT are now (\"w\", \"id\") instead of "
               "(\"id\" INTEGER, \"w\")");
  ck_assert(!sqlite3_stmt_busy(runner.stmt));
}
END_TEST

START_TEST(a_dropped_table_is_told_by_name) {
  make("(SELECT * FROM t)");
  test_db_exec(db, "DROP TABLE t");
  expect_error("x: no such table: t");
}
END_TEST

static int stop(void *arg) {
  (void)arg;
  return 1;
}

START_TEST(an_interrupted_run_keeps_its_code) {
  bool has_row, is_complete = true;
  char *err = NULL;
  int rc;

  make("(WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
       " WHERE i < 100000) SELECT i FROM n)");
  ck_assert_int_eq(hp_runner_begin(&runner, args, &has_row, &err), SQLITE_OK);
  sqlite3_progress_handler(db, 100, stop, NULL);
  rc = hp_runner_collect(&runner, has_row, &no_limit, &answer, &is_complete,
                         &err);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  ck_assert_int_eq(rc, SQLITE_INTERRUPT);
  ck_assert(strstr(err, "x: interrupted"));
  sqlite3_free(err);
}
END_TEST

static bool attempt_run(void *arg) {
  bool has_row, is_complete;
  char *err = NULL;
  int rc = hp_runner_prepare(&runner, true);

  (void)arg;
  if (!rc) rc = hp_runner_begin(&runner, args, &has_row, &err);
  if (!rc) {
    rc = hp_runner_collect(&runner, has_row, &no_limit, &answer, &is_complete,
                           &err);
  }
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  ck_assert_int_eq(runner.n_running, 0);
  sqlite3_free(err);
  hp_answer_clear(&answer);
  hp_runner_term(&runner);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  make("(SELECT w || ?1 FROM t ORDER BY 1 DESC)");
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure(attempt_run, NULL), 10);
}
END_TEST

Suite *cache_runner_suite(void) {
  Suite *s = suite_create("cache_runner");
  TCase *c = tcase_create("runner");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_run_collects_every_row_for_its_arguments);
  tcase_add_test(c,
                 a_limit_hands_the_rest_over_and_the_next_run_is_whole_again);
  tcase_add_test(c, no_row_at_all_is_a_whole_answer);
  tcase_add_test(c, a_failure_is_told_with_the_name_and_the_run_is_over);
  tcase_add_test(c, a_failure_at_the_first_row_is_told_too);
  tcase_add_test(c, arguments_do_not_stay_bound);
  tcase_add_test(c, a_run_within_a_run_is_a_table_that_reads_itself);
  tcase_add_test(c, a_changed_schema_is_noticed_before_or_by_the_run);
  tcase_add_test(c, other_columns_under_the_old_names_are_refused);
  tcase_add_test(c, a_dropped_table_is_told_by_name);
  tcase_add_test(c, an_interrupted_run_keeps_its_code);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
