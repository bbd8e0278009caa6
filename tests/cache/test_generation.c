/* SPDX-License-Identifier: MIT
**
** generation.c, and cached tables with consistency=tracked, whose answers it
** proves.
*/
#include "cache/generation.h"
#include "schema/program.h"
#include "support/cached.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>

Suite *cache_generation_suite(void);

static sqlite3 *db, *stranger; /* which has no hotpath */

static void open_db(void) {
  db = test_cached_cards();
  stranger = test_db_open("test.db", NULL);
  test_db_exec(db,
               "CREATE TABLE other(x); CREATE INDEX card_deck ON card(deck)");
  test_db_exec(db, "SELECT cache_track('card')");
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached((SELECT id,"
                   " word FROM card WHERE deck = :deck ORDER BY id),"
                   " consistency=tracked)");
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "computed");
}

static void close_db(void) {
  test_db_close(stranger);
  test_db_close(db);
}

static void expect(const char *source) {
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), source);
  test_cached_same(db, "SELECT * FROM deck(1)",
                   "SELECT id, word FROM card WHERE deck = 1 ORDER BY id");
}

/* ---- served ---- */

START_TEST(a_stranger_who_writes_another_table_leaves_the_answer_standing) {
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("l1");
  test_db_exec(stranger, "PRAGMA user_version = 5");
  expect("l1");
}
END_TEST

START_TEST(so_it_is_in_a_transaction_and_in_one_that_has_begun_to_read) {
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  test_db_exec(db, "BEGIN");
  expect("l1");
  test_db_exec(db, "COMMIT; BEGIN; SELECT * FROM other");
  test_db_exec(stranger, "INSERT INTO other VALUES(2)");
  expect("l1");
  test_db_exec(db, "COMMIT");
}
END_TEST

START_TEST(with_a_rollback_journal_it_is_the_same) {
  sqlite3 *a = test_cached_open("rollback.db", "delete");
  sqlite3 *b = test_db_open("rollback.db", NULL);

  test_db_exec(a, "CREATE TABLE t(v); CREATE TABLE u(v); INSERT INTO t"
                  " VALUES(1); SELECT cache_track('t')");
  test_db_exec(a, "CREATE VIRTUAL TABLE temp.c USING cached((SELECT v FROM t),"
                  " consistency=tracked)");
  ck_assert_str_eq(test_cached_source(a, "c"), "computed");
  test_db_exec(b, "INSERT INTO u VALUES(1)");
  ck_assert_str_eq(test_cached_source(a, "c"), "l1");
  test_db_exec(b, "INSERT INTO t VALUES(2)");
  ck_assert_str_eq(test_cached_source(a, "c"), "computed");
  test_db_close(b);
  test_db_close(a);
}
END_TEST

START_TEST(warming_computes_only_what_is_not_right_any_more) {
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("l1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_warm('deck', 'SELECT 1')"), 0);
  test_db_exec(stranger, "DELETE FROM card WHERE id = 1");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_warm('deck', 'SELECT 1')"), 1);
  expect("l1");
}
END_TEST

START_TEST(what_was_asked_once_at_a_commit_is_not_asked_again) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT * FROM deck(1)");
  sqlite3_int64 before;

  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("l1");
  while (sqlite3_step(stmt) == SQLITE_ROW) {
  }
  sqlite3_reset(stmt);
  before = test_cached_count(db, "deck", "hits_l1");
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    ck_assert_int_eq(sqlite3_txn_state(db, "main"), SQLITE_TXN_NONE);
  }
  ck_assert_int_eq(test_cached_count(db, "deck", "hits_l1"), before + 1);
  sqlite3_finalize(stmt);
}
END_TEST

/* ---- not served ---- */

static const char *const writes[] = {
    "UPDATE card SET word = 'x' WHERE id = 1",
    "DELETE FROM card",
    "REPLACE INTO card VALUES(1, 1, 'x', 1)",
    "BEGIN; INSERT INTO other VALUES(1); UPDATE card SET n = 0; COMMIT",
};

