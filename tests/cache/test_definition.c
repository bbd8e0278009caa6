/* SPDX-License-Identifier: MIT */
#include "cache/definition.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_definition_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db,
               "CREATE TABLE t(id INTEGER PRIMARY KEY, w TEXT COLLATE NOCASE,"
               "  v VARCHAR(10), r, \"odd \"\"name\"\"\" REAL,"
               "  h \"my hidden [thing]\")");
}

static void close_db(void) {
  test_db_close(db);
}

static int make(const char *select, const char *option, hp_definition **out,
                char **err) {
  const char *argv[] = {"cached", "main", "x", select, option};

  *err = NULL;
  return hp_definition_new(db, option ? 5 : select ? 4 : 3, argv, out, err);
}

static hp_definition *make_ok(const char *select) {
  hp_definition *d;
  char *err;

  ck_assert_msg(make(select, NULL, &d, &err) == SQLITE_OK, "%s: %s", select,
                err);
  return d;
}

static const struct {
  const char *select, *declaration, *params;
} shapes[] = {
    {"(SELECT 1)", "(\"1\", \"_source\" TEXT HIDDEN, \"_age_ms\" INT HIDDEN)",
     ""},
    {"(SELECT id, w, v, r FROM t)",
     "(\"id\" INTEGER, \"w\" TEXT COLLATE \"NOCASE\", \"v\" VARCHAR(10), "
     "\"r\", \"_source\"",
     ""},
    {"(SELECT \"odd \"\"name\"\"\" FROM t)", "(\"odd \"\"name\"\"\" REAL, \"_s",
     ""},
    {"(SELECT h FROM t)", "(\"h\" INT, \"_source\"", NULL}, /* "...thing" */
    {"(SELECT id, id, id AS \"id:1\" FROM t)",
     "(\"id\" INTEGER, \"id:1\" INTEGER, \"id:1:1\" INTEGER, \"_source\"", ""},
    {"(SELECT w FROM t WHERE id = :id)", "\"id\" HIDDEN, \"_source\"", "id"},
    {"(SELECT id FROM t WHERE id = :id)",
     "(\"id\" INTEGER, \"_id\" HIDDEN, \"_source\"", "_id"},
    {"(SELECT 1 AS id, 2 AS _id WHERE 1 = :id)", "\"__id\" HIDDEN", "__id"},
    {"(SELECT :a, ?1, @a, $a)",
     "(\":a\", \"?1\", \"@a\", \"$a\", \"a\" HIDDEN, \"_a\" HIDDEN, "
     "\"__a\" HIDDEN, \"_source\"",
     "a, _a, __a"},
    {"(SELECT ?, ?, ?5)",
     "\"p1\" HIDDEN, \"p2\" HIDDEN, \"p3\" HIDDEN, "
     "\"p4\" HIDDEN, \"p5\" HIDDEN, \"_source\"",
     "p1, p2, p3, p4, p5"},
    {"(SELECT ?1, :p1)", "\"p1\" HIDDEN, \"_p1\" HIDDEN", "p1, _p1"},
    {"(SELECT 1 AS _source, :_age_ms AS a)",
     "(\"_source\", \"a\", \"_age_ms\" HIDDEN, \"__source\" TEXT HIDDEN, "
     "\"__age_ms\" INT HIDDEN)",
     "_age_ms"},
    {"(WITH c(a) AS (VALUES(1), (2)) SELECT a FROM c)", "(\"a\", \"_source\"",
     ""},
    {"(VALUES (1, 2))", "(\"column1\", \"column2\", \"_source\"", ""},
    {"( SELECT 1 AS a -- why\n )", "(\"a\", \"_source\"", ""},
    {"(SELECT ')' AS a /* ) */)", "(\"a\", \"_source\"", ""},
    {"(SELECT 1 AS a;)", "(\"a\", \"_source\"", ""},
    {"(SELECT 1 AS a ; ;\n)", "(\"a\", \"_source\"", ""},
    {"(SELECT 1 AS a UNION ALL SELECT 2 ORDER BY 1 LIMIT 1)",
     "(\"a\", \"_source\"", ""},
};

START_TEST(a_select_declares_its_columns_then_parameters_then_source_and_age) {
  hp_definition *d = make_ok(shapes[_i].select);

  if (shapes[_i].params) {
    ck_assert_msg(strstr(d->declaration, shapes[_i].declaration), "%s: %s",
                  shapes[_i].select, d->declaration);
    ck_assert_str_eq(d->params, shapes[_i].params);
  } else {
    ck_assert_ptr_null(strstr(d->declaration, "my hidden"));
  }
  test_db_exec(db, "%s", d->declaration);
  hp_definition_free(d);
}
END_TEST

