/* SPDX-License-Identifier: MIT
**
** What a cached table returns is what its SELECT returns, to the last bit and
** in statements of every form.
*/
#include "cache/cached_vtab.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *cache_cached_values_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT id, word, n FROM card WHERE deck = :deck"
                   " ORDER BY id))");
}

static void close_db(void) {
  test_db_close(db);
}

static void expect_error(const char *sql, const char *part) {
  const char *message = test_db_error(db, sql);

  ck_assert_msg(strstr(message, part), "%s: %s", sql, message);
}

/* Each is stored in v(x) and read through a cached table. */
static const char *const values[] = {
    "NULL",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "0.0",
    "1.0",
    "1e308",
    "-1e-308",
    "9e999",
    "-9e999",
    "0.1",
    "''",
    "'a'",
    "'1'",
    "'Grüße, 漢字, 😀'",
    "char(0)",
    "'a' || char(0) || 'b'",
    "char(0, 0)",
    "x''",
    "x'00'",
    "x'61'",
    "zeroblob(0)",
    "zeroblob(5000)",
    "replace(hex(zeroblob(300)), '0', 'é')",
    "substr(hex(zeroblob(128)), 1, 255)",
    "substr(hex(zeroblob(128)), 1, 256)",
    "substr(hex(zeroblob(129)), 1, 257)",
    "CAST(x'ff61fe' AS TEXT)",
    "CAST(x'' AS TEXT)",
    "json('[1,2]')",
};
enum { N_VALUES = sizeof values / sizeof *values };

/* Reads values[i] four times: computed, from L1, and by a prepared statement
** that is known to read once; streamed at last. */
static void expect_faithful(sqlite3 *d, const char *value) {
  char *sql =
      sqlite3_mprintf("DELETE FROM v; INSERT INTO v VALUES (%s)", value);

  test_db_exec(d, "%s", sql);
  sqlite3_free(sql);
  for (int i = 0; i < 3; i++) {
    test_cached_same(d, "SELECT x FROM same", "SELECT x FROM v");
  }
  test_cached_same(d, "SELECT x FROM streamed", "SELECT x FROM v");
}

static void make_value_tables(sqlite3 *d) {
  test_db_exec(d, "CREATE TABLE v(x);"
                  "CREATE VIRTUAL TABLE temp.same USING cached(("
                  "SELECT x FROM v));"
                  "CREATE VIRTUAL TABLE temp.streamed USING cached(("
                  "SELECT x FROM v), max_bytes=1)");
}

START_TEST(a_value_comes_back_to_the_last_bit) {
  make_value_tables(db);
  expect_faithful(db, values[_i]);
}
END_TEST

START_TEST(a_value_comes_back_to_the_last_bit_in_utf16) {
  sqlite3 *d = test_cached_open("utf16.db", NULL);

  test_db_exec(d, "PRAGMA encoding = '%s'", _i % 2 ? "UTF-16le" : "UTF-16be");
  make_value_tables(d);
  expect_faithful(d, values[_i]);
  ck_assert_str_eq(test_db_text(d, "PRAGMA encoding"),
                   _i % 2 ? "UTF-16le" : "UTF-16be");
  test_db_close(d);
}
END_TEST

START_TEST(the_sign_of_zero_survives) {
  sqlite3_stmt *stmt;
  double zero = -0.0, got;

  test_db_exec(db, "CREATE VIRTUAL TABLE temp.echo USING cached((SELECT :x AS "
                   "y))");
  stmt = test_db_prepare(db, "SELECT y FROM echo(?1)");
  for (int i = 0; i < 4; i++) {
    sqlite3_bind_double(stmt, 1, zero);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    got = sqlite3_column_double(stmt, 0);
    ck_assert_mem_eq(&got, &zero, sizeof zero);
    sqlite3_reset(stmt);
  }
  sqlite3_bind_double(stmt, 1, 0.0);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  got = sqlite3_column_double(stmt, 0);
  ck_assert_mem_ne(&got, &zero, sizeof zero);
  sqlite3_finalize(stmt);
}
END_TEST

START_TEST(a_json_value_stays_json) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.j USING cached(("
                   "SELECT json('[1,2]') AS a, '[1,2]' AS b))");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT json_array(a, b) FROM j"),
                     "[[1,2],\"[1,2]\"]");
  }
}
END_TEST

