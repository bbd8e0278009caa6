/* SPDX-License-Identifier: MIT */
#include "query/literal.h"
#include "query/keyword.h"

#include <check.h>
#include <string.h>

Suite *query_literal_suite(void);

/* The first token of a text. */
static hp_token token(const char *sql) {
  hp_tokenizer t;
  hp_token tok = {HP_TOK_SPACE, sql, 0};

  hp_tokenizer_init(&t, sql, strlen(sql));
  hp_tokenizer_next(&t, &tok);
  return tok;
}

static bool is_plain(const char *sql) {
  hp_token tok = token(sql);

  return hp_literal_is_plain_name(&tok);
}

static bool reads_like_name(const char *sql) {
  hp_token tok = token(sql);

  return hp_literal_reads_like_name(&tok);
}

static size_t hex_digits(const char *sql) {
  hp_token tok = token(sql);

  return hp_literal_hex_digits(&tok);
}

static bool is_parameter(const char *sql) {
  hp_token tok = token(sql);

  return hp_literal_is_parameter(&tok);
}

START_TEST(plain_names_can_do_without_quotes) {
  ck_assert(is_plain("\"users\"") && is_plain("[a_1]") &&
            is_plain("`\xC3\xA9`"));
  ck_assert(!is_plain("\"\"") && !is_plain("\"1a\"") && !is_plain("\"a b\""));
  ck_assert(!is_plain("\"select\"") && !is_plain("\"True\""));
  ck_assert(!is_plain("\"\xEF\xBB\xBF"
                      "a\""));
}
END_TEST

START_TEST(misquoted_strings_do_not_read_like_names) {
  ck_assert(reads_like_name("\"First Name\"") && reads_like_name("\"\""));
  ck_assert(!reads_like_name("\"%Y\"") && !reads_like_name("\"a@b.c\""));
  ck_assert(!reads_like_name("\"2024-01-01\"") && !reads_like_name("\"$.a\""));
}
END_TEST

START_TEST(leading_zeros_of_hex_do_not_count) {
  ck_assert_uint_eq(hex_digits("0x1F"), 2);
  ck_assert_uint_eq(hex_digits("0X00000000000000000001"), 1);
  ck_assert_uint_eq(hex_digits("0x10000000000000000"), 17);
  ck_assert_uint_eq(hex_digits("10"), 0);
}
END_TEST

START_TEST(parameters_have_a_number_in_range) {
  ck_assert(is_parameter("?") && is_parameter("?1") && is_parameter("?32766"));
  ck_assert(is_parameter(":a") && is_parameter("#a") && is_parameter("$a(b)"));
  ck_assert(!is_parameter("?0") && !is_parameter("?32767"));
  ck_assert(!is_parameter("?99999999999999999999") && !is_parameter("#1"));
  ck_assert(!is_parameter("1"));
}
END_TEST

START_TEST(keywords_are_found_in_any_case) {
  ck_assert_int_eq(hp_keyword_of("select", 6), HP_KW_SELECT);
  ck_assert_int_eq(hp_keyword_of("WiTh", 4), HP_KW_WITH);
  ck_assert_int_eq(hp_keyword_of("ALL", 3), HP_KW_ALL);
  ck_assert_int_eq(hp_keyword_of("sel", 3), HP_KW_NONE);
  ck_assert_int_eq(hp_keyword_of("selects", 7), HP_KW_NONE);
  ck_assert_int_eq(hp_keyword_of("", 0), HP_KW_NONE);
}
END_TEST

START_TEST(every_keyword_is_found) {
  static const char *const names[] = {
#define X(name) #name,
      HP_KEYWORDS(X)
#undef X
  };
  size_t i;

  for (i = 0; i < sizeof names / sizeof *names; i++)
    ck_assert_int_eq(hp_keyword_of(names[i], strlen(names[i])), (int)i + 1);
}
END_TEST

Suite *query_literal_suite(void) {
  Suite *s = suite_create("query_literal");
  TCase *c = tcase_create("tokens");

  tcase_add_test(c, plain_names_can_do_without_quotes);
  tcase_add_test(c, misquoted_strings_do_not_read_like_names);
  tcase_add_test(c, leading_zeros_of_hex_do_not_count);
  tcase_add_test(c, parameters_have_a_number_in_range);
  tcase_add_test(c, keywords_are_found_in_any_case);
  tcase_add_test(c, every_keyword_is_found);
  suite_add_tcase(s, c);
  return s;
}
