/* SPDX-License-Identifier: MIT */
#include "schema/program.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *schema_program_suite(void);

static const char schema[] =
    "CREATE TABLE card(id INTEGER PRIMARY KEY, deck, word TEXT, due);"
    "CREATE INDEX card_word ON card(word);"
    "CREATE VIEW due_cards AS SELECT * FROM card WHERE due > 3;"
    "CREATE VIEW mood AS SELECT random() AS r FROM card;"
    "CREATE VIRTUAL TABLE doc USING fts5(body);"
    "CREATE VIEW found AS SELECT * FROM doc;"
    "CREATE VIRTUAL TABLE stemmed USING fts5(body, tokenize='porter');"
    "CREATE VIRTUAL TABLE outside USING fts5(word, content=due_cards);"
    "CREATE VIRTUAL TABLE box USING rtree(id, a, b);";

static sqlite3 *open_db(const char *name) {
  sqlite3 *db = test_db_open(name, NULL);

  if (test_db_int(db, "SELECT count(*) FROM sqlite_schema") == 0) {
    test_db_exec(db, schema);
  }
  return db;
}

/* Reads the program; fails the test with the sentence if that fails. */
static hp_program read_ok(sqlite3 *db, const char *sql) {
  hp_program p;
  char *err;
  int rc = hp_program_read(db, sql, &p, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, err);
  ck_assert_ptr_null(err);
  return p;
}

static bool same_hash(sqlite3 *a, sqlite3 *b, const char *sql) {
  hp_program p = read_ok(a, sql), q = read_ok(b, sql);
  bool same = p.hash.lo == q.hash.lo && p.hash.hi == q.hash.hi;

  hp_program_term(&p);
  hp_program_term(&q);
  return same;
}

static void expect_error(sqlite3 *db, const char *sql, int rc,
                         const char *part) {
  hp_program p;
  char *err;

  ck_assert_int_eq(hp_program_read(db, sql, &p, &err), rc);
  ck_assert_msg(err && strstr(err, part), "%s: %s", sql, err);
  sqlite3_free(err);
  hp_program_term(&p);
}

static void expect_text(const char *sql, const char *what, const char *got,
                        const char *want) {
  if (!want) {
    ck_assert_msg(!got, "%s: %s is '%s'", sql, what, got);
    return;
  }
  ck_assert_msg(got && strstr(got, want), "%s: %s is '%s', not '%s'", sql, what,
                got ? got : "NULL", want);
}

/* Statements and what is to be said about them. */
static const struct {
  const char *sql, *doubt, *private_why;
} cases[] = {
    {"SELECT 1", NULL, NULL},
    {"VALUES (1), (2)", NULL, NULL},
    {" /* x */ -- y\n SELECT word FROM card WHERE id = ?;", NULL, NULL},
    {"SELECT * FROM due_cards ORDER BY word COLLATE NOCASE DESC", NULL, NULL},
    {"SELECT count(DISTINCT word), sum(due), group_concat(word), max(id)"
     " FROM card GROUP BY deck HAVING total(due) > 1",
     NULL, NULL},
    {"SELECT row_number() OVER (ORDER BY due), lag(due) OVER w FROM card"
     " WINDOW w AS (PARTITION BY deck)",
     NULL, NULL},
    {"WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n"
     " WHERE x < 9) SELECT lower(word), abs(x) FROM n, card",
     NULL, NULL},
    {"SELECT * FROM card WHERE word LIKE 'a%' AND word GLOB ?", NULL, NULL},
    {"SELECT sqlite_version()", NULL, NULL},
    {"SELECT random()", "random() is not deterministic", NULL},
    {"SELECT * FROM mood", "random() is not deterministic", NULL},
    {"SELECT (SELECT max(r) FROM mood) FROM card WHERE deck IN (1, 2)",
     "random()", NULL},
    {"SELECT last_insert_rowid()", "last_insert_rowid()", NULL},
    {"SELECT changes() + 1", "changes()", NULL},
    {"SELECT total_changes()", "total_changes()", NULL},
    {"SELECT hex(randomblob(4))", "randomblob()", NULL},
    {"SELECT datetime('now')", "datetime() reads the clock", NULL},
    {"SELECT * FROM card WHERE due < unixepoch()",
     "unixepoch() reads the clock", NULL},
    {"SELECT strftime('%Y', due) FROM card", "reads the clock", NULL},
    {"SELECT current_date, word FROM card", "reads the clock", NULL},
    {"SELECT pure(word) FROM card", NULL, "function pure()"},
    {"SELECT wild(word) FROM card", "wild() is not declared deterministic",
     "function wild()"},
    {"SELECT lower(id, 1) FROM card", NULL, "function lower()"},
    {"SELECT word FROM card ORDER BY word COLLATE alien", NULL,
     "collation alien"},
    {"SELECT word < 'x' COLLATE alien FROM card", NULL, "collation alien"},
    {"SELECT max(word COLLATE alien) FROM card", NULL, "collation alien"},
    {"SELECT DISTINCT word COLLATE alien FROM card", NULL, "collation alien"},
    {"SELECT * FROM doc WHERE doc MATCH 'x'", NULL, NULL},
    {"SELECT * FROM found", NULL, NULL},
    {"SELECT bm25(doc) FROM doc WHERE doc MATCH 'x'", NULL, "bm25()"},
    {"SELECT * FROM stemmed WHERE stemmed MATCH 'x'", NULL, "tokenizer"},
    {"SELECT * FROM outside", "outside can change", "outside"},
    {"SELECT * FROM box WHERE a > 3", NULL, NULL},
    {"SELECT value FROM card, json_each(card.word)", NULL, NULL},
    {"SELECT * FROM json_tree(?)", NULL, NULL},
    {"SELECT * FROM pragma_table_info('card')", "virtual table",
     "virtual table"},
    {"SELECT * FROM temp.mine", NULL, "temp database"},
    {"SELECT * FROM shadowing", NULL, "temp database"},
};

