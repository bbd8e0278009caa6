/* SPDX-License-Identifier: MIT */
#include "query/batch.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_batch_suite(void);

/* The rewrite of sql, NULL if there is none; borrowed until the next call. */
static const char *many_of(const char *sql) {
  static hp_batch b;

  hp_batch_term(&b);
  if (hp_batch_init(&b, sql, strlen(sql)) != SQLITE_OK) return NULL;
  return b.many ? b.many : b.many_unlimited;
}

START_TEST(a_lookup_becomes_a_list) {
  ck_assert_str_eq(
      many_of("SELECT * FROM t WHERE id = 5"),
      "SELECT * FROM t WHERE id IN (SELECT value FROM json_each(?))");
  ck_assert_str_eq(
      many_of("select a from t as x where x.\"id\"=:id and b > 3;"),
      "select a from t as x where x.\"id\" "
      "IN (SELECT value FROM json_each(?)) and b > 3");
  ck_assert_str_eq(
      many_of("SELECT u.a FROM t JOIN u ON t.x = u.y WHERE t.id = 5"),
      "SELECT u.a FROM t JOIN u ON t.x = u.y WHERE t.id "
      "IN (SELECT value FROM json_each(?))");
}
END_TEST

START_TEST(an_aggregate_becomes_a_value_for_each) {
  ck_assert_str_eq(many_of("SELECT count(*) FROM t WHERE id = 5"),
                   "SELECT batch.value, (SELECT count(*) FROM t WHERE id = "
                   "batch.value) FROM json_each(?) AS batch");
}
END_TEST

START_TEST(a_test_of_existence_becomes_the_values_found) {
  ck_assert_str_eq(
      many_of("SELECT 1 AS one FROM t WHERE id = 5 LIMIT 1"),
      "SELECT batch.value FROM json_each(?) AS batch WHERE EXISTS (SELECT 1 "
      "AS one FROM t WHERE id = batch.value LIMIT 1)");
}
END_TEST

START_TEST(a_limit_is_dropped_only_for_a_unique_column) {
  static const char sql[] = "SELECT * FROM t WHERE id = 5 LIMIT 1";
  hp_batch b;

  ck_assert_int_eq(hp_batch_init(&b, sql, strlen(sql)), SQLITE_OK);
  ck_assert_ptr_null(b.many);
  ck_assert_str_eq(
      b.many_unlimited,
      "SELECT * FROM t WHERE id IN (SELECT value FROM json_each(?))");
  hp_batch_term(&b);
}
END_TEST

START_TEST(the_parts_of_a_lookup_are_told) {
  static const char sql[] =
      "SELECT * FROM main.[the t] WHERE kind = 'Post' AND \"the id\" = 5";
  hp_batch b;

  ck_assert_int_eq(hp_batch_init(&b, sql, strlen(sql)), SQLITE_OK);
  ck_assert_str_eq(b.table, "the t");
  ck_assert_str_eq(b.column, "the id");
  ck_assert_str_eq(b.values, "SELECT \"the id\" FROM main.[the t] LIMIT ?");
  ck_assert_str_eq(b.one, "SELECT * FROM main.[the t] WHERE kind = 'Post' AND "
                          "\"the id\" = ?");
  ck_assert(!b.has_parameters);
  hp_batch_term(&b);
}
END_TEST

START_TEST(parameters_beside_the_value_are_told) {
  static const char sql[] = "SELECT * FROM t WHERE a > ? AND id = ?";
  hp_batch b;

  ck_assert_int_eq(hp_batch_init(&b, sql, strlen(sql)), SQLITE_OK);
  ck_assert(b.has_parameters);
  hp_batch_term(&b);
}
END_TEST

