/* SPDX-License-Identifier: MIT
**
** What the program of a cached SELECT decides: rights, functions, collations,
** modules. Two connections of the process with cached
** tables, db and peer, on one WAL file.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>

Suite *cache_table_program_suite(void);

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

/* Answers *arg for reading card.word, else OK. */
static int guard_word(void *arg, int action, const char *a, const char *b,
                      const char *c, const char *d) {
  (void)c, (void)d;
  if (action != SQLITE_READ || !a || !b) return SQLITE_OK;
  return !strcmp(a, "card") && !strcmp(b, "word") ? *(int *)arg : SQLITE_OK;
}

START_TEST(a_connection_that_may_not_read_gets_an_error_not_the_answer) {
  int verdict = SQLITE_DENY;

  both(words);
  expect(db, "w, n", "ichi,ni,san|4|computed");
  sqlite3_set_authorizer(peer, guard_word, &verdict);
  expect_error(peer, "SELECT w FROM x", "access to card.word is prohibited");
  expect_error(peer, "SELECT n FROM x", "access to card.word is prohibited");
  expect(db, "w, n", "ichi,ni,san|4|l1");
  expect_error(peer, "SELECT w FROM x", "access to card.word is prohibited");
  sqlite3_set_authorizer(peer, NULL, NULL);
  expect(peer, "w, n", "ichi,ni,san|4|l1");
}
END_TEST

START_TEST(a_connection_that_sees_null_neither_gives_nor_takes) {
  int verdict = SQLITE_IGNORE;

  both(words);
  sqlite3_set_authorizer(peer, guard_word, &verdict);
  expect(peer, "w, n", "NULL|4|computed");
  expect(db, "w, n", "ichi,ni,san|4|computed");
  expect(peer, "w, n", "NULL|4|l1");
  expect(db, "w, n", "ichi,ni,san|4|l1");
}
END_TEST

START_TEST(an_authorizer_that_comes_between_two_runs_is_obeyed) {
  int verdict = SQLITE_IGNORE;
  sqlite3_stmt *stmt;

  both(words);
  stmt = test_db_prepare(db, "SELECT w FROM x");
  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_ptr_nonnull(sqlite3_column_text(stmt, 0));
    sqlite3_reset(stmt);
  }
  sqlite3_set_authorizer(db, guard_word, &verdict);
  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_ptr_null(sqlite3_column_text(stmt, 0));
    sqlite3_reset(stmt);
  }
  verdict = SQLITE_DENY;
  sqlite3_set_authorizer(db, guard_word, &verdict);
  ck_assert_int_ne(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_finalize(stmt);
}
END_TEST

START_TEST(when_the_authorizer_is_gone_the_values_are_back) {
  int verdict = SQLITE_IGNORE;

  both(words);
  sqlite3_set_authorizer(db, guard_word, &verdict);
  expect(db, "w, n", "NULL|4|computed");
  sqlite3_set_authorizer(db, NULL, NULL);
  ck_assert_str_eq(test_db_text(db, "SELECT group_concat(word) FROM card"),
                   "ichi,ni,san");
  expect(db, "w, n", "ichi,ni,san|4|computed");
}
END_TEST

START_TEST(a_table_made_under_an_authorizer_is_that_of_others_only_if_equal) {
  int ok = SQLITE_OK, ignore = SQLITE_IGNORE;

  sqlite3_set_authorizer(db, guard_word, &ok);
  sqlite3_set_authorizer(peer, guard_word, &ignore);
  both(words);
  expect(db, "w", "ichi,ni,san|computed");
  expect(peer, "w", "NULL|computed");
}
END_TEST

