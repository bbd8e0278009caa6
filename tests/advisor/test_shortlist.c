/* SPDX-License-Identifier: MIT */
#include "advisor/shortlist.h"

#include "advisor/lab.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_shortlist_suite(void);

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT, pad);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
    " INSERT INTO t SELECT i, i %% 50, i, i, 'x' FROM n;"
    "CREATE TABLE tiny(x, y); INSERT INTO tiny SELECT a, b FROM t LIMIT 40;"
    "CREATE TABLE person(id INTEGER PRIMARY KEY, kind INT);"
    "INSERT INTO person SELECT id, a FROM t;"
    "CREATE TABLE bill(id INTEGER PRIMARY KEY, person INT, day INT);"
    "INSERT INTO bill SELECT id, a, b FROM t;"
    "CREATE TABLE line(bill INT, n INT, day INT, PRIMARY KEY(bill, n));"
    "INSERT INTO line SELECT a, b, c FROM t;";

static const hp_statement work[] = {
    {"SELECT * FROM t WHERE a = 1", 1},
    {"SELECT * FROM t WHERE b = 1 OR c = 2", 1},
    {"SELECT * FROM tiny WHERE x = 1", 1},
    {"SELECT l.day FROM person AS p, bill AS b, line AS l WHERE p.kind = 7 AND"
     " b.person = p.id AND l.bill = b.id AND b.day < 9 AND l.day > 9",
     1},
    {"SELECT * FROM t WHERE (b = 1 OR c = 2) AND pad = 'x'", 1},
};
enum { SIMPLE, EITHER, ON_TINY, CHAIN, BESIDE, N_WORK };

static const double weights[N_WORK] = {1, 1, 1, 1, 1};

static sqlite3 *host;
static hp_lab *lab;
static hp_tables tables;
static hp_shadow *shadow;
static hp_candidates list;

static void set_up(void) {
  char *err;

  host = test_db_open("host.db", NULL);
  test_db_exec(host, schema);
  ck_assert_int_eq(hp_lab_open(host, NULL, &lab, &err), SQLITE_OK);
  ck_assert_int_eq(hp_tables_read(hp_lab_db(lab), &tables), SQLITE_OK);
  ck_assert_int_eq(hp_shadow_open(hp_lab_db(lab), 1000, &shadow, &err),
                   SQLITE_OK);
  list = (hp_candidates){.n_statements = N_WORK};
}

static void take_down(void) {
  hp_candidates_term(&list);
  hp_shadow_close(shadow);
  hp_tables_term(&tables);
  hp_lab_close(lab);
  test_db_close(host);
}

static int offer(const char *table, const char *body, int q) {
  return hp_candidates_offer(&list, hp_tables_find(&tables, table), body, "idx",
                             "", q, weights[q]);
}

static void shorten(void) {
  char *err;

  ck_assert_int_eq(hp_shortlist(&list, &tables, shadow, work, weights, &err),
                   SQLITE_OK);
}

static const hp_candidate *find(const char *body) {
  for (int i = 0; i < list.n; i++) {
    if (strcmp(list.at[i].body, body) == 0) return &list.at[i];
  }
  return NULL;
}

START_TEST(what_the_planner_takes_up_stays) {
  ck_assert_int_eq(offer("t", "t(a)", SIMPLE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(pad)", SIMPLE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(nothing)", SIMPLE), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n, 1);
  ck_assert(find("t(a)")->helps[SIMPLE]);
}
END_TEST

START_TEST(an_index_for_each_side_of_or_stays_with_the_other) {
  ck_assert_int_eq(offer("t", "t(b)", EITHER), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(c)", EITHER), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n, 2);
  ck_assert(!find("t(b)")->helps[EITHER]);
  ck_assert(find("t(b)")->together[EITHER]);
  ck_assert(find("t(c)")->together[EITHER]);
}
END_TEST

START_TEST(one_side_of_or_alone_is_of_no_use) {
  ck_assert_int_eq(offer("t", "t(b)", EITHER), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n, 0);
}
END_TEST

START_TEST(an_index_that_is_of_use_only_beside_another_stays) {
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n, 0);
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_ptr_nonnull(find("person(kind)"));
  ck_assert_ptr_nonnull(find("bill(person)"));
  ck_assert(!find("person(kind)")->helps[CHAIN]);
  ck_assert_int_eq(find("person(kind)")->together[CHAIN],
                   HP_TOGETHER_ALL | HP_TOGETHER_PLAIN);
}
END_TEST

static bool is_chain(const hp_chain *c, const char *a, const char *b) {
  return c->n == 2 && strcmp(c->body[0], a) == 0 && strcmp(c->body[1], b) == 0;
}

