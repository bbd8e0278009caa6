/* SPDX-License-Identifier: MIT
**
** The functions: cache_invalidate, cache_clear, cache_config, cache_quiesce.
*/
#include "cache/cache_sql.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *cache_cache_sql_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT id, word FROM card WHERE deck = :deck),"
                   " tags='deck:' || :deck || ',cards');"
                   "CREATE VIRTUAL TABLE temp.one USING cached(("
                   "SELECT word FROM card WHERE id = :id), tags='card')");
}

static void close_db(void) {
  test_db_close(db);
}

static void expect_error(const char *sql, const char *part) {
  const char *message = test_db_error(db, sql);

  ck_assert_msg(strstr(message, part), "%s: %s", sql, message);
}

/* Fills the cache with deck(1), deck(2) and one(1). */
static void fill(void) {
  test_db_text(db, "SELECT 1 FROM deck(1) a, deck(2) b, one(1) c");
  test_db_text(db, "SELECT 1 FROM deck(1) a, deck(2) b, one(1) c");
}

/* Which of deck(1), deck(2), one(1) are in the cache: "110". */
static const char *held(void) {
  return test_db_text(db, "SELECT (SELECT _source = 'l1' FROM deck(1)) ||"
                          " (SELECT _source = 'l1' FROM deck(2)) ||"
                          " (SELECT _source = 'l1' FROM one(1))");
}

static const struct {
  const char *tags, *held;
} invalidations[] = {
    {"'deck:1'", "011"},         {"'deck:2'", "101"},  {"'cards'", "001"},
    {"'card'", "110"},           {"'deck:*'", "001"},  {"'*'", "000"},
    {"'deck:1', 'card'", "010"}, {"'deck'", "111"},    {"'deck:'", "111"},
    {"'DECK:1'", "111"},         {"'deck:1 '", "111"}, {"'nobody:*'", "111"},
};

START_TEST(a_tag_takes_out_what_carries_it_and_nothing_else) {
  fill();
  ck_assert_str_eq(held(), "111");
  test_db_text(db, "SELECT cache_invalidate(%s)", invalidations[_i].tags);
  ck_assert_str_eq(held(), invalidations[_i].held);
  ck_assert_str_eq(held(), "111");
}
END_TEST

START_TEST(invalidate_answers_how_many_tags_it_was_given) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_invalidate('a', 'b', 'c')"),
                   3);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_invalidate('a')"), 1);
}
END_TEST

START_TEST(what_cannot_be_a_tag_is_refused) {
  static const char *const bad[] = {
      "''", "NULL", "1", "x'61'", "hex(zeroblob(101))", "'deck*'"};

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *sql = sqlite3_mprintf("SELECT cache_invalidate(%s)", bad[i]);
    expect_error(sql, "cannot be a tag");
    sqlite3_free(sql);
  }
}
END_TEST

START_TEST(clear_takes_out_all_or_those_of_one_table) {
  fill();
  ck_assert_int_eq(test_db_int(db, "SELECT cache_clear('DECK')"), 2);
  ck_assert_str_eq(held(), "001");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_clear('nobody')"), 0);
  ck_assert_str_eq(held(), "111");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_clear()"), 3);
  ck_assert_str_eq(held(), "000");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_clear()"), 3);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cache_entries"), 0);
}
END_TEST

START_TEST(config_reads_and_sets_and_answers_the_value_before) {
  ck_assert_int_eq(test_db_int(db, "SELECT cache_config('cap_entries')"), 0);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_config('cap_entries', 7)"), 0);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_config('CAP_ENTRIES')"), 7);
  test_db_exec(db, "SELECT cache_config('cap_bytes', 12345)");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_config('cap_bytes')"), 12345);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_config('cap_entries')"), 7);
  ck_assert_str_eq(test_db_text(db, "SELECT cache_config('policy')"), "hot");
}
END_TEST

START_TEST(a_bad_setting_is_answered_with_what_is_possible) {
  expect_error("SELECT cache_config('nope')", "unknown setting \"nope\"; known "
                                              "are cap_bytes, cap_entries");
  expect_error("SELECT cache_config(NULL)", "unknown setting \"NULL\"");
  expect_error("SELECT cache_config('cap_bytes', -1)",
               "cap_bytes cannot be '-1'; allowed: a whole number");
  expect_error("SELECT cache_config('cap_bytes', '12')", "cannot be '12'");
  expect_error("SELECT cache_config('cap_bytes', 1.5)", "cannot be '1.5'");
  expect_error("SELECT cache_config('cap_bytes', NULL)", "cannot be NULL");
  expect_error("SELECT cache_config('policy', 'clever')",
               "policy cannot be 'clever'; allowed: hot");
  expect_error("SELECT cache_config('enabled', 'maybe')",
               "enabled cannot be 'maybe'; allowed: on or off");
  expect_error("SELECT cache_config('enabled', 1, 2)",
               "wrong number of arguments");
  ck_assert_str_eq(test_db_text(db, "SELECT cache_config('enabled')"), "on");
}
END_TEST

