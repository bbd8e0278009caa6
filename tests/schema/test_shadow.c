/* SPDX-License-Identifier: MIT */
#include "schema/shadow.h"

#include "support/db.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

Suite *schema_shadow_suite(void);

enum { BUDGET_MS = 10000 };

static const char schema[] =
    "CREATE TABLE deck(id INTEGER PRIMARY KEY AUTOINCREMENT, name UNIQUE);"
    "CREATE TABLE card(id INTEGER PRIMARY KEY, deck REFERENCES deck, w TEXT"
    " COLLATE alien, low AS (pure(w)), CHECK (length(w) < 99)"
    ", CHECK (json_valid(w) OR w <> ''));"
    "CREATE TABLE [odd \"name'](\"a b\", PRIMARY KEY(\"a b\")) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX card_w ON card(pure(w), deck DESC) WHERE deck > 1;"
    "CREATE VIEW v AS SELECT pure(w) AS p, total2(id) FROM card;"
    "CREATE TRIGGER tr AFTER INSERT ON card BEGIN"
    " INSERT INTO deck(name) VALUES (wild(new.w)); END;"
    "CREATE TRIGGER on_v INSTEAD OF INSERT ON v BEGIN DELETE FROM deck; END;"
    "CREATE VIRTUAL TABLE doc USING fts5(body, note);"
    "ATTACH ':memory:' AS \"more \"\"x\"\"\";"
    "CREATE TABLE \"more \"\"x\"\"\".card(other);"
    "CREATE TEMP TABLE scratch(x);"
    "CREATE TEMP TRIGGER tt AFTER DELETE ON main.card BEGIN"
    " INSERT INTO scratch VALUES (old.id); END;";

static void pure(sqlite3_context *context, int n, sqlite3_value **args) {
  (void)n;
  sqlite3_result_value(context, args[0]);
}

static void finish(sqlite3_context *context) {
  sqlite3_result_int(context, 0);
}

static int alien(void *arg, int n, const void *a, int m, const void *b) {
  int order = memcmp(a, b, (size_t)(n < m ? n : m));

  (void)arg;
  return order ? -order : m - n;
}

static sqlite3 *open_host(void) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  sqlite3_create_function(db, "pure", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          NULL, pure, NULL, NULL);
  sqlite3_create_function(db, "wild", -1, SQLITE_UTF8, NULL, pure, NULL, NULL);
  sqlite3_create_window_function(db, "total2", 1, SQLITE_UTF8, NULL, pure,
                                 finish, finish, pure, NULL);
  sqlite3_create_collation(db, "alien", SQLITE_UTF8, NULL, alien);
  return db;
}