START_TEST(sides_of_or_that_a_term_beside_it_hides_are_noted_as_a_chain) {
  ck_assert_int_eq(offer("t", "t(pad)", BESIDE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(b)", BESIDE), SQLITE_OK);
  ck_assert_int_eq(offer("t", "t(c)", BESIDE), SQLITE_OK);
  shorten();
  ck_assert(find("t(pad)")->helps[BESIDE]);
  ck_assert(!find("t(b)")->helps[BESIDE] && !find("t(b)")->together[BESIDE]);
  ck_assert_int_eq(list.n_chains, 1);
  ck_assert(is_chain(&list.chains[0], "t(b)", "t(c)"));
}
END_TEST

START_TEST(narrow_indexes_that_a_wider_one_hides_are_noted_as_a_chain) {
  ck_assert_int_eq(offer("bill", "bill(day, person)", CHAIN), SQLITE_OK);
  list.at[0].n_columns = 2;
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(day)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n_chains, 1);
  ck_assert(is_chain(&list.chains[0], "person(kind)", "bill(person)") ||
            is_chain(&list.chains[0], "bill(person)", "person(kind)"));
  ck_assert_int_eq(list.chains[0].statement, CHAIN);
}
END_TEST

START_TEST(a_candidate_that_goes_takes_its_chains_along) {
  ck_assert_int_eq(offer("person", "person(kind)", CHAIN), SQLITE_OK);
  ck_assert_int_eq(offer("bill", "bill(person)", CHAIN), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n_chains, 1);
  hp_candidates_drop(&list, 0);
  ck_assert_int_eq(list.n, 1);
  ck_assert_int_eq(list.n_chains, 0);
}
END_TEST

START_TEST(a_table_of_few_rows_gets_none) {
  ck_assert_int_eq(offer("tiny", "tiny(x)", ON_TINY), SQLITE_OK);
  ck_assert_int_eq(offer("tiny", "tiny(x, y)", ON_TINY), SQLITE_OK);
  shorten();
  ck_assert_int_eq(list.n, 0);
}
END_TEST

/* As many as can be built in reasonable time, plain ones first. */
START_TEST(a_table_of_many_rows_gets_few) {
  static const char *const columns[] = {"b", "c", "id", "pad"};
  char body[40];

  tables.at[hp_tables_find(&tables, "t")].n_rows = 100 * 1000 * 1000;
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < 4; k++) {
      if (i == k) continue;
      sqlite3_snprintf(sizeof body, body, "t(a, %s, %s)", columns[i],
                       columns[k]);
      ck_assert_int_eq(offer("t", body, SIMPLE), SQLITE_OK);
      sqlite3_snprintf(sizeof body, body, "t(a, %s DESC, %s)", columns[i],
                       columns[k]);
      ck_assert_int_eq(offer("t", body, SIMPLE), SQLITE_OK);
      list.at[list.n - 1].is_covering = true;
    }
  }
  shorten();
  ck_assert_int_eq(list.n, 14);
  ck_assert_ptr_nonnull(find("t(a, pad, id)"));
}
END_TEST

static bool attempt(void *arg) {
  char *err = NULL;
  int rc = offer("person", "person(kind)", CHAIN);

  (void)arg;
  if (rc == SQLITE_OK) rc = offer("bill", "bill(person)", CHAIN);
  if (rc == SQLITE_OK) {
    rc = hp_shortlist(&list, &tables, shadow, work, weights, &err);
  }
  sqlite3_free(err);
  hp_candidates_term(&list);
  list = (hp_candidates){.n_statements = N_WORK};
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 50);
}
END_TEST

Suite *advisor_shortlist_suite(void) {
  Suite *s = suite_create("advisor_shortlist");
  TCase *c = tcase_create("shortlist");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, what_the_planner_takes_up_stays);
  tcase_add_test(c, an_index_for_each_side_of_or_stays_with_the_other);
  tcase_add_test(c, one_side_of_or_alone_is_of_no_use);
  tcase_add_test(c, an_index_that_is_of_use_only_beside_another_stays);
  tcase_add_test(c,
                 sides_of_or_that_a_term_beside_it_hides_are_noted_as_a_chain);
  tcase_add_test(c, narrow_indexes_that_a_wider_one_hides_are_noted_as_a_chain);
  tcase_add_test(c, a_candidate_that_goes_takes_its_chains_along);
  tcase_add_test(c, a_table_of_few_rows_gets_none);
  tcase_add_test(c, a_table_of_many_rows_gets_few);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
