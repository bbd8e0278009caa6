/* SPDX-License-Identifier: MIT
**
** Numbers by the million: a list that grows, and a set made of one. And the
** number that stands for a key, so that keys can be put into such a set.
*/
#ifndef HP_ADVISOR_KEYSET_H
#define HP_ADVISOR_KEYSET_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised. */
typedef struct hp_numbers {
  uint64_t *at; /* n of them */
  size_t n, cap;
} hp_numbers;

/* Appends x. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_numbers_push(hp_numbers *l, uint64_t x);

/* Puts them in order. */
void hp_numbers_sort(hp_numbers *l);

/* Frees what l owns; may be called again. */
void hp_numbers_term(hp_numbers *l);

/* By open addressing. Zero-initialised it is empty. */
typedef struct hp_keyset {
  uint64_t *at; /* mask + 1 places; 0: nothing there */
  size_t mask;
} hp_keyset;

/* Makes a set of l's numbers, none of which is 0. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_keyset_make(hp_keyset *s, const hp_numbers *l);

/* x is not 0. */
bool hp_keyset_has(const hp_keyset *s, uint64_t x);

/* Frees what s owns; may be called again. */
void hp_keyset_term(hp_keyset *s);

/* A hash of value, never 0. Values that a column of one affinity or another
** would hold for the same key have the same: text that is a whole number is
** one. May convert value. */
uint64_t hp_key_number(sqlite3_value *value);

#endif
