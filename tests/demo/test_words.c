/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "demo/words.h"
#include "support/tmp.h"

typedef struct seen {
  int words;
  char last[64];
  char reading[64];
} seen;

static int remember(void *context, const demo_word *word) {
  seen *s = context;

  s->words++;
  snprintf(s->last, sizeof(s->last), "%s", word->headword);
  snprintf(s->reading, sizeof(s->reading), "%s", word->reading);
  return 0;
}

static int stop_at_three(void *context, const demo_word *word) {
  return remember(context, word) || ((seen *)context)->words == 3;
}

START_TEST(an_entry_has_headword_reading_pos_and_gloss) {
  char line[] = "猫 [ねこ] /(n) cat/(sl) shamisen/(P)/";
  demo_word word;

  ck_assert(demo_word_parse(line, &word));
  ck_assert_str_eq(word.headword, "猫");
  ck_assert_str_eq(word.reading, "ねこ");
  ck_assert_str_eq(word.pos, "n");
  ck_assert_str_eq(word.gloss, "(n) cat/(sl) shamisen");
  ck_assert(word.is_common);
}
END_TEST

START_TEST(an_entry_without_brackets_is_its_own_reading) {
  char line[] = "ヽ /repetition mark in katakana/";
  demo_word word;

  ck_assert(demo_word_parse(line, &word));
  ck_assert_str_eq(word.headword, "ヽ");
  ck_assert_str_eq(word.reading, "");
  ck_assert_str_eq(word.pos, "");
  ck_assert(!word.is_common);
}
END_TEST

START_TEST(the_title_and_lines_without_meaning_are_no_entries) {
  char title[] = "　？？？ /EDICT Dictionary Files/";
  char empty[] = "４° [しど] /";
  char prose[] = "no slash here";
  demo_word word;

  ck_assert(!demo_word_parse(title, &word));
  ck_assert(!demo_word_parse(empty, &word));
  ck_assert(!demo_word_parse(prose, &word));
}
END_TEST

START_TEST(a_dictionary_is_read_as_euc_jp) {
  const char *path = test_tmp_path("edict");
  FILE *file = fopen(path, "w");
  seen s = {0};

  /* 猫 [ねこ] in EUC-JP. */
  fputs("\xc7\xad [\xa4\xcd\xa4\xb3] /(n) cat/\n", file);
  fclose(file);
  ck_assert_int_eq(demo_words_each(path, remember, &s), 0);
  ck_assert_int_eq(s.words, 1);
  ck_assert_str_eq(s.last, "猫");
  ck_assert_str_eq(s.reading, "ねこ");
}
END_TEST

START_TEST(other_bytes_and_no_file_at_all_are_errors) {
  const char *path = test_tmp_path("broken");
  FILE *file = fopen(path, "w");
  seen s = {0};

  fputs("\xff\xff /what/\n", file);
  fclose(file);
  ck_assert_int_eq(demo_words_each(path, remember, &s), 1);
  ck_assert_int_eq(demo_words_each(test_tmp_path("none"), remember, &s), 1);
  ck_assert_int_eq(s.words, 0);
}
END_TEST

START_TEST(the_made_up_vocabulary_has_the_size_of_the_real_one) {
  seen s = {0};

  ck_assert_int_eq(demo_words_generate(remember, &s), 0);
  ck_assert_int_eq(s.words, DEMO_GENERATED_WORDS);
  s.words = 0;
  ck_assert_int_eq(demo_words_generate(stop_at_three, &s), 1);
  ck_assert_int_eq(s.words, 3);
}
END_TEST

Suite *demo_words_suite(void);

Suite *demo_words_suite(void) {
  Suite *suite = suite_create("demo_words");
  TCase *tc = tcase_create("words");

  tcase_add_test(tc, an_entry_has_headword_reading_pos_and_gloss);
  tcase_add_test(tc, an_entry_without_brackets_is_its_own_reading);
  tcase_add_test(tc, the_title_and_lines_without_meaning_are_no_entries);
  tcase_add_test(tc, a_dictionary_is_read_as_euc_jp);
  tcase_add_test(tc, other_bytes_and_no_file_at_all_are_errors);
  tcase_add_test(tc, the_made_up_vocabulary_has_the_size_of_the_real_one);
  suite_add_tcase(suite, tc);
  return suite;
}
