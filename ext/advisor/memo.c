/* SPDX-License-Identifier: MIT */
#include "advisor/memo.h"

#include "base/hash.h"

#include <string.h>

size_t hp_memo_words(int n) {
  return (size_t)n / 64 + 1;
}

void hp_memo_bits(const bool *set, int n, uint64_t *bits) {
  memset(bits, 0, hp_memo_words(n) * sizeof *bits);
  for (int i = 0; i < n; i++) {
    if (set[i]) bits[i / 64] |= (uint64_t)1 << (i % 64);
  }
}

void hp_memo_clear(hp_memo *m, int n) {
  hp_memo_term(m);
  m->n_words = hp_memo_words(n);
}

static uint64_t *set_of(const hp_memo *m, int i) {
  return m->bits + 2 * m->n_words * (size_t)i;
}

static uint64_t *uses_of(const hp_memo *m, int i) {
  return set_of(m, i) + m->n_words;
}

/* Makes room for one more. */
static int grow(hp_memo *m) {
  size_t n = m->n_room ? 2 * (size_t)m->n_room : 16;
  hp_cost *costs;
  uint64_t *bits, *keys;

  if (m->n < m->n_room) return SQLITE_OK;
  costs = sqlite3_realloc64(m->costs, n * sizeof *costs);
  if (costs) m->costs = costs;
  bits = sqlite3_realloc64(m->bits, 2 * n * m->n_words * sizeof *bits);
  if (bits) m->bits = bits;
  keys = sqlite3_realloc64(m->keys, n * sizeof *keys);
  if (keys) m->keys = keys;
  if (!costs || !bits || !keys) return SQLITE_NOMEM;
  m->n_room = (int)n;
  return SQLITE_OK;
}

int hp_memo_put(hp_memo *m, const uint64_t *set, const uint64_t *uses,
                const hp_cost *cost) {
  size_t n_bytes = m->n_words * sizeof *set;
  int rc = grow(m);

  if (rc != SQLITE_OK) return rc;
  m->keys[m->n] = hp_hash64(set, n_bytes);
  m->costs[m->n] = *cost;
  memcpy(set_of(m, m->n), set, n_bytes);
  memcpy(uses_of(m, m->n), uses, n_bytes);
  m->n++;
  return SQLITE_OK;
}

const hp_cost *hp_memo_find(const hp_memo *m, const uint64_t *set) {
  size_t n_bytes = m->n_words * sizeof *set;
  uint64_t key = hp_hash64(set, n_bytes);

  for (int i = m->n - 1; i >= 0; i--) {
    if (m->keys[i] == key && memcmp(set_of(m, i), set, n_bytes) == 0) {
      return &m->costs[i];
    }
  }
  return NULL;
}

static bool is_within(const uint64_t *some, const uint64_t *all, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (some[i] & ~all[i]) return false;
  }
  return true;
}

/* The newest first: sets that are asked for are like the last. */
const hp_cost *hp_memo_infer(const hp_memo *m, const uint64_t *set) {
  for (int i = m->n - 1; i >= 0; i--) {
    if (is_within(uses_of(m, i), set, m->n_words) &&
        is_within(set, set_of(m, i), m->n_words)) {
      return &m->costs[i];
    }
  }
  return NULL;
}

void hp_memo_forget_capped(hp_memo *m) {
  int kept = 0;

  for (int i = 0; i < m->n; i++) {
    if (m->costs[i].is_capped) continue;
    m->costs[kept] = m->costs[i];
    m->keys[kept] = m->keys[i];
    memmove(set_of(m, kept), set_of(m, i), 2 * m->n_words * sizeof *m->bits);
    kept++;
  }
  m->n = kept;
}

void hp_memo_term(hp_memo *m) {
  sqlite3_free(m->costs);
  sqlite3_free(m->bits);
  sqlite3_free(m->keys);
  *m = (hp_memo){0};
}
