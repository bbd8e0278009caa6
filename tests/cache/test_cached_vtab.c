/* SPDX-License-Identifier: MIT
**
** Cached tables as SQL sees them: shape, large answers, errors, nesting, life.
** What they return is tested in test_cached_values.c, whether an answer may be
** served in test_table.c.
*/
#include "cache/cached_vtab.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>

Suite *cache_cached_vtab_suite(void);

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

START_TEST(star_shows_the_columns_of_the_select_only) {
  ck_assert_str_eq(test_db_text(db, "SELECT * FROM deck(1)"),
                   "1|ichi|1.5\n2|ni|2.5");
  ck_assert_str_eq(test_db_text(db, "SELECT group_concat(name || ' ' || type ||"
                                    " ' ' || hidden) FROM "
                                    "pragma_table_xinfo('deck')"),
                   "id INTEGER 0,word TEXT 0,n REAL 0,deck  1,"
                   "_source TEXT 1,_age_ms INT 1");
}
END_TEST

START_TEST(parameters_are_given_by_position_by_name_or_by_both) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.two USING cached(("
                   "SELECT word FROM card WHERE deck = :deck AND id > ?5))");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM two(1, 0, 0, 0, 1)"),
                   "ni");
  ck_assert_str_eq(test_db_text(db, "SELECT word, deck, p5 FROM two(1, 0, 0)"
                                    " WHERE p5 = 1 AND p4 = 0"),
                   "ni|1|1");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck WHERE deck = 2"),
                   "san\nNULL");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck WHERE 2 IS deck"),
                   "san\nNULL");
  ck_assert_str_eq(test_db_text(db, "SELECT word FROM deck(2) WHERE id = 3"),
                   "san");
}
END_TEST

START_TEST(a_parameter_named_like_a_column_gets_an_underscore) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.one USING cached(("
                   "SELECT id, word FROM card WHERE id = :id))");
  ck_assert_str_eq(test_db_text(db, "SELECT * FROM one(3)"), "3|san");
  ck_assert_str_eq(test_db_text(db, "SELECT *, _id FROM one WHERE _id = 3"),
                   "3|san|3");
  expect_error("SELECT * FROM one WHERE id = 3", "(_id)");
}
END_TEST

START_TEST(parameters_of_every_spelling_are_parameters) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.four USING cached(("
                   "SELECT :a || ?2 || @a || $a AS s))");
  ck_assert_str_eq(test_db_text(db, "SELECT s FROM four('p', 'q', 'r', 's')"),
                   "pqrs");
  ck_assert_str_eq(test_db_text(db, "SELECT s FROM four WHERE a = 'p' AND "
                                    "p2 = 'q' AND _a = 'r' AND __a = 's'"),
                   "pqrs");
}
END_TEST

START_TEST(a_table_without_parameters_takes_none) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.total USING cached(("
                   "SELECT count(*) AS n FROM card))");
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM total"), "4");
  ck_assert_str_eq(test_db_text(db, "SELECT n, _source FROM total"), "4|l1");
  expect_error("SELECT * FROM total(1)", "total takes 0 arguments; more were");
}
END_TEST

START_TEST(null_is_an_argument_like_any_other) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.nul USING cached(("
                   "SELECT id FROM card WHERE word IS :w))");
  ck_assert_str_eq(test_db_text(db, "SELECT id FROM nul(NULL)"), "4");
  ck_assert_str_eq(test_db_text(db, "SELECT id FROM nul WHERE w IS NULL"), "4");
  ck_assert_str_eq(test_db_text(db, "SELECT id FROM nul('san')"), "3");
  ck_assert_str_eq(test_db_text(db, "SELECT * FROM deck(NULL)"), "");
}
END_TEST

START_TEST(missing_and_surplus_arguments_are_told_in_a_sentence) {
  expect_error("SELECT * FROM deck",
               "deck needs a value for each of its parameters (deck): FROM "
               "deck(…), or WHERE parameter = …");
  expect_error("SELECT * FROM deck WHERE deck > 1", "deck needs a value");
  expect_error("SELECT * FROM deck(1, 2)",
               "deck takes 1 argument (deck); more were given");
  expect_error("SELECT * FROM deck(1, 2, 3)", "more were given");
  expect_error("SELECT * FROM deck(1, 2, 3, 4)", "too many arguments");
  expect_error("SELECT * FROM deck(1) WHERE _source = 'L1'",
               "_source is one of l1, l2, computed, stale, bypass");
  expect_error("SELECT * FROM deck(1) WHERE _source = NULL", "_source is one");
}
END_TEST