static const struct {
  const char *select, *message;
} mistakes[] = {
    {NULL, "the first argument is a SELECT in its own parentheses"},
    {"SELECT 1", "the first argument is a SELECT in its own parentheses"},
    {"(SELECT 1) x", "the first argument is a SELECT in its own parenth"},
    {"(", "the first argument is a SELECT in its own parentheses"},
    {"()", "x: only a single SELECT can be cached"},
    {"(-- nothing\n)", "x: only a single SELECT can be cached"},
    {"(SELECT 1; SELECT 2)", "x: one SELECT can be cached, not several "
                             "statements; what follows is: SELECT 2"},
    {"(SELECT 1; DROP TABLE t)", "what follows is: DROP TABLE t"},
    {"(SELECT 1) UNION SELECT (2)", "x: near \")\": syntax error"},
    {"(SELECT 1), (SELECT 2)", "x: near \")\": syntax error"},
    {"(PRAGMA table_info(t))", "x: only a single SELECT can be cached"},
    {"(PRAGMA user_version)", "x: only a single SELECT can be cached"},
    {"(EXPLAIN SELECT 1)", "x: only a single SELECT can be cached"},
    {"(EXPLAIN QUERY PLAN SELECT 1)", "only a single SELECT can be cached"},
    {"(DELETE FROM t)", "x: only a single SELECT can be cached"},
    {"(DELETE FROM t RETURNING id)", "x: only a single SELECT can be cached"},
    {"(WITH a AS (SELECT 1) INSERT INTO t(id) SELECT * FROM a)",
     "x: only a single SELECT can be cached"},
    {"(BEGIN)", "x: only a single SELECT can be cached"},
    {"(CREATE TABLE u(a))", "x: only a single SELECT can be cached"},
    {"(ATTACH ':memory:' AS o)", "x: only a single SELECT can be cached"},
    {"(SELECT missing FROM t)", "x: no such column: missing"},
    {"(SELECT * FROM nowhere)", "x: no such table: nowhere"},
    {"(SELEC 1)", "x: near \"SELEC\": syntax error"},
    {"(SELECT 1 /* open)", "x: only a single SELECT can be cached"},
};

START_TEST(what_is_not_one_select_is_refused_in_a_sentence) {
  hp_definition *d = (hp_definition *)db;
  char *err;

  if (!test_db_knows(mistakes[_i].select)) return;
  ck_assert_int_ne(make(mistakes[_i].select, NULL, &d, &err), SQLITE_OK);
  ck_assert_msg(err && strstr(err, mistakes[_i].message), "%s: %s",
                mistakes[_i].select, err);
  ck_assert_ptr_null(d);
  sqlite3_free(err);
}
END_TEST

START_TEST(a_bad_option_is_refused_before_anything_is_kept) {
  hp_definition *d;
  char *err;

  ck_assert_int_eq(make("(SELECT 1)", "ttl=0", &d, &err), SQLITE_ERROR);
  ck_assert(strstr(err, "ttl=0 is not possible"));
  sqlite3_free(err);
  ck_assert_int_eq(make("(SELECT 1)", "consistency=ttl", &d, &err),
                   SQLITE_ERROR);
  ck_assert(strstr(err, "consistency=ttl needs ttl"));
  sqlite3_free(err);
}
END_TEST

/* The check of d against what sql would be now. */
static char *check_against(const hp_definition *d, const char *sql) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);
  char *err = NULL;
  int rc = hp_definition_check(d, db, stmt, &err);

  ck_assert_int_eq(rc, err ? SQLITE_ERROR : SQLITE_OK);
  sqlite3_finalize(stmt);
  return err;
}

START_TEST(other_result_columns_than_declared_are_told_from_the_same) {
  static const char *const others[] = {
      "SELECT w FROM t",
      "SELECT id, w, v FROM t",
      "SELECT w, id FROM t",
      "SELECT id, v AS w FROM t",
      "SELECT id AS id2, w FROM t",
  };
  hp_definition *d = make_ok("(SELECT id, w FROM t)");
  char *err;

  ck_assert_ptr_null(check_against(d, "SELECT id, w FROM t WHERE id > 3"));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    err = check_against(d, others[i]);
    ck_assert_msg(err && strstr(err, "DROP TABLE x and create it again"), "%s",
                  others[i]);
    sqlite3_free(err);
  }
  hp_definition_free(d);
}
END_TEST

static bool attempt_definition(void *arg) {
  hp_definition *d = NULL;
  sqlite3_stmt *stmt = arg;
  char *err = NULL;
  int rc = make("(SELECT id, id, w, :id FROM t)", "tags='a'", &d, &err);

  ck_assert((d != NULL) == (rc == SQLITE_OK));
  sqlite3_free(err);
  err = NULL;
  if (!rc) rc = hp_definition_check(d, db, stmt, &err);
  ck_assert(rc == SQLITE_NOMEM || (rc == SQLITE_ERROR && err) || !d);
  sqlite3_free(err);
  hp_definition_free(d);
  return rc == SQLITE_ERROR;
}

START_TEST(every_allocation_may_fail) {
  sqlite3_stmt *other = test_db_prepare(db, "SELECT w, id FROM t");

  ck_assert_int_gt(test_heap_each_failure(attempt_definition, other), 10);
  sqlite3_finalize(other);
}
END_TEST

START_TEST(half_made_definitions_can_be_freed) {
  hp_definition *d = sqlite3_malloc64(sizeof *d);

  memset(d, 0, sizeof *d);
  hp_definition_free(d);
  hp_definition_free(NULL);
}
END_TEST

Suite *cache_definition_suite(void) {
  Suite *s = suite_create("cache_definition");
  TCase *c = tcase_create("definition");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_loop_test(
      c, a_select_declares_its_columns_then_parameters_then_source_and_age, 0,
      sizeof shapes / sizeof *shapes);
  tcase_add_loop_test(c, what_is_not_one_select_is_refused_in_a_sentence, 0,
                      sizeof mistakes / sizeof *mistakes);
  tcase_add_test(c, a_bad_option_is_refused_before_anything_is_kept);
  tcase_add_test(c, other_result_columns_than_declared_are_told_from_the_same);
  tcase_add_test(c, every_allocation_may_fail);
  tcase_add_test(c, half_made_definitions_can_be_freed);
  suite_add_tcase(s, c);
  return s;
}
