/* SPDX-License-Identifier: MIT
**
** The tables cache_stats, cache_entries and cache_tags.
*/
#include "cache/cache_vtab.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *cache_cache_vtab_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT id, word FROM card WHERE deck = :deck), ttl=3600,"
                   " tags='deck:' || :deck);"
                   "CREATE VIRTUAL TABLE temp.bad USING cached(("
                   "SELECT abs(:n) AS a))");
}

static void close_db(void) {
  test_db_close(db);
}

/* A bit of everything: hits, misses of several kinds, bypass, error. */
static void make_history(void) {
  for (int i = 0; i < 3; i++) {
    test_db_exec(db, "SELECT * FROM deck(1); SELECT * FROM deck(2);"
                     "SELECT * FROM bad(-5)");
  }
  test_db_exec(db, "UPDATE card SET n = 0; SELECT * FROM deck(1);"
                   "SELECT cache_invalidate('deck:1'); SELECT * FROM deck(1);"
                   "BEGIN; DELETE FROM card; SELECT * FROM deck(1); ROLLBACK");
  test_db_error(db, "SELECT * FROM bad(-9223372036854775808)");
}

START_TEST(each_call_is_a_hit_a_miss_or_a_bypass) {
  make_history();
  ck_assert_str_eq(
      test_db_text(db, "SELECT hits_l1, miss_cold, miss_stamp, miss_tag,"
                       " bypasses, computations, errors FROM cache_stats"
                       " WHERE name = 'deck'"),
      "4|2|1|1|1|5|0");
  ck_assert_str_eq(
      test_db_text(db, "SELECT hits_l1, misses, bypasses, computations, errors"
                       " FROM cache_stats WHERE name = 'bad'"),
      "2|2|0|2|1");
}
END_TEST

START_TEST(the_columns_add_up) {
  make_history();
  ck_assert_str_eq(
      test_db_text(db,
                   "SELECT name FROM cache_stats WHERE misses <> miss_cold +"
                   " miss_evicted + miss_expired + miss_stamp + miss_tag +"
                   " miss_snapshot OR computations <> misses + bypasses"
                   " OR abs(hit_ratio - (hits_l1 + hits_l2 + hits_stale) *"
                   " 1.0 / (hits_l1 + hits_l2 + hits_stale + misses +"
                   " bypasses)) > 1e-9"),
      "");
}
END_TEST

START_TEST(the_total_is_the_sum_of_the_others) {
  make_history();
  ck_assert_str_eq(
      test_db_text(db, "SELECT sum(hits_l1) FILTER (WHERE name <> 'total') ="
                       " max(hits_l1) FILTER (WHERE name = 'total'),"
                       " sum(misses) FILTER (WHERE name <> 'total') ="
                       " max(misses) FILTER (WHERE name = 'total'),"
                       " sum(entries) FILTER (WHERE name <> 'total') ="
                       " max(entries) FILTER (WHERE name = 'total'),"
                       " sum(computations) FILTER (WHERE name <> 'total') ="
                       " max(computations) FILTER (WHERE name = 'total')"
                       " FROM cache_stats"),
      "1|1|1|1");
  ck_assert_int_ge(test_db_int(db, "SELECT max(bytes) FILTER (WHERE name ="
                                   " 'total') - sum(bytes) FILTER (WHERE name"
                                   " <> 'total') FROM cache_stats"),
                   0);
}
END_TEST

START_TEST(time_is_measured) {
  test_db_exec(db,
               "CREATE VIRTUAL TABLE temp.slow USING cached(("
               "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
               " WHERE i < 20000) SELECT count(*) FROM n));"
               "SELECT * FROM slow; SELECT * FROM slow; SELECT * FROM slow");
  ck_assert_int_eq(test_db_int(db, "SELECT compute_ms > 0.1 AND abs(saved_ms -"
                                   " 2 * compute_ms) < 0.001 FROM cache_stats"
                                   " WHERE name = 'slow'"),
                   1);
}
END_TEST

START_TEST(what_a_dropped_table_counted_stays) {
  make_history();
  test_db_exec(db, "DROP TABLE deck");
  ck_assert_int_eq(test_cached_count(db, "deck", "hits_l1"), 4);
}
END_TEST

START_TEST(entries_show_what_they_hold) {
  test_db_exec(db, "SELECT * FROM deck(1); SELECT * FROM deck(1);"
                   "SELECT * FROM deck(7); SELECT * FROM bad(3)");
  ck_assert_str_eq(
      test_db_text(db, "SELECT name, rows, hits, length(key), cost_ms > 0,"
                       " bytes > 100, ttl_left_ms BETWEEN 1 AND 3600000,"
                       " age_ms >= 0 FROM cache_entries ORDER BY name, rows"),
      "bad|1|0|32|1|1|NULL|1\n"
      "deck|0|0|32|1|1|1|1\n"
      "deck|2|1|32|1|1|1|1");
  ck_assert_ptr_nonnull(
      strstr(test_db_text(db, "SELECT tags FROM cache_entries WHERE rows = 2"),
             "deck:1"));
  ck_assert_int_eq(test_db_int(db, "SELECT count(DISTINCT key) FROM"
                                   " cache_entries"),
                   3);
}
END_TEST

START_TEST(tags_show_their_versions) {
  int64_t version;

  test_db_exec(db, "SELECT * FROM deck(1)");
  version = test_db_int(db, "SELECT version FROM cache_tags WHERE tag ="
                            " 'deck:1'");
  test_db_exec(db, "SELECT cache_invalidate('deck:1')");
  ck_assert_int_eq(test_db_int(db, "SELECT version FROM cache_tags WHERE tag ="
                                   " 'deck:1'"),
                   version + 1);
  ck_assert_int_eq(test_db_int(db, "SELECT invalidations FROM cache_tags WHERE"
                                   " tag = 'deck:1'"),
                   1);
}
END_TEST

START_TEST(the_tables_are_read_only_and_sortable) {
  ck_assert_ptr_nonnull(strstr(test_db_error(db, "DELETE FROM cache_stats"),
                               "may not be modified"));
  make_history();
  ck_assert_str_eq(test_db_text(db, "SELECT group_concat(name) FROM (SELECT"
                                    " name FROM cache_stats ORDER BY name)"),
                   "bad,deck,total");
}
END_TEST

Suite *cache_cache_vtab_suite(void) {
  Suite *s = suite_create("cache_cache_vtab");
  TCase *c = tcase_create("cache_vtab");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, each_call_is_a_hit_a_miss_or_a_bypass);
  tcase_add_test(c, the_columns_add_up);
  tcase_add_test(c, the_total_is_the_sum_of_the_others);
  tcase_add_test(c, time_is_measured);
  tcase_add_test(c, what_a_dropped_table_counted_stays);
  tcase_add_test(c, entries_show_what_they_hold);
  tcase_add_test(c, tags_show_their_versions);
  tcase_add_test(c, the_tables_are_read_only_and_sortable);
  suite_add_tcase(s, c);
  return s;
}
