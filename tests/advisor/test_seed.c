/* SPDX-License-Identifier: MIT */
#include "advisor/seed.h"

#include "advisor/advisor.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *advisor_seed_suite(void);

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT, pad);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
    " INSERT INTO t SELECT i, i %% 50, i, i * 7 %% 4000,"
    " printf('%%.60c', 'x') FROM n;"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, v INT);"
    "INSERT INTO u SELECT id, a FROM t LIMIT 150";

static sqlite3 *host;
static hp_advisor_options options;
static hp_report report;
static hp_session s;
static char *err;
static bool set[100];

static void sow(const hp_statement *work, int n) {
  s = (hp_session){.statements = work,
                   .n = n,
                   .options = &options,
                   .out = &report,
                   .err = &err};
  ck_assert_int_eq(hp_session_open(&s, host), SQLITE_OK);
  ck_assert_int_eq(hp_session_build(&s), SQLITE_OK);
  ck_assert_int_eq(hp_seed_sow(&s, s.bare, 0, set), SQLITE_OK);
}

static void open_host(void) {
  host = test_db_open("host.db", NULL);
  test_db_exec(host, schema);
  options = hp_advisor_defaults();
  report = (hp_report){0};
  err = NULL;
  memset(set, 0, sizeof set);
}

static void close_all(void) {
  hp_session_close(&s);
  hp_report_term(&report);
  test_db_close(host);
}

/* True if the set has a built index whose columns begin so. */
static bool has(const char *body) {
  for (int k = 0; k < report.n_built; k++) {
    if (set[s.n_originals + k] &&
        strstr(s.candidates.at[s.made_of[k]].body, body)) {
      return true;
    }
  }
  return false;
}

static int n_sown(void) {
  int n = 0;

  for (int i = 0; i < 100; i++) n += set[i];
  return n;
}

START_TEST(each_statement_gets_the_index_that_makes_it_cheapest) {
  static const hp_statement work[] = {
      {"SELECT * FROM t WHERE a = 7 AND b = 7", 1},
      {"SELECT * FROM t WHERE c = 9", 1},
  };

  sow(work, 2);
  ck_assert(has("(\"b\""));
  ck_assert(has("(\"c\""));
  ck_assert_int_eq(n_sown(), 2);
}
END_TEST

START_TEST(indexes_that_help_only_together_come_together) {
  static const hp_statement work[] = {
      {"SELECT * FROM t WHERE b = 7 OR c = 9", 1}};

  sow(work, 1);
  ck_assert(has("(\"b\""));
  ck_assert(has("(\"c\""));
}
END_TEST

START_TEST(what_is_not_worth_its_bytes_is_not_sown) {
  static const hp_statement work[] = {
      {"SELECT * FROM u WHERE v = 7", 1},
      {"SELECT sum(x.a * y.v) FROM t AS x, u AS y", 1},
  };

  options.min_density = 1e4;
  sow(work, 2);
  ck_assert_int_eq(n_sown(), 0);
}
END_TEST

START_TEST(what_is_there_already_counts) {
  static const hp_statement work[] = {{"SELECT * FROM t WHERE c = 9", 1}};

  test_db_exec(host, "CREATE INDEX mine ON t(c)");
  set[0] = true;
  sow(work, 1);
  ck_assert_int_eq(n_sown(), 1);
}
END_TEST

static const char bills[] =
    "CREATE TABLE person(id INTEGER PRIMARY KEY, kind INT, pad);"
    "INSERT INTO person SELECT id, c / 50, pad FROM t WHERE id <= 1000;"
    "CREATE TABLE bill(id INTEGER PRIMARY KEY, person INT, state INT, pad);"
    "INSERT INTO bill SELECT id, c / 5, id %% 5, pad FROM t";

#define OF_A_PERSON "SELECT * FROM bill WHERE person = 7"
#define BY_STATE                                                               \
  "SELECT b.state, count(*) FROM person AS p, bill AS b WHERE b.person = p.id" \
  " AND p.kind < 5 GROUP BY b.state"

/* Newer planners than that of 3.40 take up a chain with the narrow index, too.
 */
START_TEST(an_index_of_a_chain_takes_the_place_of_one_it_begins_with) {
  static const hp_statement work[] = {{OF_A_PERSON, 10}, {BY_STATE, 1}};

  if (test_db_since(3041000)) return;
  test_db_exec(host, bills);
  sow(work, 2);
  ck_assert(has("\"person\"(\"kind\""));
  ck_assert(has("\"bill\"(\"person\", \"state\""));
  ck_assert(!has("\"bill\"(\"person\")"));
}
END_TEST

/* Though its bytes are next to nothing in so large a database. */
START_TEST(a_statement_of_little_weight_starts_without_a_chain) {
  static const hp_statement work[] = {{OF_A_PERSON, 1000}, {BY_STATE, 1}};

  test_db_exec(host, bills);
  test_db_exec(host, "CREATE TABLE files(f);"
                     "INSERT INTO files VALUES (zeroblob(25000000))");
  sow(work, 2);
  ck_assert(has("\"bill\"(\"person\""));
  ck_assert(!has("\"person\"(\"kind\""));
}
END_TEST

START_TEST(but_gets_it_when_sown_anew_for_what_is_left) {
  static const hp_statement work[] = {{OF_A_PERSON, 1000}, {BY_STATE, 1}};

  test_db_exec(host, bills);
  sow(work, 2);
  ck_assert_int_eq(hp_seed_sow(&s, s.weights[1], 0.05, set), SQLITE_OK);
  ck_assert(has("\"person\"(\"kind\""));
}
END_TEST

Suite *advisor_seed_suite(void) {
  Suite *suite = suite_create("advisor_seed");
  TCase *c = tcase_create("seed");

  tcase_add_checked_fixture(c, open_host, close_all);
  tcase_add_test(c, each_statement_gets_the_index_that_makes_it_cheapest);
  tcase_add_test(c, indexes_that_help_only_together_come_together);
  tcase_add_test(c, what_is_not_worth_its_bytes_is_not_sown);
  tcase_add_test(c, what_is_there_already_counts);
  tcase_add_test(c, an_index_of_a_chain_takes_the_place_of_one_it_begins_with);
  tcase_add_test(c, a_statement_of_little_weight_starts_without_a_chain);
  tcase_add_test(c, but_gets_it_when_sown_anew_for_what_is_left);
  suite_add_tcase(suite, c);
  return suite;
}