START_TEST(a_write_to_its_table_is_seen) {
  test_db_exec(stranger, "%s", writes[_i]);
  if (_i != 1) expect("computed");
  test_cached_same(db, "SELECT * FROM deck(1)",
                   "SELECT id, word FROM card WHERE deck = 1 ORDER BY id");
}
END_TEST

START_TEST(an_older_snapshot_is_answered_by_its_own_generation) {
  test_db_exec(db, "BEGIN; SELECT * FROM other");
  test_db_exec(stranger, "UPDATE card SET word = 'x' WHERE id = 1");
  expect("l1");
  test_db_exec(db, "COMMIT");
  expect("computed");
}
END_TEST

START_TEST(own_writes_are_computed) {
  test_db_exec(db, "BEGIN; UPDATE card SET word = 'own' WHERE id = 1");
  expect("bypass");
  test_db_exec(db, "ROLLBACK");
  expect("l1");
}
END_TEST

START_TEST(a_table_that_took_the_place_of_a_tracked_one_is_not_tracked) {
  test_db_exec(stranger,
               "ALTER TABLE card RENAME TO old; CREATE TABLE card(id"
               " INTEGER PRIMARY KEY, deck, word TEXT, n); INSERT INTO"
               " card VALUES(1, 1, 'new', 0)");
  expect("computed");
  test_db_exec(stranger, "UPDATE card SET word = 'newer'");
  expect("computed");
}
END_TEST

START_TEST(without_one_of_its_triggers_a_table_is_not_tracked) {
  test_db_exec(stranger, "DROP TRIGGER hotpath_update_card");
  expect("computed");
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("computed");
  test_db_exec(stranger, "UPDATE card SET word = 'x'");
  expect("computed");
}
END_TEST

START_TEST(what_was_written_between_two_trackings_is_seen) {
  test_db_exec(db, "SELECT cache_untrack('card')");
  test_db_exec(stranger, "UPDATE card SET word = 'between'");
  test_db_exec(db, "SELECT cache_track('card')");
  expect("computed");
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("l1");
}
END_TEST

START_TEST(a_temp_table_in_front_of_it_is_seen) {
  test_db_exec(db, "CREATE TEMP TABLE card(id INTEGER, deck, word TEXT); INSERT"
                   " INTO temp.card VALUES(5, 1, 'temp')");
  expect("computed");
  test_db_exec(stranger, "UPDATE card SET word = 'behind' WHERE id = 1");
  expect("l1");
  test_db_exec(db, "DROP TABLE temp.card");
  expect("computed");
}
END_TEST

START_TEST(a_database_put_back_goes_another_way) {
  sqlite3_backup *b;
  sqlite3 *copy;

  test_db_exec(stranger, "VACUUM INTO %Q", test_tmp_path("copy.db"));
  copy = test_db_open("copy.db", NULL);
  test_db_exec(stranger, "UPDATE card SET word = 'one way' WHERE id = 1");
  expect("computed");
  b = sqlite3_backup_init(stranger, "main", copy, "main");
  sqlite3_backup_step(b, -1);
  ck_assert_int_eq(sqlite3_backup_finish(b), SQLITE_OK);
  test_db_exec(stranger, "UPDATE card SET word = 'another' WHERE id = 1");
  expect("computed");
  test_db_close(copy);
}
END_TEST

/* ---- mistakes ---- */

static const struct {
  const char *sql, *why;
} untracked[] = {
    {"SELECT x FROM other", "the table other is not tracked: SELECT"
                            " cache_track('other')"},
    {"SELECT id FROM card JOIN other ON x = id", "the table other is not"},
    {"SELECT a FROM temp.own", "not all that it reads is tables of main"},
    {"SELECT key FROM json_each('[1]')", "not all that it reads is tables"},
    {"SELECT name FROM sqlite_schema", "it reads the schema"},
    {"SELECT 1", "not all that it reads is tables of main"},
};