START_TEST(source_and_age_can_be_asked_and_filtered) {
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "computed");
  ck_assert_str_eq(test_cached_source(db, "deck(1)"), "l1");
  ck_assert_str_eq(
      test_db_text(db, "SELECT id FROM deck(1) WHERE _source = 'l1'"), "1\n2");
  ck_assert_str_eq(
      test_db_text(db, "SELECT id FROM deck(1) WHERE _source = 'computed'"),
      "");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM deck(1) WHERE "
                                   "_age_ms BETWEEN 0 AND 60000"),
                   2);
}
END_TEST

START_TEST(collation_and_affinity_of_the_columns_reach_the_outside) {
  test_db_exec(db, "CREATE TABLE w(t TEXT COLLATE NOCASE, i INT);"
                   "INSERT INTO w VALUES ('Abc', 5);"
                   "CREATE VIRTUAL TABLE temp.cw USING cached(("
                   "SELECT t, i FROM w))");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cw WHERE t = 'aBC'"),
                   1);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cw WHERE i = '5'"), 1);
}
END_TEST

START_TEST(a_result_too_wide_for_a_table_is_told_in_a_sentence) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  char *text;

  sqlite3_str_appendall(sql, "CREATE VIRTUAL TABLE temp.w USING cached(("
                             "SELECT 0");
  for (int i = 1; i < 1999; i++) sqlite3_str_appendf(sql, ", %d", i);
  sqlite3_str_appendall(sql, "))");
  text = sqlite3_str_finish(sql);
  expect_error(text, "w: too many columns");
  sqlite3_free(text);
}
END_TEST

START_TEST(the_module_itself_is_no_table) {
  expect_error("SELECT * FROM cached", "no such table: cached");
}
END_TEST

static void make_numbers(const char *options) {
  test_db_exec(db,
               "CREATE VIRTUAL TABLE temp.numbers USING cached(("
               "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
               " WHERE i < :last) SELECT i, 'text ' || i AS t FROM n)%s)",
               options);
}

static const char *const stream_options[] = {
    ", max_rows=1", ", max_rows=99", ", max_bytes=1", ", max_bytes=2000"};

START_TEST(an_answer_over_a_limit_is_streamed_and_not_stored) {
  make_numbers(stream_options[_i]);
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT count(*), sum(i), max(t), _source"
                                      " FROM numbers(100)"),
                     "100|5050|text 99|computed");
    ck_assert_str_eq(
        test_db_text(db, "SELECT i FROM numbers(100) LIMIT 2 OFFSET 97"),
        "98\n99");
    ck_assert_str_eq(test_db_text(db, "SELECT max(b.t) FROM numbers(3) a,"
                                      " numbers b WHERE b.last = 90 + a.i"),
                     "text 93");
  }
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cache_entries WHERE "
                                   "name = 'numbers' AND rows > 99"),
                   0);
  ck_assert_int_ge(test_cached_count(db, "numbers", "not_stored"), 6);
}
END_TEST

START_TEST(an_answer_just_within_a_limit_is_stored) {
  make_numbers(", max_rows=100");
  ck_assert_str_eq(test_cached_source(db, "numbers(100)"), "computed");
  ck_assert_str_eq(test_cached_source(db, "numbers(100)"), "l1");
  ck_assert_str_eq(test_cached_source(db, "numbers(101)"), "computed");
  ck_assert_str_eq(test_cached_source(db, "numbers(101)"), "computed");
}
END_TEST