START_TEST(an_authorizer_that_changes_its_mind_is_asked_again) {
  int verdict = SQLITE_OK;

  both(words);
  sqlite3_set_authorizer(db, guard_word, &verdict);
  expect(db, "w", "ichi,ni,san|computed");
  verdict = SQLITE_DENY;
  expect_error(db, "SELECT w FROM x", "access to card.word is prohibited");
  verdict = SQLITE_IGNORE;
  expect(db, "w", "NULL|computed");
  verdict = SQLITE_OK;
  expect(db, "w", "ichi,ni,san|l1");
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

START_TEST(a_name_that_changes_in_the_midst_of_a_statement_is_not_shared) {
  sqlite3_create_function(db, "run", 1, SQLITE_UTF8, NULL, run, NULL, NULL);
  both("CREATE VIRTUAL TABLE temp.x USING cached(("
       "SELECT count(*) AS n, :k AS k FROM card))");
  test_db_text(db, "SELECT n FROM x(1)");
  ck_assert_str_eq(test_db_text(db, "SELECT (SELECT n FROM x(1)),"
                                    " run('CREATE TEMP TABLE card(a)') IS NULL,"
                                    " (SELECT n FROM x(2))"),
                   "4|1|0");
  ck_assert_str_eq(test_db_text(peer, "SELECT n FROM x(2)"), "4");
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM x(2)"), "0");
}
END_TEST

static void constant(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_int(ctx, *(int *)sqlite3_user_data(ctx));
}

static void define(sqlite3 *d, int *value, int flags) {
  sqlite3_create_function(d, "mine", 0, SQLITE_UTF8 | flags, value, constant,
                          NULL, NULL);
}

START_TEST(a_function_of_the_application_is_its_connection_s_own) {
  int one = 1, two = 2, three = 3;

  define(db, &one, SQLITE_DETERMINISTIC);
  define(peer, &two, SQLITE_DETERMINISTIC);
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT mine() AS a,"
       " count(*) AS n FROM card))");
  for (int i = 0; i < 2; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM x"), "1");
    ck_assert_str_eq(test_db_text(peer, "SELECT a FROM x"), "2");
  }
  expect(db, "a", "1|l1");
  define(db, &three, SQLITE_DETERMINISTIC);
  expect(db, "a", "3|computed");
}
END_TEST

START_TEST(a_built_in_function_that_is_overridden_is_not_shared) {
  int one = 1;

  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT upper(word) AS a"
       " FROM card WHERE id = 1))");
  expect(db, "a", "ICHI|computed");
  sqlite3_create_function(peer, "upper", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          &one, constant, NULL, NULL);
  expect(peer, "a", "1|computed");
  expect(db, "a", "ICHI|l1");
}
END_TEST

static const struct {
  const char *select, *why;
} doubtful[] = {
    {"SELECT random()", "random() is not deterministic"},
    {"SELECT hex(randomblob(3)) FROM card", "randomblob()"},
    {"SELECT datetime('now')", "datetime() reads the clock"},
    {"SELECT date()", "date() reads the clock"},
    {"SELECT * FROM card WHERE n < julianday('now')", "julianday()"},
    {"SELECT CURRENT_TIMESTAMP", "reads the clock"},
    {"SELECT changes(), total_changes()", "changes()"},
    {"SELECT last_insert_rowid()", "last_insert_rowid()"},
    {"SELECT mine()", "mine() is not declared deterministic"},
    {"SELECT name FROM pragma_table_info('card')", "can change without a"},
    {"SELECT * FROM (SELECT random() AS r)", "random()"},
};

START_TEST(what_changes_by_itself_needs_a_ttl) {
  int one = 1;
  char *plain =
           sqlite3_mprintf("CREATE VIRTUAL TABLE temp.y USING cached((%s))",
                           doubtful[_i].select),
       *timed = sqlite3_mprintf("CREATE VIRTUAL TABLE temp.y USING cached((%s),"
                                " ttl=60)",
                                doubtful[_i].select);

  define(db, &one, 0);
  expect_error(db, plain, doubtful[_i].why);
  expect_error(db, plain, "add ttl=seconds");
  test_db_exec(db, "%s", timed);
  sqlite3_free(plain);
  sqlite3_free(timed);
}
END_TEST

START_TEST(with_a_ttl_the_same_random_number_comes_again) {
  const char *first;

  test_db_exec(db, "CREATE VIRTUAL TABLE temp.x USING cached((SELECT random()"
                   " AS r), ttl=3600)");
  first = test_db_text(db, "SELECT r FROM x");
  ck_assert_str_eq(test_db_text(db, "SELECT r FROM x"), first);
  ck_assert_str_eq(test_cached_source(db, "x"), "l1");
}
END_TEST

