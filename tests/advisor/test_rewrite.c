/* SPDX-License-Identifier: MIT */
#include "advisor/rewrite.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_rewrite_suite(void);

/* reason: a part of it, "" for none. other: NULL for none. */
static const struct {
  const char *sql, *reason, *other;
} cases[] = {
    {"SELECT * FROM t WHERE date(at) = '2026-01-31'", "date() around at hides",
     "SELECT * FROM t WHERE at >= '2026-01-31' AND at < '2026-01-32'"},
    {"SELECT * FROM t AS x WHERE b AND strftime('%Y', x.\"at\") = '1999' LIMIT "
     "2",
     "strftime() around \"at\"",
     "SELECT * FROM t AS x WHERE b AND x.\"at\" >= '1999' AND x.\"at\" < "
     "'199:' LIMIT 2"},
    {"SELECT * FROM t WHERE substr(name, 1, 3) = 'abc'", "substr() around name",
     "SELECT * FROM t WHERE name >= 'abc' AND name < 'abd'"},
    {"SELECT * FROM t WHERE lower(name) = 'abc'", "a collation",
     "SELECT * FROM t WHERE name = 'abc' COLLATE NOCASE"},
    {"SELECT * FROM t WHERE substr(name, 2, 3) = 'abc'", "substr()", NULL},
    {"SELECT * FROM t WHERE substr(name, 1, 2) = 'abc'", "substr()", NULL},
    {"SELECT * FROM t WHERE date(at) = ?", "date() around at", NULL},
    {"SELECT * FROM t WHERE date(at, '+1 day') = '2026-01-31'", "date()", NULL},
    {"SELECT * FROM t WHERE strftime('%m', at) = '12'", "strftime()", NULL},
    {"SELECT * FROM t WHERE lower(a || b) = 'x'", "", NULL},
    {"SELECT * FROM t JOIN u ON t.id = u.t WHERE t.a = 1 OR u.b = 2",
     "OR over columns of several tables", NULL},
    {"SELECT * FROM t JOIN u ON t.id = u.t WHERE t.a = 1 OR t.b = 2", "", NULL},
    {"INSERT OR REPLACE INTO t SELECT u.a FROM u WHERE u.b = 1", "", NULL},
    {"SELECT * FROM t WHERE name LIKE '%x%'", "begins with %", NULL},
    {"SELECT * FROM t WHERE name LIKE 'x%'", "", NULL},
    {"SELECT t.a, count(DISTINCT u.b) FROM t LEFT JOIN u ON t.id = u.t"
     " WHERE t.c > 1 GROUP BY 1",
     "count(DISTINCT ...) over a join", NULL},
    {"SELECT DISTINCT t.a FROM t, u WHERE t.id = u.t", "DISTINCT over a join",
     NULL},
    {"SELECT DISTINCT a FROM t WHERE b = 1", "", NULL},
    {"SELECT count(*), max(a) FROM t", "it asks for every row", NULL},
    {"SELECT a FROM t LIMIT 5", "", NULL},
    {"SELECT a FROM t WHERE b <> 5", "<> and NOT IN", NULL},
    {"SELECT a FROM t WHERE b NOT IN (1, 2)", "<> and NOT IN", NULL},
    {"SELECT a FROM t WHERE b = 5", "", NULL},
    {"SELECT '(", "", NULL},
    {"", "", NULL},
};

START_TEST(a_reason_is_read_from_the_text) {
  hp_rewrite r;

  ck_assert_int_eq(hp_rewrite_find(cases[_i].sql, &r), SQLITE_OK);
  if (*cases[_i].reason) {
    ck_assert_msg(r.reason && strstr(r.reason, cases[_i].reason), "%s: %s",
                  cases[_i].sql, r.reason ? r.reason : "no reason");
  } else {
    ck_assert_msg(!r.reason, "%s: %s", cases[_i].sql, r.reason);
  }
  if (cases[_i].other)
    ck_assert_str_eq(r.sql, cases[_i].other);
  else
    ck_assert_ptr_null(r.sql);
  hp_rewrite_term(&r);
}
END_TEST

START_TEST(other_words_give_the_same_rows) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_rewrite r;

  test_db_exec(db, "CREATE TABLE t(at TEXT, name TEXT, b);"
                   "INSERT INTO t VALUES('2026-01-31', 'abc', 1),"
                   " ('2026-01-31 23:59', 'ABC', 1), ('2026-02-01', 'abd', 1),"
                   " ('1999-12-31', 'abcd', 1), ('2000-01-01', NULL, 1)");
  for (int i = 0; i < 4; i++) {
    const char *direct = test_db_text(db, "%s", cases[i].sql);

    ck_assert_int_eq(hp_rewrite_find(cases[i].sql, &r), SQLITE_OK);
    ck_assert_str_eq(test_db_text(db, "%s", r.sql), direct);
    ck_assert_str_ne(direct, "");
    hp_rewrite_term(&r);
  }
  test_db_close(db);
}
END_TEST

START_TEST(a_text_without_end_has_no_reason) {
  char *sql = sqlite3_mprintf("SELECT %.*c FROM t WHERE a <> 1", 9000, '+');
  hp_rewrite r;

  ck_assert_int_eq(hp_rewrite_find(sql, &r), SQLITE_OK);
  ck_assert_ptr_null(r.reason);
  hp_rewrite_term(&r);
  sqlite3_free(sql);
}
END_TEST

static bool attempt(void *arg) {
  hp_rewrite r;
  bool ok = hp_rewrite_find(cases[0].sql, &r) == SQLITE_OK;

  (void)arg;
  ok = ok && r.reason && r.sql;
  hp_rewrite_term(&r);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 3);
}
END_TEST

Suite *advisor_rewrite_suite(void) {
  Suite *s = suite_create("advisor_rewrite");
  TCase *c = tcase_create("rewrite");

  tcase_add_loop_test(c, a_reason_is_read_from_the_text, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, other_words_give_the_same_rows);
  tcase_add_test(c, a_text_without_end_has_no_reason);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
