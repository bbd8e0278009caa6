/* SPDX-License-Identifier: MIT */
#include "query/shape.h"

#include <check.h>
#include <string.h>

Suite *query_shape_suite(void);

static hp_shape shape(const char *sql) {
  return hp_shape_of(sql, strlen(sql));
}

static void check_class(const char *const *texts, hp_shape_class what) {
  for (; *texts; texts++)
    ck_assert_msg(shape(*texts).what == what, "%s: %d, not %d", *texts,
                  (int)shape(*texts).what, (int)what);
}

START_TEST(a_lookup_compares_a_column_with_one_value) {
  static const char *const texts[] = {
      "SELECT * FROM t WHERE id = ?",
      "SELECT * FROM t WHERE \"t\".\"id\" = 5 LIMIT 1",
      "SELECT * FROM t WHERE 'x' = name",
      "SELECT * FROM t WHERE lower(name) == :n",
      "SELECT * FROM t WHERE id IS ?2",
      "SELECT * FROM t WHERE id IN (5)",
      "SELECT count(*) FROM t WHERE a > 5 AND b = x'00'",
      "WITH c AS (SELECT 1) SELECT * FROM c JOIN t ON t.id = ?",
      NULL};

  check_class(texts, HP_SHAPE_LOOKUP);
}
END_TEST

START_TEST(a_list_is_any_other_read) {
  static const char *const texts[] = {
      "SELECT * FROM t",
      "SELECT * FROM t WHERE id > ? ORDER BY id LIMIT 1000",
      "SELECT * FROM t WHERE id IN (1, 2, 3)",
      "SELECT * FROM t WHERE id NOT IN (1)",
      "SELECT * FROM t WHERE id IN (SELECT x FROM u)",
      "SELECT a = 5 FROM t",
      "SELECT * FROM t JOIN u ON t.id = u.t_id",
      "VALUES (1)",
      "SELECT * FROM t WHERE id IS NULL",
      NULL};

  check_class(texts, HP_SHAPE_LIST);
}
END_TEST

START_TEST(a_page_of_a_list_is_a_list) {
  static const char *const pages[] = {
      "SELECT * FROM t WHERE a = 5 AND id > 7 ORDER BY id LIMIT 100",
      "SELECT * FROM t WHERE a = ? AND id <= ? ORDER BY id LIMIT ?",
      "SELECT * FROM t WHERE a = 5 ORDER BY id LIMIT 100 OFFSET 200", NULL};
  static const char *const lookups[] = {
      "SELECT * FROM t WHERE a = 5 AND id > 7 ORDER BY id LIMIT 1",
      "SELECT * FROM t WHERE a = 5 AND id <> 7 ORDER BY id LIMIT 10",
      "SELECT * FROM t WHERE a = 5 ORDER BY id LIMIT 100 OFFSET 0",
      "SELECT * FROM t WHERE a = 5 AND id > 7 LIMIT 10", NULL};

  check_class(pages, HP_SHAPE_LIST);
  check_class(lookups, HP_SHAPE_LOOKUP);
}
END_TEST

START_TEST(reads_of_the_schema_are_told_apart) {
  static const char *const texts[] = {
      "SELECT sql FROM sqlite_master WHERE name = 't'",
      "SELECT * FROM main.\"sqlite_schema\" WHERE type = ?",
      "SELECT * FROM pragma_table_info('t')",
      "SELECT * FROM t JOIN sqlite_temp_master ON 1", NULL};

  check_class(texts, HP_SHAPE_SCHEMA);
}
END_TEST

