/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/table.h"
#include "demo/text.h"
#include "support/db.h"

static sqlite3 *db;

static void setup(void) {
  db = test_db_open(":memory:", NULL);
}

static void teardown(void) {
  test_db_close(db);
}

/* What demo_table_print() writes for sql; caller frees with free(). */
static char *printed(const char *sql, int max_lines) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);

  ck_assert_int_eq(demo_table_print(out, db, sql, max_lines, "Nothing."), 0);
  fclose(out);
  return text;
}

static void assert_printed(const char *sql, int max_lines, const char *wanted) {
  char *text = printed(sql, max_lines);

  ck_assert_str_eq(text, wanted);
  free(text);
}

START_TEST(numbers_stand_right_and_text_left) {
  assert_printed("SELECT 'a' AS name, 1234 AS calls UNION ALL "
                 "SELECT 'bcd', -42 UNION ALL SELECT NULL, NULL",
                 1,
                 "  ┌──────┬───────┐\n"
                 "  │ name │ calls │\n"
                 "  ├──────┼───────┤\n"
                 "  │ a    │ 1,234 │\n"
                 "  │ bcd  │   -42 │\n"
                 "  │ –    │     – │\n"
                 "  └──────┴───────┘\n");
}
END_TEST

START_TEST(a_column_of_reals_has_one_number_of_decimals) {
  assert_printed("SELECT 0.5 AS ms UNION ALL SELECT 12.25", 1,
                 "  ┌───────┐\n"
                 "  │    ms │\n"
                 "  ├───────┤\n"
                 "  │  0.50 │\n"
                 "  │ 12.25 │\n"
                 "  └───────┘\n");
}
END_TEST

START_TEST(wide_characters_keep_the_border_straight) {
  assert_printed("SELECT '猫' AS w UNION ALL SELECT 'cat'", 1,
                 "  ┌─────┐\n"
                 "  │ w   │\n"
                 "  ├─────┤\n"
                 "  │ 猫  │\n"
                 "  │ cat │\n"
                 "  └─────┘\n");
}
END_TEST

START_TEST(no_line_is_wider_than_the_page) {
  char *text = printed("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT "
                       "i + 1 FROM n WHERE i < 99) SELECT 1 AS id, "
                       "group_concat('word' || i, ' ') AS a, "
                       "group_concat('日本' || i, '') AS b FROM n",
                       3);
  char *line, *rest = text;
  int lines = 0;

  while ((line = strsep(&rest, "\n")) != NULL) {
    ck_assert_int_le(demo_text_width(line), DEMO_TABLE_WIDTH + 2);
    lines++;
  }
  ck_assert_int_eq(lines, 1 + 1 + 1 + 3 + 1 + 1);
  free(text);
}
END_TEST

START_TEST(cut_text_ends_in_an_ellipsis) {
  char *text = printed("SELECT printf('%.200c', 'x') AS long", 1);

  ck_assert_ptr_nonnull(strstr(text, "x…"));
  free(text);
  text = printed("SELECT printf('%.90c', 'x') AS long", 1);
  ck_assert_ptr_null(strstr(text, "…"));
  free(text);
}
END_TEST

START_TEST(an_answer_without_rows_is_a_sentence) {
  assert_printed("SELECT 1 AS x WHERE 0", 1, "  Nothing.\n");
}
END_TEST

START_TEST(a_statement_that_fails_is_an_error) {
  ck_assert_int_eq(demo_table_print(stdout, db, "SELECT * FROM nowhere", 1, ""),
                   1);
  ck_assert_int_eq(demo_table_print(stdout, db,
                                    "SELECT abs(-9223372036854775807"
                                    " - 1)",
                                    1, ""),
                   1);
}
END_TEST

Suite *demo_table_suite(void);

Suite *demo_table_suite(void) {
  Suite *suite = suite_create("demo_table");
  TCase *tc = tcase_create("table");

  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, numbers_stand_right_and_text_left);
  tcase_add_test(tc, a_column_of_reals_has_one_number_of_decimals);
  tcase_add_test(tc, wide_characters_keep_the_border_straight);
  tcase_add_test(tc, no_line_is_wider_than_the_page);
  tcase_add_test(tc, cut_text_ends_in_an_ellipsis);
  tcase_add_test(tc, an_answer_without_rows_is_a_sentence);
  tcase_add_test(tc, a_statement_that_fails_is_an_error);
  suite_add_tcase(suite, tc);
  return suite;
}
