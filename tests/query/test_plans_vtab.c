/* SPDX-License-Identifier: MIT */
#include "query/plans_vtab.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *query_plans_vtab_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("plans.db", NULL);
  test_db_exec(
      db,
      "CREATE TABLE deck(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT, front TEXT,"
      " due REAL, code TEXT);"
      "CREATE INDEX card_front ON card(front);"
      "CREATE INDEX card_code ON card(code);"
      "CREATE VIEW v AS SELECT front FROM card WHERE deck = 3;"
      "CREATE TRIGGER tr AFTER UPDATE OF due ON card BEGIN"
      " UPDATE deck SET name = name WHERE id = new.deck; END;"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
      " WHERE i < 2000) INSERT INTO card SELECT i, i %% 300, 'front ' || i, -i,"
      " i FROM n;"
      "INSERT INTO deck SELECT id, 'deck' FROM card WHERE id <= 300");
}

static void close_db(void) {
  test_db_close(db);
}

/* A statement, the warning it must get and the fix, NULL for none. */
static const char *const cases[][3] = {
    {"SELECT count(*) FROM card WHERE deck = 7", "full scan",
     "CREATE INDEX \"card_deck\" ON \"card\"(\"deck\")"},
    {"SELECT count(*) FROM card c WHERE c.deck = 7 AND c.due > 3", "full scan",
     "CREATE INDEX \"card_deck_due\" ON \"card\"(\"deck\", \"due\")"},
    {"SELECT sum(due) FROM card", "full scan", NULL},
    {"SELECT id FROM card ORDER BY due", "temp b-tree",
     "an index that gives the rows in this order"},
    {"SELECT id FROM card WHERE lower(front) = 'front 3'",
     "function on indexed column",
     "CREATE INDEX \"card_lower_front\" ON \"card\"(lower(\"front\"))"},
    {"SELECT id FROM card WHERE substr(front, 1, 2) = 'fr'",
     "function on indexed column",
     "compare the bare column front, or index the whole expression"},
    {"SELECT id FROM card WHERE front LIKE 'front 33%%'", "LIKE without index",
     "CREATE INDEX \"card_front_NOCASE\" ON \"card\"(\"front\" COLLATE "
     "NOCASE)"},
    {"SELECT id FROM card WHERE front LIKE '%%33'", "LIKE without index",
     "begin the pattern with the text looked for, or search with FTS5"},
    {"SELECT id FROM card WHERE front = 'FRONT 3' COLLATE NOCASE",
     "collation mismatch",
     "CREATE INDEX \"card_front_nocase\" ON \"card\"(\"front\" COLLATE "
     "nocase)"},
    {"SELECT count(*) FROM deck d JOIN card c ON c.code = d.id",
     "affinity mismatch",
     "declare code and id with the same type, or compare with CAST(id AS "
     "TEXT)"},
    {"SELECT count(*) FROM deck d JOIN card c ON c.code = d.id",
     "no statistics", "ANALYZE"},
    {"SELECT d.name, (SELECT count(*) FROM card WHERE card.deck = d.id)"
     " FROM deck d",
     "correlated subquery",
     "join the subquery's table, with GROUP BY if it aggregates"},
    {"SELECT count(*) FROM deck a, deck b WHERE a.name = b.name",
     "automatic index", "CREATE INDEX \"deck_name\" ON \"deck\"(\"name\")"},
};

/* Statements whose plan is bad by the statistics, after ANALYZE and what else
** is done; the fix, NULL for none. */
static const char *const by_statistics[][4] = {
    {"INSERT INTO deck(name) SELECT 'more' FROM card, (SELECT 1 UNION SELECT "
     "2)",
     "SELECT name FROM deck WHERE id = 7", "stale statistics",
     "ANALYZE \"deck\""},
    {"DELETE FROM card WHERE id > 100", "SELECT code FROM card WHERE id = 7",
     "stale statistics", "ANALYZE \"card\""},
    {"DELETE FROM card WHERE id > 1900", "SELECT code FROM card WHERE id = 7",
     "stale statistics", NULL},
    {"SELECT 1", "SELECT c.due FROM card c CROSS JOIN few f ON f.code = c.code",
     "join order",
     "CROSS JOIN fixes the order: write JOIN, or begin with \"few\""},
    {"SELECT 1", "SELECT c.due FROM card c JOIN few f ON f.code = c.code",
     "join order", NULL},
    {"SELECT 1", "SELECT c.due FROM card c LEFT JOIN few f ON f.code = c.code",
     "join order", NULL},
};

START_TEST(what_the_statistics_say_is_looked_at) {
  const char *const *x = by_statistics[_i];

  test_db_exec(db, "CREATE TABLE few(code TEXT PRIMARY KEY);"
                   "INSERT INTO few VALUES ('1'), ('2'), ('3'); ANALYZE");
  test_db_text(db, "%s", x[0]);
  test_db_exec(db, "%s", x[1]);
  ck_assert_str_eq(test_db_text(db,
                                "SELECT fix FROM query_plans WHERE warning = %Q"
                                " AND query LIKE 'SELECT%%' AND query <>"
                                " 'SELECT ?'",
                                x[2]),
                   x[3] ? x[3] : "");
}
END_TEST

