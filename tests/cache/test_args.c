/* SPDX-License-Identifier: MIT */
#include "cache/args.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_args_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

/* All rows of sql as a block; caller frees. */
static hp_block *block_of(const char *sql) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);
  hp_builder b;
  hp_block *k;

  hp_builder_init(&b, sqlite3_column_count(stmt));
  while (sqlite3_step(stmt) == SQLITE_ROW) hp_builder_row(&b, stmt);
  ck_assert_int_eq(hp_builder_copy(&b, &k), SQLITE_OK);
  hp_builder_term(&b);
  sqlite3_finalize(stmt);
  return k;
}

START_TEST(values_of_every_type_come_back) {
  hp_block *k = block_of("SELECT 7, 1.5, 'a' || char(0) || 'b', x'00ff', NULL");
  hp_args a;

  ck_assert_int_eq(hp_args_init(&a, db, 5), SQLITE_OK);
  ck_assert_int_eq(hp_args_read(&a, k, 0), SQLITE_OK);
  ck_assert_int_eq(sqlite3_value_int64(a.argv[0]), 7);
  ck_assert(sqlite3_value_double(a.argv[1]) > 1.4);
  ck_assert_int_eq(sqlite3_value_bytes(a.argv[2]), 3);
  ck_assert_mem_eq(sqlite3_value_blob(a.argv[3]), "\0\xff", 2);
  ck_assert_int_eq(sqlite3_value_type(a.argv[4]), SQLITE_NULL);
  for (int i = 0; i < 5; i++) {
    ck_assert_int_eq(hp_builder_cell(&a.row, 0, i)->type,
                     hp_block_cell(k, 0, i)->type);
  }
  hp_args_term(&a);
  sqlite3_free(k);
}
END_TEST

START_TEST(one_row_follows_the_other) {
  hp_block *k = block_of("VALUES ('x'), ('yy'), ('')");
  hp_args a;

  ck_assert_int_eq(hp_args_init(&a, db, 1), SQLITE_OK);
  for (int i = 2; i >= 0; i--) {
    ck_assert_int_eq(hp_args_read(&a, k, i), SQLITE_OK);
    ck_assert_int_eq(sqlite3_value_bytes(a.argv[0]), i == 2 ? 0 : i + 1);
    ck_assert_int_eq(a.row.n_cells, 1);
  }
  hp_args_term(&a);
  sqlite3_free(k);
}
END_TEST

START_TEST(no_arguments_need_no_block) {
  hp_args a;

  ck_assert_int_eq(hp_args_init(&a, db, 0), SQLITE_OK);
  ck_assert_int_eq(hp_args_read(&a, NULL, 0), SQLITE_OK);
  ck_assert_int_eq(a.row.n_cells, 0);
  hp_args_reset(&a);
  hp_args_term(&a);
  hp_args_term(&a);
}
END_TEST

static bool attempt(void *k) {
  hp_args a;
  int rc = hp_args_init(&a, db, 2);

  if (!rc) rc = hp_args_read(&a, k, 0);
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  hp_args_term(&a);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  hp_block *k = block_of("SELECT 'text', x'01'");

  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, k), 3);
  sqlite3_free(k);
}
END_TEST

Suite *cache_args_suite(void) {
  Suite *s = suite_create("cache_args");
  TCase *c = tcase_create("args");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, values_of_every_type_come_back);
  tcase_add_test(c, one_row_follows_the_other);
  tcase_add_test(c, no_arguments_need_no_block);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