static void pure(sqlite3_context *context, int n, sqlite3_value **args) {
  (void)n;
  sqlite3_result_value(context, args[0]);
}

static int alien(void *arg, int n, const void *a, int m, const void *b) {
  int length = n < m ? n : m;
  int order = memcmp(a, b, (size_t)length);

  (void)arg;
  return order ? -order : m - n;
}

static void define_things(sqlite3 *db) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

  sqlite3_create_function(db, "pure", 1, flags, NULL, pure, NULL, NULL);
  sqlite3_create_function(db, "lower", 2, flags, NULL, pure, NULL, NULL);
  sqlite3_create_function(db, "wild", 1, SQLITE_UTF8, NULL, pure, NULL, NULL);
  sqlite3_create_collation(db, "alien", SQLITE_UTF8, NULL, alien);
  test_db_exec(db, "CREATE TEMP TABLE mine(x);"
                   "CREATE TEMP VIEW shadowing AS SELECT x FROM mine");
}

START_TEST(what_makes_an_answer_doubtful_or_private_is_said) {
  sqlite3 *db = open_db(":memory:");
  hp_program p;

  define_things(db);
  if (!test_db_knows(cases[_i].sql)) return;
  p = read_ok(db, cases[_i].sql);
  expect_text(cases[_i].sql, "doubt", p.doubt, cases[_i].doubt);
  expect_text(cases[_i].sql, "private_why", p.private_why,
              cases[_i].private_why);
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

START_TEST(two_connections_have_the_same_hash) {
  sqlite3 *a = open_db("x.db"), *b = open_db("x.db");

  if (test_db_knows(cases[_i].sql) && !strstr(cases[_i].sql, "pure(") &&
      !strstr(cases[_i].sql, "wild(") && !strstr(cases[_i].sql, "alien") &&
      !strstr(cases[_i].sql, "temp") && !strstr(cases[_i].sql, "shadowing") &&
      !strstr(cases[_i].sql, "id, 1")) {
    test_db_exec(b, "CREATE TEMP TABLE other(x); DROP TABLE other;"
                    "ATTACH ':memory:' AS more");
    ck_assert(same_hash(a, b, cases[_i].sql));
  }
  test_db_close(a);
  test_db_close(b);
}
END_TEST

/* Hides the column card.word, or a whole table, from statements. */
static int hide_word(void *arg, int action, const char *table,
                     const char *column, const char *database,
                     const char *trigger) {
  (void)database;
  (void)trigger;
  if (action != SQLITE_READ || strcmp(table, "card") != 0 ||
      strcmp(column, "word") != 0) {
    return SQLITE_OK;
  }
  return *(int *)arg;
}

START_TEST(an_authorizer_that_hides_a_column_changes_the_hash) {
  sqlite3 *a = open_db("x.db"), *b = open_db("x.db");
  int answer = SQLITE_IGNORE;

  sqlite3_set_authorizer(b, hide_word, &answer);
  ck_assert(!same_hash(a, b, "SELECT word FROM card"));
  ck_assert(!same_hash(a, b, "SELECT * FROM due_cards"));
  ck_assert(same_hash(a, b, "SELECT due FROM card"));
  test_db_close(a);
  test_db_close(b);
}
END_TEST

START_TEST(an_authorizer_that_denies_is_an_error) {
  sqlite3 *db = open_db(":memory:");
  int answer = SQLITE_DENY;

  sqlite3_set_authorizer(db, hide_word, &answer);
  expect_error(db, "SELECT word FROM card", SQLITE_AUTH, "prohibited");
  test_db_close(db);
}
END_TEST

static int deny_pragmas(void *arg, int action, const char *a, const char *b,
                        const char *c, const char *d) {
  (void)arg, (void)b, (void)c, (void)d;
  if (action == SQLITE_PRAGMA) return SQLITE_DENY;
  if (action == SQLITE_READ && strncmp(a, "pragma_", 7) == 0) {
    return SQLITE_DENY;
  }
  return SQLITE_OK;
}

START_TEST(functions_that_cannot_be_looked_up_are_doubtful) {
  sqlite3 *db = open_db(":memory:");
  hp_program p;

  sqlite3_set_authorizer(db, deny_pragmas, NULL);
  p = read_ok(db, "SELECT lower(word) FROM card");
  expect_text("lower", "doubt", p.doubt, "lower() cannot be looked up");
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

/* The lists of functions and virtual tables are read in a transaction on the
** main database. */
START_TEST(a_database_locked_by_others_is_busy_and_not_unknown) {
  static const char *const each[] = {"SELECT lower(word) FROM card",
                                     "SELECT * FROM doc"};
  sqlite3 *db = open_db("x.db"), *other = open_db("x.db");

  sqlite3_busy_timeout(db, 0);
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
    hp_program p = read_ok(db, each[i]);

    ck_assert_msg(!p.doubt, "%s: %s", each[i], p.doubt);
    hp_program_term(&p);
    test_db_exec(other, "BEGIN EXCLUSIVE");
    expect_error(db, each[i], SQLITE_BUSY, "database is locked");
    test_db_exec(other, "ROLLBACK");
  }
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(ddl_on_the_table_changes_the_hash) {
  sqlite3 *db = open_db(":memory:");
  hp_program p = read_ok(db, "SELECT * FROM card"), q;

  test_db_exec(db, "ALTER TABLE card ADD COLUMN extra");
  q = read_ok(db, "SELECT * FROM card");
  ck_assert(p.hash.lo != q.hash.lo);
  hp_program_term(&q);
  test_db_exec(db, "DROP VIEW due_cards; DROP TABLE card");
  expect_error(db, "SELECT * FROM card", SQLITE_ERROR, "no such table: card");
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

START_TEST(constants_names_and_scan_order_change_the_hash) {
  sqlite3 *a = open_db("x.db"), *b = open_db("x.db");
  hp_program p = read_ok(a, "SELECT 1 AS x"), q = read_ok(a, "SELECT 2 AS x"),
             r = read_ok(a, "SELECT 1 AS y");

  ck_assert(p.hash.lo != q.hash.lo);
  ck_assert(p.hash.lo != r.hash.lo);
  test_db_exec(b, "PRAGMA reverse_unordered_selects = 1");
  ck_assert(!same_hash(a, b, "SELECT word FROM card"));
  hp_program_term(&p);
  hp_program_term(&q);
  hp_program_term(&r);
  test_db_close(a);
  test_db_close(b);
}
END_TEST

START_TEST(case_sensitive_like_makes_the_answer_private) {
  sqlite3 *db = open_db(":memory:");
  hp_program p;

  test_db_exec(db, "PRAGMA case_sensitive_like = 1");
  p = read_ok(db, "SELECT word LIKE 'a' FROM card");
  expect_text("like", "private_why", p.private_why, "like()");
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

START_TEST(databases_are_told_by_their_number) {
  sqlite3 *db = open_db(":memory:");
  hp_program p;

  test_db_exec(db, "ATTACH ':memory:' AS one; ATTACH ':memory:' AS two;"
                   "CREATE TABLE two.t(x); CREATE TEMP TABLE s(x)");
  p = read_ok(db, "SELECT 1");
  ck_assert_uint_eq(p.read_mask, 0);
  hp_program_term(&p);
  p = read_ok(db, "SELECT * FROM card, two.t");
  ck_assert_uint_eq(p.read_mask, 1u | 8u);
  ck_assert(!p.uses_temp);
  hp_program_term(&p);
  p = read_ok(db, "SELECT count(*) FROM s");
  ck_assert_uint_eq(p.read_mask, 2u);
  ck_assert(p.uses_temp);
  ck_assert_uint_eq(p.write_mask, 0);
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

START_TEST(virtual_tables_are_told_by_name) {
  sqlite3 *db = open_db(":memory:");
  hp_program p = read_ok(db, "SELECT * FROM found JOIN box ON a > 1"
                             " JOIN json_each('[]') JOIN pragma_collation_list"
                             " AS c");

  ck_assert_int_eq(p.vtabs.n, 4);
  for (int i = 0; i < p.vtabs.n; i++) {
    const hp_vtab *v = &p.vtabs.at[i];

    if (hp_vtab_is(v, "fts5")) {
      ck_assert_str_eq(v->table, "doc");
      ck_assert_str_eq(v->database, "main");
    } else if (hp_vtab_is(v, "rtree")) {
      ck_assert_str_eq(v->table, "box");
    } else {
      ck_assert(!v->module || hp_vtab_is(v, "json_each"));
    }
  }
  ck_assert(p.uses_vtab);
  hp_program_term(&p);
  test_db_close(db);
}
END_TEST

START_TEST(what_is_not_one_select_is_refused) {
  sqlite3 *db = open_db(":memory:");

  expect_error(db, "DELETE FROM card", SQLITE_MISUSE, "only a SELECT");
  expect_error(db, "EXPLAIN SELECT 1", SQLITE_MISUSE, "only a SELECT");
  expect_error(db, "PRAGMA user_version", SQLITE_MISUSE, "only a SELECT");
  expect_error(db, "", SQLITE_MISUSE, "only a SELECT");
  expect_error(db, "-- nothing", SQLITE_MISUSE, "only a SELECT");
  expect_error(db, "WITH a AS (SELECT 1) DELETE FROM card", SQLITE_MISUSE,
               "writes");
  if (test_db_since(3035000)) {
    expect_error(db, "WITH a AS (SELECT 1) DELETE FROM card RETURNING id",
                 SQLITE_MISUSE, "writes");
  }
  expect_error(db, "SELECT 1; SELECT 2", SQLITE_MISUSE, "SELECT 2");
  expect_error(db, "SELECT 1; nonsense", SQLITE_MISUSE, "nonsense");
  expect_error(db, "SELECT nobody FROM card", SQLITE_ERROR,
               "no such column: nobody");
  test_db_close(db);
}
END_TEST

static bool attempt(void *arg) {
  hp_program p;
  char *err;
  int rc = hp_program_read(arg,
                           "SELECT pure(word), bm25(doc), count(*) FROM card,"
                           " json_each(1), doc WHERE doc MATCH 'x'"
                           " ORDER BY word COLLATE alien",
                           &p, &err);

  if (rc != SQLITE_OK && test_heap_failed()) {
    ck_assert_msg(rc == SQLITE_NOMEM || rc == SQLITE_ERROR, "%d %s", rc, err);
  }
  sqlite3_free(err);
  hp_program_term(&p);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = open_db(":memory:");

  define_things(db);
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 20);
  test_db_close(db);
}
END_TEST

Suite *schema_program_suite(void) {
  Suite *s = suite_create("schema_program");
  TCase *c = tcase_create("program");
  int n = sizeof cases / sizeof *cases;

  tcase_add_loop_test(c, what_makes_an_answer_doubtful_or_private_is_said, 0,
                      n);
  tcase_add_loop_test(c, two_connections_have_the_same_hash, 0, n);
  tcase_add_test(c, an_authorizer_that_hides_a_column_changes_the_hash);
  tcase_add_test(c, an_authorizer_that_denies_is_an_error);
  tcase_add_test(c, functions_that_cannot_be_looked_up_are_doubtful);
  tcase_add_test(c, a_database_locked_by_others_is_busy_and_not_unknown);
  tcase_add_test(c, ddl_on_the_table_changes_the_hash);
  tcase_add_test(c, constants_names_and_scan_order_change_the_hash);
  tcase_add_test(c, case_sensitive_like_makes_the_answer_private);
  tcase_add_test(c, databases_are_told_by_their_number);
  tcase_add_test(c, virtual_tables_are_told_by_name);
  tcase_add_test(c, what_is_not_one_select_is_refused);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
