/* SPDX-License-Identifier: MIT */
#include "advisor/candidates.h"

#include "advisor/lens.h"
#include "advisor/phrases.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_candidates_suite(void);

static sqlite3 *db;
static hp_tables tables;
static hp_lens *lens;

static void set_up(void) {
  char *err;

  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT,"
                   " d INT, name TEXT, p, q, r, s)");
  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  ck_assert_int_eq(hp_lens_open(db, &tables, &lens, &err), SQLITE_OK);
}

static void take_down(void) {
  hp_lens_close(lens);
  hp_tables_term(&tables);
  test_db_close(db);
}

/* As if a = 1, p IN (…) and d IS NOT NULL were rare, r = anything common. */
static hp_frequency frequency_of(void *unused, int table, int column,
                                 const char *literal) {
  const char *name = tables.at[table].columns[column].name;

  (void)unused;
  if (strcmp(name, "r") == 0) return HP_COMMON;
  if (!literal) return HP_MIDDLING;
  if (strcmp(name, "a") == 0 && strcmp(literal, "1") == 0) return HP_RARE;
  if (strcmp(name, "d") == 0 && strcmp(literal, "NOT NULL") == 0) {
    return HP_RARE;
  }
  if (strcmp(name, "p") == 0 && *literal == '(') return HP_RARE;
  return HP_MIDDLING;
}

/* body: an index that is among the candidates, or must not be. */
static const struct {
  const char *sql, *body;
  bool is_offered;
  const char *why;
} cases[] = {
    {"SELECT * FROM t WHERE b = 1 AND c = 2", "\"t\"(\"b\", \"c\")", true,
     "b (equality), c (equality)"},
    {"SELECT * FROM t WHERE b = 1 AND c = 2", "\"t\"(\"c\")", true,
     "c (equality)"},
    {"SELECT * FROM t WHERE b = 1 AND c > 2 ORDER BY name",
     "\"t\"(\"b\", \"c\")", true, "b (equality), c (range)"},
    {"SELECT * FROM t WHERE b = 1 AND c > 2 ORDER BY name",
     "\"t\"(\"b\", \"name\")", true, "b (equality), name (order)"},
    {"SELECT * FROM t WHERE b = 1 AND c > 2 ORDER BY name",
     "\"t\"(\"b\", \"name\", \"c\")", true,
     "b (equality), name (order), c (filter)"},
    {"SELECT * FROM t WHERE b > 1 AND c > 2", "\"t\"(\"b\", \"c\")", true,
     "b (range), c (filter)"},
    {"SELECT * FROM t WHERE b > 1 AND c > 2", "\"t\"(\"c\", \"b\")", true,
     "c (range), b (filter)"},
    {"SELECT d FROM t WHERE b = 1", "\"t\"(\"b\", \"d\")", true,
     "b (equality), d (covering)"},
    {"SELECT * FROM t WHERE b IN (1, 2) ORDER BY c LIMIT 5",
     "\"t\"(\"c\", \"b\")", true, "c (order), b (filter)"},
    {"SELECT * FROM t WHERE b = 1 ORDER BY c LIMIT 5", "\"t\"(\"c\", \"b\")",
     false, NULL},
    {"SELECT * FROM t WHERE r = 1 ORDER BY c LIMIT 5", "\"t\"(\"c\", \"r\")",
     true, "c (order), r (filter)"},
    {"SELECT * FROM t WHERE b = 1 AND d IN (2, 3) ORDER BY c",
     "\"t\"(\"b\", \"c\", \"d\")", true, "b (equality), c (order), d (filter)"},
    {"SELECT * FROM t WHERE b = 1 AND d IS NOT NULL", "\"t\"(\"b\", \"d\")",
     true, "b (equality), d (filter)"},
    {"SELECT * FROM t WHERE b = 1 AND d IS NOT NULL",
     "\"t\"(\"b\") WHERE \"d\" IS NOT NULL", true, "b (equality)"},
    {"SELECT * FROM t WHERE d IS NOT NULL",
     "\"t\"(\"d\") WHERE \"d\" IS NOT NULL", true, "d (filter)"},
    {"SELECT * FROM t WHERE b = 1 AND d > 4 AND d IS NOT NULL",
     "\"t\"(\"b\", \"d\") WHERE \"d\" IS NOT NULL", true,
     "b (equality), d (range)"},
    {"SELECT * FROM t WHERE b = 1 AND c IS NOT NULL",
     "\"t\"(\"b\") WHERE \"c\" IS NOT NULL", false, NULL},
    {"SELECT * FROM t WHERE a = 1 AND b = 2", "\"t\"(\"b\") WHERE \"a\" = 1",
     true, "b (equality)"},
    {"SELECT * FROM t WHERE p IN ('x', 'y') AND b > 2",
     "\"t\"(\"b\") WHERE \"p\" IN ('x', 'y')", true, "b (range)"},
    {"SELECT b, p FROM t WHERE p IN ('x', 'y') AND b > 2",
     "\"t\"(\"b\", \"p\") WHERE \"p\" IN ('x', 'y')", true,
     "b (range), p (covering)"},
    {"SELECT * FROM t WHERE p IN ('x', 'y')",
     "\"t\"(\"p\") WHERE \"p\" IN ('x', 'y')", true, "p (filter)"},
    {"SELECT * FROM t WHERE q IN (1, 2) AND b > 2",
     "\"t\"(\"b\") WHERE \"q\" IN (1, 2)", false, NULL},
    {"SELECT * FROM t WHERE a = 2 AND b = 2", "\"t\"(\"b\") WHERE \"a\" = 2",
     false, NULL},
    {"SELECT * FROM t WHERE b = 1 AND c <> 2", "\"t\"(\"b\", \"c\")", false,
     NULL},
    {"SELECT * FROM t WHERE lower(name) = 'x' AND b = 1",
     "\"t\"(lower(name), \"b\")", true, "lower(name) (equality), b (equality)"},
    {"SELECT * FROM t WHERE b = 1 AND lower(name) LIKE 'x%'",
     "\"t\"(\"b\", lower(name) COLLATE \"NOCASE\")", true,
     "b (equality), lower(name) (range)"},
    {"SELECT * FROM t WHERE lower(name) IN ('x', 'y') ORDER BY c",
     "\"t\"(\"c\", lower(name))", true, "c (order), lower(name) (filter)"},
    {"SELECT min(c) FROM t WHERE b < 9", "\"t\"(\"c\", \"b\")", true,
     "c (order), b (covering)"},
    {"SELECT * FROM t ORDER BY a DESC, b DESC LIMIT 1", "\"t\"(\"a\", \"b\")",
     true, "a (order), b (order)"},
    {"SELECT * FROM t WHERE id = 4 AND b = 1", "\"t\"(\"b\")", false, NULL},
};

