/* SPDX-License-Identifier: MIT */
#include "schema/footprint.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *schema_footprint_suite(void);

static const char schema[] =
    "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;"
    "CREATE TABLE deck(id INTEGER PRIMARY KEY, name UNIQUE, n);"
    "CREATE TABLE card(id INTEGER PRIMARY KEY, w,"
    " deck REFERENCES deck ON DELETE CASCADE);"
    "CREATE TABLE log(what);"
    "CREATE VIEW v AS SELECT w, name FROM card, deck WHERE deck.id = deck;"
    "CREATE TRIGGER counted AFTER INSERT ON card BEGIN"
    " UPDATE deck SET n = n + 1 WHERE id = new.deck; END;"
    "CREATE TRIGGER gone AFTER DELETE ON deck BEGIN"
    " INSERT INTO log VALUES (old.name); END;"
    "CREATE TRIGGER through_v INSTEAD OF UPDATE ON v BEGIN"
    " UPDATE card SET w = new.w WHERE w = old.w; END;"
    "CREATE VIRTUAL TABLE doc USING fts5(body);"
    "ATTACH ':memory:' AS two; CREATE TABLE two.t(x);"
    "CREATE TABLE two.log(y);"
    "CREATE VIEW logs AS SELECT count(*) AS n FROM log;"
    "CREATE TEMP TABLE scratch(z);";

/* Of the table that count(*) counts: newer SQLites name the database. */
static const char ambiguous[] = "more than one database has a table log";

/* Statements with their footprints: a line for each access. */
static const struct {
  const char *sql, *want, *unknown;
} cases[] = {
    {"SELECT w FROM card WHERE id = ?", "read main.card.id\nread main.card.w\n",
     NULL},
    {"SELECT count(*) FROM card", "read main.card.\n", NULL},
    {"SELECT count(*) FROM scratch", "read temp.scratch.\n", NULL},
    {"SELECT count(*) FROM two.t", "read two.t.\n", NULL},
    {"SELECT count(*) FROM two.log", "read two.log.\n", NULL},
    {"SELECT count(*) FROM log", "read main.log.\n", NULL},
    {"SELECT n FROM logs", "read main.log. by logs\n", ambiguous},
    {"SELECT w FROM v",
     "read main.card.deck by v\nread main.card.w by v\n"
     "read main.deck.id by v\nread main.deck.name by v\n"
     "read main.v.w\n",
     NULL},
    {"UPDATE card SET w = 1 WHERE w = 2",
     "read main.card.w\nupdate main.card.w\n", NULL},
    {"INSERT INTO card VALUES (1, 2, 3)",
     "insert main.card.\nread main.deck.id\n"
     "read main.deck.n by counted\n"
     "read main.deck.id by counted\nupdate main.deck.n by counted\n",
     NULL},
    {"DELETE FROM deck WHERE id = 1",
     "delete main.deck.\ndelete main.card.\ninsert main.log. by gone\n"
     "read main.deck.name by gone\nread main.deck.id\n",
     NULL},
    {"REPLACE INTO deck VALUES (1, 2, 3)",
     "insert main.deck.\ndelete main.card.\ninsert main.log. by gone\n", NULL},
    {"UPDATE v SET w = 3",
     "update main.card.w by through_v\nread main.card.w by v\n", NULL},
    {"INSERT INTO two.t SELECT w FROM card",
     "insert two.t.\nread main.card.w\n", NULL},
    {"SELECT * FROM doc", "read main.doc.body\n", "virtual table doc"},
    {"INSERT INTO doc VALUES ('x')", "insert main.doc.\n", "virtual table doc"},
    {"SELECT f(w) FROM card", "read main.card.w\n", "function f()"},
    {"SELECT 1", "", NULL},
    {"", "", NULL},
    {"COMMIT", "", NULL},
    {"DROP TABLE card", "", "only statements that read or write rows"},
    {"PRAGMA user_version", "", "only statements that read or write rows"},
    {"SELECT * FROM nowhere", "", "no such table: nowhere"},
    {"SELECT value FROM json_each('[]')", "read main.json_each.value\n",
     "virtual table json_each"},
};

static void f(sqlite3_context *context, int n, sqlite3_value **args) {
  (void)n;
  sqlite3_result_value(context, args[0]);
}

static sqlite3 *open_host(void) {
  sqlite3 *host = test_db_open(":memory:", NULL);

  test_db_exec(host, schema);
  sqlite3_create_function(host, "f", 1, SQLITE_UTF8, NULL, f, NULL, NULL);
  return host;
}

static hp_shadow *shadow_of(sqlite3 *host) {
  hp_shadow *s;
  char *err;
  int rc = hp_shadow_open(host, 10000, &s, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  ck_assert_str_eq(hp_shadow_missing(s), "");
  return s;
}

static bool has_line(const hp_footprint *fp, const char *line, size_t n) {
  for (int i = 0; i < fp->n; i++) {
    const hp_access *a = &fp->at[i];
    char *text = sqlite3_mprintf(
        "%s %s.%s.%s%s%s", hp_access_mode_name(a->mode), a->database, a->table,
        a->column, *a->through ? " by " : "", a->through);
    bool same = strlen(text) == n && memcmp(text, line, n) == 0;

    sqlite3_free(text);
    if (same) return true;
  }
  return false;
}

static char *all_lines(const hp_footprint *fp) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < fp->n; i++) {
    sqlite3_str_appendf(s, "%s %s.%s.%s by %s\n",
                        hp_access_mode_name(fp->at[i].mode), fp->at[i].database,
                        fp->at[i].table, fp->at[i].column, fp->at[i].through);
  }
  return sqlite3_str_finish(s);
}