START_TEST(arguments_of_all_types_are_kept_apart) {
  static const char *const apart[] = {"1",
                                      "1.0",
                                      "'1'",
                                      "x'31'",
                                      "NULL",
                                      "''",
                                      "x''",
                                      "'1' || char(0)",
                                      "0",
                                      "9007199254740993",
                                      "9007199254740992.0"};
  enum { N = sizeof apart / sizeof *apart };

  test_db_exec(db, "CREATE VIRTUAL TABLE temp.echo USING cached(("
                   "SELECT typeof(:x) AS t, quote(:x) AS q, :x AS x))");
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < N; i++) {
      char *cached = sqlite3_mprintf("SELECT * FROM echo(%s)", apart[i]),
           *direct = sqlite3_mprintf("SELECT typeof(%s), quote(%s), %s",
                                     apart[i], apart[i], apart[i]);
      test_cached_same(db, cached, direct);
      sqlite3_free(cached);
      sqlite3_free(direct);
    }
  }
  ck_assert_int_eq(test_cached_count(db, "echo", "computations"), N);
  ck_assert_int_eq(test_cached_count(db, "echo", "hits_l1"), N);
}
END_TEST

/* Statements over card and deck(): what they return, and, with the cached
** table replaced by a subquery, what is right. */
static const struct {
  const char *cached, *direct;
} statements[] = {
    {"SELECT * FROM deck WHERE deck IN (1, 2, 1, 3)",
     "SELECT id, word, n FROM card ORDER BY id"},
    {"SELECT word FROM deck WHERE deck IN (SELECT deck FROM card) ORDER BY id",
     "SELECT word FROM card ORDER BY id"},
    {"SELECT c.id, d.id FROM card c JOIN deck d ON d.deck = c.deck"
     " ORDER BY 1, 2",
     "SELECT c.id, d.id FROM card c JOIN card d ON d.deck = c.deck"
     " ORDER BY 1, 2"},
    {"SELECT c.id, d.id FROM deck(1) d JOIN card c ON c.deck = d.id"
     " ORDER BY 1, 2",
     "SELECT c.id, d.id FROM card d JOIN card c ON c.deck = d.id"
     " WHERE d.deck = 1 ORDER BY 1, 2"},
    {"SELECT c.id, d.word FROM card c LEFT JOIN deck d"
     " ON d.deck = c.deck + 1 ORDER BY 1, 2",
     "SELECT c.id, d.word FROM card c LEFT JOIN card d"
     " ON d.deck = c.deck + 1 ORDER BY 1, 2"},
    {"SELECT id, (SELECT max(word) FROM deck(card.deck)) FROM card",
     "SELECT id, (SELECT max(word) FROM card d WHERE d.deck = card.deck)"
     " FROM card"},
    {"SELECT id FROM card WHERE EXISTS (SELECT 1 FROM deck(card.deck - 1) d"
     " WHERE d.id = 2)",
     "SELECT id FROM card WHERE deck = 2"},
    {"SELECT * FROM deck(1) UNION ALL SELECT * FROM deck(2)"
     " UNION ALL SELECT * FROM deck(1)",
     "SELECT * FROM (SELECT id, word, n FROM card ORDER BY id) UNION ALL"
     " SELECT id, word, n FROM card WHERE deck = 1"},
    {"SELECT word FROM deck(1) ORDER BY word DESC LIMIT 1",
     "SELECT word FROM card WHERE deck = 1 ORDER BY word DESC LIMIT 1"},
    {"SELECT word FROM deck(1) LIMIT 5 OFFSET 1",
     "SELECT word FROM card WHERE deck = 1 LIMIT 5 OFFSET 1"},
    {"SELECT max(word), min(word), count(*), sum(n), group_concat(word)"
     " FROM deck(1)",
     "SELECT max(word), min(word), count(*), sum(n), group_concat(word)"
     " FROM card WHERE deck = 1"},
    {"SELECT max(d.word), min(d.word), max(length(d.word)) FROM card c,"
     " deck d WHERE d.deck = c.deck",
     "SELECT max(word), min(word), max(length(word)) FROM card"},
    {"SELECT c.deck, max(d.word) FROM card c JOIN deck d ON d.deck = c.deck"
     " GROUP BY c.deck",
     "SELECT deck, max(word) FROM card GROUP BY deck"},
    {"SELECT DISTINCT d.word FROM card c JOIN deck d ON d.deck = c.deck"
     " ORDER BY 1",
     "SELECT word FROM card ORDER BY 1"},
    {"SELECT word, lag(word) OVER (ORDER BY id) FROM deck(1)",
     "SELECT word, lag(word) OVER (ORDER BY id) FROM card WHERE deck = 1"},
    {"WITH RECURSIVE r(i, w) AS (SELECT 1, NULL UNION ALL SELECT i + 1,"
     " (SELECT max(word) FROM deck(i)) FROM r WHERE i < 3) SELECT * FROM r",
     "VALUES (1, NULL), (2, 'ni'), (3, 'san')"},
    {"SELECT a.word || b.word FROM deck(1) a, deck(1) b ORDER BY 1",
     "SELECT a.word || b.word FROM card a, card b WHERE a.deck = 1"
     " AND b.deck = 1 ORDER BY 1"},
    {"SELECT rowid FROM deck(1)", "VALUES (1), (2)"},
    {"SELECT word FROM deck WHERE (deck = 1 AND id = 1) OR"
     " (deck = 1 AND id = 2)",
     "VALUES ('ichi'), ('ni')"},
};

