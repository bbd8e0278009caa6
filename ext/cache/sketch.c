/* SPDX-License-Identifier: MIT */
#include "cache/sketch.h"
#include "base/sqlite_api.h"

#include <string.h>

#define MIN_WORDS 256
#define N_ROWS    4
#define MAX_COUNT 15

void hp_sketch_term(hp_sketch *s) {
  sqlite3_free(s->words);
  *s = (hp_sketch){.words = NULL};
}

static uint64_t wanted_words(const hp_sketch *s, int64_t n_entries) {
  uint64_t n = s->n_words ? s->n_words : MIN_WORDS;

  while (n < (uint64_t)n_entries) n *= 2;
  return n;
}

uint64_t hp_sketch_growth(const hp_sketch *s, int64_t n_entries) {
  uint64_t n = wanted_words(s, n_entries);

  return n == s->n_words ? 0 : n * sizeof *s->words;
}

/* Twice the words, each half a copy of the old ones: every answer stays. */
int hp_sketch_reserve(hp_sketch *s, int64_t n_entries) {
  uint64_t n = wanted_words(s, n_entries), *words;

  if (n == s->n_words) return SQLITE_OK;
  words = sqlite3_malloc64(n * sizeof *words);
  if (!words) return SQLITE_NOMEM;
  memset(words, 0, n * sizeof *words);
  for (uint64_t i = 0; s->n_words && i < n; i++) {
    words[i] = s->words[i & (s->n_words - 1)];
  }
  sqlite3_free(s->words);
  s->words = words;
  s->n_words = n;
  return SQLITE_OK;
}

/* Where row counts this hash: the word, and in it the shift of the nibble. */
static uint64_t *place(const hp_sketch *s, uint64_t hash, int row, int *shift) {
  static const uint64_t factor[N_ROWS] = {
      0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9,
      0xd6e8feb86659fd93};
  uint64_t h = (hash + (uint64_t)row) * factor[row];

  h ^= h >> 32;
  *shift = (int)(((h & 3) << 2 | (uint64_t)row) << 2);
  return &s->words[h >> 2 & (s->n_words - 1)];
}

void hp_sketch_add(hp_sketch *s, uint64_t hash, int times) {
  for (int row = 0; row < N_ROWS; row++) {
    int shift, now, add;
    uint64_t *word = place(s, hash, row, &shift);

    now = (int)(*word >> shift & MAX_COUNT);
    add = times < MAX_COUNT - now ? times : MAX_COUNT - now;
    *word += (uint64_t)add << shift;
  }
  s->n_added += (uint64_t)times;
}

void hp_sketch_age(hp_sketch *s, uint64_t n_max) {
  if (s->n_added <= n_max) return;
  for (uint64_t i = 0; i < s->n_words; i++) {
    s->words[i] = s->words[i] >> 1 & 0x7777777777777777;
  }
  s->n_added /= 2;
}

int hp_sketch_get(const hp_sketch *s, uint64_t hash) {
  int least = MAX_COUNT;

  for (int row = 0; s->n_words && row < N_ROWS; row++) {
    int shift, now;
    const uint64_t *word = place(s, hash, row, &shift);

    now = (int)(*word >> shift & MAX_COUNT);
    if (now < least) least = now;
  }
  return s->n_words ? least : 0;
}
