/* SPDX-License-Identifier: MIT */
#include "schema/plan.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *schema_plan_suite(void);

static sqlite3 *open_host(void) {
  sqlite3 *host = test_db_open(":memory:", NULL);

  test_db_exec(host, "CREATE TABLE t(a, b, c); CREATE INDEX t_a ON t(a);"
                     "CREATE INDEX t_b ON t(b);"
                     "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                     " WHERE i < 300)"
                     " INSERT INTO t SELECT i %% 2, i, 0 FROM n; ANALYZE");
  return host;
}

static hp_shadow *shadow_of(sqlite3 *host) {
  hp_shadow *s;
  char *err;

  ck_assert_int_eq(hp_shadow_open(host, 10000, &s, &err), SQLITE_OK);
  return s;
}

static const char *const statements[] = {
    "SELECT * FROM t WHERE a = ? AND b = ?",
    "SELECT * FROM t WHERE c = 1 ORDER BY b DESC",
    "SELECT a, count(*) FROM t GROUP BY a ORDER BY 2",
    "SELECT * FROM t AS x JOIN t AS y ON x.b = y.a WHERE x.c > 0",
    "SELECT (SELECT max(b) FROM t AS i WHERE i.a = o.a) FROM t AS o",
    "SELECT a FROM t WHERE b = 1 UNION SELECT b FROM t WHERE a = 1",
    "DELETE FROM t WHERE b IN (SELECT a FROM t)",
};

static void append(sqlite3_str *lines, int id, int parent, const char *detail) {
  sqlite3_str_appendf(lines, "%d|%d|%s\n", id, parent, detail);
}

/* Without the third column, which from 3.47 on has costs. Caller frees. */
static char *hosts_plan(sqlite3 *host, const char *sql) {
  sqlite3_str *lines = sqlite3_str_new(NULL);
  char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
  sqlite3_stmt *stmt = test_db_prepare(host, explain);

  while (sqlite3_step(stmt) == SQLITE_ROW) {
    append(lines, sqlite3_column_int(stmt, 0), sqlite3_column_int(stmt, 1),
           (const char *)sqlite3_column_text(stmt, 3));
  }
  sqlite3_finalize(stmt);
  sqlite3_free(explain);
  return sqlite3_str_finish(lines);
}

/* The shadow has the rows' statistics, not the rows: its plan is the host's. */
START_TEST(a_plan_is_the_hosts) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  sqlite3_str *lines = sqlite3_str_new(NULL);
  hp_plan plan;
  char *err, *got, *wanted = hosts_plan(host, statements[_i]);

  ck_assert_int_eq(hp_plan_read(s, statements[_i], &plan, &err), SQLITE_OK);
  for (int i = 0; i < plan.n; i++) {
    append(lines, plan.at[i].id, plan.at[i].parent, plan.at[i].detail);
    ck_assert_int_eq(plan.at[i].depth == 0, plan.at[i].parent == 0);
  }
  got = sqlite3_str_finish(lines);
  ck_assert_str_eq(got, wanted);
  sqlite3_free(got);
  sqlite3_free(wanted);
  hp_plan_term(&plan);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

START_TEST(what_cannot_be_planned_is_an_error) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  hp_plan plan;
  char *err;

  ck_assert_int_eq(hp_plan_read(s, "SELECT * FROM u", &plan, &err),
                   SQLITE_ERROR);
  ck_assert_str_eq(err, "no such table: u");
  sqlite3_free(err);
  ck_assert_int_eq(hp_plan_read(s, "DROP TABLE t", &plan, &err), SQLITE_AUTH);
  sqlite3_free(err);
  ck_assert_int_ne(hp_plan_read(s, " -- nothing", &plan, &err), SQLITE_OK);
  ck_assert_ptr_nonnull(err);
  sqlite3_free(err);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

static bool attempt(void *s) {
  hp_plan plan;
  char *err;
  int rc = hp_plan_read(s, statements[3], &plan, &err);

  sqlite3_free(err);
  hp_plan_term(&plan);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);

  ck_assert_int_gt(test_heap_each_failure(attempt, s), 10);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

Suite *schema_plan_suite(void) {
  Suite *s = suite_create("schema_plan");
  TCase *c = tcase_create("plan");

  tcase_add_loop_test(c, a_plan_is_the_hosts, 0,
                      sizeof statements / sizeof *statements);
  tcase_add_test(c, what_cannot_be_planned_is_an_error);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