START_TEST(other_statements_have_their_class) {
  static const struct {
    const char *sql;
    hp_shape_class what;
  } samples[] = {{"INSERT INTO t VALUES (1)", HP_SHAPE_INSERT},
                 {"REPLACE INTO t VALUES (1)", HP_SHAPE_INSERT},
                 {"WITH c AS (SELECT 1 WHERE 1 = 1) INSERT INTO t SELECT 1",
                  HP_SHAPE_INSERT},
                 {"UPDATE t SET a = 1 WHERE id = 2", HP_SHAPE_CHANGE},
                 {"WITH c AS (SELECT * FROM t WHERE id = 1) DELETE FROM t",
                  HP_SHAPE_CHANGE},
                 {"BEGIN", HP_SHAPE_BEGIN},
                 {"begin immediate transaction", HP_SHAPE_BEGIN},
                 {"COMMIT", HP_SHAPE_END},
                 {"END TRANSACTION", HP_SHAPE_END},
                 {"ROLLBACK", HP_SHAPE_END},
                 {"ROLLBACK TO s", HP_SHAPE_NESTED},
                 {"SAVEPOINT s", HP_SHAPE_NESTED},
                 {"RELEASE s", HP_SHAPE_NESTED},
                 {"ATTACH 'x' AS y", HP_SHAPE_ATTACH},
                 {"DETACH y", HP_SHAPE_ATTACH},
                 {"PRAGMA cache_size = 5", HP_SHAPE_PRAGMA},
                 {"CREATE TABLE t(a)", HP_SHAPE_OTHER},
                 {"EXPLAIN SELECT 1 FROM t WHERE id = 1", HP_SHAPE_OTHER},
                 {"", HP_SHAPE_OTHER},
                 {"'", HP_SHAPE_OTHER}};
  size_t i;

  for (i = 0; i < sizeof samples / sizeof *samples; i++)
    ck_assert_msg(shape(samples[i].sql).what == samples[i].what, "%s: %d",
                  samples[i].sql, (int)shape(samples[i].sql).what);
}
END_TEST

START_TEST(limit_one_means_one_row) {
  ck_assert(shape("SELECT * FROM t LIMIT 1").is_single);
  ck_assert(shape("SELECT * FROM t WHERE a = 1 LIMIT 1 OFFSET 3").is_single);
  ck_assert(!shape("SELECT * FROM t LIMIT 10").is_single);
  ck_assert(!shape("SELECT * FROM t LIMIT ?").is_single);
  ck_assert(!shape("SELECT * FROM (SELECT 1 LIMIT 1), t").is_single);
}
END_TEST

START_TEST(equal_literals_have_equal_hashes) {
  ck_assert(shape("SELECT 1, 'a'").values == shape("select 1 , 'a'").values);
  ck_assert(shape("SELECT 1, 2").values != shape("SELECT 2, 1").values);
  ck_assert(shape("SELECT 1").values != shape("SELECT '1'").values);
  ck_assert(shape("SELECT a FROM t").values != 0);
}
END_TEST

START_TEST(the_values_of_parameters_are_unknown) {
  const char *sql = "SELECT * FROM t WHERE id = ? LIMIT 21";

  ck_assert(shape(sql).values == 0);
  ck_assert(hp_shape_values(sql, strlen(sql)) != 0);
}
END_TEST

START_TEST(a_list_may_be_narrowed_down_by_values) {
  ck_assert(shape("SELECT * FROM t WHERE a >= 1 AND a < 3").is_range);
  ck_assert(shape("SELECT sum(b) FROM t WHERE a BETWEEN ? AND ?").is_range);
  ck_assert(shape("SELECT * FROM t WHERE a LIKE '%' || :x || '%'").is_range);
  ck_assert(!shape("SELECT * FROM t WHERE a > 1").is_range);
  ck_assert(!shape("SELECT * FROM t").is_range);
  ck_assert(!shape("SELECT a LIKE 'x' FROM t").is_range);
  ck_assert(!shape("SELECT * FROM t WHERE a > 1 AND a < 9 LIMIT 5").is_range);
  ck_assert(!shape("SELECT * FROM t WHERE b = 5 AND a LIKE 'x'").is_range);
}
END_TEST

Suite *query_shape_suite(void) {
  Suite *s = suite_create("query_shape");
  TCase *c = tcase_create("shape");

  tcase_add_test(c, a_lookup_compares_a_column_with_one_value);
  tcase_add_test(c, a_list_is_any_other_read);
  tcase_add_test(c, a_page_of_a_list_is_a_list);
  tcase_add_test(c, a_list_may_be_narrowed_down_by_values);
  tcase_add_test(c, reads_of_the_schema_are_told_apart);
  tcase_add_test(c, other_statements_have_their_class);
  tcase_add_test(c, limit_one_means_one_row);
  tcase_add_test(c, equal_literals_have_equal_hashes);
  tcase_add_test(c, the_values_of_parameters_are_unknown);
  suite_add_tcase(s, c);
  return s;
}
