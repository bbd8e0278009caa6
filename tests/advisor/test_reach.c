/* SPDX-License-Identifier: MIT */
#include "advisor/reach.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_reach_suite(void);

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c, d);"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, a);"
    "CREATE TABLE w(x, y, z, PRIMARY KEY(x, y)) WITHOUT ROWID;"
    "CREATE TABLE r(x, rowid);"
    "CREATE VIEW v AS SELECT a FROM t WHERE b = 1;"
    "CREATE TRIGGER g AFTER DELETE ON u BEGIN UPDATE t SET c = 0; END;";

static sqlite3 *db;
static hp_shadow *shadow;
static hp_tables tables;

static void set_up(void) {
  char *err;

  db = test_db_open("host.db", NULL);
  test_db_exec(db, schema);
  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  ck_assert_int_eq(hp_shadow_open(db, 1000, &shadow, &err), SQLITE_OK);
}

static void take_down(void) {
  hp_shadow_close(shadow);
  hp_tables_term(&tables);
  test_db_close(db);
}

static hp_reach reach_of(const char *sql) {
  hp_reach r;

  ck_assert_int_eq(hp_reach_read(shadow, &tables, sql, &r), SQLITE_OK);
  return r;
}

/* On table t, of columns like "2 -1". */
static bool matters(const char *sql, const char *columns, bool is_partial,
                    bool has_statistics) {
  hp_reach r = reach_of(sql);
  hp_lab_index x = {
      .table = "t", .columns = (char *)columns, .is_partial = is_partial};
  bool answer = hp_reach_matters(&r, &tables, &x, has_statistics);

  hp_reach_term(&r);
  return answer;
}

static bool on_t(const char *sql, const char *columns) {
  return matters(sql, columns, false, false);
}

START_TEST(an_index_that_begins_with_a_column_it_reads_matters) {
  ck_assert(on_t("SELECT a FROM t WHERE b = 1", "2 3 -1"));
  ck_assert(on_t("SELECT * FROM v", "2 3 -1"));
  ck_assert(on_t("SELECT id FROM t ORDER BY id", "0 1 -1"));
}
END_TEST

START_TEST(one_that_begins_with_another_does_not) {
  ck_assert(!on_t("SELECT a FROM t WHERE b = 1", "3 2 -1"));
  ck_assert(!on_t("SELECT * FROM v", "3 2 -1"));
}
END_TEST

START_TEST(one_that_covers_does) {
  ck_assert(on_t("SELECT a FROM t WHERE b = 1", "3 2 1 -1"));
  ck_assert(on_t("SELECT a, id, rowid FROM t", "3 1 -1"));
  ck_assert(on_t("SELECT count(*) FROM t", "3 -1"));
}
END_TEST

START_TEST(with_statistics_the_first_column_may_be_skipped) {
  ck_assert(matters("SELECT a FROM t WHERE b = 1", "3 2 -1", false, true));
  ck_assert(!matters("SELECT a FROM t WHERE b = 1", "3 4 -1", false, true));
}
END_TEST

START_TEST(expressions_and_conditions_may_read_anything) {
  ck_assert(on_t("SELECT a FROM t WHERE b = 1", "-2 -1"));
  ck_assert(on_t("SELECT a FROM t WHERE b = 1", "4 -2 -1"));
  ck_assert(matters("SELECT a FROM t WHERE b = 1", "4 -1", true, false));
}
END_TEST

START_TEST(indexes_of_other_tables_do_not) {
  ck_assert(!on_t("SELECT a FROM u", "1 -1"));
}
END_TEST

START_TEST(to_a_write_every_index_of_its_tables_matters) {
  ck_assert(on_t("UPDATE t SET a = 1 WHERE b = 1", "3 -1"));
  ck_assert(on_t("DELETE FROM u", "3 -1"));
  ck_assert(!on_t("INSERT INTO w VALUES(1, 2, 3)", "3 -1"));
}
END_TEST

START_TEST(what_is_not_known_matters) {
  ck_assert(on_t("SELECT nofunction(a) FROM u", "3 -1"));
}
END_TEST

START_TEST(the_key_of_a_table_without_rowid_is_in_its_indexes) {
  hp_reach r = reach_of("SELECT x, y, z FROM w");
  hp_lab_index x = {.table = "w", .columns = "2 0 1"};

  ck_assert(hp_reach_matters(&r, &tables, &x, false));
  hp_reach_term(&r);
}
END_TEST

START_TEST(a_column_may_be_called_rowid) {
  hp_reach r = reach_of("SELECT x FROM r WHERE rowid = 1");
  hp_lab_index x = {.table = "r", .columns = "1 -1"};

  ck_assert(hp_reach_matters(&r, &tables, &x, false));
  hp_reach_term(&r);
}
END_TEST

static bool keeps_up(const char *sql, const char *index) {
  hp_reach r = reach_of(sql);
  hp_lab_index x = {.table = "t", .sql = (char *)index};
  bool answer = hp_reach_keeps_up(&r, &tables, &x);

  hp_reach_term(&r);
  return answer;
}

START_TEST(a_write_keeps_up_the_indexes_it_changes) {
  ck_assert(keeps_up("INSERT INTO t VALUES(1, 2, 3, 4, 5)", "t(a)"));
  ck_assert(keeps_up("UPDATE t SET b = 1", "t(b)"));
  ck_assert(!keeps_up("UPDATE t SET b = 1", "t(c)"));
  ck_assert(keeps_up("DELETE FROM u", "t(c)"));
  ck_assert(!keeps_up("SELECT c FROM t", "t(c)"));
}
END_TEST

static bool attempt(void *arg) {
  hp_reach r;
  int rc = hp_reach_read(shadow, &tables, "DELETE FROM u", &r);

  (void)arg;
  hp_reach_term(&r);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_ge(test_heap_each_failure_steady(attempt, NULL), 3);
}
END_TEST

Suite *advisor_reach_suite(void) {
  Suite *s = suite_create("advisor_reach");
  TCase *c = tcase_create("reach");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_test(c, an_index_that_begins_with_a_column_it_reads_matters);
  tcase_add_test(c, one_that_begins_with_another_does_not);
  tcase_add_test(c, one_that_covers_does);
  tcase_add_test(c, with_statistics_the_first_column_may_be_skipped);
  tcase_add_test(c, expressions_and_conditions_may_read_anything);
  tcase_add_test(c, indexes_of_other_tables_do_not);
  tcase_add_test(c, to_a_write_every_index_of_its_tables_matters);
  tcase_add_test(c, what_is_not_known_matters);
  tcase_add_test(c, the_key_of_a_table_without_rowid_is_in_its_indexes);
  tcase_add_test(c, a_column_may_be_called_rowid);
  tcase_add_test(c, a_write_keeps_up_the_indexes_it_changes);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
