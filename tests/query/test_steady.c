/* SPDX-License-Identifier: MIT */
#include "query/steady.h"

#include "support/db.h"

#include <check.h>

Suite *query_steady_suite(void);

static const struct {
  const char *select;
  bool is_steady;
} cases[] = {
    {"SELECT a FROM t WHERE b = ?", true},
    {"SELECT sum(a) FROM t JOIN v USING(b)", true},
    {"SELECT random()", false},
    {"SELECT date('now')", false},
    {"SELECT * FROM temp.kept(1)", false},
    {"SELECT * FROM temp.own", false},
    {"DELETE FROM t", false},
    {"SELECT * FROM nowhere", false},
};

START_TEST(what_depends_on_rows_of_files_only_is_steady) {
  sqlite3 *db = test_db_open_hotpath(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT b FROM t;"
                   "CREATE TEMP TABLE own(x);"
                   "CREATE VIRTUAL TABLE temp.kept USING cached(("
                   "SELECT a FROM t WHERE b = :b))");
  ck_assert_msg(hp_steady_select(db, cases[_i].select) == cases[_i].is_steady,
                "%s", cases[_i].select);
  test_db_close(db);
}
END_TEST

Suite *query_steady_suite(void) {
  Suite *s = suite_create("query_steady");
  TCase *c = tcase_create("steady");

  tcase_add_loop_test(c, what_depends_on_rows_of_files_only_is_steady, 0,
                      sizeof cases / sizeof *cases);
  suite_add_tcase(s, c);
  return s;
}