START_TEST(a_bad_plan_is_warned_of_with_a_fix) {
  const char *fix = cases[_i][2];

  test_db_text(db, cases[_i][0]);
  ck_assert_msg(test_db_int(db,
                            "SELECT count(*) FROM query_plans"
                            " WHERE warning = %Q AND fix IS %Q AND calls = 1",
                            cases[_i][1], fix) == 1,
                "%s: %s", cases[_i][0],
                test_db_text(db, "SELECT warning, fix FROM query_plans"
                                 " WHERE warning IS NOT NULL AND line = 1"));
  if (fix && strncmp(fix, "CREATE ", 7) == 0) {
    test_db_exec(db, "%s", fix);
    ck_assert_int_eq(test_db_int(db,
                                 "SELECT count(*) FROM query_plans"
                                 " WHERE warning = %Q",
                                 cases[_i][1]),
                     0);
  }
}
END_TEST

START_TEST(the_weight_of_a_scan_is_what_sqlite_stepped_over) {
  for (int i = 0; i < 3; i++)
    test_db_int(db, "SELECT count(*) FROM card WHERE deck = %d", i);
  ck_assert_str_eq(test_db_text(db, "SELECT calls, rows, weight FROM"
                                    " query_plans WHERE warning IS NOT NULL"
                                    " AND query LIKE '%% WHERE deck = ?'"),
                   "3|1999|5997");
}
END_TEST

/* Before 3.36 SQLite says SEARCH TABLE card. */
#define DETAIL "replace(detail, ' TABLE ', ' ')"

START_TEST(a_good_plan_has_no_warning) {
  test_db_text(db, "SELECT * FROM card WHERE id = 3");
  test_db_text(db, "SELECT * FROM card WHERE front = 'front 3'");
  ck_assert_str_eq(test_db_text(db,
                                "SELECT " DETAIL ", warning FROM query_plans"
                                " WHERE query LIKE '%% id = ?'"),
                   "SEARCH card USING INTEGER PRIMARY KEY (rowid=?)|NULL");
  ck_assert_str_eq(test_db_text(db,
                                "SELECT " DETAIL ", warning FROM query_plans"
                                " WHERE query LIKE '%% front = ?'"),
                   "SEARCH card USING INDEX card_front (front=?)|NULL");
}
END_TEST

START_TEST(accesses_name_tables_columns_and_what_leads_there) {
  test_db_text(db, "SELECT count(*) FROM v");
  test_db_exec(db, "UPDATE card SET due = 1 WHERE id = 5");
  ck_assert_str_eq(
      test_db_text(db, "SELECT database, \"table\", \"column\", mode, through"
                       " FROM query_access WHERE query LIKE '%% FROM v'"),
      "main|card|deck|read|v\nmain|card|front|read|v");
  ck_assert_str_eq(
      test_db_text(db, "SELECT \"table\", \"column\", mode, through"
                       " FROM query_access WHERE query LIKE 'UPDATE card%%'"
                       " AND mode <> 'read'"),
      "card|due|update|NULL\ndeck|name|update|tr");
}
END_TEST

START_TEST(a_dropped_table_has_neither_plan_nor_access) {
  test_db_text(db, "SELECT count(*) FROM deck");
  test_db_exec(db, "DROP TRIGGER tr; DROP TABLE deck");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM query_plans"
                                   " WHERE query LIKE '%% FROM deck'"),
                   0);
  ck_assert_int_eq(
      test_db_int(db, "SELECT note LIKE '%%no such table%%' FROM query_access"
                      " WHERE query LIKE '%% FROM deck'"),
      1);
}
END_TEST

START_TEST(other_databases_statements_are_left_out) {
  sqlite3 *other = test_db_open_hotpath("other.db", NULL);

  test_db_exec(other, "CREATE TABLE x(y); SELECT y FROM x");
  ck_assert_int_eq(test_db_int(db, "SELECT count(*) FROM query_plans"
                                   " WHERE query LIKE '%% FROM x'"),
                   0);
  ck_assert_int_eq(test_db_int(other, "SELECT count(*) FROM query_plans"
                                      " WHERE query LIKE '%% FROM x'"),
                   1);
  test_db_close(other);
}
END_TEST

static bool attempt(void) {
  sqlite3_stmt *stmt = NULL;
  int n = 0;
  int rc = sqlite3_prepare_v2(db,
                              "SELECT warning FROM query_plans UNION ALL"
                              " SELECT mode FROM query_access",
                              -1, &stmt, NULL);

  while (!rc && sqlite3_step(stmt) == SQLITE_ROW) n++;
  return sqlite3_finalize(stmt) == SQLITE_OK && !rc && n > 0;
}

/* Every 7th allocation of the thousands, each alone. */
START_TEST(reading_survives_failing_allocations) {
  test_db_int(db, "SELECT count(*) FROM card WHERE lower(front) = 7");
  ck_assert(attempt());
  for (int i = 1, done = 0; !done; i += 7) {
    test_heap_fail_at(i);
    attempt();
    test_heap_fail_never();
    done = !test_heap_failed();
  }
  ck_assert(attempt());
}
END_TEST

Suite *query_plans_vtab_suite(void) {
  Suite *s = suite_create("query_plans_vtab");
  TCase *c = tcase_create("plans");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 120);
  tcase_add_loop_test(c, what_the_statistics_say_is_looked_at, 0,
                      sizeof by_statistics / sizeof *by_statistics);
  tcase_add_loop_test(c, a_bad_plan_is_warned_of_with_a_fix, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, the_weight_of_a_scan_is_what_sqlite_stepped_over);
  tcase_add_test(c, a_good_plan_has_no_warning);
  tcase_add_test(c, accesses_name_tables_columns_and_what_leads_there);
  tcase_add_test(c, a_dropped_table_has_neither_plan_nor_access);
  tcase_add_test(c, other_databases_statements_are_left_out);
  tcase_add_test(c, reading_survives_failing_allocations);
  suite_add_tcase(s, c);
  return s;
}