START_TEST(what_is_missing_is_said_when_a_table_is_created) {
  char sql[300];
  const char *message;

  test_db_exec(db, "CREATE TEMP TABLE own(a)");
  sqlite3_snprintf(sizeof sql, sql,
                   "CREATE VIRTUAL TABLE temp.bad USING cached((%s),"
                   " consistency=tracked)",
                   untracked[_i].sql);
  message = test_db_error(db, sql);
  ck_assert_msg(strstr(message, "bad: consistency=tracked is not possible: "),
                "%s", message);
  ck_assert_msg(strstr(message, untracked[_i].why), "%s", message);
}
END_TEST

static int deny_schema(void *arg, int action, const char *a, const char *b,
                       const char *c, const char *d) {
  (void)b, (void)c, (void)d;
  *(int *)arg += 1;
  return action == SQLITE_READ && a && !strncmp(a, "hotpath_", 8) ? SQLITE_DENY
                                                                  : SQLITE_OK;
}

START_TEST(an_authorizer_that_denies_the_generations_costs_only_speed) {
  int asked = 0;

  sqlite3_set_authorizer(db, deny_schema, &asked);
  test_db_exec(stranger, "INSERT INTO other VALUES(1)");
  expect("computed");
  ck_assert_int_gt(asked, 0);
  sqlite3_set_authorizer(db, NULL, NULL);
}
END_TEST

static bool attempt(void *arg) {
  hp_generation g = {.conn = hp_conn_find(db), .sql = "SELECT word FROM card"};
  hp_program p;
  hp_stamp value;
  char *err = NULL;
  bool ok;

  (void)arg;
  ok = !hp_program_read(db, g.sql, &p, &err);
  ok = ok && hp_generation_read(&g, p.code, &value);
  ok = ok && hp_generation_read(&g, p.code, &value);
  hp_program_term(&p);
  sqlite3_free(err);
  hp_generation_term(&g);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  sqlite3_stmt *hold = test_db_prepare(db, "SELECT x FROM other, card");

  test_db_error(db, "SELECT room for the message, kept by the connection");
  test_db_exec(db, "INSERT INTO other VALUES(1)");
  ck_assert_int_eq(sqlite3_step(hold), SQLITE_ROW);
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 20);
  sqlite3_finalize(hold);
}
END_TEST

Suite *cache_generation_suite(void) {
  Suite *s = suite_create("cache_generation");
  TCase *c = tcase_create("generation");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 30);
  tcase_add_test(
      c, a_stranger_who_writes_another_table_leaves_the_answer_standing);
  tcase_add_test(c,
                 so_it_is_in_a_transaction_and_in_one_that_has_begun_to_read);
  tcase_add_test(c, with_a_rollback_journal_it_is_the_same);
  tcase_add_test(c, warming_computes_only_what_is_not_right_any_more);
  tcase_add_test(c, what_was_asked_once_at_a_commit_is_not_asked_again);
  tcase_add_loop_test(c, a_write_to_its_table_is_seen, 0,
                      sizeof writes / sizeof *writes);
  tcase_add_test(c, an_older_snapshot_is_answered_by_its_own_generation);
  tcase_add_test(c, own_writes_are_computed);
  tcase_add_test(c,
                 a_table_that_took_the_place_of_a_tracked_one_is_not_tracked);
  tcase_add_test(c, without_one_of_its_triggers_a_table_is_not_tracked);
  tcase_add_test(c, what_was_written_between_two_trackings_is_seen);
  tcase_add_test(c, a_temp_table_in_front_of_it_is_seen);
  tcase_add_test(c, a_database_put_back_goes_another_way);
  tcase_add_loop_test(c, what_is_missing_is_said_when_a_table_is_created, 0,
                      sizeof untracked / sizeof *untracked);
  tcase_add_test(c, an_authorizer_that_denies_the_generations_costs_only_speed);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
