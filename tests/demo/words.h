/* SPDX-License-Identifier: MIT
**
** The words of the demo: the EDICT Japanese-English dictionary, a text file
** in EUC-JP with one entry a line,
**
**     headword [reading] /(pos) meaning/meaning/(P)/
**
** or, where there is no such file, a made-up vocabulary of the same size.
*/
#ifndef DEMO_WORDS_H
#define DEMO_WORDS_H

#include <stdbool.h>

#define DEMO_EDICT_PATH      "/usr/share/edict/edict"
#define DEMO_GENERATED_WORDS 267381

typedef struct demo_word {
  const char *headword; /* UTF-8, never empty */
  const char *reading;  /* UTF-8, "" where the headword is its own */
  const char *pos;      /* part of speech, "" if not given */
  const char *gloss;    /* meanings separated by '/' */
  bool is_common;       /* marked (P), or among the first made-up words */
} demo_word;

/* Takes one word, borrowed until it returns. Returns 0, or 1 to stop. */
typedef int demo_word_fn(void *context, const demo_word *word);

/* Splits line (UTF-8, changed in place) into *out, borrowed from line.
** Returns false for a line that is no entry: the file's first line is its
** title, with a headword of question marks. */
bool demo_word_parse(char *line, demo_word *out);

/* Calls each for every entry of the dictionary at path, in order. Returns 0,
** or 1 after a sentence on stderr (no such file, not EUC-JP) or when each
** returned 1. */
int demo_words_each(const char *path, demo_word_fn *each, void *context);

/* Calls each for DEMO_GENERATED_WORDS made-up words, the same every time. */
int demo_words_generate(demo_word_fn *each, void *context);

#endif
