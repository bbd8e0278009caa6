/* SPDX-License-Identifier: MIT */
#include "advisor/session.h"

#include "advisor/advisor.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *advisor_session_suite(void);

static const char schema[] =
    "CREATE TABLE pair(x INT, y INT, z INT, pad, PRIMARY KEY(x, y));"
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, pad);"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, a INT, b INT, pad);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " INSERT INTO t SELECT i, i %% 40, i, printf('%%.60c', 'x') FROM n;"
    "INSERT INTO u SELECT * FROM t;"
    "INSERT INTO pair SELECT a, id, b, pad FROM t";

static const hp_statement work[] = {
    {"SELECT * FROM pair WHERE x = 7 AND z = 7", 1},
    {"SELECT * FROM t WHERE a = 7", 1},
    {"SELECT * FROM t WHERE a = 7 AND b = 7", 1},
    {"SELECT * FROM u WHERE a = 7 AND b > 7", 1},
    {"SELECT * FROM u WHERE a = 7 ORDER BY id DESC LIMIT 1", 1},
};
enum { N_WORK = sizeof work / sizeof *work };

static sqlite3 *host;
static hp_advisor_options options;
static hp_report report;
static hp_session s;
static char *err;

/* On the host as it is. */
static void begin(void) {
  options = hp_advisor_defaults();
  report = (hp_report){0};
  err = NULL;
  s = (hp_session){.statements = work,
                   .n = N_WORK,
                   .options = &options,
                   .out = &report,
                   .err = &err};
  ck_assert_int_eq(hp_session_open(&s, host), SQLITE_OK);
  ck_assert_int_eq(hp_session_build(&s), SQLITE_OK);
}

static void open_session(void) {
  host = test_db_open("host.db", NULL);
  test_db_exec(host, schema);
  begin();
}

static void close_session(void) {
  hp_session_close(&s);
  hp_report_term(&report);
  test_db_close(host);
}

/* The lab's number of the index that was built with this body. */
static int built(const char *body) {
  for (int k = 0; k < report.n_built; k++) {
    if (!strcmp(s.candidates.at[s.made_of[k]].body, body)) {
      return s.n_originals + k;
    }
  }
  return -1;
}

static bool clash(const char *there, const char *in) {
  bool set[100] = {false};
  int i = built(there), k = built(in);

  ck_assert_msg(i >= 0 && k >= 0, "%s, %s", there, in);
  set[i] = true;
  return hp_session_clashes(&s, set, k, -1);
}

START_TEST(an_index_clashes_with_one_that_begins_with_it_either_way) {
  ck_assert(clash("\"t\"(\"a\", \"b\")", "\"t\"(\"a\")"));
  ck_assert(clash("\"t\"(\"a\")", "\"t\"(\"a\", \"b\")"));
}
END_TEST

START_TEST(but_not_when_it_is_exchanged_for_it) {
  bool set[100] = {false};
  int wide = built("\"t\"(\"a\", \"b\")"), narrow = built("\"t\"(\"a\")");

  set[narrow] = true;
  ck_assert(!hp_session_clashes(&s, set, wide, narrow));
}
END_TEST

START_TEST(nor_where_rows_are_asked_for_in_the_order_of_the_rowid) {
  ck_assert(!clash("\"u\"(\"a\", \"b\")", "\"u\"(\"a\")"));
}
END_TEST

START_TEST(the_beginning_of_a_key_clashes_with_anything) {
  bool set[100] = {false};
  int i = built("\"pair\"(\"x\")"), k = built("\"pair\"(\"z\")");

  ck_assert_int_ge(k, 0);
  ck_assert(!hp_session_clashes(&s, set, k, -1));
  ck_assert(i < 0 || hp_session_clashes(&s, set, i, -1));
}
END_TEST

START_TEST(bytes_do_not_count_what_could_be_dropped) {
  double before = hp_session_bytes(&s), page = 4096;

  hp_session_close(&s);
  hp_report_term(&report);
  test_db_exec(host, "CREATE INDEX mine ON t(pad, b)");
  begin();
  ck_assert_double_le(hp_session_bytes(&s), before + page);
  ck_assert_double_ge(hp_session_bytes(&s), before - page);
}
END_TEST

Suite *advisor_session_suite(void) {
  Suite *suite = suite_create("advisor_session");
  TCase *c = tcase_create("session");

  tcase_add_checked_fixture(c, open_session, close_session);
  tcase_add_test(c, an_index_clashes_with_one_that_begins_with_it_either_way);
  tcase_add_test(c, but_not_when_it_is_exchanged_for_it);
  tcase_add_test(c, nor_where_rows_are_asked_for_in_the_order_of_the_rowid);
  tcase_add_test(c, the_beginning_of_a_key_clashes_with_anything);
  tcase_add_test(c, bytes_do_not_count_what_could_be_dropped);
  suite_add_tcase(suite, c);
  return suite;
}
