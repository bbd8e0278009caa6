/* SPDX-License-Identifier: MIT */
#include "advisor/cloak.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_cloak_suite(void);

static const char fill[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
    "CREATE INDEX t_a ON t(a);"
    "CREATE INDEX t_b ON t(b);"
    "CREATE TABLE other(x);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
    " INSERT INTO t SELECT i, i %% 5, i %% 50 FROM n;";

static sqlite3 *db;
static hp_cloak cloak;
static char *err;

static void check_ok(int rc) {
  ck_assert_msg(rc == SQLITE_OK, "%s", err);
}

static void list(const char *name) {
  int64_t root = test_db_int(
      db, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", name);
  const char *sql =
      test_db_text(db, "SELECT sql FROM sqlite_schema WHERE name = '%s'", name);

  check_ok(hp_cloak_list(&cloak, name, "t", sql, root, &err));
}

static void set_up(void) {
  err = NULL;
  db = test_db_open("lab.db", NULL);
  test_db_exec(db, fill);
  check_ok(hp_cloak_init(&cloak, db, &err));
  list("t_a");
  list("t_b");
}

static void take_down(void) {
  sqlite3_free(err);
  hp_cloak_term(&cloak);
  test_db_close(db);
}

static void show(bool a, bool b) {
  check_ok(hp_cloak_show(&cloak, (bool[]){a, b}, &err));
}

static const char *indexes(void) {
  return test_db_text(
      db, "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema"
          " WHERE type = 'index' ORDER BY rowid)");
}

START_TEST(what_is_hidden_is_not_in_the_schema) {
  ck_assert_str_eq(indexes(), "t_a t_b");
  show(false, true);
  ck_assert_str_eq(indexes(), "t_b");
  check_ok(hp_cloak_show(&cloak, NULL, &err));
  ck_assert_str_eq(indexes(), "NULL");
}
END_TEST

START_TEST(the_order_of_the_indexes_stays) {
  show(false, false);
  show(false, true);
  show(true, true);
  ck_assert_str_eq(indexes(), "t_a t_b");
}
END_TEST

START_TEST(the_pages_stay_and_the_schema_cannot_be_written) {
  show(false, false);
  show(true, true);
  ck_assert_str_eq(test_db_text(db, "PRAGMA integrity_check"), "ok");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM t INDEXED BY t_b"
                                   " WHERE b = 7"),
                   10);
  ck_assert_str_eq(test_db_error(db, "DELETE FROM sqlite_schema"),
                   "table sqlite_master may not be modified");
}
END_TEST

static const char *statistics(void) {
  return test_db_text(db, "SELECT group_concat(tbl || ifnull(':' || idx, '') ||"
                          " ' ' || stat, ', ') FROM (SELECT * FROM sqlite_stat1"
                          " ORDER BY tbl, idx)");
}

START_TEST(statistics_come_and_go_with_their_indexes) {
  check_ok(hp_cloak_analyze(&cloak, &err));
  show(true, false);
  ck_assert_str_eq(statistics(), "t 500, t:t_a 500 100");
  show(false, true);
  ck_assert_str_eq(statistics(), "t 500, t:t_b 500 10");
}
END_TEST

START_TEST(a_table_keeps_its_number_of_rows_without_indexes) {
  check_ok(hp_cloak_analyze(&cloak, &err));
  show(false, false);
  ck_assert_str_eq(statistics(), "t 500");
}
END_TEST

START_TEST(a_new_index_gets_statistics_if_there_are_any) {
  test_db_exec(db, "CREATE INDEX t_a_b ON t(a, b)");
  check_ok(hp_cloak_analyze_one(&cloak, "t_a_b", &err));
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM sqlite_schema"
                                   " WHERE name = 'sqlite_stat1'"),
                   0);
  test_db_exec(db, "DROP INDEX t_a_b");
  check_ok(hp_cloak_analyze(&cloak, &err));
  test_db_exec(db, "CREATE INDEX t_a_b ON t(a, b)");
  check_ok(hp_cloak_analyze_one(&cloak, "t_a_b", &err));
  list("t_a_b");
  check_ok(hp_cloak_show(&cloak, NULL, &err));
  check_ok(hp_cloak_show(&cloak, (bool[]){false, false, true}, &err));
  ck_assert_str_eq(statistics(), "t 500, t:t_a_b 500 100 10");
}
END_TEST

START_TEST(a_failure_leaves_what_was_shown) {
  show(true, false);
  test_db_exec(db,
               "CREATE TEMP TRIGGER no BEFORE UPDATE OF is_there ON hp_index"
               " BEGIN SELECT raise(ABORT, 'no'); END");
  ck_assert_int_eq(hp_cloak_show(&cloak, (bool[]){false, true}, &err),
                   SQLITE_CONSTRAINT);
  ck_assert_str_eq(err, "no");
  ck_assert_str_eq(indexes(), "t_a");
  ck_assert_int_eq(sqlite3_get_autocommit(db), 1);
}
END_TEST

static bool attempt(void *arg) {
  char *sentence = NULL;
  int rc = hp_cloak_show(&cloak, (bool[]){true, false}, &sentence);

  (void)arg;
  if (rc == SQLITE_OK) {
    rc = hp_cloak_show(&cloak, (bool[]){false, true}, &sentence);
  }
  sqlite3_free(sentence);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(db, "SELECT nothing");
  ck_assert_int_ge(test_heap_each_failure_steady(attempt, NULL), 20);
  show(true, true);
  ck_assert_str_eq(test_db_text(db, "PRAGMA integrity_check"), "ok");
}
END_TEST

Suite *advisor_cloak_suite(void) {
  Suite *s = suite_create("advisor_cloak");
  TCase *c = tcase_create("cloak");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, what_is_hidden_is_not_in_the_schema);
  tcase_add_test(c, the_order_of_the_indexes_stays);
  tcase_add_test(c, the_pages_stay_and_the_schema_cannot_be_written);
  tcase_add_test(c, statistics_come_and_go_with_their_indexes);
  tcase_add_test(c, a_table_keeps_its_number_of_rows_without_indexes);
  tcase_add_test(c, a_new_index_gets_statistics_if_there_are_any);
  tcase_add_test(c, a_failure_leaves_what_was_shown);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