START_TEST(switched_off_everything_is_computed_and_nothing_kept) {
  fill();
  ck_assert_str_eq(test_db_text(db, "SELECT cache_config('enabled', 'off')"),
                   "on");
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "bypass");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1)"), "ichi\nni");
  test_db_exec(db, "SELECT cache_config('enabled', 'on')");
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "l1");
}
END_TEST

START_TEST(the_byte_cap_holds_whatever_comes) {
  test_db_exec(db, "SELECT cache_config('cap_bytes', 20000);"
                   "CREATE VIRTUAL TABLE temp.big USING cached(("
                   "SELECT hex(zeroblob(:n %% 700)) AS h))");
  for (int i = 0; i < 300; i++) {
    test_db_exec(db, "SELECT h FROM big(%d)", i);
    ck_assert_int_le(test_db_int(db, "SELECT bytes FROM cache_stats WHERE"
                                     " name = 'total'"),
                     20000);
  }
  ck_assert_int_gt(test_db_int(db, "SELECT evictions FROM cache_stats WHERE"
                                   " name = 'total'"),
                   0);
  test_db_exec(db, "SELECT cache_config('cap_entries', 3)");
  ck_assert_int_le(test_db_int(db, "SELECT entries FROM cache_stats WHERE"
                                   " name = 'total'"),
                   3);
  test_db_exec(db, "SELECT cache_config('cap_bytes', 500)");
  ck_assert_int_le(test_db_int(db, "SELECT bytes FROM cache_stats WHERE"
                                   " name = 'total'"),
                   500);
}
END_TEST

START_TEST(a_policy_can_be_changed_with_entries_in_place) {
  static const char *const names[] = {"lru", "lfu", "fifo", "s3fifo", "hot"};

  fill();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    test_db_exec(db, "SELECT cache_config('policy', %Q)", names[i]);
    ck_assert_str_eq(test_db_text(db, "SELECT cache_config('policy')"),
                     names[i]);
    ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1)"), "ichi\nni");
  }
}
END_TEST

START_TEST(views_and_triggers_may_not_call_them) {
  test_db_exec(db, "CREATE VIEW v AS SELECT cache_clear() AS c");
  expect_error("SELECT * FROM v", "unsafe use of cache_clear()");
  test_db_exec(db, "CREATE TRIGGER tr AFTER INSERT ON card BEGIN"
                   "  SELECT cache_invalidate('x'); END");
  expect_error("INSERT INTO card DEFAULT VALUES",
               "unsafe use of cache_invalidate()");
  test_db_exec(db, "CREATE VIEW s AS SELECT * FROM cache_stats");
  expect_error("SELECT * FROM s", "unsafe use of virtual table");
}
END_TEST

START_TEST(quiesce_lets_the_journal_mode_change) {
  fill();
  ck_assert_int_eq(test_db_int(db, "SELECT cache_quiesce(0.2)"), 1);
  ck_assert_str_eq(test_db_text(db, "PRAGMA journal_mode = delete"), "delete");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1)"), "ichi\nni");
  expect_error("SELECT cache_quiesce(-1)", "0 to 3600 seconds");
  expect_error("SELECT cache_quiesce(4000)", "0 to 3600 seconds");
}
END_TEST

Suite *cache_cache_sql_suite(void) {
  Suite *s = suite_create("cache_cache_sql");
  TCase *c = tcase_create("cache_sql");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_loop_test(c, a_tag_takes_out_what_carries_it_and_nothing_else, 0,
                      sizeof invalidations / sizeof *invalidations);
  tcase_add_test(c, invalidate_answers_how_many_tags_it_was_given);
  tcase_add_test(c, what_cannot_be_a_tag_is_refused);
  tcase_add_test(c, clear_takes_out_all_or_those_of_one_table);
  tcase_add_test(c, config_reads_and_sets_and_answers_the_value_before);
  tcase_add_test(c, a_bad_setting_is_answered_with_what_is_possible);
  tcase_add_test(c, switched_off_everything_is_computed_and_nothing_kept);
  tcase_add_test(c, the_byte_cap_holds_whatever_comes);
  tcase_add_test(c, a_policy_can_be_changed_with_entries_in_place);
  tcase_add_test(c, views_and_triggers_may_not_call_them);
  tcase_add_test(c, quiesce_lets_the_journal_mode_change);
  suite_add_tcase(s, c);
  return s;
}
