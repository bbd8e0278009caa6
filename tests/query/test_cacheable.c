/* SPDX-License-Identifier: MIT */
#include "query/cacheable.h"

#include <check.h>
#include <sqlite3.h>
#include <string.h>

Suite *query_cacheable_suite(void);

static const struct {
  const char *sql;
  const char *select;
  bool is_fixed;
} cases[] = {
    {"SELECT name FROM deck WHERE id = 7;",
     "SELECT name FROM deck WHERE id = "
     "?1",
     false},
    {"SELECT 1, name -- x\n FROM deck", "SELECT 1 , name FROM deck", true},
    {"SELECT a FROM t WHERE b = :b AND c = 3",
     "SELECT a FROM t WHERE b = :b AND c = 3", false},
    {"SELECT a FROM t WHERE b IN ('x', 2.5) ORDER BY 1 LIMIT 5",
     "SELECT a FROM t WHERE b IN ( ?1 , ?2 ) ORDER BY 1 LIMIT 5", false},
    {"SELECT a FROM t WHERE b = (SELECT 3 FROM u WHERE c = 4)",
     "SELECT a FROM t WHERE b = ( SELECT 3 FROM u WHERE c = ?1 )", false},
};

START_TEST(values_in_conditions_become_parameters) {
  hp_cacheable c;

  ck_assert_int_eq(hp_cacheable_init(&c, cases[_i].sql, strlen(cases[_i].sql),
                                     UINT64_C(0x0123456789abcdef)),
                   SQLITE_OK);
  ck_assert_str_eq(c.select, cases[_i].select);
  ck_assert_int_eq(c.is_fixed, cases[_i].is_fixed);
  ck_assert_int_eq(strncmp(c.ddl,
                           "CREATE VIRTUAL TABLE temp.\"cached_01234567\" "
                           "USING cached((SELECT ",
                           60),
                   0);
  hp_cacheable_term(&c);
}
END_TEST

START_TEST(too_many_values_are_refused) {
  const char *sql = "SELECT a FROM t WHERE b IN "
                    "(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17)";
  hp_cacheable c;

  ck_assert_int_eq(hp_cacheable_init(&c, sql, strlen(sql), 1), SQLITE_NOTFOUND);
  ck_assert_ptr_null(c.ddl);
}
END_TEST

Suite *query_cacheable_suite(void) {
  Suite *s = suite_create("query_cacheable");
  TCase *c = tcase_create("cacheable");

  tcase_add_loop_test(c, values_in_conditions_become_parameters, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, too_many_values_are_refused);
  suite_add_tcase(s, c);
  return s;
}
