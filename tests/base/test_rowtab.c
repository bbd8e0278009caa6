/* SPDX-License-Identifier: MIT */
#include "base/rowtab.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *base_rowtab_suite(void);

/* n rows (i, 'row i'), n the first argument; fails for a negative n. */
static int fill_rows(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                     hp_builder *out, char **err) {
  int64_t n = args[0] ? sqlite3_value_int64(args[0]) : 2;

  ck_assert_ptr_eq(hp_conn_find(c->db), c);
  if (n < 0) {
    *err = sqlite3_mprintf("%s: n must not be negative", table->name);
    return SQLITE_ERROR;
  }
  for (int64_t i = 0; i < n; i++) {
    char text[32];
    sqlite3_snprintf(
        sizeof text, text, "%s %lld",
        args[1] ? (const char *)sqlite3_value_text(args[1]) : "row", i);
    hp_builder_int(out, i);
    hp_builder_text(out, text, -1);
  }
  return out->rc;
}

static int fill_quietly_failing(hp_conn *c, const hp_rowtab *table,
                                sqlite3_value **args, hp_builder *out,
                                char **err) {
  (void)c, (void)table, (void)args, (void)out, (void)err;
  return SQLITE_IOERR;
}

static const hp_rowtab optional = {.name = "rows_of",
                                   .columns = "i INT, t TEXT",
                                   .args = "n INT, word TEXT",
                                   .fill = fill_rows};
static const hp_rowtab required = {.name = "needs_n",
                                   .columns = "i INT, t TEXT",
                                   .args = "n INT, word TEXT",
                                   .fill = fill_rows,
                                   .n_required = 1};
static const hp_rowtab innocuous = {.name = "harmless",
                                    .columns = "i INT, t TEXT",
                                    .args = "n INT, word TEXT",
                                    .fill = fill_rows,
                                    .is_innocuous = true};
static const hp_rowtab failing = {
    .name = "failing", .columns = "i INT", .fill = fill_quietly_failing};

static sqlite3 *db;

static void open_db(void) {
  static const hp_rowtab *const tables[] = {&optional, &required, &innocuous,
                                            &failing};
  hp_conn *c;

  db = test_db_open(":memory:", NULL);
  ck_assert_int_eq(hp_conn_open(db, &c), SQLITE_OK);
  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(hp_rowtab_register(c, tables[i]), SQLITE_OK);
  }
  hp_conn_close(c);
}

static void close_db(void) {
  test_db_close(db);
}

#define ROWS(sql, expected)                                                    \
  ck_assert_str_eq(test_db_text(db, "%s", sql), expected)

START_TEST(rows_come_as_the_filler_made_them) {
  ROWS("SELECT * FROM rows_of", "0|row 0\n1|row 1");
  ROWS("SELECT rowid, i FROM rows_of(3) WHERE i <> 1", "1|0\n3|2");
  ROWS("SELECT count(*) FROM rows_of(0)", "0");
}
END_TEST

START_TEST(arguments_are_given_in_parentheses_or_by_name) {
  ROWS("SELECT t FROM rows_of(1, 'line')", "line 0");
  ROWS("SELECT t FROM rows_of WHERE word = 'line' AND n = 1", "line 0");
  ROWS("SELECT t FROM rows_of WHERE word = 'w'", "w 0\nw 1");
}
END_TEST

START_TEST(arguments_can_be_read_back) {
  ROWS("SELECT n, word, i FROM rows_of(1, 'w')", "1|w|0");
  ROWS("SELECT n, word FROM rows_of LIMIT 1", "NULL|NULL");
  ROWS("SELECT x.column1, r.n FROM (VALUES (1), (2)) AS x JOIN rows_of AS r "
       "ON r.n = x.column1 WHERE r.i = 0",
       "1|1\n2|2");
  ROWS("SELECT count(*) FROM rows_of WHERE n = 1 OR n = 3", "4");
  ROWS("SELECT count(*) FROM rows_of WHERE n IN (1, 3)", "4");
}
END_TEST

START_TEST(arguments_may_come_from_the_other_side_of_a_join) {
  ROWS("SELECT x.column1, i FROM (VALUES (2), (0), (1)) AS x, "
       "needs_n(x.column1) ORDER BY 1, 2",
       "1|0\n2|0\n2|1");
}
END_TEST

START_TEST(a_required_argument_that_is_missing_gets_a_sentence) {
  ck_assert_str_eq(
      test_db_error(db, "SELECT * FROM needs_n"),
      "needs_n() takes its arguments in parentheses: needs_n(n INT, word "
      "TEXT)");
}
END_TEST

START_TEST(the_fillers_error_is_the_statements) {
  ck_assert_str_eq(test_db_error(db, "SELECT * FROM rows_of(-1)"),
                   "rows_of: n must not be negative");
  ck_assert_str_eq(test_db_error(db, "SELECT * FROM failing"),
                   "disk I/O error");
}
END_TEST

START_TEST(only_innocuous_tables_can_be_read_from_views) {
  test_db_exec(db, "CREATE VIEW v AS SELECT * FROM rows_of(1);"
                   "CREATE VIEW w AS SELECT * FROM harmless(1)");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT * FROM v"), "unsafe use of"));
  ROWS("SELECT * FROM w", "0|row 0");
}
END_TEST

START_TEST(registering_again_replaces) {
  hp_conn *c = hp_conn_find(db);

  ck_assert_int_eq(hp_rowtab_register(c, &optional), SQLITE_OK);
  ROWS("SELECT count(*) FROM rows_of(5)", "5");
}
END_TEST

static bool read_rows(sqlite3 *d) {
  sqlite3_stmt *stmt = NULL;
  int n = 0, rc;

  rc = sqlite3_prepare_v2(d, "SELECT n, word, t FROM rows_of(20, 'long')", -1,
                          &stmt, NULL);
  if (!rc) {
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) n++;
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE && n == 20;
}

static bool open_and_read(void *arg) {
  sqlite3 *d = NULL;
  hp_conn *c = NULL;
  bool ok = sqlite3_open(":memory:", &d) == SQLITE_OK;

  (void)arg;
  ok = ok && hp_conn_open(d, &c) == SQLITE_OK;
  ok = ok && hp_rowtab_register(c, &optional) == SQLITE_OK;
  ok = ok && read_rows(d);
  hp_conn_close(c);
  ck_assert_int_eq(sqlite3_close(d), SQLITE_OK);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(open_and_read, NULL), 10);
}
END_TEST

Suite *base_rowtab_suite(void) {
  Suite *s = suite_create("base_rowtab");
  TCase *c = tcase_create("rowtab");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, rows_come_as_the_filler_made_them);
  tcase_add_test(c, arguments_are_given_in_parentheses_or_by_name);
  tcase_add_test(c, arguments_can_be_read_back);
  tcase_add_test(c, arguments_may_come_from_the_other_side_of_a_join);
  tcase_add_test(c, a_required_argument_that_is_missing_gets_a_sentence);
  tcase_add_test(c, the_fillers_error_is_the_statements);
  tcase_add_test(c, only_innocuous_tables_can_be_read_from_views);
  tcase_add_test(c, registering_again_replaces);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
