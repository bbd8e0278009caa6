/* SPDX-License-Identifier: MIT */
#include "cache/ghost.h"
#include "base/sqlite_api.h"

#include <string.h>

#define BUCKET    8
#define MIN_SLOTS 64

void hp_ghost_term(hp_ghost *g) {
  sqlite3_free(g->slots);
  *g = (hp_ghost){.slots = NULL};
}

static uint64_t wanted_slots(const hp_ghost *g, int64_t n_keys) {
  uint64_t n = g->n_slots ? g->n_slots : MIN_SLOTS;

  while (n < 2 * (uint64_t)n_keys) n *= 2;
  return n;
}

uint64_t hp_ghost_growth(const hp_ghost *g, int64_t n_keys) {
  uint64_t n = wanted_slots(g, n_keys);

  return n == g->n_slots ? 0 : n * sizeof *g->slots;
}

static hp_ghost_slot *bucket_of(hp_ghost_slot *slots, uint64_t n_slots,
                                uint32_t hash) {
  return &slots[(hash >> 1 & (n_slots / BUCKET - 1)) * BUCKET];
}

/* Age of a slot in additions; that of an empty slot is the greatest. */
static uint32_t age_of(const hp_ghost *g, const hp_ghost_slot *s) {
  return s->at ? g->now - s->at : UINT32_MAX;
}

static hp_ghost_slot *oldest(const hp_ghost *g, hp_ghost_slot *bucket) {
  hp_ghost_slot *s = bucket;

  for (int i = 1; i < BUCKET; i++) {
    if (age_of(g, &bucket[i]) > age_of(g, s)) s = &bucket[i];
  }
  return s;
}

int hp_ghost_reserve(hp_ghost *g, int64_t n_keys) {
  uint64_t n = wanted_slots(g, n_keys);
  hp_ghost_slot *slots;

  if (n == g->n_slots) return SQLITE_OK;
  slots = sqlite3_malloc64(n * sizeof *slots);
  if (!slots) return SQLITE_NOMEM;
  memset(slots, 0, n * sizeof *slots);
  for (uint64_t i = 0; i < g->n_slots; i++) {
    if (!g->slots[i].at) continue;
    *oldest(g, bucket_of(slots, n, g->slots[i].hash)) = g->slots[i];
  }
  sqlite3_free(g->slots);
  g->slots = slots;
  g->n_slots = n;
  return SQLITE_OK;
}

/* 31 bits, with room for the mark below. */
static uint32_t shorten(uint64_t hash) {
  return (uint32_t)(hash >> 16) << 1;
}

void hp_ghost_add(hp_ghost *g, uint64_t hash, int mark) {
  uint32_t h = shorten(hash);
  hp_ghost_slot *s = oldest(g, bucket_of(g->slots, g->n_slots, h));

  if (++g->now == 0) g->now = 1;
  *s = (hp_ghost_slot){.hash = h | (uint32_t)mark, .at = g->now};
}

int hp_ghost_take(hp_ghost *g, uint64_t hash, int64_t n_last) {
  uint32_t h = shorten(hash);
  hp_ghost_slot *s;

  if (!g->n_slots) return -1;
  s = bucket_of(g->slots, g->n_slots, h);
  for (int i = 0; i < BUCKET; i++) {
    if (!s[i].at || (s[i].hash | 1) != (h | 1)) continue;
    if (age_of(g, &s[i]) >= n_last) continue;
    s[i].at = 0;
    return (int)(s[i].hash & 1);
  }
  return -1;
}
