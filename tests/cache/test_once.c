/* SPDX-License-Identifier: MIT
**
** Whether a statement is known to read cached tables once shows on the host:
** a hit then opens no read transaction.
*/
#include "cache/once.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_once_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT id, word FROM card WHERE deck = :deck));"
                   "CREATE VIRTUAL TABLE temp.other USING cached(("
                   "SELECT count(*) AS n FROM card))");
}

static void close_db(void) {
  test_db_close(db);
}

/* Runs sql n times; has the last run, a hit, opened a read transaction? */
static bool opens_transaction(const char *sql, int n) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);
  int state = -1;

  while (n-- > 0) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    state = sqlite3_txn_state(db, "main");
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  return state != SQLITE_TXN_NONE;
}

static const struct {
  const char *sql;
  bool once;
} statements[] = {
    {"SELECT word FROM deck(1)", true},
    {"SELECT word FROM deck WHERE deck = 1 AND id = 2", true},
    {"SELECT max(word), count(*) FROM deck(1)", true},
    {"SELECT word || _source FROM deck(1)", true},
    {"SELECT word FROM deck WHERE deck IN (1, 2)", false},
    {"SELECT a.word FROM deck(1) a, deck(2) b", false},
    {"SELECT word FROM deck(1), other", false},
    {"SELECT word FROM deck(1) UNION ALL SELECT word FROM deck(2)", false},
    {"SELECT (SELECT n FROM other), word FROM deck(1)", false},
    {"SELECT d.word FROM deck(1) d JOIN card USING (id)", false},
    {"SELECT d.word FROM card JOIN deck d ON d.deck = card.deck", false},
};

START_TEST(a_statement_that_reads_once_opens_no_transaction) {
  ck_assert_int_eq(opens_transaction(statements[_i].sql, 6),
                   !statements[_i].once);
}
END_TEST

START_TEST(a_statement_used_once_is_not_worth_the_question) {
  opens_transaction("SELECT word FROM deck(1)", 6);
  ck_assert(opens_transaction("SELECT word FROM deck(1)", 1));
}
END_TEST

START_TEST(while_another_statement_runs_it_cannot_be_told) {
  sqlite3_stmt *busy = test_db_prepare(db, "SELECT 1 UNION SELECT 2"),
               *stmt = test_db_prepare(db, "SELECT word FROM deck(1)");

  ck_assert_int_eq(sqlite3_step(busy), SQLITE_ROW);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_txn_state(db, "main"), SQLITE_TXN_READ);
    sqlite3_reset(stmt);
  }
  sqlite3_reset(busy);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_reset(stmt);
  }
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_txn_state(db, "main"), SQLITE_TXN_NONE);
  sqlite3_finalize(stmt);
  sqlite3_finalize(busy);
}
END_TEST

START_TEST(inside_a_transaction_the_first_read_opens_it_all_the_same) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT word FROM deck(1)");

  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_reset(stmt);
  }
  test_db_exec(db, "BEGIN");
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_reset(stmt);
  ck_assert_int_eq(sqlite3_txn_state(db, "main"), SQLITE_TXN_READ);
  test_db_exec(db, "COMMIT");
  sqlite3_finalize(stmt);
}
END_TEST

START_TEST(a_note_reads_as_text_and_may_find_no_memory) {
  hp_plan_note *note = hp_plan_note_new();

  ck_assert_str_eq((const char *)note, "cached");
  ck_assert_int_eq(note->once, HP_ONCE_UNKNOWN);
  sqlite3_free(note);
  test_heap_fail_at(1);
  ck_assert_ptr_null(hp_plan_note_new());
  test_heap_fail_never();
}
END_TEST

Suite *cache_once_suite(void) {
  Suite *s = suite_create("cache_once");
  TCase *c = tcase_create("once");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_loop_test(c, a_statement_that_reads_once_opens_no_transaction, 0,
                      sizeof statements / sizeof *statements);
  tcase_add_test(c, a_statement_used_once_is_not_worth_the_question);
  tcase_add_test(c, while_another_statement_runs_it_cannot_be_told);
  tcase_add_test(c, inside_a_transaction_the_first_read_opens_it_all_the_same);
  tcase_add_test(c, a_note_reads_as_text_and_may_find_no_memory);
  suite_add_tcase(s, c);
  return s;
}
