/* SPDX-License-Identifier: MIT
**
** usage.c and its table, index_usage.
*/
#include "advisor/usage.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_usage_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("usage.db", "wal");
  test_db_exec(db,
               "CREATE TABLE deck(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
               "CREATE TABLE card(id INTEGER PRIMARY KEY, deck REFERENCES deck,"
               "  a, b, w TEXT);"
               "CREATE TABLE pair(x, y, PRIMARY KEY(x, y)) WITHOUT ROWID;"
               "CREATE TABLE word(w TEXT PRIMARY KEY);"
               "CREATE INDEX card_a ON card(a);"
               "CREATE INDEX card_ab ON card(a, b DESC);"
               "CREATE INDEX card_ab2 ON card(a, b DESC);"
               "CREATE INDEX card_id ON card(id, a);"
               "CREATE INDEX card_w ON card(w COLLATE NOCASE);"
               "CREATE INDEX card_lower ON card(lower(w));"
               "CREATE INDEX card_deck ON card(deck);"
               "CREATE INDEX card_part ON card(a) WHERE b > 1;"
               "CREATE INDEX pair_x ON pair(x)");
}

static void close_db(void) {
  test_db_exec(db, "SELECT query_reset()");
  test_db_close(db);
}

static const char *column(const char *name, const char *index) {
  return test_db_text(db, "SELECT \"%w\" FROM index_usage WHERE \"index\" = %Q",
                      name, index);
}

START_TEST(every_index_has_a_row) {
  ck_assert_str_eq(
      test_db_text(db, "SELECT group_concat(\"index\", ' ') FROM index_usage"),
      "card_a card_ab card_ab2 card_deck card_id card_lower card_part card_w"
      " sqlite_autoindex_deck_1 pair_x sqlite_autoindex_word_1");
  ck_assert_str_eq(column("table", "card_ab"), "card");
  ck_assert_str_eq(column("columns", "card_ab"), "a, b DESC");
  ck_assert_str_eq(column("columns", "card_w"), "w COLLATE NOCASE");
  ck_assert_str_eq(column("columns", "card_lower"), "(expression)");
  ck_assert_str_eq(column("size_bytes", "card_a"), "4096");
}
END_TEST

START_TEST(what_another_index_does_as_well_is_redundant) {
  ck_assert_str_eq(column("redundant_with", "card_a"), "card_ab");
  ck_assert_str_eq(column("redundant_with", "card_ab"), "NULL");
  ck_assert_str_eq(column("redundant_with", "card_ab2"), "card_ab");
  ck_assert_str_eq(column("redundant_with", "card_id"), "rowid");
  ck_assert_str_eq(column("redundant_with", "pair_x"),
                   "sqlite_autoindex_pair_1");
  ck_assert_str_eq(column("redundant_with", "card_w"), "NULL");
  ck_assert_str_eq(column("redundant_with", "card_lower"), "NULL");
  ck_assert_str_eq(column("redundant_with", "card_part"), "NULL");
  ck_assert_str_eq(column("redundant_with", "sqlite_autoindex_deck_1"), "NULL");
}
END_TEST

START_TEST(a_note_says_what_must_stay) {
  ck_assert_str_eq(column("note", "sqlite_autoindex_deck_1"),
                   "is a UNIQUE constraint");
  ck_assert_str_eq(column("note", "sqlite_autoindex_word_1"),
                   "is the primary key");
  ck_assert_str_eq(column("note", "card_deck"), "supports a foreign key");
  ck_assert_str_eq(column("note", "card_a"), "another one does the same");
}
END_TEST

START_TEST(uses_are_the_calls_of_statements_that_name_it) {
  for (int i = 0; i < 5; i++) {
    test_db_exec(db, "SELECT * FROM card WHERE deck = %d", i);
  }
  test_db_exec(db, "UPDATE card SET b = 1 WHERE deck = 7");
  test_db_exec(db, "SELECT * FROM deck WHERE name = 'x'");
  ck_assert_str_eq(column("uses", "card_deck"), "6");
  ck_assert_str_eq(column("statements", "card_deck"), "2");
  ck_assert_uint_eq(strlen(column("last_used", "card_deck")), 24);
  ck_assert_str_eq(column("uses", "sqlite_autoindex_deck_1"), "1");
  ck_assert_str_eq(column("uses", "card_w"), "0");
  ck_assert_str_eq(column("last_used", "card_w"), "NULL");
}
END_TEST

START_TEST(a_name_within_a_longer_name_is_not_meant) {
  test_db_exec(db, "DROP INDEX card_a; DROP INDEX card_ab; "
                   "SELECT * FROM card INDEXED BY card_ab2 WHERE a = 1;"
                   "CREATE INDEX card_ab ON card(w)");
  ck_assert_str_eq(column("uses", "card_ab2"), "1");
  ck_assert_str_eq(column("uses", "card_ab"), "0");
}
END_TEST

static bool attempt(void *arg) {
  hp_usage u;
  char *err = NULL;
  int rc = hp_usage_read(hp_conn_find(db), &u, &err);

  (void)arg;
  if (!rc) ck_assert_int_eq(u.n, 11);
  hp_usage_term(&u);
  hp_usage_term(&u);
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

/* Every 11th, or it takes too long: most are SQLite's, in preparing. */
START_TEST(allocations_may_fail) {
  int n = 0;

  test_db_exec(db, "SELECT * FROM card WHERE deck = 1");
  ck_assert(attempt(NULL));
  for (int nth = 1; nth == 1 || test_heap_failed(); nth += 11, n++) {
    test_heap_fail_at(nth);
    attempt(NULL);
    test_heap_fail_never();
  }
  ck_assert_int_gt(n, 20);
  ck_assert(attempt(NULL));
}
END_TEST

Suite *advisor_usage_suite(void) {
  Suite *s = suite_create("advisor_usage");
  TCase *c = tcase_create("usage");

  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, every_index_has_a_row);
  tcase_add_test(c, what_another_index_does_as_well_is_redundant);
  tcase_add_test(c, a_note_says_what_must_stay);
  tcase_add_test(c, uses_are_the_calls_of_statements_that_name_it);
  tcase_add_test(c, a_name_within_a_longer_name_is_not_meant);
  tcase_add_test(c, allocations_may_fail);
  suite_add_tcase(s, c);
  return s;
}
