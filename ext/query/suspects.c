/* SPDX-License-Identifier: MIT */
#include "query/suspects.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Places [0, n) are used, in no order. */
static struct {
  pthread_mutex_t lock;
  int n;
  int64_t n_dropped;
  hp_suspect all[HP_SUSPECTS];
} store = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic int64_t benign_ns = 1000000;

static bool is_same(const hp_nplus1_burst *a, const hp_nplus1_burst *b) {
  return a->fingerprint == b->fingerprint && a->kind == b->kind &&
         a->source == b->source && a->database == b->database;
}

static hp_suspect *find(const hp_nplus1_burst *burst) {
  int i;

  for (i = 0; i < store.n; i++)
    if (is_same(&store.all[i].sum, burst)) return &store.all[i];
  return NULL;
}

static hp_suspect *make_room(void) {
  hp_suspect *least = &store.all[0];
  int i;

  if (store.n < HP_SUSPECTS) return &store.all[store.n++];
  for (i = 1; i < HP_SUSPECTS; i++)
    if (store.all[i].sum.cost_ns < least->sum.cost_ns) least = &store.all[i];
  store.n_dropped++;
  return least;
}

static void add_known(int64_t *sum, int64_t more) {
  *sum = *sum < 0 || more < 0 ? -1 : *sum + more;
}

static void merge(hp_suspect *s, const hp_nplus1_burst *burst) {
  hp_nplus1_burst *sum = &s->sum;

  sum->calls += burst->calls;
  sum->cost_ns += burst->cost_ns;
  add_known(&sum->rows, burst->rows);
  add_known(&sum->source_rows, burst->source_rows);
  sum->n_prepared += burst->n_prepared;
  sum->n_autocommit += burst->n_autocommit;
  sum->distinct = burst->distinct;
  sum->end_ns = burst->end_ns;
  sum->is_inside |= burst->is_inside;
  if (burst->confidence > sum->confidence) sum->confidence = burst->confidence;
  s->bursts++;
}

void hp_suspects_add(void *arg, const hp_nplus1_burst *burst) {
  hp_suspect *s;

  (void)arg;
  pthread_mutex_lock(&store.lock);
  s = find(burst);
  if (s)
    merge(s, burst);
  else
    *make_room() = (hp_suspect){.sum = *burst, .bursts = 1};
  pthread_mutex_unlock(&store.lock);
}

int hp_suspects_list(hp_suspect *out, int n) {
  pthread_mutex_lock(&store.lock);
  if (n > store.n) n = store.n;
  memcpy(out, store.all, (size_t)n * sizeof *out);
  pthread_mutex_unlock(&store.lock);
  return n;
}

int64_t hp_suspects_dropped(void) {
  int64_t n;

  pthread_mutex_lock(&store.lock);
  n = store.n_dropped;
  pthread_mutex_unlock(&store.lock);
  return n;
}

int64_t hp_suspects_benign_ns(void) {
  return atomic_load_explicit(&benign_ns, memory_order_relaxed);
}

void hp_suspects_set_benign(int64_t ns) {
  atomic_store_explicit(&benign_ns, ns, memory_order_relaxed);
}

void hp_suspects_reset(void) {
  pthread_mutex_lock(&store.lock);
  store.n = 0;
  store.n_dropped = 0;
  pthread_mutex_unlock(&store.lock);
}

void hp_suspects_before_fork(void) {
  pthread_mutex_lock(&store.lock);
}

void hp_suspects_after_fork(void) {
  pthread_mutex_unlock(&store.lock);
}
