/* SPDX-License-Identifier: MIT */
#include "schema/own.h"

#include "support/db.h"

#include <check.h>

Suite *schema_own_suite(void);

static const struct {
  const char *sql;
  bool is_asked;
} questions[] = {
    {"SELECT * FROM query_stats", true},
    {"select count(*) from main.\"Cache_Stats\" s", true},
    {"SELECT a FROM card JOIN index_suggestions", true},
    {"SELECT * FROM pragma_table_list", true},
    {"SELECT query_reset('all')", true},
    {"SELECT cache_warm('x', 'y')", true},
    {"SELECT * FROM cache_items", false},
    {"SELECT * FROM query_log WHERE hotpath_version() = 1", false},
    {"SELECT 'query' || (1)", false},
    {"INSERT INTO hotpath_definitions VALUES(1)", true},
};

START_TEST(what_is_about_hotpath_is_told_from_what_is_not) {
  sqlite3 *db = test_db_open_hotpath(":memory:", NULL);

  ck_assert_msg(hp_own_is_asked(questions[_i].sql) == questions[_i].is_asked,
                "%s", questions[_i].sql);
  test_db_close(db);
}
END_TEST

static const struct {
  const char *sql;
  bool has_rows;
} kinds[] = {
    {"SELECT 1 FROM t", true},
    {"  -- it\n delete FROM t", true},
    {"WITH n AS (SELECT 1) SELECT * FROM n", true},
    {"INSERT INTO t VALUES(1)", true},
    {"REPLACE INTO t VALUES(1)", true},
    {"UPDATE t SET a = 1", true},
    {"SELECT 1", false},
    {"VALUES(1)", false},
    {"BEGIN", false},
    {"PRAGMA user_version", false},
    {"CREATE TABLE t(a)", false},
    {"ATTACH 'x' AS y", false},
    {"", false},
};

START_TEST(rows_are_read_or_written_by_some_kinds_of_statement) {
  ck_assert_msg(hp_own_has_rows(kinds[_i].sql) == kinds[_i].has_rows, "%s",
                kinds[_i].sql);
}
END_TEST

Suite *schema_own_suite(void) {
  Suite *s = suite_create("schema_own");
  TCase *c = tcase_create("own");

  tcase_add_loop_test(c, what_is_about_hotpath_is_told_from_what_is_not, 0,
                      sizeof questions / sizeof *questions);
  tcase_add_loop_test(c, rows_are_read_or_written_by_some_kinds_of_statement, 0,
                      sizeof kinds / sizeof *kinds);
  suite_add_tcase(s, c);
  return s;
}