START_TEST(an_answer_larger_than_a_quarter_of_the_cap_is_streamed) {
  make_numbers("");
  test_db_exec(db, "SELECT cache_config('cap_bytes', 4000)");
  for (int i = 0; i < 2; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT sum(i), _source FROM"
                                      " numbers(100)"),
                     "5050|computed");
  }
  ck_assert_int_le(test_db_int(db, "SELECT bytes FROM cache_stats WHERE name"
                                   " = 'total'"),
                   4000);
  test_db_exec(db, "SELECT cache_config('cap_bytes', 0)");
  ck_assert_str_eq(test_db_text(db, "SELECT sum(i) FROM numbers(100)"), "5050");
  ck_assert_int_eq(test_db_int(db, "SELECT bytes FROM cache_stats WHERE name"
                                   " = 'total'"),
                   0);
}
END_TEST

START_TEST(two_streams_of_one_table_do_not_disturb_each_other) {
  sqlite3_stmt *a, *b;

  make_numbers(", max_rows=1");
  a = test_db_prepare(db, "SELECT i FROM numbers(5)");
  b = test_db_prepare(db, "SELECT i FROM numbers(5)");
  for (int i = 1; i <= 5; i++) {
    ck_assert_int_eq(sqlite3_step(a), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_step(b), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_int(a, 0), i);
    ck_assert_int_eq(sqlite3_column_int(b, 0), i);
  }
  ck_assert_int_eq(sqlite3_step(a), SQLITE_DONE);
  sqlite3_finalize(a);
  sqlite3_finalize(b);
}
END_TEST

START_TEST(an_error_in_the_middle_keeps_nothing_and_says_what_it_was) {
  test_db_exec(db, "CREATE TABLE big(i INTEGER PRIMARY KEY, v);"
                   "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 1000) INSERT INTO big SELECT i, '[' || i || ']'"
                   " FROM n;"
                   "UPDATE big SET v = '[' WHERE i = 500;"
                   "CREATE VIRTUAL TABLE temp.whole USING cached(("
                   "SELECT i, json_extract(v, '$[0]') AS e FROM big));"
                   "CREATE VIRTUAL TABLE temp.flow USING cached(("
                   "SELECT i, json_extract(v, '$[0]') AS e FROM big),"
                   " max_rows=10)");
  for (int i = 0; i < 2; i++) {
    expect_error("SELECT sum(e) FROM whole", "whole: malformed JSON");
    expect_error("SELECT sum(e) FROM flow", "flow: malformed JSON");
    ck_assert_str_eq(test_db_text(db, "SELECT sum(e) FROM (SELECT e FROM flow"
                                      " LIMIT 400)"),
                     "80200");
  }
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cache_entries"), 0);
  test_db_exec(db, "UPDATE big SET v = '[500]' WHERE i = 500");
  ck_assert_str_eq(test_db_text(db, "SELECT sum(e) FROM whole"), "500500");
  ck_assert_str_eq(test_db_text(db, "SELECT sum(e) FROM flow"), "500500");
}
END_TEST

static int stop(void *arg) {
  return --*(int *)arg < 0;
}

START_TEST(an_interrupt_keeps_nothing_and_does_no_harm) {
  int budget = 50;

  make_numbers("");
  sqlite3_progress_handler(db, 100, stop, &budget);
  expect_error("SELECT count(*) FROM numbers(100000)", "interrupted");
  sqlite3_progress_handler(db, 0, NULL, NULL);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM cache_entries"), 0);
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM numbers(1000)"), 1000);
}
END_TEST

START_TEST(a_cached_table_may_read_another_and_stays_right) {
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.outer USING cached(("
                   "SELECT count(*) AS n, max(word) AS w FROM deck(:deck)))");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT n, w FROM outer(1)"), "2|ni");
  }
  test_db_exec(db, "INSERT INTO card VALUES (9, 1, 'zz', 1)");
  ck_assert_str_eq(test_db_text(db, "SELECT n, w FROM outer(1)"), "3|zz");
  ck_assert_str_eq(test_db_text(db, "SELECT o.n FROM card c JOIN outer o ON"
                                    " o.deck = c.deck ORDER BY c.id LIMIT 1"),
                   "3");
}
END_TEST

