/* SPDX-License-Identifier: MIT */
#include "schema/text.h"

#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *schema_text_suite(void);

START_TEST(white_space_and_comments_are_skipped) {
  ck_assert_str_eq(hp_text_skip(" \t\n -- x\n/* y */ a"), "a");
  ck_assert_str_eq(hp_text_skip("\xEF\xBB\xBF a"), "a");
  ck_assert_str_eq(hp_text_skip("/* open"), "");
  ck_assert_str_eq(hp_text_skip("-- to the end"), "");
  ck_assert_str_eq(hp_text_skip("- 1"), "- 1");
}
END_TEST

static const struct {
  const char *text;
  size_t n;
} tokens[] = {
    {"", 0},      {"abc def", 3},         {"a_1$x+", 5},
    {"(a", 1},    {"'it''s' x", 7},       {"\"a\"\"b\"", 6},
    {"[a]]", 3},  {"`a``b`c", 6},         {"'open", 5},
    {"123.5", 3}, {"\xC3\xA4hnlich ", 8},
};

START_TEST(tokens_have_their_length) {
  ck_assert_uint_eq(hp_text_token(tokens[_i].text), tokens[_i].n);
}
END_TEST

START_TEST(a_keyword_begins_a_text) {
  ck_assert(hp_text_begins(" /* x */ select 1", "SELECT"));
  ck_assert(!hp_text_begins("selected", "SELECT"));
  ck_assert(!hp_text_begins("", "SELECT"));
}
END_TEST

START_TEST(words_come_without_quotes) {
  const char *sql = "CREATE VIRTUAL TABLE \"a \"\"b\" USING [c d](e)";
  char *name = hp_text_word(sql, 3), *module = hp_text_word(sql, 5),
       *none = hp_text_word(sql, 99);

  ck_assert_str_eq(name, "a \"b");
  ck_assert_str_eq(module, "c d");
  ck_assert_str_eq(none, "");
  sqlite3_free(name);
  sqlite3_free(module);
  sqlite3_free(none);
}
END_TEST

START_TEST(a_mention_is_a_whole_token) {
  ck_assert(hp_text_mentions("SELECT * FROM Card c", "card"));
  ck_assert(hp_text_mentions("content='card'", "card"));
  ck_assert(hp_text_mentions("x \"a\"\"b\" y", "a\"b"));
  ck_assert(!hp_text_mentions("SELECT * FROM cards", "card"));
  ck_assert(!hp_text_mentions("-- card", "card"));
  ck_assert(!hp_text_mentions("'cards'", "card"));
}
END_TEST

START_TEST(without_memory_there_is_no_word) {
  test_heap_fail_at(1);
  ck_assert_ptr_null(hp_text_word("a b", 1));
  test_heap_fail_never();
}
END_TEST

Suite *schema_text_suite(void) {
  Suite *s = suite_create("schema_text");
  TCase *c = tcase_create("text");

  tcase_add_test(c, white_space_and_comments_are_skipped);
  tcase_add_loop_test(c, tokens_have_their_length, 0,
                      sizeof tokens / sizeof *tokens);
  tcase_add_test(c, a_keyword_begins_a_text);
  tcase_add_test(c, words_come_without_quotes);
  tcase_add_test(c, a_mention_is_a_whole_token);
  tcase_add_test(c, without_memory_there_is_no_word);
  suite_add_tcase(s, c);
  return s;
}
