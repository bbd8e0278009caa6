/* SPDX-License-Identifier: MIT */
#include "cache/score.h"

#include <pthread.h>
#include <string.h>

struct hp_score {
  hp_score *next;
  uint64_t closed[HP_N_COUNTS]; /* of sheets that are gone */
  uint64_t zero[HP_N_COUNTS];   /* what counts as zero since the last reset */
  char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_score *scores; /* guarded by lock, like all below */
static hp_sheet *sheets;

static hp_score *find(const char *name) {
  hp_score *t = scores;

  while (t && strcmp(t->name, name) != 0) t = t->next;
  return t;
}

static hp_score *add(const char *name) {
  size_t n = strlen(name) + 1;
  hp_score *t = sqlite3_malloc64(sizeof *t + n);

  if (!t) return NULL;
  *t = (hp_score){.next = scores};
  memcpy(t->name, name, n);
  scores = t;
  return t;
}

hp_sheet *hp_sheet_new(const char *name) {
  hp_sheet *s = sqlite3_malloc64(sizeof *s);

  if (!s) return NULL;
  memset(s, 0, sizeof *s);
  pthread_mutex_lock(&lock);
  s->score = find(name);
  if (!s->score) s->score = add(name);
  if (s->score) {
    s->next = sheets;
    sheets = s;
  }
  pthread_mutex_unlock(&lock);
  if (s->score) return s;
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
  add_sheet(s->score->closed, s);
  pthread_mutex_unlock(&lock);
  sqlite3_free(s);
}

void hp_score_add(hp_score *t, hp_count what, uint64_t n) {
  pthread_mutex_lock(&lock);
  t->closed[what] += n;
  pthread_mutex_unlock(&lock);
}

const char *hp_score_name(const hp_score *t) {
  return t->name;
}

/* All that was ever counted for t. */
static void sum_up(const hp_score *t, uint64_t *sums) {
  memcpy(sums, t->closed, sizeof t->closed);
  for (const hp_sheet *s = sheets; s; s = s->next) {
    if (s->score == t) add_sheet(sums, s);
  }
}

void hp_score_each(bool (*visit)(const hp_score *t, const uint64_t *sums,
                                 void *arg),
                   void *arg) {
  uint64_t sums[HP_N_COUNTS];
  bool more = true;

  pthread_mutex_lock(&lock);
  for (const hp_score *t = scores; t && more; t = t->next) {
    sum_up(t, sums);
    for (int i = 0; i < HP_N_COUNTS; i++) sums[i] -= t->zero[i];
    more = visit(t, sums, arg);
  }
  pthread_mutex_unlock(&lock);
}

void hp_score_reset(void) {
  pthread_mutex_lock(&lock);
  for (hp_score *t = scores; t; t = t->next) sum_up(t, t->zero);
  pthread_mutex_unlock(&lock);
}

void hp_score_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}