START_TEST(a_table_that_reads_itself_through_a_view_is_refused) {
  test_db_exec(db, "CREATE TEMP VIEW v AS SELECT * FROM card;"
                   "CREATE VIRTUAL TABLE temp.self USING cached(("
                   "SELECT id FROM v));"
                   "DROP VIEW v;"
                   "CREATE TEMP VIEW v AS SELECT * FROM self");
  expect_error("SELECT * FROM self",
               "self: its SELECT reads self itself; a cached table cannot be "
               "recursive");
  test_db_exec(db, "DROP VIEW v; CREATE TEMP VIEW v AS SELECT * FROM card");
  ck_assert_str_eq(test_db_text(db, "SELECT count(*) FROM self"), "4");
}
END_TEST

START_TEST(a_table_cannot_be_created_over_itself) {
  expect_error("CREATE VIRTUAL TABLE temp.card USING cached(("
               "SELECT * FROM card))",
               "recursively");
  ck_assert_str_eq(test_db_text(db, "SELECT count(*) FROM card"), "4");
}
END_TEST

/* A function that runs SQL on its own connection. */
static void run(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  char *err = NULL;

  (void)argc;
  if (sqlite3_exec(sqlite3_context_db_handle(ctx),
                   (const char *)sqlite3_value_text(argv[0]), NULL, NULL,
                   &err)) {
    sqlite3_result_error(ctx, err, -1);
  }
  sqlite3_free(err);
}

START_TEST(a_table_that_reads_itself_through_a_function_is_refused) {
  sqlite3_create_function(db, "run", 1, SQLITE_UTF8, NULL, run, NULL, NULL);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.self USING cached(("
                   "SELECT run('SELECT * FROM self(' || :x || ')')), ttl=9)");
  expect_error("SELECT * FROM self(1)", "a cached table cannot be recursive");
  expect_error("SELECT * FROM self(1)", "a cached table cannot be recursive");
}
END_TEST

/* So that the answer must be computed again. */
static const char *const changes[] = {"INSERT INTO t VALUES(3, 4)",
                                      "CREATE INDEX y ON t(b)",
                                      "ALTER TABLE t ADD COLUMN c"};

START_TEST(a_locked_database_is_busy_for_a_cached_read_as_for_any) {
  sqlite3 *host = test_db_open_hotpath("busy.db", "DELETE");
  sqlite3 *other = test_db_open("busy.db", NULL);
  sqlite3_stmt *direct, *cached;

  test_db_exec(host, "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2);"
                     "CREATE VIRTUAL TABLE temp.n USING cached(("
                     "SELECT count(*) AS n FROM t))");
  sqlite3_busy_timeout(host, 0);
  direct = test_db_prepare(host, "SELECT count(*) FROM t");
  cached = test_db_prepare(host, "SELECT n FROM temp.n");
  ck_assert_int_eq(sqlite3_step(cached), SQLITE_ROW);
  sqlite3_reset(cached);
  test_db_exec(other, changes[_i]);
  test_db_exec(host, "SELECT * FROM t");
  test_db_exec(other, "BEGIN EXCLUSIVE");
  ck_assert_int_eq(sqlite3_step(cached), SQLITE_BUSY);
  sqlite3_reset(cached);
  ck_assert_int_eq(sqlite3_step(direct), SQLITE_BUSY);
  sqlite3_reset(direct);
  test_db_exec(other, "ROLLBACK");
  ck_assert_int_eq(sqlite3_step(cached), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_step(direct), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_column_int(cached, 0),
                   sqlite3_column_int(direct, 0));
  sqlite3_finalize(cached);
  sqlite3_finalize(direct);
  test_db_close(other);
  test_db_close(host);
}
END_TEST

START_TEST(a_table_can_be_dropped_and_made_again_otherwise) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT word FROM deck(1)");

  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  expect_error("DROP TABLE deck", "locked");
  sqlite3_reset(stmt);
  test_db_exec(db, "DROP TABLE deck;"
                   "CREATE VIRTUAL TABLE temp.deck USING cached(("
                   "SELECT 'w' || :deck AS word))");
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "w1");
  sqlite3_finalize(stmt);
}
END_TEST

