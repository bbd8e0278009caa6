/* SPDX-License-Identifier: MIT */
#include "query/price.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_price_suite(void);

static sqlite3 *db;

/* 20,000 books on 200 shelves, no index on the shelf. */
static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE shelves(id INTEGER PRIMARY KEY,"
                   " name TEXT UNIQUE, room, UNIQUE(room, id));"
                   "CREATE TABLE books(id INTEGER PRIMARY KEY, shelf_id);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n WHERE i < 20000)"
                   "INSERT INTO books SELECT i, i %% 200 FROM n;"
                   "INSERT INTO shelves SELECT id, 's' || id, 1 FROM books"
                   " LIMIT 200");
}

static void close_db(void) {
  test_db_close(db);
}

static hp_batch batch;

static int measure(const char *sql, hp_price *out) {
  hp_batch_term(&batch);
  ck_assert_int_eq(hp_batch_init(&batch, sql, strlen(sql)), SQLITE_OK);
  return hp_price_measure(db, &batch, 50, out);
}

/* Another process may take the processor in between: one of ten tries. */
static bool in_ten_tries(bool (*is_so)(void)) {
  int tries = 10;

  while (tries > 0 && !is_so()) tries--;
  return tries > 0;
}

static bool scan_costs_more(void) {
  hp_price p;

  ck_assert_int_eq(measure("SELECT * FROM books WHERE shelf_id = 7", &p),
                   SQLITE_OK);
  ck_assert(p.n_values >= 1 && p.batch_ns > 0 && p.indexed_ns > 0);
  return p.lookup_ns > 20 * p.indexed_ns;
}

START_TEST(a_scan_costs_more_than_an_index_would) {
  ck_assert(in_ten_tries(scan_costs_more));
}
END_TEST

static bool batch_beats_lookups(void) {
  hp_price p;

  ck_assert_int_eq(measure("SELECT room FROM shelves WHERE id = 7", &p),
                   SQLITE_OK);
  ck_assert(p.indexed_ns == 0);
  return p.n_values == 50 && p.batch_ns < 50 * p.lookup_ns;
}

START_TEST(a_batch_beats_its_lookups) {
  ck_assert(in_ten_tries(batch_beats_lookups));
}
END_TEST

/* Behind an index the first 50 values are all the same. */
START_TEST(a_value_that_comes_many_times_counts_once) {
  hp_price p;

  test_db_exec(db, "CREATE TABLE notes(book, t); CREATE INDEX i ON notes(book);"
                   "INSERT INTO notes SELECT (id - 1) / 1000, id FROM books");
  ck_assert_int_eq(measure("SELECT t FROM notes WHERE book = 7", &p),
                   SQLITE_OK);
  ck_assert_int_gt(p.n_values, 0);
  ck_assert_int_le(p.n_values, 10);
}
END_TEST

START_TEST(a_limit_goes_where_the_column_is_unique) {
  hp_price p;

  ck_assert_int_eq(measure("SELECT room FROM shelves WHERE id = 7 LIMIT 1", &p),
                   SQLITE_OK);
  ck_assert_ptr_nonnull(p.many);
  measure("SELECT id FROM shelves WHERE NAME = 's1' LIMIT 1", &p);
  ck_assert_ptr_nonnull(p.many);
  measure("SELECT id FROM shelves WHERE room = 1 LIMIT 1", &p);
  ck_assert_ptr_null(p.many);
  measure("SELECT id FROM books WHERE shelf_id = 1 LIMIT 1", &p);
  ck_assert_ptr_null(p.many);
}
END_TEST

START_TEST(what_cannot_be_run_is_not_priced) {
  hp_price p;

  ck_assert_int_eq(
      measure("SELECT * FROM books WHERE shelf_id = 7 AND id > ?", &p),
      SQLITE_NOTFOUND);
  ck_assert_int_eq(measure("SELECT * FROM nonesuch WHERE id = 7", &p),
                   SQLITE_ERROR);
  test_db_exec(db, "DELETE FROM shelves");
  ck_assert_int_eq(measure("SELECT * FROM shelves WHERE id = 7", &p),
                   SQLITE_NOTFOUND);
  ck_assert_int_eq(p.n_values, 0);
}
END_TEST

START_TEST(common_prices_are_measured) {
  ck_assert(hp_price_virtual_read_ns(db) > 0);
  ck_assert(hp_price_write_ns() > 0);
  ck_assert(hp_price_prepare_ns(db, "SELECT * FROM books") > 0);
  ck_assert(hp_price_prepare_ns(db, "SELECT * FROM nonesuch") == 0);
}
END_TEST

static bool attempt(void *arg) {
  hp_price p;
  int rc = hp_price_measure(db, arg, 5, &p);

  ck_assert(rc == SQLITE_OK || p.n_values == 0);
  return rc == SQLITE_OK && p.many != NULL;
}

START_TEST(every_allocation_may_fail) {
  const char *sql = "SELECT name FROM shelves WHERE id = 7";

  ck_assert_int_eq(hp_batch_init(&batch, sql, strlen(sql)), SQLITE_OK);
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, &batch), 0);
}
END_TEST

Suite *query_price_suite(void) {
  Suite *s = suite_create("query_price");
  TCase *c = tcase_create("prices");

  tcase_add_checked_fixture(c, open_db, close_db);
  if (!TEST_TIMES_LIE) {
    tcase_add_test(c, a_scan_costs_more_than_an_index_would);
    tcase_add_test(c, a_batch_beats_its_lookups);
  }
  tcase_add_test(c, a_value_that_comes_many_times_counts_once);
  tcase_add_test(c, a_limit_goes_where_the_column_is_unique);
  tcase_add_test(c, what_cannot_be_run_is_not_priced);
  tcase_add_test(c, common_prices_are_measured);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
