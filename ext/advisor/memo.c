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

static bool are_equal(const hp_memo *m, const uint64_t *a, const uint64_t *b) {
  return memcmp(a, b, m->n_words * sizeof *a) == 0;
}

static bool is_within(const hp_memo *m, const uint64_t *some,
                      const uint64_t *all) {
  for (size_t i = 0; i < m->n_words; i++) {
    if (some[i] & ~all[i]) return false;
  }
  return true;
}

/* ---- sets */

/* The slot of a set, or the free one where it would stand. */
static int *slot_of(const hp_memo *m, const uint64_t *set) {
  size_t mask = 2 * (size_t)m->n_room - 1;
  size_t i = hp_hash64(set, m->n_words * sizeof *set) & mask;

  while (m->slots[i] && !are_equal(m, set_of(m, m->slots[i] - 1), set)) {
    i = (i + 1) & mask;
  }
  return &m->slots[i];
}

static void find_slots(hp_memo *m) {
  memset(m->slots, 0, 2 * (size_t)m->n_room * sizeof *m->slots);
  for (int i = 0; i < m->n; i++) *slot_of(m, set_of(m, i)) = i + 1;
}

static uint64_t *new_set(const hp_memo *m) {
  uint64_t *set = sqlite3_malloc64(m->n_words * sizeof *set);

  if (set) memset(set, 0, m->n_words * sizeof *set);
  return set;
}

/* Makes room for one more. */
static int grow(hp_memo *m) {
  size_t n = m->n_room ? 2 * (size_t)m->n_room : 16;
  hp_cost *costs;
  uint64_t *bits;
  int *slots;

  if (m->n < m->n_room) return SQLITE_OK;
  if (!m->offered) m->offered = new_set(m);
  costs = sqlite3_realloc64(m->costs, n * sizeof *costs);
  if (costs) m->costs = costs;
  bits = sqlite3_realloc64(m->bits, 2 * n * m->n_words * sizeof *bits);
  if (bits) m->bits = bits;
  slots = sqlite3_realloc64(m->slots, 2 * n * sizeof *slots);
  if (slots) m->slots = slots;
  if (!m->offered || !costs || !bits || !slots) return SQLITE_NOMEM;
  m->n_room = (int)n;
  find_slots(m);
  return SQLITE_OK;
}

/* ---- plans */

static uint64_t *used_by(const hp_memo *m, int plan) {
  return m->chosen + 2 * m->n_words * (size_t)plan;
}

static uint64_t *offered_to(const hp_memo *m, int plan) {
  return used_by(m, plan) + m->n_words;
}

static int find_plan(const hp_memo *m, const uint64_t *uses) {
  int i = 0;

  while (i < m->n_plans && !are_equal(m, used_by(m, i), uses)) i++;
  return i;
}

static int add_plan(hp_memo *m, const uint64_t *uses, const hp_cost *cost) {
  size_t n = (size_t)m->n_plans + 1, n_bytes = m->n_words * sizeof *uses;
  hp_cost *least = sqlite3_realloc64(m->least, n * sizeof *least);
  uint64_t *chosen;

  if (least) m->least = least;
  chosen = sqlite3_realloc64(m->chosen, 2 * n * n_bytes);
  if (chosen) m->chosen = chosen;
  if (!least || !chosen) return SQLITE_NOMEM;
  m->least[m->n_plans] = *cost;
  memcpy(used_by(m, m->n_plans), uses, n_bytes);
  memset(offered_to(m, m->n_plans), 0, n_bytes);
  m->n_plans++;
  return SQLITE_OK;
}

static int note_plan(hp_memo *m, const uint64_t *set, const uint64_t *uses,
                     const hp_cost *cost) {
  int i = find_plan(m, uses);
  int rc = SQLITE_OK;

  if (cost->is_capped) return SQLITE_OK;
  if (i == m->n_plans) rc = add_plan(m, uses, cost);
  if (rc != SQLITE_OK) return rc;
  if (hp_cost_model(cost) < hp_cost_model(&m->least[i])) m->least[i] = *cost;
  for (size_t k = 0; k < m->n_words; k++) offered_to(m, i)[k] |= set[k];
  return SQLITE_OK;
}

/* ---- both */

int hp_memo_put(hp_memo *m, const uint64_t *set, const uint64_t *uses,
                const hp_cost *cost) {
  size_t n_bytes = m->n_words * sizeof *set;
  int rc = note_plan(m, set, uses, cost);

  if (rc == SQLITE_OK) rc = grow(m);
  if (rc != SQLITE_OK) return rc;
  m->costs[m->n] = *cost;
  memcpy(set_of(m, m->n), set, n_bytes);
  memcpy(uses_of(m, m->n), uses, n_bytes);
  for (size_t i = 0; i < m->n_words; i++) m->offered[i] |= set[i];
  *slot_of(m, set) = m->n + 1;
  m->n++;
  return SQLITE_OK;
}

const hp_cost *hp_memo_find(const hp_memo *m, const uint64_t *set) {
  int slot = m->n ? *slot_of(m, set) : 0;

  return slot ? &m->costs[slot - 1] : NULL;
}

/* The newest first: sets that are asked for are like the last. */
const hp_cost *hp_memo_infer(const hp_memo *m, const uint64_t *set) {
  for (int i = m->n - 1; i >= 0; i--) {
    if (is_within(m, uses_of(m, i), set) && is_within(m, set, set_of(m, i))) {
      return &m->costs[i];
    }
  }
  return NULL;
}

static const hp_cost *cheaper(const hp_cost *a, const hp_cost *b) {
  return a && hp_cost_model(a) <= hp_cost_model(b) ? a : b;
}

/* A plan that is possible here and was chosen though each of the set was there
** would be chosen again, if there is none that uses several. */
const hp_cost *hp_memo_least(const hp_memo *m, const uint64_t *set) {
  const hp_cost *here = NULL, *anywhere = NULL;
  bool was_seen = false;

  if (!m->offered || !is_within(m, set, m->offered)) return NULL;
  for (int i = 0; i < m->n_plans; i++) {
    anywhere = cheaper(anywhere, &m->least[i]);
    if (!is_within(m, used_by(m, i), set)) continue;
    here = cheaper(here, &m->least[i]);
    if (is_within(m, set, offered_to(m, i))) was_seen = true;
  }
  return was_seen ? here : anywhere;
}

void hp_memo_forget_capped(hp_memo *m) {
  int kept = 0;

  for (int i = 0; i < m->n; i++) {
    if (m->costs[i].is_capped) continue;
    m->costs[kept] = m->costs[i];
    memmove(set_of(m, kept), set_of(m, i), 2 * m->n_words * sizeof *m->bits);
    kept++;
  }
  m->n = kept;
  if (m->n_room) find_slots(m);
}

void hp_memo_term(hp_memo *m) {
  sqlite3_free(m->costs);
  sqlite3_free(m->bits);
  sqlite3_free(m->slots);
  sqlite3_free(m->offered);
  sqlite3_free(m->least);
  sqlite3_free(m->chosen);
  *m = (hp_memo){0};
}