START_TEST(a_table_in_the_file_is_there_for_the_next_connection) {
  sqlite3 *other;

  test_db_exec(db, "CREATE VIRTUAL TABLE main.stored USING cached(("
                   "SELECT word FROM card WHERE id = :id), ttl=60)");
  other = test_cached_open("test.db", NULL);
  ck_assert_str_eq(test_db_text(other, "SELECT word FROM stored(1)"), "ichi");
  ck_assert_str_eq(test_db_text(db, "SELECT word, _source FROM stored(1)"),
                   "ichi|l1");
  test_db_exec(other, "DROP TABLE stored");
  expect_error("SELECT * FROM stored(1)", "no such table: stored");
  test_db_close(other);
}
END_TEST

START_TEST(closing_with_open_cursors_waits_for_them) {
  static const char *const calls[] = {"SELECT word FROM deck(1)",
                                      "SELECT i FROM numbers(9)"};
  sqlite3_stmt *stmts[2];
  sqlite3 *other = test_cached_open("test.db", NULL);

  test_db_exec(other, "CREATE VIRTUAL TABLE temp.deck USING cached(("
                      "SELECT word FROM card WHERE deck = :deck));"
                      "CREATE VIRTUAL TABLE temp.numbers USING cached(("
                      "SELECT id AS i FROM card WHERE id < :n), max_rows=1)");
  for (int i = 0; i < 2; i++) {
    stmts[i] = test_db_prepare(other, calls[i]);
    ck_assert_int_eq(sqlite3_step(stmts[i]), SQLITE_ROW);
  }
  ck_assert_int_eq(sqlite3_close(other), SQLITE_BUSY);
  ck_assert_int_eq(sqlite3_step(stmts[1]), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_close_v2(other), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmts[0]), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_step(stmts[1]), SQLITE_ROW);
  for (int i = 0; i < 2; i++) sqlite3_finalize(stmts[i]);
}
END_TEST

Suite *cache_cached_vtab_suite(void) {
  Suite *s = suite_create("cache_cached_vtab");
  TCase *c = tcase_create("cached_vtab");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, star_shows_the_columns_of_the_select_only);
  tcase_add_test(c, parameters_are_given_by_position_by_name_or_by_both);
  tcase_add_test(c, a_parameter_named_like_a_column_gets_an_underscore);
  tcase_add_test(c, parameters_of_every_spelling_are_parameters);
  tcase_add_test(c, a_table_without_parameters_takes_none);
  tcase_add_test(c, null_is_an_argument_like_any_other);
  tcase_add_test(c, missing_and_surplus_arguments_are_told_in_a_sentence);
  tcase_add_test(c, source_and_age_can_be_asked_and_filtered);
  tcase_add_test(c, collation_and_affinity_of_the_columns_reach_the_outside);
  tcase_add_test(c, a_result_too_wide_for_a_table_is_told_in_a_sentence);
  tcase_add_test(c, the_module_itself_is_no_table);
  tcase_add_loop_test(c, an_answer_over_a_limit_is_streamed_and_not_stored, 0,
                      sizeof stream_options / sizeof *stream_options);
  tcase_add_test(c, an_answer_just_within_a_limit_is_stored);
  tcase_add_test(c, an_answer_larger_than_a_quarter_of_the_cap_is_streamed);
  tcase_add_test(c, two_streams_of_one_table_do_not_disturb_each_other);
  tcase_add_test(c, an_error_in_the_middle_keeps_nothing_and_says_what_it_was);
  tcase_add_test(c, an_interrupt_keeps_nothing_and_does_no_harm);
  tcase_add_test(c, a_cached_table_may_read_another_and_stays_right);
  tcase_add_test(c, a_table_that_reads_itself_through_a_view_is_refused);
  tcase_add_test(c, a_table_cannot_be_created_over_itself);
  tcase_add_test(c, a_table_that_reads_itself_through_a_function_is_refused);
  tcase_add_loop_test(c, a_locked_database_is_busy_for_a_cached_read_as_for_any,
                      0, sizeof changes / sizeof *changes);
  tcase_add_test(c, a_table_can_be_dropped_and_made_again_otherwise);
  tcase_add_test(c, a_table_in_the_file_is_there_for_the_next_connection);
  tcase_add_test(c, closing_with_open_cursors_waits_for_them);
  suite_add_tcase(s, c);
  return s;
}