START_TEST(what_is_not_certain_is_left_alone) {
  static const char *const texts[] = {
      "SELECT * FROM t",
      "SELECT DISTINCT a FROM t WHERE id = 5",
      "SELECT a, count(*) FROM t WHERE id = 5",
      "SELECT * FROM t WHERE id = 5 ORDER BY a",
      "SELECT * FROM t WHERE id = 5 GROUP BY a",
      "SELECT * FROM t WHERE id = 5 OR a = 6",
      "SELECT * FROM t WHERE NOT id = 5",
      "SELECT * FROM t WHERE a = 5 AND b = 6",
      "SELECT * FROM t WHERE a = ? AND b = ?",
      "SELECT * FROM t WHERE id = 5 + a",
      "SELECT * FROM t WHERE id = 5 LIMIT 1 OFFSET 3",
      "SELECT * FROM t WHERE (id = 5)",
      "SELECT * FROM t LEFT JOIN u ON 1 WHERE u.id = 5",
      "SELECT * FROM t WHERE id = 5 UNION SELECT 1",
      "SELECT rank() OVER () FROM t WHERE id = 5",
      "WITH t AS (SELECT 1 AS id) SELECT * FROM t WHERE id = 5",
      "UPDATE t SET a = 1 WHERE id = 5",
      "SELECT * FROM t WHERE id = 5; SELECT 1",
      "SELECT 'open",
      ""};
  size_t i;

  for (i = 0; i < sizeof texts / sizeof *texts; i++)
    ck_assert_msg(!many_of(texts[i]), "%s: %s", texts[i], many_of(texts[i]));
}
END_TEST

/* Books 1 to 30 on shelves 1 to 7, shelf 8 empty. */
static sqlite3 *open_shelves(void) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE books(id INTEGER PRIMARY KEY, shelf_id,"
                   " title TEXT);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n WHERE i < 30)"
                   "INSERT INTO books SELECT i, i %% 7 + 1, 'b' || i FROM n");
  return db;
}

#define VALUES "[1, 2, 3, 8, 5]"

/* What the rewrite of a lookup answers for VALUES, in order. */
static const char *answer_of(sqlite3 *db, const char *lookup) {
  sqlite3_stmt *stmt = test_db_prepare(db, many_of(lookup));
  char *sql;
  const char *answer;

  sqlite3_bind_text(stmt, 1, VALUES, -1, SQLITE_STATIC);
  sql = sqlite3_expanded_sql(stmt);
  answer = test_db_text(db, "SELECT * FROM (%s) ORDER BY 1", sql);
  sqlite3_free(sql);
  sqlite3_finalize(stmt);
  return answer;
}

/* What a query for the lookups one by one answers. */
static const char *answers_of(sqlite3 *db, const char *sql) {
  return test_db_text(db, "SELECT * FROM (%s) ORDER BY 1", sql);
}

START_TEST(the_rewrite_returns_the_rows_of_all_lookups) {
  sqlite3 *db = open_shelves();

  ck_assert_str_eq(
      answer_of(db, "SELECT id, title FROM books WHERE shelf_id = 4"),
      answers_of(db, "SELECT id, title FROM books WHERE shelf_id = 1 "
                     "UNION ALL "
                     "SELECT id, title FROM books WHERE shelf_id = 2 "
                     "UNION ALL "
                     "SELECT id, title FROM books WHERE shelf_id = 3 "
                     "UNION ALL "
                     "SELECT id, title FROM books WHERE shelf_id = 8 "
                     "UNION ALL "
                     "SELECT id, title FROM books WHERE shelf_id = 5"));
  ck_assert_str_eq(
      answer_of(db, "SELECT count(*) FROM books WHERE shelf_id = 4"),
      answers_of(db, "SELECT v.column1, (SELECT count(*) FROM books WHERE "
                     "shelf_id = v.column1) FROM (VALUES (1), (2), (3), (8), "
                     "(5)) AS v"));
  ck_assert_str_eq(
      answer_of(db, "SELECT 1 FROM books WHERE shelf_id = 4 LIMIT 1"),
      "1\n2\n3\n5");
  test_db_close(db);
}
END_TEST

static bool attempt(void *arg) {
  const char *sql = arg;
  hp_batch b;
  int rc = hp_batch_init(&b, sql, strlen(sql));

  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  hp_batch_term(&b);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  static char sql[] = "SELECT count(*) FROM t WHERE id = 5 AND a > 7";

  ck_assert_int_gt(test_heap_each_failure(attempt, sql), 0);
}
END_TEST

Suite *query_batch_suite(void) {
  Suite *s = suite_create("query_batch");
  TCase *c = tcase_create("rewrite");

  tcase_add_test(c, a_lookup_becomes_a_list);
  tcase_add_test(c, an_aggregate_becomes_a_value_for_each);
  tcase_add_test(c, a_test_of_existence_becomes_the_values_found);
  tcase_add_test(c, a_limit_is_dropped_only_for_a_unique_column);
  tcase_add_test(c, the_parts_of_a_lookup_are_told);
  tcase_add_test(c, parameters_beside_the_value_are_told);
  tcase_add_test(c, what_is_not_certain_is_left_alone);
  tcase_add_test(c, the_rewrite_returns_the_rows_of_all_lookups);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
