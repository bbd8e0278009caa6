/* SPDX-License-Identifier: MIT */
#include "query/predicate.h"

#include "query/fingerprint.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

Suite *query_predicate_suite(void);

static const char *const kinds[] = {"eq", "range", "like", "function",
                                    "column"};

/* All predicates of a statement as text: kind:table.column:detail:collation */
static const char *found(const char *sql) {
  static char text[2000];
  hp_predicate p[HP_PREDICATES];
  char *normal = hp_fingerprint_normalize(sql, strlen(sql));
  int n = hp_predicates_find(normal, p), at = 0;

  text[0] = 0;
  for (int i = 0; i < n; i++) {
    at += snprintf(text + at, sizeof text - (size_t)at, "%s%s:%s.%s:%s:%s",
                   i ? " " : "", kinds[p[i].kind], p[i].table, p[i].column,
                   p[i].detail, p[i].collation);
  }
  sqlite3_free(normal);
  return text;
}

static const char *const cases[][2] = {
    {"SELECT * FROM t WHERE a = 1", "eq:.a::"},
    {"SELECT a = 1 FROM t", ""},
    {"UPDATE t SET a = 1 WHERE b IN (1, 2)", "eq:.b::"},
    {"SELECT * FROM t WHERE (t.a > 1 OR b IS NULL)", "range:t.a:: eq:.b::"},
    {"SELECT * FROM t WHERE a IS NOT NULL", ""},
    {"SELECT * FROM t WHERE a LIKE 'x%' AND b BETWEEN 1 AND 2",
     "like:.a:: range:.b::"},
    {"SELECT * FROM t WHERE lower(name) = 'x'", "function:.name:lower:"},
    {"SELECT * FROM t WHERE substr(t.name, 1, 2) >= 'x'",
     "function:t.name:substr:"},
    {"SELECT * FROM t WHERE a = 'x' COLLATE nocase", "eq:.a::nocase"},
    {"SELECT * FROM t WHERE a COLLATE nocase = 'x'", "eq:.a::nocase"},
    {"SELECT * FROM t JOIN u ON t.a = u.b", "column:t.a:b: column:u.b:a:"},
    {"SELECT * FROM t WHERE a = lower('x')", "eq:.a::"},
    {"SELECT * FROM t WHERE a = (SELECT b FROM u WHERE c = 1)",
     "eq:.a:: eq:.c::"},
    {"", ""},
};

START_TEST(comparisons_are_found) {
  ck_assert_str_eq(found(cases[_i][0]), cases[_i][1]);
}
END_TEST

START_TEST(aliases_stand_for_their_tables) {
  const char *sql = "SELECT * FROM main.cards AS c, decks d JOIN users";
  char table[HP_PREDICATE_NAME];

  ck_assert(hp_predicates_table(sql, "c", table));
  ck_assert_str_eq(table, "cards");
  ck_assert(hp_predicates_table(sql, "D", table));
  ck_assert_str_eq(table, "decks");
  ck_assert(hp_predicates_table(sql, "users", table));
  ck_assert_str_eq(table, "users");
  ck_assert(!hp_predicates_table(sql, "cards", table));
  ck_assert(!hp_predicates_table(sql, "x", table));
}
END_TEST

START_TEST(many_comparisons_and_long_names_are_cut_off) {
  char sql[8000] = "SELECT * FROM t WHERE a = 1";
  hp_predicate p[HP_PREDICATES];

  for (int i = 0; i < 200; i++) strcat(sql, " AND a = b");
  ck_assert_int_eq(hp_predicates_find(sql, p), HP_PREDICATES);
  memset(sql, 'x', 100);
  strcpy(sql + 100, " = 1");
  ck_assert_int_eq(hp_predicates_find(sql, p), 0);
}
END_TEST

Suite *query_predicate_suite(void) {
  Suite *s = suite_create("query_predicate");
  TCase *c = tcase_create("predicates");

  tcase_add_loop_test(c, comparisons_are_found, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, aliases_stand_for_their_tables);
  tcase_add_test(c, many_comparisons_and_long_names_are_cut_off);
  suite_add_tcase(s, c);
  return s;
}
