/* SPDX-License-Identifier: MIT */
#include "advisor/phrases.h"

#include "support/db.h"
#include "support/heap.h"
#include "support/need.h"

#include <check.h>

Suite *advisor_phrases_suite(void);

static hp_tables tables;
static sqlite3 *db;

static void set_up(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT,"
                   " name TEXT, doc TEXT);"
                   "CREATE TABLE u(x INT, note TEXT)");
  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
}

static void take_down(void) {
  hp_tables_term(&tables);
  test_db_close(db);
}

/* What the text adds to a use of t of which nothing else is known. */
static const struct {
  const char *sql, *need;
} cases[] = {
    {"SELECT a FROM t WHERE lower(name) = 'x'", "t eq:lower(name)"},
    {"SELECT a FROM t WHERE LOWER ( t.name ) = 'x'", "t eq:LOWER(name)"},
    {"SELECT a FROM t WHERE 'x' = lower(name)", "t eq:lower(name)"},
    {"SELECT a FROM t WHERE lower(trim(name)) IN ('x')",
     "t eq:lower(trim(name))"},
    {"SELECT a FROM t WHERE cast(name AS INT) = 5", "t eq:cast(name AS INT)"},
    {"SELECT a FROM t WHERE abs(a) BETWEEN 1 AND 2", "t range:abs(a)"},
    {"SELECT a FROM t WHERE abs(a) > 1 AND abs(b) = 2",
     "t eq:abs(b) range:abs(a)"},
    {"SELECT a FROM t WHERE lower(name) LIKE 'x%'",
     "t range:lower(name)~NOCASE"},
    {"SELECT a FROM t WHERE lower(name) GLOB 'x*'", "t range:lower(name)"},
    {"SELECT a FROM t WHERE doc ->> '$.a' = 1", "t eq:doc->>'$.a'"},
    {"SELECT a FROM t WHERE t.doc -> 'a' ->> 2 = 1", "t eq:doc->'a'->>2"},
    {"SELECT a FROM t WHERE json_extract(doc, '$.a') = 1",
     "t eq:json_extract(doc, '$.a')"},
    {"SELECT a FROM t ORDER BY name COLLATE NOCASE DESC, a",
     "t order:name~NOCASE- order:a"},
    {"SELECT a FROM t ORDER BY t.a, lower(name), id",
     "t order:a order:lower(name)"},
    {"SELECT date(a) AS day, b FROM t GROUP BY day, b",
     "t order:date(a) order:b"},
    {"SELECT date(a) day, b FROM t GROUP BY 1, day", "t"},
    {"SELECT min(a) FROM t WHERE b < 3", "t order:a"},
    {"SELECT max(t.a) FROM t", "t order:a"},
    {"SELECT min(a, b) FROM t", "t"},
    {"SELECT max(id) FROM t", "t"},
    {"SELECT a FROM t ORDER BY a, b DESC", "t"},
    {"SELECT a FROM t WHERE lower(name) <> 'x'", "t"},
    {"SELECT a FROM t WHERE lower(name) != 'x'", "t"},
    {"SELECT a FROM t WHERE 'x' <> lower(name)", "t"},
    {"SELECT a FROM t WHERE 5 >= abs(a)", "t"},
    {"SELECT a FROM t WHERE lower(name) IS NOT NULL", "t"},
    {"SELECT a FROM t WHERE substr(name, ?) = 'x'", "t"},
    {"SELECT a FROM t WHERE max((SELECT a)) = 1", "t"},
    {"SELECT a FROM t WHERE lower(note) = 'x'", "t"},
    {"SELECT a FROM t WHERE lower(name", "t"},
    {"SELECT a FROM t ORDER BY", "t"},
    {"SELECT a FROM t WHERE doc ->", "t"},
};

