/* SPDX-License-Identifier: MIT */
#include "query/tokenizer.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

Suite *query_tokenizer_suite(void);

/* One letter for each kind, in the order of hp_token_kind. */
static const char letters[] = " #KIDQSBNFVO!";

/* The kinds of sql's tokens as letters; fails unless the tokens tile it. */
static const char *kinds_of(const char *sql, size_t n) {
  static char kinds[256];
  hp_tokenizer t;
  hp_token tok;
  const char *at = sql;
  bool tiles = true;
  size_t i = 0;

  hp_tokenizer_init(&t, sql, n);
  while (hp_tokenizer_next(&t, &tok)) {
    tiles = tiles && tok.start == at && tok.n > 0;
    at += tok.n;
    if (i + 1 < sizeof kinds) kinds[i++] = letters[tok.kind];
  }
  ck_assert(tiles && at == sql + n);
  kinds[i] = 0;
  return kinds;
}

typedef struct sample {
  const char *sql, *kinds;
} sample;

static void check_all(const sample *samples, size_t n) {
  size_t i;

  for (i = 0; i < n; i++)
    ck_assert_msg(strcmp(kinds_of(samples[i].sql, strlen(samples[i].sql)),
                         samples[i].kinds) == 0,
                  "%s: %s, not %s", samples[i].sql,
                  kinds_of(samples[i].sql, strlen(samples[i].sql)),
                  samples[i].kinds);
}

#define CHECK_ALL(samples) check_all(samples, sizeof samples / sizeof *samples)

