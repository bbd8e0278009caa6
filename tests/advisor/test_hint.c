/* SPDX-License-Identifier: MIT */
#include "advisor/hint.h"

#include "support/heap.h"

#include <check.h>

Suite *advisor_hint_suite(void);

static const struct {
  const char *sql, *out, *what;
} cases[] = {
    {"SELECT * FROM t WHERE a = 1", "SELECT * FROM t NOT INDEXED WHERE a = 1",
     "t NOT INDEXED"},
    {"SELECT * FROM T AS x, u y JOIN t ON 1",
     "SELECT * FROM T AS x NOT INDEXED, u y JOIN t NOT INDEXED ON 1",
     "T AS x NOT INDEXED"},
    {"SELECT * FROM u, \"t\" x LIMIT 5",
     "SELECT * FROM u, \"t\" x NOT INDEXED LIMIT 5", "\"t\" x NOT INDEXED"},
    {"SELECT (SELECT max(a) FROM t) FROM u",
     "SELECT (SELECT max(a) FROM t NOT INDEXED) FROM u", "t NOT INDEXED"},
    {"UPDATE t SET a = 2", "UPDATE t NOT INDEXED SET a = 2", "t NOT INDEXED"},
    {"DELETE FROM t", "DELETE FROM t NOT INDEXED", "t NOT INDEXED"},
    {"SELECT t.a FROM u", NULL, NULL},
    {"SELECT * FROM t INDEXED BY i", NULL, NULL},
    {"SELECT * FROM t AS x NOT INDEXED", NULL, NULL},
    {"SELECT 't' -- FROM t", NULL, NULL},
    {"", NULL, NULL},
};

START_TEST(a_statement_gets_its_hints) {
  char *out, *what;

  ck_assert_int_eq(hp_hint_write(cases[_i].sql, "t", &out, &what), SQLITE_OK);
  ck_assert_pstr_eq(out, cases[_i].out);
  ck_assert_pstr_eq(what, cases[_i].what);
  sqlite3_free(out);
  sqlite3_free(what);
}
END_TEST

static bool attempt(void *unused) {
  char *out, *what;
  int rc = hp_hint_write("SELECT * FROM t AS x", "t", &out, &what);

  (void)unused;
  ck_assert_int_eq(rc == SQLITE_OK, out != NULL);
  sqlite3_free(out);
  sqlite3_free(what);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 2);
}
END_TEST

Suite *advisor_hint_suite(void) {
  Suite *s = suite_create("advisor_hint");
  TCase *c = tcase_create("hint");

  tcase_add_loop_test(c, a_statement_gets_its_hints, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
