/* SPDX-License-Identifier: MIT */
#include "cache/kv_sql.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *cache_kv_sql_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath(":memory:", NULL);
}

static void close_db(void) {
  test_db_close(db);
}

#define ROWS(sql, expected)                                                    \
  ck_assert_str_eq(test_db_text(db, "%s", sql), expected)
#define FAILS(sql, part)                                                       \
  ck_assert_msg(strstr(test_db_error(db, sql), part) != NULL, "%s: %s", sql,   \
                test_db_error(db, sql))

START_TEST(values_of_every_type_come_back_bit_exact) {
  static const char *const values[] = {
      "NULL",
      "0",
      "-1",
      "9223372036854775807",
      "-9223372036854775807 - 1",
      "0.0",
      "-0.0",
      "1e300",
      "9e999",
      "-9e999",
      "4.9e-324",
      "''",
      "'text'",
      "'z' || char(0) || 'z'",
      "char(0)",
      "x''",
      "x'00'",
      "x'00ff00'",
      "zeroblob(5)",
      "'héé'",
      "replace(hex(zeroblob(3000)), '00', 'long ')"};

  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    test_db_exec(db, "SELECT cache_set('k', %s)", values[i]);
    ck_assert_msg(
        test_db_int(db,
                    "SELECT cache_get('k') IS (%s) AND typeof(cache_get('k')) "
                    "= typeof(%s) AND hex(cache_get('k')) = hex(%s)",
                    values[i], values[i], values[i]),
        "%s", values[i]);
  }
}
END_TEST

START_TEST(json_stays_json) {
  ROWS("SELECT cache_set('j', json('[1,2]')), "
       "json_array(cache_get('j'), '[1,2]')",
       "1|[[1,2],\"[1,2]\"]");
}
END_TEST

START_TEST(keys_differ_by_type) {
  ROWS("SELECT cache_set(1, 'i'), cache_set(1.0, 'r'), cache_set('1', 't'), "
       "cache_set(x'31', 'b')",
       "1|1|1|1");
  ROWS("SELECT cache_get(1), cache_get(1.0), cache_get('1'), cache_get(x'31')",
       "i|r|t|b");
}
END_TEST

START_TEST(a_cached_null_is_not_a_missing_value) {
  ROWS("SELECT cache_exists('n'), cache_set('n', NULL), cache_exists('n'), "
       "cache_get('n')",
       "0|1|1|NULL");
}
END_TEST

START_TEST(the_time_to_live_is_told_and_changed) {
  ROWS("SELECT cache_ttl('a'), cache_set('a', 1, 100), cache_ttl('a') BETWEEN "
       "99 AND 100, cache_touch('a'), cache_ttl('a'), cache_touch('a', 5), "
       "cache_ttl('a') BETWEEN 4 AND 5, cache_touch('nobody', 5)",
       "NULL|1|1|1|-1|1|1|0");
}
END_TEST

START_TEST(sums_tags_and_deletion_work_from_sql) {
  ROWS("SELECT cache_incr('n'), cache_incr('n', 41), cache_get('n')",
       "1|42|42");
  ROWS("SELECT cache_tag('n', 'a:1', 'b'), cache_invalidate('b'), "
       "cache_get('n'), cache_tag('n', 'b')",
       "1|1|NULL|0");
  ROWS("SELECT cache_set('x', 1, NULL, 'a:1', 'c'), cache_invalidate('a:*'), "
       "cache_exists('x')",
       "1|1|0");
  ROWS("SELECT cache_set('x', 1), cache_set('y', 2), "
       "cache_delete('x', 'y', 'z'), cache_delete()",
       "1|1|2|0");
}
END_TEST

START_TEST(namespaces_have_their_own_row_and_are_cleared_by_name) {
  ROWS("SELECT cache_set('k', 'plain'), cache_config('namespace', 'web'), "
       "cache_get('k'), cache_set('k', 'web'), cache_config('namespace')",
       "1||NULL|1|web");
  ROWS("SELECT name, entries FROM cache_stats WHERE name LIKE 'kv%' "
       "ORDER BY name",
       "kv|1\nkv:web|1");
  ROWS("SELECT cache_clear('kv'), cache_get('k'), cache_clear('kv:web'), "
       "cache_get('k')",
       "1|web|1|NULL");
}
END_TEST

