/* SPDX-License-Identifier: MIT
**
** What names in a cached SELECT stand for, and when that changes: temp tables,
** views, attached databases, settings, schema changes. Two connections of the
** process with cached tables, db and peer, on one WAL file.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>

Suite *cache_table_schema_suite(void);

static sqlite3 *db, *peer;

static void open_both(void) {
  db = test_cached_cards();
  peer = test_cached_open("test.db", NULL);
}

static void close_both(void) {
  test_db_close(peer);
  test_db_close(db);
}

/* The same statements on both. */
static void both(const char *sql) {
  test_db_exec(db, "%s", sql);
  test_db_exec(peer, "%s", sql);
}

static void expect_error(sqlite3 *d, const char *sql, const char *part) {
  const char *message = test_db_error(d, sql);

  ck_assert_msg(strstr(message, part), "%s: %s", sql, message);
}

/* `SELECT columns, _source FROM x` must give want. */
static void expect(sqlite3 *d, const char *columns, const char *want) {
  ck_assert_str_eq(test_db_text(d, "SELECT %s, _source FROM x", columns), want);
}

static const char words[] =
    "CREATE VIRTUAL TABLE temp.x USING cached(("
    "SELECT group_concat(word) AS w, count(*) AS n FROM card))";

START_TEST(a_temp_table_of_the_same_name_is_another_table) {
  both(words);
  expect(db, "n", "4|computed");
  test_db_exec(db, "CREATE TEMP TABLE card(id INTEGER PRIMARY KEY, deck INT,"
                   " word TEXT, n REAL)");
  expect(db, "n", "0|computed");
  expect(peer, "n", "4|l1");
  test_db_exec(db, "INSERT INTO temp.card(word) VALUES ('mine')");
  expect(db, "w, n", "mine|1|computed");
  test_db_exec(db, "INSERT INTO temp.card(word) VALUES ('two')");
  expect(db, "w, n", "mine,two|2|computed");
  expect(peer, "w, n", "ichi,ni,san|4|l1");
  test_db_exec(db, "DROP TABLE temp.card");
  expect(db, "w, n", "ichi,ni,san|4|l1");
}
END_TEST

START_TEST(a_schema_qualified_name_is_not_shadowed) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.x USING cached(("
                   "SELECT count(*) AS n FROM main.card));"
                   "CREATE TEMP TABLE card(id)");
  expect(db, "n", "4|computed");
  expect(db, "n", "4|l1");
}
END_TEST

START_TEST(a_view_made_again_otherwise_is_another_view) {
  test_db_exec(db, "CREATE VIEW v AS SELECT id AS a FROM card WHERE deck = 1;"
                   "CREATE VIRTUAL TABLE temp.x USING cached(("
                   "SELECT count(a) AS n FROM v))");
  expect(db, "n", "2|computed");
  test_db_exec(peer, "DROP VIEW v; CREATE VIEW v AS SELECT id AS a FROM card");
  expect(db, "n", "4|computed");
  test_db_exec(db, "CREATE TEMP VIEW v AS SELECT 1 AS a");
  expect(db, "n", "1|computed");
}
END_TEST

START_TEST(an_alias_attached_to_another_file_is_another_database) {
  sqlite3 *other = test_db_open("b.db", "wal");

  test_db_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES ('b')");
  test_db_close(other);
  other = test_db_open("a.db", "wal");
  test_db_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES ('a')");
  test_db_close(other);
  test_db_exec(db, "ATTACH %Q AS side", test_tmp_path("a.db"));
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.x USING cached(("
                   "SELECT a FROM side.t))");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "a");
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "a");
    test_db_exec(db, "DETACH side; ATTACH %Q AS side", test_tmp_path("b.db"));
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "b");
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "b");
    test_db_exec(db, "DETACH side");
    expect_error(db, "SELECT a FROM x", "side");
    test_db_exec(db, "ATTACH %Q AS side", test_tmp_path("a.db"));
  }
}
END_TEST

START_TEST(two_connections_may_give_one_alias_to_two_files) {
  sqlite3 *other;

  for (int i = 0; i < 2; i++) {
    other = test_db_open(i ? "b.db" : "a.db", NULL);
    test_db_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES (%d)", i);
    test_db_close(other);
    test_db_exec(i ? peer : db, "ATTACH %Q AS side",
                 test_tmp_path(i ? "b.db" : "a.db"));
  }
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT a FROM side.t))");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "0");
    ck_assert_str_eq(test_db_text(peer, "SELECT a FROM x"), "1");
  }
}
END_TEST

