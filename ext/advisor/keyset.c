/* SPDX-License-Identifier: MIT */
#include "advisor/keyset.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

int hp_numbers_push(hp_numbers *l, uint64_t x) {
  if (l->n == l->cap) {
    size_t cap = l->cap ? 2 * l->cap : 64;
    uint64_t *grown = sqlite3_realloc64(l->at, cap * sizeof *grown);

    if (!grown) return SQLITE_NOMEM;
    l->at = grown;
    l->cap = cap;
  }
  l->at[l->n++] = x;
  return SQLITE_OK;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

  return x < y ? -1 : x > y;
}

void hp_numbers_sort(hp_numbers *l) {
  if (l->n > 1) qsort(l->at, l->n, sizeof *l->at, compare);
}

void hp_numbers_term(hp_numbers *l) {
  sqlite3_free(l->at);
  *l = (hp_numbers){0};
}

/* Where x is, or the free place where it would be. */
static size_t place_of(const hp_keyset *s, uint64_t x) {
  size_t k = x & s->mask;

  while (s->at[k] && s->at[k] != x) k = (k + 1) & s->mask;
  return k;
}

int hp_keyset_make(hp_keyset *s, const hp_numbers *l) {
  size_t size = 64;

  while (size < 2 * l->n) size *= 2;
  s->at = sqlite3_malloc64(size * sizeof *s->at);
  if (!s->at) return SQLITE_NOMEM;
  memset(s->at, 0, size * sizeof *s->at);
  s->mask = size - 1;
  for (size_t i = 0; i < l->n; i++) s->at[place_of(s, l->at[i])] = l->at[i];
  return SQLITE_OK;
}

bool hp_keyset_has(const hp_keyset *s, uint64_t x) {
  return s->at && s->at[place_of(s, x)] == x;
}

void hp_keyset_term(hp_keyset *s) {
  sqlite3_free(s->at);
  *s = (hp_keyset){0};
}

uint64_t hp_key_number(sqlite3_value *value) {
  bool is_integer = sqlite3_value_type(value) == SQLITE_INTEGER;
  sqlite3_int64 i = sqlite3_value_int64(value);
  const char *text = "";
  uint64_t h;

  if (!is_integer) {
    char digits[24];

    text = (const char *)sqlite3_value_text(value);
    sqlite3_snprintf(sizeof digits, digits, "%lld", i);
    is_integer = text && strcmp(text, digits) == 0;
  }
  h = is_integer
          ? hp_hash64(&i, sizeof i)
          : hp_hash64(text ? text : "", (size_t)sqlite3_value_bytes(value));
  return h ? h : 1;
}