START_TEST(a_statement_touches_these) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  hp_footprint fp;
  char *all;

  ck_assert_int_eq(hp_footprint_read(s, cases[_i].sql, &fp), SQLITE_OK);
  all = all_lines(&fp);
  for (const char *w = cases[_i].want; *w; w = strchr(w, '\n') + 1) {
    size_t n = (size_t)(strchr(w, '\n') - w);

    ck_assert_msg(has_line(&fp, w, n), "%s lacks '%.*s':\n%s", cases[_i].sql,
                  (int)n, w, all);
  }
  if (!*cases[_i].want) ck_assert_int_eq(fp.n, 0);
  sqlite3_free(all);
  if (cases[_i].unknown == ambiguous && !fp.unknown) {
    ck_assert_int_gt(sqlite3_libversion_number(), 3040001);
  } else if (cases[_i].unknown) {
    ck_assert_msg(fp.unknown && strstr(fp.unknown, cases[_i].unknown), "%s: %s",
                  cases[_i].sql, fp.unknown ? fp.unknown : "NULL");
  } else {
    ck_assert_msg(!fp.unknown, "%s: %s", cases[_i].sql, fp.unknown);
  }
  hp_footprint_term(&fp);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

/* The tables that really change when sql runs are among those it may write. */
static void expect_changes_foretold(const char *sql) {
  static const char *const tables[] = {"deck", "card", "log"};
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  hp_footprint fp;

  test_db_exec(host, "INSERT INTO deck VALUES (1, 'a', 0), (2, 'b', 0);"
                     "INSERT INTO card VALUES (1, 'x', 1), (2, 'y', 2);");
  ck_assert_int_eq(hp_footprint_read(s, sql, &fp), SQLITE_OK);
  for (int i = 0; i < 3; i++) {
    const char *dump = "SELECT * FROM %w";
    char before[400];

    strncpy(before, test_db_text(host, dump, tables[i]), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    test_db_exec(host, "BEGIN; %s", sql);
    if (strcmp(before, test_db_text(host, dump, tables[i])) != 0) {
      ck_assert_msg(hp_footprint_may_write(&fp, "main", tables[i]),
                    "%s changed %s", sql, tables[i]);
    }
    test_db_exec(host, "ROLLBACK");
  }
  hp_footprint_term(&fp);
  hp_shadow_close(s);
  test_db_close(host);
}

static const char *const writes[] = {
    "DELETE FROM deck",
    "DELETE FROM deck WHERE id = 1",
    "REPLACE INTO deck VALUES (1, 'z', 3)",
    "REPLACE INTO deck VALUES (7, 'a', 3)",
    "INSERT INTO card VALUES (9, 'n', 1)",
    "INSERT INTO deck VALUES (1, 'q', 0) ON CONFLICT(id) DO UPDATE SET n = 5",
    "UPDATE OR REPLACE deck SET name = 'b' WHERE id = 1",
    "UPDATE v SET w = 'changed'",
};

START_TEST(what_a_write_changes_was_foretold) {
  expect_changes_foretold(writes[_i]);
}
END_TEST

START_TEST(a_known_footprint_rules_tables_out) {
  sqlite3 *host = open_host();
  hp_shadow *s = shadow_of(host);
  hp_footprint fp;

  ck_assert_int_eq(hp_footprint_read(s, "UPDATE card SET w = 1", &fp),
                   SQLITE_OK);
  ck_assert(fp.writes);
  ck_assert(hp_footprint_may_write(&fp, "main", "CARD"));
  ck_assert(!hp_footprint_may_write(&fp, "main", "deck"));
  ck_assert(!hp_footprint_may_write(&fp, "two", "card"));
  hp_footprint_term(&fp);
  hp_shadow_close(s);
  test_db_close(host);
}
END_TEST

/* With a host of its own: SQLite itself may hold on to other memory after a
** failure. */
static bool attempt(void *unused) {
  hp_footprint fp = {0};
  hp_shadow *s = NULL;
  sqlite3 *host = NULL;
  char *err = NULL;
  int rc = sqlite3_open(":memory:", &host);
  bool ok = false;

  (void)unused;
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(host, "CREATE TABLE t(a); CREATE TABLE u(b)", NULL, NULL,
                      NULL);
  }
  if (rc == SQLITE_OK) rc = hp_shadow_open(host, 10000, &s, &err);
  if (rc == SQLITE_OK) {
    rc = hp_footprint_read(s,
                           "DELETE FROM t WHERE (SELECT count(*) FROM u)"
                           " AND a > 'x'",
                           &fp);
    ok = rc == SQLITE_OK && !fp.unknown;
  }
  hp_footprint_term(&fp);
  hp_shadow_close(s);
  sqlite3_free(err);
  sqlite3_close(host);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 100);
}
END_TEST

Suite *schema_footprint_suite(void) {
  Suite *s = suite_create("schema_footprint");
  TCase *c = tcase_create("footprint");

  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, a_statement_touches_these, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_loop_test(c, what_a_write_changes_was_foretold, 0,
                      sizeof writes / sizeof *writes);
  tcase_add_test(c, a_known_footprint_rules_tables_out);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
