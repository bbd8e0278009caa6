/* SPDX-License-Identifier: MIT */
#include "cache/tally.h"

#include <pthread.h>
#include <string.h>

struct hp_tally {
  hp_tally *next;
  uint64_t closed[HP_N_COUNTS]; /* of sheets that are gone */
  uint64_t zero[HP_N_COUNTS];   /* what counts as zero since the last reset */
  char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_tally *tallies; /* guarded by lock, like all below */
static hp_sheet *sheets;

static hp_tally *find(const char *name) {
  hp_tally *t = tallies;

  while (t && strcmp(t->name, name) != 0) t = t->next;
  return t;
}

static hp_tally *add(const char *name) {
  size_t n = strlen(name) + 1;
  hp_tally *t = sqlite3_malloc64(sizeof *t + n);

  if (!t) return NULL;
  *t = (hp_tally){.next = tallies};
  memcpy(t->name, name, n);
  tallies = t;
  return t;
}

hp_sheet *hp_sheet_new(const char *name) {
  hp_sheet *s = sqlite3_malloc64(sizeof *s);

  if (!s) return NULL;
  memset(s, 0, sizeof *s);
  pthread_mutex_lock(&lock);
  s->tally = find(name);
  if (!s->tally) s->tally = add(name);
  if (s->tally) {
    s->next = sheets;
    sheets = s;
  }
  pthread_mutex_unlock(&lock);
  if (s->tally) return s;
  sqlite3_free(s);
  return NULL;
}

static void add_sheet(uint64_t *sums, const hp_sheet *s) {
  for (int i = 0; i < HP_N_COUNTS; i++) {
    sums[i] += atomic_load_explicit(&s->count[i], memory_order_relaxed);
  }
}

void hp_sheet_free(hp_sheet *s) {
  hp_sheet **at = &sheets;

  if (!s) return;
  pthread_mutex_lock(&lock);
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  add_sheet(s->tally->closed, s);
  pthread_mutex_unlock(&lock);
  sqlite3_free(s);
}

const char *hp_tally_name(const hp_tally *t) {
  return t->name;
}

/* All that was ever counted for t. */
static void sum_up(const hp_tally *t, uint64_t *sums) {
  memcpy(sums, t->closed, sizeof t->closed);
  for (const hp_sheet *s = sheets; s; s = s->next) {
    if (s->tally == t) add_sheet(sums, s);
  }
}

void hp_tally_each(bool (*visit)(const hp_tally *t, const uint64_t *sums,
                                 void *arg),
                   void *arg) {
  uint64_t sums[HP_N_COUNTS];
  bool more = true;

  pthread_mutex_lock(&lock);
  for (const hp_tally *t = tallies; t && more; t = t->next) {
    sum_up(t, sums);
    for (int i = 0; i < HP_N_COUNTS; i++) sums[i] -= t->zero[i];
    more = visit(t, sums, arg);
  }
  pthread_mutex_unlock(&lock);
}

void hp_tally_reset(void) {
  pthread_mutex_lock(&lock);
  for (hp_tally *t = tallies; t; t = t->next) sum_up(t, t->zero);
  pthread_mutex_unlock(&lock);
}

void hp_tally_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}