static hp_shadow *shadow_of(sqlite3 *host) {
  hp_shadow *s;
  char *err;
  int rc = hp_shadow_open(host, BUDGET_MS, &s, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  return s;
}

/* Compiles sql on the shadow; fails the test unless the result is rc. */
static void compile(hp_shadow *s, const char *sql, int want) {
  sqlite3_stmt *stmt;
  char *err;
  int rc = hp_shadow_prepare(s, sql, NULL, NULL, &stmt, &err);

  ck_assert_msg(rc == want, "%s: %d, %s", sql, rc, err);
  ck_assert((rc == SQLITE_OK) == (err == NULL));
  sqlite3_free(err);
  sqlite3_finalize(stmt);
}

static void refresh(hp_shadow *s) {
  char *err;
  int rc = hp_shadow_refresh(s, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
}

static const char *const compiles[] = {
    "SELECT * FROM card JOIN deck ON deck.id = card.deck ORDER BY w",
    "SELECT low FROM card INDEXED BY card_w WHERE pure(w) = ? AND deck > 1",
    "SELECT * FROM v",
    "SELECT \"a b\" FROM [odd \"name']",
    "INSERT INTO card(deck, w) VALUES (1, 'x')",
    "INSERT INTO v VALUES (1, 2)",
    "INSERT OR REPLACE INTO deck VALUES (?, ?)",
    "SELECT total2(id) OVER (ORDER BY id) FROM card",
    "SELECT wild(), wild(1, 2, 3)",
    "SELECT bm25(doc), highlight(doc, 0, 'a', 'b') FROM doc"
    " WHERE doc MATCH 'x' ORDER BY rank",
    "INSERT INTO doc VALUES ('a', 'b')",
    "SELECT * FROM doc_data",
    "SELECT other FROM \"more \"\"x\"\"\".card",
    "SELECT * FROM scratch, temp.scratch AS b",
    "DELETE FROM card",
    "SELECT name FROM sqlite_schema",
    "SELECT seq FROM sqlite_sequence",
    "SELECT * FROM json_each('[1]')",
    "BEGIN",
    "WITH x AS (SELECT 1) UPDATE card SET w = 2 RETURNING id",
};

START_TEST(what_compiles_on_the_host_compiles_on_the_shadow) {
  sqlite3 *host = open_host();
  hp_shadow *s;

  test_db_exec(host, schema);
  if (!test_db_knows(compiles[_i])) {
    test_db_close(host);
    return;
  }
  sqlite3_finalize(test_db_prepare(host, compiles[_i]));
  s = shadow_of(host);
  ck_assert_str_eq(hp_shadow_missing(s), "");
  compile(s, compiles[_i], SQLITE_OK);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

static const char *const denied[] = {
    "CREATE TABLE x(a)",
    "DROP TABLE card",
    "PRAGMA user_version = 3",
    "ATTACH 'file.db' AS f",
    "DETACH \"more \"\"x\"\"\"",
    "ALTER TABLE card ADD COLUMN z",
    "REINDEX",
    "ANALYZE",
    "CREATE TEMP TABLE x(a)",
    "CREATE INDEX i ON card(w)",
};

START_TEST(only_statements_on_rows_are_compiled) {
  sqlite3 *host = open_host();
  hp_shadow *s;

  test_db_exec(host, schema);
  s = shadow_of(host);
  compile(s, denied[_i], SQLITE_AUTH);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

START_TEST(a_refresh_follows_the_host) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  int version = hp_shadow_version(s);

  refresh(s);
  ck_assert_int_eq(hp_shadow_version(s), version);
  compile(s, "SELECT * FROM t", SQLITE_ERROR);
  test_db_exec(host, "CREATE TABLE t(a)");
  refresh(s);
  compile(s, "SELECT * FROM t", SQLITE_OK);
  test_db_exec(host, "CREATE TEMP VIEW tv AS SELECT a FROM t");
  refresh(s);
  compile(s, "SELECT * FROM tv", SQLITE_OK);
  test_db_exec(host, "ATTACH ':memory:' AS late; CREATE TABLE late.u(b)");
  refresh(s);
  compile(s, "SELECT b FROM late.u", SQLITE_OK);
  test_db_exec(host, "DETACH late");
  refresh(s);
  compile(s, "SELECT b FROM late.u", SQLITE_ERROR);
  sqlite3_create_function(host, "newer", 0, SQLITE_UTF8, NULL, pure, NULL,
                          NULL);
  refresh(s);
  compile(s, "SELECT newer()", SQLITE_OK);
  ck_assert(hp_shadow_defines(s, "NEWER") && !hp_shadow_defines(s, "lower"));
  ck_assert_int_eq(hp_shadow_version(s), version + 5);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

START_TEST(statistics_are_the_hosts) {
  sqlite3 *host = open_host();
  hp_shadow *s;

  test_db_exec(host, "CREATE TABLE t(a, b); CREATE INDEX t_a ON t(a);"
                     "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                     " WHERE i < 500) INSERT INTO t SELECT i %% 7, i FROM n;"
                     "ANALYZE");
  s = shadow_of(host);
  ck_assert_str_eq(
      test_db_text(hp_shadow_db(s), "SELECT idx, stat FROM sqlite_stat1"),
      test_db_text(host, "SELECT idx, stat FROM sqlite_stat1"));
  test_db_exec(host, "UPDATE sqlite_stat1 SET stat = '900 3'");
  refresh(s);
  ck_assert_str_eq(
      test_db_text(hp_shadow_db(s), "SELECT stat FROM sqlite_stat1"), "900 3");
  ck_assert_int_eq(test_db_int(hp_shadow_db(s), "SELECT count(*) FROM t"), 0);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

START_TEST(kinds_of_objects_are_told) {
  sqlite3 *host = open_host();
  hp_shadow *s;

  test_db_exec(host, schema);
  s = shadow_of(host);
  ck_assert_int_eq(hp_shadow_object(s, "main", "CARD"), HP_OBJECT_TABLE);
  ck_assert_int_eq(hp_shadow_object(s, "main", "v"), HP_OBJECT_VIEW);
  ck_assert_int_eq(hp_shadow_object(s, "main", "doc"), HP_OBJECT_VIRTUAL);
  ck_assert_int_eq(hp_shadow_object(s, "main", "scratch"), HP_OBJECT_NONE);
  ck_assert_int_eq(hp_shadow_object(s, "temp", "scratch"), HP_OBJECT_TABLE);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

/* Puts sql into the schema as the text of a table, whatever it is. */
static void corrupt(sqlite3 *host, const char *sql) {
  test_db_exec(host,
               "PRAGMA writable_schema = ON;"
               "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql)"
               " VALUES ('table', 'evil', 'evil', 0, %Q)",
               sql);
}

static const char *const hostile[] = {
    "CREATE TABLE evil(a); CREATE TABLE also(b)",
    "CREATE TABLE evil AS SELECT * FROM good",
    "DELETE FROM good",
    "PRAGMA writable_schema = ON",
    "ATTACH 'evil.db' AS evil",
    "CREATE TABLE evil.b(a)",
    "CREATE TABLE evil(a /*",
    "CREATE TABLE",
    "CREATE",
    "VACUUM INTO 'evil.db'",
    "SELECT load_extension('evil')",
    "CREATE TABLE sqlite_schema(a)",
    "CREATE VIRTUAL TABLE evil USING fts5(a)",
    "CREATE TRIGGER evil AFTER INSERT ON good BEGIN SELECT 1; END;"
    " DROP TABLE good",
    "EXPLAIN CREATE TABLE evil(a)",
    "INSERT INTO good VALUES (zeroblob(1000000000))",
};

START_TEST(hostile_text_is_left_out) {
  sqlite3 *host = test_db_open(":memory:", NULL);
  hp_shadow *s;

  test_db_exec(host, "CREATE TABLE good(a)");
  corrupt(host, hostile[_i]);
  s = shadow_of(host);
  ck_assert_msg(strstr(hp_shadow_missing(s), "main.evil: "), "%s",
                hp_shadow_missing(s));
  compile(s, "SELECT a FROM good", SQLITE_OK);
  compile(s, "SELECT * FROM evil", SQLITE_ERROR);
  ck_assert_str_eq(
      test_db_text(hp_shadow_db(s), "SELECT name FROM sqlite_schema"), "good");
  ck_assert_int_ne(access(test_tmp_path("evil.db"), F_OK), 0);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

START_TEST(what_there_is_no_time_for_is_missing) {
  sqlite3 *host = test_db_open(":memory:", NULL);
  hp_shadow *s;
  char *err;

  test_db_exec(host, "CREATE TABLE t(a)");
  ck_assert_int_eq(hp_shadow_open(host, 0, &s, &err), SQLITE_OK);
  ck_assert_str_eq(hp_shadow_missing(s),
                   "main.t: there was no time to clone it\n");
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

static int deny_schema(void *arg, int action, const char *a, const char *b,
                       const char *c, const char *d) {
  (void)arg, (void)b, (void)c, (void)d;
  return action == SQLITE_READ && strcmp(a, "sqlite_master") == 0 ? SQLITE_DENY
                                                                  : SQLITE_OK;
}

START_TEST(a_schema_that_may_not_be_read_is_an_error) {
  sqlite3 *host = test_db_open(":memory:", NULL);
  hp_shadow *s;
  char *err;

  test_db_exec(host, "CREATE TABLE t(a)");
  sqlite3_set_authorizer(host, deny_schema, NULL);
  ck_assert_int_eq(hp_shadow_open(host, BUDGET_MS, &s, &err), SQLITE_AUTH);
  ck_assert_msg(strstr(err, "the schema of main cannot be read"), "%s", err);
  ck_assert_ptr_null(s);
  sqlite3_free(err);
  test_db_close(host);
}
END_TEST

START_TEST(the_host_is_not_changed) {
  sqlite3 *host = open_host();
  int64_t changes;
  hp_shadow *s;

  test_db_exec(host, schema);
  changes = sqlite3_total_changes(host);
  s = shadow_of(host);
  compile(s, "DELETE FROM card", SQLITE_OK);
  ck_assert_int_eq(sqlite3_total_changes(host), changes);
  ck_assert(sqlite3_get_autocommit(host));
  ck_assert_int_eq(sqlite3_txn_state(host, NULL), SQLITE_TXN_NONE);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

/* With a host of its own: SQLite itself may hold on to other memory after a
** failure. */
static bool attempt(void *unused) {
  hp_shadow *s = NULL;
  sqlite3 *host = NULL;
  char *err = NULL;
  int rc = sqlite3_open(":memory:", &host);

  (void)unused;
  if (rc == SQLITE_OK) {
    rc = sqlite3_create_function(host, "pure", 1, SQLITE_UTF8, NULL, pure, NULL,
                                 NULL);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(host,
                      "CREATE TABLE t(a UNIQUE); CREATE VIEW v AS SELECT a"
                      " FROM t; INSERT INTO t VALUES (1); ANALYZE",
                      NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) {
    rc = hp_shadow_open(host, BUDGET_MS, &s, &err);
    ck_assert((rc == SQLITE_OK) == (s != NULL));
  }
  hp_shadow_close(s);
  sqlite3_free(err);
  sqlite3_close(host);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 100);
}
END_TEST

Suite *schema_shadow_suite(void) {
  Suite *s = suite_create("schema_shadow");
  TCase *c = tcase_create("shadow");

  tcase_set_timeout(c, 120);
  tcase_add_loop_test(c, what_compiles_on_the_host_compiles_on_the_shadow, 0,
                      sizeof compiles / sizeof *compiles);
  tcase_add_loop_test(c, only_statements_on_rows_are_compiled, 0,
                      sizeof denied / sizeof *denied);
  tcase_add_test(c, a_refresh_follows_the_host);
  tcase_add_test(c, statistics_are_the_hosts);
  tcase_add_test(c, kinds_of_objects_are_told);
  tcase_add_loop_test(c, hostile_text_is_left_out, 0,
                      sizeof hostile / sizeof *hostile);
  tcase_add_test(c, what_there_is_no_time_for_is_missing);
  tcase_add_test(c, a_schema_that_may_not_be_read_is_an_error);
  tcase_add_test(c, the_host_is_not_changed);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