static int backwards(void *arg, int n, const void *a, int m, const void *b) {
  int order = memcmp(a, b, (size_t)(n < m ? n : m));

  (void)arg;
  return order ? -order : m - n;
}

static int forwards(void *arg, int n, const void *a, int m, const void *b) {
  return -backwards(arg, n, a, m, b);
}

START_TEST(a_collation_of_the_application_is_its_connection_s_own) {
  sqlite3_create_collation(db, "way", SQLITE_UTF8, NULL, backwards);
  sqlite3_create_collation(peer, "way", SQLITE_UTF8, NULL, forwards);
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT max(word COLLATE way)"
       " AS w FROM card))");
  for (int i = 0; i < 2; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT w FROM x"), "ichi");
    ck_assert_str_eq(test_db_text(peer, "SELECT w FROM x"), "san");
  }
  sqlite3_create_collation(db, "way", SQLITE_UTF8, NULL, forwards);
  ck_assert_str_eq(test_db_text(db, "SELECT w FROM x"), "san");
}
END_TEST

START_TEST(full_text_tables_are_watched_like_others) {
  test_db_exec(db, "CREATE VIRTUAL TABLE doc USING fts5(body);"
                   "INSERT INTO doc VALUES ('one word'), ('two words')");
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT count(*) AS n FROM doc"
       " WHERE doc MATCH :q))");
  for (int i = 0; i < 4; i++) {
    test_db_text(peer, "SELECT n FROM x('word')");
    test_db_exec(i % 2 ? db : peer, "INSERT INTO doc VALUES ('word')");
    ck_assert_int_eq(test_db_int(db, "SELECT n FROM x('word')"), 2 + i);
    ck_assert_int_eq(test_db_int(peer, "SELECT n FROM x('word')"), 2 + i);
  }
  ck_assert_str_eq(test_cached_source(db, "x('word')"), "l1");
}
END_TEST

START_TEST(a_full_text_table_survives_a_stranger_s_new_table) {
  test_db_exec(db, "CREATE VIRTUAL TABLE doc USING fts5(body);"
                   "INSERT INTO doc VALUES ('one word')");
  both("CREATE VIRTUAL TABLE temp.x USING cached((SELECT count(*) AS n FROM doc"
       " WHERE doc MATCH :q))");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(test_db_text(db, "SELECT n FROM x('word')"), "1");
    test_db_exec(peer, "CREATE TABLE new%d(a)", i);
    test_db_exec(db, "CREATE TEMP TABLE own%d(a)", i);
    ck_assert_str_eq(test_db_text(db, "SELECT n FROM x('word')"), "1");
  }
}
END_TEST

Suite *cache_table_program_suite(void) {
  Suite *s = suite_create("cache_table_program");
  TCase *c = tcase_create("program");

  tcase_add_checked_fixture(c, open_both, close_both);
  tcase_add_test(c,
                 a_connection_that_may_not_read_gets_an_error_not_the_answer);
  tcase_add_test(c, a_connection_that_sees_null_neither_gives_nor_takes);
  tcase_add_test(c, an_authorizer_that_comes_between_two_runs_is_obeyed);
  tcase_add_test(c, when_the_authorizer_is_gone_the_values_are_back);
  tcase_add_test(
      c, a_table_made_under_an_authorizer_is_that_of_others_only_if_equal);
  tcase_add_test(c, an_authorizer_that_changes_its_mind_is_asked_again);
  tcase_add_test(c,
                 a_name_that_changes_in_the_midst_of_a_statement_is_not_shared);
  tcase_add_test(c, a_function_of_the_application_is_its_connection_s_own);
  tcase_add_test(c, a_built_in_function_that_is_overridden_is_not_shared);
  tcase_add_loop_test(c, what_changes_by_itself_needs_a_ttl, 0,
                      sizeof doubtful / sizeof *doubtful);
  tcase_add_test(c, with_a_ttl_the_same_random_number_comes_again);
  tcase_add_test(c, a_collation_of_the_application_is_its_connection_s_own);
  tcase_add_test(c, full_text_tables_are_watched_like_others);
  tcase_add_test(c, a_full_text_table_survives_a_stranger_s_new_table);
  suite_add_tcase(s, c);
  return s;
}
