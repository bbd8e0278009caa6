/* SPDX-License-Identifier: MIT */
#include "demo/words.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/say.h"

enum { LINE_BYTES = 16384 };

/* Copies the first "(…)" of gloss into pos, as long as it fits. */
static void find_pos(const char *gloss, char *pos, size_t cap) {
  const char *close;

  pos[0] = '\0';
  if (gloss[0] != '(') return;
  close = strchr(gloss, ')');
  if (close == NULL || (size_t)(close - gloss) > cap) return;
  memcpy(pos, gloss + 1, (size_t)(close - gloss - 1));
  pos[close - gloss - 1] = '\0';
}

/* Cuts a trailing "/(P)" and slashes off gloss; says whether (P) was there. */
static bool trim_gloss(char *gloss) {
  size_t length = strlen(gloss);
  bool common;

  while (length > 0 && (gloss[length - 1] == '/' || gloss[length - 1] == ' ')) {
    gloss[--length] = '\0';
  }
  common = length > 4 && strcmp(gloss + length - 4, "/(P)") == 0;
  if (common) gloss[length - 4] = '\0';
  return common;
}

bool demo_word_parse(char *line, demo_word *out) {
  static _Thread_local char pos[32];
  char *gloss = strstr(line, " /"), *reading, *end;
  demo_word word = {.headword = line, .reading = "", .pos = pos};

  if (gloss == NULL || gloss == line) return false;
  *gloss = '\0';
  gloss += 2;
  reading = strstr(line, " [");
  if (reading != NULL) {
    end = strchr(reading, ']');
    if (end == NULL) return false;
    *reading = *end = '\0';
    word.reading = reading + 2;
  }
  if (line[0] == '\0' || strstr(line, "？？？") != NULL) return false;
  word.is_common = trim_gloss(gloss);
  word.gloss = gloss;
  if (gloss[0] == '\0') return false;
  find_pos(gloss, pos, sizeof(pos));
  *out = word;
  return true;
}

static int decode(iconv_t codec, char *in, char *out, size_t cap) {
  size_t in_left = strlen(in), out_left = cap - 1;

  iconv(codec, NULL, NULL, NULL, NULL);
  if (iconv(codec, &in, &in_left, &out, &out_left) == (size_t)-1) return 1;
  *out = '\0';
  return 0;
}

static int each_line(FILE *file, iconv_t codec, const char *path,
                     demo_word_fn *each, void *context) {
  char *raw = NULL, utf8[LINE_BYTES];
  size_t cap = 0;
  int64_t line = 0;
  int rc = 0;
  demo_word word;

  while (rc == 0 && getline(&raw, &cap, file) >= 0) {
    line++;
    raw[strcspn(raw, "\r\n")] = '\0';
    if (decode(codec, raw, utf8, sizeof(utf8)) != 0) {
      rc = demo_fail("line %lld of %s is not EUC-JP text (%s).",
                     (long long)line, path, strerror(errno));
    } else if (demo_word_parse(utf8, &word)) {
      rc = each(context, &word);
    }
  }
  if (rc == 0 && ferror(file)) {
    rc = demo_fail("cannot read %s: %s.", path, strerror(errno));
  }
  free(raw);
  return rc;
}

int demo_words_each(const char *path, demo_word_fn *each, void *context) {
  FILE *file = fopen(path, "r");
  iconv_t codec;
  int rc;

  if (file == NULL) {
    return demo_fail("cannot open %s: %s.", path, strerror(errno));
  }
  codec = iconv_open("UTF-8", "EUC-JP");
  if (codec == (iconv_t)-1) {
    fclose(file);
    return demo_fail("this C library cannot decode EUC-JP.");
  }
  rc = each_line(file, codec, path, each, context);
  iconv_close(codec);
  fclose(file);
  return rc;
}

int demo_words_generate(demo_word_fn *each, void *context) {
  static const char *const syllables[] = {"ka",  "ki", "ku", "ke",  "ko", "sa",
                                          "shi", "su", "ta", "chi", "na", "ni",
                                          "no",  "ma", "mi", "mo"};
  static const char *const kinds[] = {"n", "v1", "adj-i", "adv", "exp"};
  char headword[96], reading[64], gloss[192];
  demo_word word = {.headword = headword, .reading = reading, .gloss = gloss};
  unsigned i, digits, length;
  int rc = 0;

  for (i = 0; rc == 0 && i < DEMO_GENERATED_WORDS; i++) {
    for (digits = i, length = 0; digits > 0 || length == 0; digits /= 16) {
      length += (unsigned)snprintf(reading + length, sizeof(reading) - length,
                                   "%s", syllables[digits % 16]);
    }
    snprintf(headword, sizeof(headword), "%s-%u", reading, i % 7);
    word.pos = kinds[i % 5];
    snprintf(gloss, sizeof(gloss), "(%s) meaning number %u of %s/see also %u",
             word.pos, i, reading, (i * 7919u) % DEMO_GENERATED_WORDS);
    word.is_common = i % 12 == 0;
    rc = each(context, &word);
  }
  return rc;
}