START_TEST(an_answer_from_two_files_depends_on_both) {
  sqlite3 *other = test_db_open("a.db", "wal");

  test_db_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  test_db_exec(db, "ATTACH %Q AS side", test_tmp_path("a.db"));
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.x USING cached(("
                   "SELECT sum(a) + (SELECT count(*) FROM card) AS n"
                   " FROM side.t))");
  expect(db, "n", "5|computed");
  expect(db, "n", "5|l1");
  test_db_exec(other, "UPDATE t SET a = 10");
  expect(db, "n", "14|computed");
  expect(db, "n", "14|l1");
  test_db_exec(peer, "DELETE FROM card WHERE id = 1");
  expect(db, "n", "13|computed");
  test_db_exec(db, "BEGIN; UPDATE side.t SET a = 20");
  expect(db, "n", "23|bypass");
  test_db_exec(db, "ROLLBACK");
  expect(db, "n", "13|l1");
  test_db_close(other);
}
END_TEST

START_TEST(like_that_minds_case_is_another_like) {
  const char *make = "CREATE VIRTUAL TABLE temp.x USING cached(("
                     "SELECT count(*) AS n FROM card WHERE word LIKE :p),"
                     " ttl=60)";

  both(make);
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM x('SAN')"), "1");
  test_db_exec(peer, "PRAGMA case_sensitive_like = on");
  ck_assert_str_eq(test_db_text(peer, "SELECT n FROM x('SAN')"), "0");
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM x('SAN')"), "1");
}
END_TEST

START_TEST(double_quoted_strings_are_asked_again_when_switched_off) {
  test_db_exec(db,
               "CREATE VIRTUAL TABLE temp.x USING cached((SELECT \"text\" AS"
               " a))");
  expect(db, "a", "text|computed");
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
  expect_error(db, "SELECT a FROM x", "no such column");
}
END_TEST

START_TEST(a_dropped_table_is_an_error_until_it_is_back) {
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT id, word FROM card"
       " WHERE id = 1))");
  expect(db, "word", "ichi|computed");
  test_db_exec(peer, "DROP TABLE card");
  for (int i = 0; i < 2; i++) {
    expect_error(db, "SELECT * FROM x", "x: no such table: card");
    expect_error(peer, "SELECT * FROM x", "x: no such table: card");
  }
  test_db_exec(peer, "CREATE TABLE card(id INTEGER PRIMARY KEY, word TEXT);"
                     "INSERT INTO card VALUES (1, 'new')");
  ck_assert_str_eq(test_db_text(db, "SELECT * FROM x"), "1|new");
  ck_assert_str_eq(test_db_text(peer, "SELECT * FROM x"), "1|new");
}
END_TEST

START_TEST(star_never_shows_a_value_under_another_name) {
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT * FROM card"
       " WHERE id = 1))");
  expect(db, "id, word", "1|ichi|computed");
  test_db_exec(peer, "ALTER TABLE card RENAME TO old;"
                     "CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT,"
                     "  n REAL, word TEXT);"
                     "INSERT INTO card SELECT id, deck, n, word FROM old");
  /* The first statement still has the old columns: an error. Then the table is
  ** there with the new ones. */
  expect_error(db, "SELECT word FROM x", "the columns of its SELECT are now");
  ck_assert_str_eq(test_db_text(db, "SELECT word, n FROM x"), "ichi|1.5");
}
END_TEST

START_TEST(an_added_or_renamed_column_is_no_wrong_answer) {
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT * FROM card"
       " WHERE id = 1))");
  test_db_text(db, "SELECT * FROM x");
  test_db_exec(db, "ALTER TABLE card ADD COLUMN extra DEFAULT 'e'");
  ck_assert_str_eq(test_db_text(db, "SELECT * FROM x"), "1|1|ichi|1.5|e");
  test_db_exec(db, "ALTER TABLE card RENAME COLUMN word TO term");
  ck_assert_str_eq(test_db_text(db, "SELECT term FROM x"), "ichi");
  expect_error(db, "SELECT word FROM x", "no such column: word");
}
END_TEST

Suite *cache_table_schema_suite(void) {
  Suite *s = suite_create("cache_table_schema");
  TCase *c = tcase_create("schema");

  tcase_add_checked_fixture(c, open_both, close_both);
  tcase_add_test(c, a_temp_table_of_the_same_name_is_another_table);
  tcase_add_test(c, a_schema_qualified_name_is_not_shadowed);
  tcase_add_test(c, a_view_made_again_otherwise_is_another_view);
  tcase_add_test(c, an_alias_attached_to_another_file_is_another_database);
  tcase_add_test(c, two_connections_may_give_one_alias_to_two_files);
  tcase_add_test(c, an_answer_from_two_files_depends_on_both);
  tcase_add_test(c, like_that_minds_case_is_another_like);
  tcase_add_test(c, double_quoted_strings_are_asked_again_when_switched_off);
  tcase_add_test(c, a_dropped_table_is_an_error_until_it_is_back);
  tcase_add_test(c, star_never_shows_a_value_under_another_name);
  tcase_add_test(c, an_added_or_renamed_column_is_no_wrong_answer);
  suite_add_tcase(s, c);
  return s;
}