static int make(const char *sql, hp_candidates *out) {
  hp_needs needs = {0};
  char *err;
  double weight = 1;
  int rc = hp_lens_look(lens, sql, &needs, &err);

  sqlite3_free(err);
  *out = (hp_candidates){0};
  if (rc == SQLITE_OK) rc = hp_phrases_note(&tables, sql, &needs);
  if (rc == SQLITE_OK) {
    rc = hp_candidates_make(&tables, &needs, &weight, 1, frequency_of, NULL,
                            out);
  }
  hp_needs_term(&needs);
  return rc;
}

/* Before 3.38 SQLite does not tell of values, LIMIT and lists of IN. */
START_TEST(a_statement_has_these_candidates) {
  hp_candidates all;
  const hp_candidate *found = NULL;

  if (!test_db_since(3038000)) return;

  ck_assert_int_eq(make(cases[_i].sql, &all), SQLITE_OK);
  for (int i = 0; i < all.n; i++) {
    if (strcmp(all.at[i].body, cases[_i].body) == 0) found = &all.at[i];
  }
  ck_assert_msg((found != NULL) == cases[_i].is_offered, "%s: %s",
                cases[_i].sql, cases[_i].body);
  if (found) ck_assert_str_eq(found->why, cases[_i].why);
  hp_candidates_term(&all);
}
END_TEST

START_TEST(names_say_table_function_and_columns) {
  hp_candidates all;
  const char *name = NULL;

  if (!test_db_since(3038000)) return;
  ck_assert_int_eq(
      make("SELECT * FROM t WHERE lower(name) = 'x' AND a = 1", &all),
      SQLITE_OK);
  for (int i = 0; i < all.n; i++) {
    if (strcmp(all.at[i].body, "\"t\"(lower(name)) WHERE \"a\" = 1") == 0) {
      name = all.at[i].name;
    }
  }
  ck_assert_pstr_eq(name, "idx_t_lower_name_where_a");
  hp_candidates_term(&all);
}
END_TEST

START_TEST(statements_share_a_candidate) {
  hp_candidates all;

  ck_assert_int_eq(make("SELECT * FROM t WHERE b = 1", &all), SQLITE_OK);
  ck_assert_int_eq(all.n, 1);
  ck_assert_int_eq(hp_candidates_offer(&all, 0, "\"t\"(\"b\")", "x", "", 0, 5),
                   SQLITE_OK);
  ck_assert_int_eq(all.n, 1);
  ck_assert_double_eq(all.at[0].weight, 1); /* the same statement */
  ck_assert_int_eq(hp_candidates_offer(&all, 0, "\"t\"(\"q\")", "i d-x",
                                       "a foreign key", 0, 5),
                   SQLITE_OK);
  ck_assert_int_eq(all.n, 2);
  ck_assert_str_eq(all.at[1].name, "i_d_x");
  ck_assert_str_eq(all.at[1].why, "a foreign key");
  hp_candidates_term(&all);
}
END_TEST

static bool attempt(void *unused) {
  hp_need use = {.n_eq = 2, .n_range = 2, .n_order = 1, .n_present = 1};
  hp_needs needs = {.at = &use, .n = 1};
  hp_candidates all;
  double weight = 1;
  int rc;

  (void)unused;
  use.eq[0] = (hp_term){.column = 1, .literal = "1"};
  use.eq[1] = (hp_term){.column = 5, .expression = "lower(name)"};
  use.range[0].column = 2;
  use.range[1].column = 3;
  use.order[0].column = 6;
  use.present[0].column = 4;
  rc =
      hp_candidates_make(&tables, &needs, &weight, 1, frequency_of, NULL, &all);
  if (rc == SQLITE_OK) {
    rc = hp_candidates_offer(&all, 0, "t(q)", "q", "", 0, 1);
  }
  hp_candidates_term(&all);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 50);
}
END_TEST

Suite *advisor_candidates_suite(void) {
  Suite *s = suite_create("advisor_candidates");
  TCase *c = tcase_create("candidates");

  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_loop_test(c, a_statement_has_these_candidates, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, names_say_table_function_and_columns);
  tcase_add_test(c, statements_share_a_candidate);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