/* The needs of two uses: of t and of u. */
static int note(const char *sql, hp_needs *out) {
  hp_need t = {.table = hp_tables_find(&tables, "t")},
          u = {.table = hp_tables_find(&tables, "u")};
  int rc = hp_needs_add(out, &t);

  if (rc == SQLITE_OK) rc = hp_needs_add(out, &u);
  return rc == SQLITE_OK ? hp_phrases_note(&tables, sql, out) : rc;
}

START_TEST(a_text_tells_this) {
  hp_needs needs = {0};

  ck_assert_int_eq(note(cases[_i].sql, &needs), SQLITE_OK);
  test_need_check(&tables, &needs, cases[_i].sql, cases[_i].need);
  hp_needs_term(&needs);
}
END_TEST

START_TEST(each_table_gets_what_names_its_columns) {
  const char *sql = "SELECT a FROM t, u WHERE lower(name) = upper(note)";
  hp_needs needs = {0};

  ck_assert_int_eq(note(sql, &needs), SQLITE_OK);
  test_need_check(&tables, &needs, sql, "t eq:lower(name)");
  test_need_check(&tables, &needs, sql, "u eq:upper(note)");
  hp_needs_term(&needs);
}
END_TEST

START_TEST(what_is_in_a_list_is_told) {
  static const char *const lists[][2] = {
      {"SELECT * FROM t WHERE t.a IN (1, -2 ,3)", "t eq:a=(1, -2, 3)"},
      {"SELECT * FROM t WHERE a IN (1, ?)", "t eq:a"},
      {"SELECT * FROM t WHERE a IN (SELECT 1)", "t eq:a"},
      {"SELECT * FROM t WHERE a IN ()", "t eq:a"},
      {"SELECT * FROM t WHERE a IN (1, 2", "t eq:a"},
      {"SELECT * FROM t WHERE b IN (1, 2)", "t eq:a"},
      {"SELECT * FROM t WHERE a NOT IN (1, 2)", "t eq:a"},
  };

  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    hp_need t = {.table = hp_tables_find(&tables, "t"), .n_eq = 1};
    hp_needs needs = {0};

    t.eq[0] = (hp_term){.column = 1, .is_list = true};
    ck_assert_int_eq(hp_needs_add(&needs, &t), SQLITE_OK);
    ck_assert_int_eq(hp_phrases_note(&tables, lists[i][0], &needs), SQLITE_OK);
    test_need_check(&tables, &needs, lists[i][0], lists[i][1]);
    hp_needs_term(&needs);
  }
}
END_TEST

START_TEST(an_order_that_the_lens_saw_stays) {
  const char *sql = "SELECT lower(name), max(a) FROM t GROUP BY lower(name)";
  hp_need t = {.table = hp_tables_find(&tables, "t"), .n_order = 1};
  hp_needs needs = {0};

  t.order[0].column = 2;
  ck_assert_int_eq(hp_needs_add(&needs, &t), SQLITE_OK);
  ck_assert_int_eq(hp_phrases_note(&tables, sql, &needs), SQLITE_OK);
  test_need_check(&tables, &needs, sql, "t order:b");
  hp_needs_term(&needs);
}
END_TEST

static bool attempt(void *unused) {
  hp_needs needs = {0};
  int rc = note("SELECT date(a) AS day FROM t WHERE lower(name) LIKE 'x%' AND"
                " abs(b) = 1 GROUP BY day, name COLLATE NOCASE",
                &needs);

  (void)unused;
  hp_needs_term(&needs);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 10);
}
END_TEST

Suite *advisor_phrases_suite(void) {
  Suite *s = suite_create("advisor_phrases");
  TCase *c = tcase_create("phrases");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_loop_test(c, a_text_tells_this, 0, sizeof cases / sizeof *cases);
  tcase_add_test(c, each_table_gets_what_names_its_columns);
  tcase_add_test(c, what_is_in_a_list_is_told);
  tcase_add_test(c, an_order_that_the_lens_saw_stays);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
