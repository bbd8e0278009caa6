/* SPDX-License-Identifier: MIT */
#include "advisor/sorting.h"

#include "advisor/measure.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_sorting_suite(void);

enum { ROWS = 20000 };

/* a: each value once, in no order; g: 50 values; flag: 1 in a hundredth. */
static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, g INT, flag INT, s TEXT);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    " INSERT INTO t SELECT i, i * 7919 %% 20000, i %% 50, i %% 100 = 0,"
    " 'text ' || (i * 7919 %% 20000) FROM n;"
    "CREATE INDEX by_g ON t(g)";

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, schema);
}

static void close_db(void) {
  test_db_close(db);
}

static hp_cost cost_of(const char *sql) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);
  hp_cost cost;
  char *err;

  ck_assert_int_eq(hp_measure_run(db, stmt, 0, &cost, &err), SQLITE_OK);
  sqlite3_finalize(stmt);
  return cost;
}

static int64_t compares(int64_t rows) {
  int64_t bits = 0;

  while (rows >> bits) bits++;
  return rows * bits;
}

/* rows: that are sorted. */
static const struct {
  const char *sql;
  int64_t rows;
} sorted[] = {
    {"SELECT a FROM t ORDER BY a", ROWS},
    {"SELECT * FROM t ORDER BY s DESC", ROWS},
    {"SELECT a FROM t WHERE g %% 10 = 1 ORDER BY a", ROWS / 10},
    {"SELECT flag, count(*), sum(a) FROM t GROUP BY flag", ROWS},
    {"SELECT a %% 7 AS x, max(s) FROM t GROUP BY x ORDER BY 2", ROWS},
    {"SELECT x.a FROM t AS x JOIN t AS y ON y.id = x.a ORDER BY y.a", ROWS},
};

START_TEST(the_rows_of_a_sort_are_counted) {
  char *sql = sqlite3_mprintf(sorted[_i].sql);
  int64_t seen = cost_of(sql).compares, real = compares(sorted[_i].rows);

  ck_assert_msg(seen > real * 6 / 10 && seen < real * 14 / 10,
                "%s: %lld instead of %lld", sql, (long long)seen,
                (long long)real);
  sqlite3_free(sql);
}
END_TEST

/* Nothing is sorted, or how much is not known. */
static const char *const unknown[] = {
    "SELECT a FROM t ORDER BY id",
    "SELECT g, count(*) FROM t GROUP BY g",
    "SELECT a FROM t ORDER BY a LIMIT 10",
    "SELECT (SELECT group_concat(x) FROM (SELECT a AS x FROM t WHERE g = o.g"
    " AND id < 2000 ORDER BY a)) FROM t AS o WHERE id < 30",
    "SELECT count(*) FROM (SELECT flag, count(*) FROM t GROUP BY flag)",
};

START_TEST(nothing_is_counted_where_that_is_not_known) {
  ck_assert_int_eq(cost_of(unknown[_i]).compares, 0);
}
END_TEST

START_TEST(counts_repeat_exactly_and_cost_something) {
  hp_cost a = cost_of("SELECT a FROM t ORDER BY a"), b = a, c = a;

  b = cost_of("SELECT a FROM t ORDER BY a");
  ck_assert_int_eq(a.compares, b.compares);
  c.compares = 0;
  ck_assert(hp_cost_model(&a) > hp_cost_model(&c));
}
END_TEST

START_TEST(a_statement_that_is_run_again_counts_the_last_run) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT a FROM t ORDER BY a");
  hp_cost first, second;
  char *err;

  ck_assert_int_eq(hp_measure_run(db, stmt, 0, &first, &err), SQLITE_OK);
  ck_assert_int_eq(hp_measure_run(db, stmt, 0, &second, &err), SQLITE_OK);
  ck_assert_int_eq(first.compares, second.compares);
  sqlite3_finalize(stmt);
}
END_TEST

static bool attempt(void *arg) {
  hp_sorting s;
  int64_t n;
  int rc;

  hp_sorting_begin(&s, arg);
  s.n = 1;
  rc = hp_sorting_end(&s, 100, &n);
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT a FROM t ORDER BY a");

  test_db_error(db, "SELECT nothing");
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, stmt), 5);
  sqlite3_finalize(stmt);
}
END_TEST

Suite *advisor_sorting_suite(void) {
  Suite *s = suite_create("advisor_sorting");
  TCase *c = tcase_create("sorting");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_loop_test(c, the_rows_of_a_sort_are_counted, 0,
                      sizeof sorted / sizeof *sorted);
  tcase_add_loop_test(c, nothing_is_counted_where_that_is_not_known, 0,
                      sizeof unknown / sizeof *unknown);
  tcase_add_test(c, counts_repeat_exactly_and_cost_something);
  tcase_add_test(c, a_statement_that_is_run_again_counts_the_last_run);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