START_TEST(a_statement_gets_the_rows_of_the_uncached_one) {
  for (int i = 0; i < 4; i++) {
    test_cached_same(db, statements[_i].cached, statements[_i].direct);
  }
}
END_TEST

START_TEST(a_prepared_statement_stays_right_through_many_runs) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT word, _source FROM deck(?1)"
                                           " ORDER BY word DESC");

  for (int i = 0; i < 40; i++) {
    int deck = i % 2 + 1;
    sqlite3_bind_int(stmt, 1, deck);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0),
                     deck == 1 ? (i < 20 ? "ni" : "nn") : "san");
    if (i == 19) {
      sqlite3_reset(stmt);
      test_db_exec(db, "UPDATE card SET word = 'nn' WHERE id = 2");
    }
    if (i % 3 == 0)
      while (sqlite3_step(stmt) == SQLITE_ROW) {
      }
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  ck_assert_int_eq(test_cached_count(db, "deck", "computations"), 4);
  ck_assert_int_eq(test_cached_count(db, "deck", "hits_l1"), 36);
}
END_TEST

START_TEST(rows_being_read_outlive_their_eviction) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT word FROM deck(1)");

  for (int i = 0; i < 5; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    test_db_exec(db, "SELECT cache_clear()");
    ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "ichi");
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "ni");
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
}
END_TEST

START_TEST(more_cursors_than_are_kept_can_be_open_at_once) {
  sqlite3_stmt *stmts[9];

  for (int i = 0; i < 9; i++) {
    stmts[i] = test_db_prepare(db, "SELECT word FROM deck(1)");
    ck_assert_int_eq(sqlite3_step(stmts[i]), SQLITE_ROW);
  }
  for (int i = 0; i < 9; i++) {
    ck_assert_str_eq((const char *)sqlite3_column_text(stmts[i], 0), "ichi");
    sqlite3_finalize(stmts[i]);
  }
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(1)"), "ichi\nni");
}
END_TEST

START_TEST(what_a_statement_writes_may_come_from_a_cached_table) {
  test_db_exec(db, "INSERT INTO card(deck, word) SELECT 9, word FROM deck(1);"
                   "UPDATE card SET n = (SELECT count(*) FROM deck(9))"
                   " WHERE id = 1");
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM card WHERE id = 1"), "2.0");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(9)"), "ichi\nni");
}
END_TEST

START_TEST(views_and_triggers_of_the_file_may_not_read_it) {
  test_db_exec(db, "CREATE VIRTUAL TABLE main.stored USING cached(("
                   "SELECT count(*) AS n FROM card));"
                   "CREATE VIEW peek AS SELECT n FROM stored");
  expect_error("SELECT * FROM peek", "unsafe use of virtual table");
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM stored"), "4");
  expect_error("INSERT INTO stored VALUES (1)", "may not be modified");
}
END_TEST

Suite *cache_cached_values_suite(void) {
  Suite *s = suite_create("cache_cached_values");
  TCase *c = tcase_create("cached_values");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_loop_test(c, a_value_comes_back_to_the_last_bit, 0, N_VALUES);
  tcase_add_loop_test(c, a_value_comes_back_to_the_last_bit_in_utf16, 0,
                      N_VALUES);
  tcase_add_test(c, the_sign_of_zero_survives);
  tcase_add_test(c, a_json_value_stays_json);
  tcase_add_test(c, arguments_of_all_types_are_kept_apart);
  tcase_add_loop_test(c, a_statement_gets_the_rows_of_the_uncached_one, 0,
                      sizeof statements / sizeof *statements);
  tcase_add_test(c, a_prepared_statement_stays_right_through_many_runs);
  tcase_add_test(c, rows_being_read_outlive_their_eviction);
  tcase_add_test(c, more_cursors_than_are_kept_can_be_open_at_once);
  tcase_add_test(c, what_a_statement_writes_may_come_from_a_cached_table);
  tcase_add_test(c, views_and_triggers_of_the_file_may_not_read_it);
  suite_add_tcase(s, c);
  return s;
}
