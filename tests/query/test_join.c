/* SPDX-License-Identifier: MIT */
#include "query/join.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_join_suite(void);

static sqlite3 *db;

/* 8 shelves, 40 books on them, 40 loans by foreign key. */
static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE shelves(id INTEGER PRIMARY KEY, name);"
                   "CREATE TABLE books(id INTEGER PRIMARY KEY, shelf_id, t);"
                   "CREATE TABLE loans(no INTEGER PRIMARY KEY,"
                   " item REFERENCES books(id));"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n WHERE i < 40)"
                   "INSERT INTO books SELECT i, 1 + i %% 8, 'b' || i FROM n;"
                   "INSERT INTO shelves SELECT id, 's' || id FROM books"
                   " LIMIT 8;"
                   "INSERT INTO loans SELECT id, 41 - id FROM books");
}

static void close_db(void) {
  test_db_close(db);
}

/* The joined statement or NULL; borrowed until the next call. */
static const char *join(const char *source, const char *lookup, int calls) {
  static char *sql;
  hp_batch b;
  const char *many;

  sqlite3_free(sql);
  ck_assert_int_eq(hp_batch_init(&b, lookup, strlen(lookup)), SQLITE_OK);
  many = b.many ? b.many : b.many_unlimited;
  ck_assert_int_eq(hp_join_make(db, source, &b, many, calls, &sql), SQLITE_OK);
  hp_batch_term(&b);
  return sql;
}

static const char *rows_of(const char *sql) {
  ck_assert_ptr_nonnull(sql);
  return test_db_text(db, "SELECT * FROM (%s) ORDER BY 1", sql);
}

START_TEST(children_join_their_parents_by_name) {
  const char *joined = join("SELECT id, name FROM shelves WHERE id < 5;",
                            "SELECT id, t FROM books WHERE shelf_id = 3", 4);

  ck_assert_str_eq(rows_of(joined),
                   test_db_text(db, "SELECT id, t FROM books"
                                    " WHERE shelf_id < 5 ORDER BY id"));
}
END_TEST

START_TEST(parents_join_their_children_by_name) {
  const char *joined =
      join("SELECT \"id\", \"shelf_id\" FROM main.\"books\" LIMIT 8 -- all",
           "SELECT * FROM shelves WHERE id = 3 LIMIT 1", 8);

  ck_assert_str_eq(rows_of(joined),
                   test_db_text(db, "SELECT * FROM shelves ORDER BY id"));
}
END_TEST

START_TEST(a_foreign_key_names_the_column) {
  ck_assert_str_eq(
      rows_of(join("SELECT * FROM loans WHERE no <= 10",
                   "SELECT t FROM books WHERE id = 3", 10)),
      test_db_text(db, "SELECT t FROM books WHERE id > 30 ORDER BY 1"));
  ck_assert_str_eq(
      rows_of(join("SELECT * FROM books LIMIT 10",
                   "SELECT count(*) FROM loans WHERE item = 3", 10)),
      test_db_text(db, "SELECT id, 1 FROM books LIMIT 10"));
}
END_TEST

START_TEST(a_count_that_does_not_match_is_not_believed) {
  ck_assert_ptr_null(join("SELECT id, name FROM shelves",
                          "SELECT id, t FROM books WHERE shelf_id = 3", 5));
}
END_TEST

START_TEST(what_is_not_simple_is_left_alone) {
  const char *lookup = "SELECT id, t FROM books WHERE shelf_id = 3";

  ck_assert_ptr_null(join("SELECT id FROM shelves WHERE id > ?", lookup, 8));
  ck_assert_ptr_null(join("SELECT s.id FROM shelves s, loans", lookup, 8));
  ck_assert_ptr_null(
      join("SELECT s.id FROM shelves s JOIN loans ON 1", lookup, 8));
  ck_assert_ptr_null(join("SELECT id FROM shelves UNION SELECT 1", lookup, 8));
  ck_assert_ptr_null(join("SELECT name FROM shelves", lookup, 8));
  ck_assert_ptr_null(join("SELECT id FROM nonesuch", lookup, 8));
  ck_assert_ptr_null(join("SELECT 1", lookup, 8));
  ck_assert_ptr_null(join("VALUES (1)", lookup, 8));
}
END_TEST

static bool attempt(void *arg) {
  const char *lookup = "SELECT id, t FROM books WHERE shelf_id = 3";
  hp_batch b;
  char *sql = NULL;
  int rc = hp_batch_init(&b, lookup, strlen(lookup));

  (void)arg;
  if (rc == SQLITE_OK)
    rc = hp_join_make(db, "SELECT id FROM shelves", &b, b.many, 8, &sql);
  hp_batch_term(&b);
  sqlite3_free(sql);
  return rc == SQLITE_OK && sql;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 0);
}
END_TEST

Suite *query_join_suite(void) {
  Suite *s = suite_create("query_join");
  TCase *c = tcase_create("join");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, children_join_their_parents_by_name);
  tcase_add_test(c, parents_join_their_children_by_name);
  tcase_add_test(c, a_foreign_key_names_the_column);
  tcase_add_test(c, a_count_that_does_not_match_is_not_believed);
  tcase_add_test(c, what_is_not_simple_is_left_alone);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
