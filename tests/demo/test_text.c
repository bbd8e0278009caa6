/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <sqlite3.h>

#include "demo/text.h"

START_TEST(japanese_takes_two_cells_a_character) {
  ck_assert_int_eq(demo_text_width("猫cat"), 5);
  ck_assert_int_eq(demo_text_width("ねこ"), 4);
  ck_assert_int_eq(demo_text_width("é–…"), 3);
  ck_assert_int_eq(demo_text_width(""), 0);
}
END_TEST

START_TEST(a_byte_that_is_not_utf8_is_one_cell) {
  ck_assert_int_eq(demo_text_width("a\xe7z"), 3);
  ck_assert_int_eq(demo_text_width("\xff\x80"), 2);
}
END_TEST

START_TEST(a_wide_character_is_never_cut_in_half) {
  int cells = 0;

  ck_assert_uint_eq(demo_text_fit("日本語", 5, &cells), 6);
  ck_assert_int_eq(cells, 4);
  ck_assert_uint_eq(demo_text_fit("日本語", 6, &cells), 9);
  ck_assert_int_eq(cells, 6);
}
END_TEST

START_TEST(a_line_breaks_at_a_space_when_one_is_near) {
  int cells = 0;

  ck_assert_uint_eq(demo_text_line("SELECT a, b FROM t", 12, &cells), 12);
  ck_assert_int_eq(cells, 12);
  ck_assert_uint_eq(demo_text_line("SELECT alpha FROM t", 14, &cells), 13);
  ck_assert_int_eq(cells, 13);
  ck_assert_uint_eq(demo_text_line("a unbreakable", 6, &cells), 6);
  ck_assert_int_eq(cells, 6);
}
END_TEST

START_TEST(white_space_becomes_one_space) {
  char *flat = demo_text_flatten("\n SELECT  1,\t\n  2 ;\n");

  ck_assert_str_eq(flat, "SELECT 1, 2 ;");
  sqlite3_free(flat);
}
END_TEST

Suite *demo_text_suite(void);

Suite *demo_text_suite(void) {
  Suite *suite = suite_create("demo_text");
  TCase *tc = tcase_create("text");

  tcase_add_test(tc, japanese_takes_two_cells_a_character);
  tcase_add_test(tc, a_byte_that_is_not_utf8_is_one_cell);
  tcase_add_test(tc, a_wide_character_is_never_cut_in_half);
  tcase_add_test(tc, a_line_breaks_at_a_space_when_one_is_near);
  tcase_add_test(tc, white_space_becomes_one_space);
  suite_add_tcase(suite, tc);
  return suite;
}