START_TEST(another_connection_sees_the_value_and_a_rollback_keeps_it) {
  sqlite3 *other = test_db_open_hotpath(":memory:", NULL);

  test_db_exec(db, "BEGIN; SELECT cache_set('shared', 'v'); ROLLBACK");
  ck_assert_str_eq(test_db_text(other, "SELECT cache_get('shared')"), "v");
  test_db_close(other);
}
END_TEST

START_TEST(hits_and_misses_are_counted) {
  test_db_exec(db, "SELECT cache_get('a'), cache_set('a', 1), cache_get('a'), "
                   "cache_get('a')");
  ROWS("SELECT hits_l1, misses, miss_cold, entries, saved_ms FROM cache_stats "
       "WHERE name = 'kv'",
       "2|1|1|1|0.0");
  ROWS("SELECT name, rows, cost_ms, hits FROM cache_entries", "kv|1|NULL|2");
}
END_TEST

START_TEST(wrong_calls_get_a_sentence) {
  FAILS("SELECT cache_get(NULL)", "the key of a cached value cannot be NULL");
  FAILS("SELECT cache_set('a')", "needs a key and a value");
  FAILS("SELECT cache_set('a', 1, 0)", "a number of seconds above 0");
  FAILS("SELECT cache_set('a', 1, -1)", "a number of seconds above 0");
  FAILS("SELECT cache_set('a', 1, 'soon')", "'soon'");
  FAILS("SELECT cache_set('a', 1, 1, 7)", "cannot be a tag");
  FAILS("SELECT cache_set('a', 1, 1, 'x*')", "cannot be a tag");
  FAILS("SELECT cache_set('a', 1), cache_tag('a', NULL)", "cannot be a tag");
  FAILS("SELECT cache_tag('a')", "needs a key and a tag");
  FAILS("SELECT cache_set('a', 't'), cache_incr('a')", "not an integer");
  FAILS("SELECT cache_incr('b', 1.5)", "must be an integer");
  FAILS("SELECT cache_set('a', 9223372036854775807), cache_incr('a')",
        "beyond 64 bits");
  FAILS("SELECT cache_config('wait_ms', -1)", "wait_ms");
  FAILS("SELECT cache_config('namespace', hex(zeroblob(33)))", "namespace");
}
END_TEST

START_TEST(views_and_triggers_cannot_reach_the_values) {
  test_db_exec(db, "CREATE VIEW v AS SELECT cache_get('a') AS a");
  FAILS("SELECT * FROM v", "unsafe use of cache_get");
}
END_TEST

START_TEST(the_default_wait_is_a_setting) {
  ROWS("SELECT cache_config('wait_ms', 10), cache_config('wait_ms')",
       "2000|10");
}
END_TEST

Suite *cache_kv_sql_suite(void) {
  Suite *s = suite_create("cache_kv_sql");
  TCase *c = tcase_create("kv_sql");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, values_of_every_type_come_back_bit_exact);
  tcase_add_test(c, json_stays_json);
  tcase_add_test(c, keys_differ_by_type);
  tcase_add_test(c, a_cached_null_is_not_a_missing_value);
  tcase_add_test(c, the_time_to_live_is_told_and_changed);
  tcase_add_test(c, sums_tags_and_deletion_work_from_sql);
  tcase_add_test(c, namespaces_have_their_own_row_and_are_cleared_by_name);
  tcase_add_test(c, another_connection_sees_the_value_and_a_rollback_keeps_it);
  tcase_add_test(c, hits_and_misses_are_counted);
  tcase_add_test(c, wrong_calls_get_a_sentence);
  tcase_add_test(c, views_and_triggers_cannot_reach_the_values);
  tcase_add_test(c, the_default_wait_is_a_setting);
  suite_add_tcase(s, c);
  return s;
}
