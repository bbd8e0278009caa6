/* SPDX-License-Identifier: MIT */
#include "advisor/lens.h"

#include "support/db.h"
#include "support/heap.h"
#include "support/need.h"

#include <check.h>

Suite *advisor_lens_suite(void);

static sqlite3 *open_db(void) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT,"
                   " c TEXT COLLATE NOCASE, d);"
                   "CREATE TABLE u(x INT, y INT);"
                   "CREATE VIEW v AS SELECT * FROM t WHERE b = 3;"
                   "CREATE TEMP TABLE pick(z INTEGER PRIMARY KEY)");
  return db;
}

/* A need that must be among those of the statement. */
static const struct {
  const char *sql, *need;
} cases[] = {
    {"SELECT d FROM t WHERE a = 7 AND b > ?", "t eq:a=7 range:b"},
    {"SELECT d FROM t WHERE a = 7 AND b <> 3", "t eq:a=7"},
    {"SELECT d FROM t WHERE a IS NULL LIMIT 5", "t eq:a=NULL"},
    {"SELECT d FROM t WHERE a IS NOT NULL AND b > 1", "t range:b present:a"},
    {"SELECT d FROM t WHERE a IN (1, 2) ORDER BY b DESC", "t eq:a order:b-"},
    {"SELECT d FROM t WHERE c = 'x' COLLATE BINARY", "t eq:c~BINARY"},
    {"SELECT d FROM t WHERE d LIKE 'x%'", "t range:d~NOCASE"},
    {"SELECT d FROM t WHERE id = 5", "t rowid"},
    {"SELECT d FROM t ORDER BY a, id", "t order:a"},
    {"SELECT a, max(b) FROM t GROUP BY a", "t order:a"},
    {"SELECT d FROM v WHERE a = 1", "t eq:b=3 eq:a=1"},
    {"SELECT * FROM u JOIN t ON t.a = u.x WHERE y = 2", "t eq:a"},
    {"SELECT * FROM u JOIN t ON t.a = u.x WHERE y = 2", "u eq:y=2"},
    {"SELECT (SELECT d FROM t WHERE a = x) FROM u", "t eq:a"},
    {"DELETE FROM t WHERE a BETWEEN 1 AND 2", "t range:a"},
    {"UPDATE t SET b = 1 WHERE d = 4", "t eq:d=4"},
    {"SELECT * FROM t WHERE a IN (SELECT z FROM pick)", "t eq:a"},
};

START_TEST(a_statement_needs_this) {
  sqlite3 *db = open_db();
  hp_tables tables;
  hp_needs needs;
  hp_lens *lens;
  char *err;
  int rc;

  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  ck_assert_int_eq(hp_lens_open(db, &tables, &lens, &err), SQLITE_OK);
  rc = hp_lens_look(lens, cases[_i].sql, &needs, &err);
  ck_assert_msg(rc == SQLITE_OK, "%s: %s", cases[_i].sql, err);
  test_need_check(&tables, &needs, cases[_i].sql, cases[_i].need);
  hp_needs_term(&needs);
  hp_lens_close(lens);
  hp_tables_term(&tables);
  test_db_close(db);
}
END_TEST

/* With a database of its own: SQLite itself may hold on to other memory after a
** failure. */
static bool attempt(void *unused) {
  sqlite3 *db = NULL;
  hp_tables tables = {0};
  hp_needs needs = {0};
  hp_lens *lens = NULL;
  char *err = NULL;
  int rc = sqlite3_open(":memory:", &db);

  (void)unused;
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(db,
                      "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, d);"
                      "CREATE VIEW v AS SELECT * FROM t WHERE b = 3",
                      NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) rc = hp_tables_read(db, &tables);
  if (rc == SQLITE_OK) rc = hp_lens_open(db, &tables, &lens, &err);
  if (rc == SQLITE_OK) {
    rc = hp_lens_look(lens, "SELECT d FROM v WHERE a = 1", &needs, &err);
  }
  sqlite3_free(err);
  hp_needs_term(&needs);
  hp_lens_close(lens);
  hp_tables_term(&tables);
  sqlite3_close(db);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 50);
}
END_TEST

Suite *advisor_lens_suite(void) {
  Suite *s = suite_create("advisor_lens");
  TCase *c = tcase_create("lens");

  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, a_statement_needs_this, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