START_TEST(words_are_keywords_or_names) {
  static const sample samples[] = {
      {"select", "K"},   {"Select", "K"},   {"selects", "I"}, {"_a1$b", "I"},
      {"\xC3\xA9", "I"}, {"\xFF\x80", "I"}, {"x y", "I I"},   {"X", "I"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(comments_do_not_nest_and_may_stay_open) {
  static const sample samples[] = {
      {"-- a\nb", "# I"},     {"--", "#"},      {"-- a", "#"},
      {"/* /* */ a", "# I"},  {"/* open", "#"}, {"/**/a", "#I"},
      {"/*/ a */b", "#I"},    {"/*", "OO"},     {"- -", "O O"},
      {"a--b\r c\nd", "I# I"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(quoted_tokens_end_at_an_undoubled_quote) {
  static const sample samples[] = {
      {"'it''s'", "S"},    {"''", "S"},  {"'a''", "!"},     {"'", "!"},
      {"\"a\"\"b\"", "D"}, {"\"a", "!"}, {"[a]]", "Q!"},    {"[a", "!"},
      {"`a``b`", "Q"},     {"`a", "!"},  {"'a'\"b\"", "SD"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(blobs_have_an_even_number_of_digits) {
  static const sample samples[] = {{"x'00fF'", "B"}, {"X''", "B"},
                                   {"x'0'", "!"},    {"x'0g'a", "!I"},
                                   {"x'00", "!"},    {"x ''", "I S"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(numbers_are_integers_or_floats) {
  static const sample samples[] = {
      {"12", "N"},    {"0x1F", "N"}, {"0xg", "!"},  {"1.5", "F"},
      {".5", "F"},    {"1.", "F"},   {"1e3", "F"},  {"1E-5", "F"},
      {"1e", "!"},    {"1e+", "!O"}, {"1abc", "!"}, {"1.5.2", "FF"},
      {"1..2", "FF"}, {"a.5", "IF"}, {"1$", "!"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(digit_separators_follow_the_version_of_sqlite) {
  bool known = sqlite3_libversion_number() >= 3046000;

  ck_assert_str_eq(kinds_of("1_000", 5), known ? "N" : "!");
  ck_assert_str_eq(kinds_of("0x1_F", 5), known ? "N" : "!");
  ck_assert_str_eq(kinds_of("1__0", 4), "!");
  ck_assert_str_eq(kinds_of("1_", 2), "!");
}
END_TEST

START_TEST(variables_have_five_spellings) {
  static const sample samples[] = {
      {"?", "V"},    {"?12", "V"},         {":a", "V"},       {"@a", "V"},
      {"#a", "V"},   {"$a::b(c d", "! I"}, {"$a::b(c)", "V"}, {"$a(b)c", "VI"},
      {"?a", "VI"},  {":", "!"},           {"$", "!"},        {"::a", "!V"},
      {":a:b", "VV"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(operators_are_as_long_as_they_can_be) {
  static const sample samples[] = {{"||", "O"},
                                   {"|", "O"},
                                   {"->>", "O"},
                                   {"->", "O"},
                                   {"<<", "O"},
                                   {"<>", "O"},
                                   {"<=", "O"},
                                   {">>", "O"},
                                   {">=", "O"},
                                   {"==", "O"},
                                   {"!=", "O"},
                                   {"!", "!"},
                                   {"(),;.+-*/%&~", "OOOOOOOOOOOO"},
                                   {"<=>", "OO"},
                                   {"\\", "!"},
                                   {"^", "!"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(white_space_is_what_sqlite_takes_for_it) {
  static const sample samples[] = {{" \t\r\n\f", " "},
                                   {"\xEF\xBB\xBFselect", " K"},
                                   {"a\xEF\xBB\xBF", "I"},
                                   {" \v", " "},
                                   {"a\v b", "I! I"}};

  CHECK_ALL(samples);
}
END_TEST

START_TEST(a_nul_byte_is_illegal_and_no_end) {
  ck_assert_str_eq(kinds_of("a\0b", 3), "I!I");
  ck_assert_str_eq(kinds_of(NULL, 0), "");
}
END_TEST

START_TEST(a_megabyte_of_one_token_is_one_token) {
  static const char openers[] = "'\"[`-/a1?(";
  size_t i, n = 1 << 20;
  char *text = malloc(n);

  ck_assert_ptr_nonnull(text);
  for (i = 0; openers[i]; i++) {
    memset(text, openers[i] == '(' ? '(' : '1', n);
    text[0] = openers[i];
    if (openers[i] == '-') text[1] = '-';
    if (openers[i] == '/') text[1] = '*';
    kinds_of(text, n);
  }
  free(text);
}
END_TEST

/* Tokens of random bytes tile them; seeded, so that a failure repeats. */
START_TEST(any_bytes_are_tiled) {
  static const char likely[] = "'\"[]`-/*x0.e$:@#?(),; \v\n_a\xEF\xBB\xBF<>=!|";
  unsigned seed = 1 + (unsigned)_i;
  char text[64];
  int round;

  for (round = 0; round < 2000; round++) {
    size_t i, n = (size_t)rand_r(&seed) % sizeof text;

    for (i = 0; i < n; i++)
      text[i] = rand_r(&seed) % 4
                    ? likely[(size_t)rand_r(&seed) % (sizeof likely - 1)]
                    : (char)rand_r(&seed);
    kinds_of(text, n);
  }
}
END_TEST

Suite *query_tokenizer_suite(void) {
  Suite *s = suite_create("query_tokenizer");
  TCase *c = tcase_create("tokens");

  tcase_add_test(c, words_are_keywords_or_names);
  tcase_add_test(c, comments_do_not_nest_and_may_stay_open);
  tcase_add_test(c, quoted_tokens_end_at_an_undoubled_quote);
  tcase_add_test(c, blobs_have_an_even_number_of_digits);
  tcase_add_test(c, numbers_are_integers_or_floats);
  tcase_add_test(c, digit_separators_follow_the_version_of_sqlite);
  tcase_add_test(c, variables_have_five_spellings);
  tcase_add_test(c, operators_are_as_long_as_they_can_be);
  tcase_add_test(c, white_space_is_what_sqlite_takes_for_it);
  tcase_add_test(c, a_nul_byte_is_illegal_and_no_end);
  tcase_add_test(c, a_megabyte_of_one_token_is_one_token);
  tcase_add_loop_test(c, any_bytes_are_tiled, 0, 8);
  suite_add_tcase(s, c);
  return s;
}
