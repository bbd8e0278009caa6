/* SPDX-License-Identifier: MIT
**
** A lookup in L1 and the report of its hit, as a cached table does it inside
** one section of its reader; beyond an empty loop, and by two threads against
** one. Uses the extension's own objects, not the library.
*/
#include "bench/bench.h"
#include "cache/l1.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_KEYS = 4096, N_THREADS = 2 };

typedef struct lane {
  hp_l1 *l1;
  hp_reader *reader;
  hp_key keys[N_KEYS];
  int64_t n;
  int64_t n_missed;
} lane;

static void look(lane *l, const hp_key *key) {
  hp_l1_node *n;

  hp_epoch_enter(l->reader);
  n = hp_l1_get(l->l1, key);
  if (n) {
    hp_l1_hit(l->l1, n);
  } else {
    l->n_missed++;
  }
  hp_epoch_exit(l->reader);
}

static void many_keys(void *arg, int64_t n) {
  lane *l = arg;

  while (n-- > 0) look(l, &l->keys[n % N_KEYS]);
}

static void one_key(void *arg, int64_t n) {
  lane *l = arg;

  while (n-- > 0) look(l, &l->keys[0]);
}

static void only_section(void *arg, int64_t n) {
  lane *l = arg;

  while (n-- > 0) {
    hp_epoch_enter(l->reader);
    hp_epoch_exit(l->reader);
  }
}

typedef struct crew {
  lane *lanes;
  void (*run)(void *arg, int64_t n);
} crew;

static void *run_second(void *arg) {
  crew *c = arg;

  c->run(&c->lanes[1], c->lanes[1].n);
  return NULL;
}

static void two_threads(void *arg, int64_t n) {
  crew *c = arg;
  pthread_t other;

  c->lanes[1].n = n / 2;
  bench_expect(NULL, pthread_create(&other, NULL, run_second, c), 0,
               "pthread_create");
  c->run(&c->lanes[0], n - n / 2);
  pthread_join(other, NULL);
}

static void one_thread(void *arg, int64_t n) {
  crew *c = arg;

  c->run(&c->lanes[0], n);
}

static void free_entry(hp_l1_node *n) {
  sqlite3_free(n);
}

static void fill(lane *l) {
  for (uint64_t i = 0; i < N_KEYS; i++) {
    hp_l1_node *n = sqlite3_malloc64(sizeof *n + 64);

    l->keys[i] = hp_hash128_of(&i, sizeof i, 1);
    bench_expect(NULL, n != NULL, 1, "out of memory");
    *n = (hp_l1_node){.key = l->keys[i],
                      .bytes = sizeof *n + 64,
                      .cost_ns = 1000,
                      .expires_ms = HP_NEVER_MS,
                      .free_fn = free_entry};
    bench_expect(NULL, hp_l1_put(l->l1, n, 0), SQLITE_OK, "put");
  }
}

static void show_policy(const char *policy, lane *lanes) {
  hp_l1 *l1 = hp_l1_new(64 << 20, policy);
  crew many = {lanes, many_keys}, one = {lanes, one_key};
  char work[64];

  lanes[0].l1 = lanes[1].l1 = l1;
  fill(&lanes[0]);
  for (int i = 0; i < N_KEYS; i++) lanes[1].keys[i] = lanes[0].keys[i];
  snprintf(work, sizeof work, "%s: get and hit, many keys", policy);
  bench_row(work, (bench_side){"get + hit", many_keys, lanes},
            (bench_side){"empty section", only_section, lanes},
            BENCH_AT_MOST_NS, 15);
  snprintf(work, sizeof work, "%s: get and hit, one key", policy);
  bench_row(work, (bench_side){"get + hit", one_key, lanes},
            (bench_side){"empty section", only_section, lanes},
            BENCH_AT_MOST_NS, 15);
  snprintf(work, sizeof work, "%s: two threads, many keys", policy);
  bench_row(work, (bench_side){"two threads", two_threads, &many},
            (bench_side){"one thread", one_thread, &many}, BENCH_AT_LEAST, 1.8);
  snprintf(work, sizeof work, "%s: two threads, one key", policy);
  bench_row(work, (bench_side){"two threads", two_threads, &one},
            (bench_side){"one thread", one_thread, &one}, BENCH_AT_LEAST, 1.8);
  bench_expect(NULL, lanes[0].n_missed + lanes[1].n_missed == 0, 1, "a miss");
  hp_l1_free(l1);
}

int main(void) {
  static lane lanes[N_THREADS];

  for (int i = 0; i < N_THREADS; i++) {
    lanes[i].reader = hp_reader_new();
    if (!lanes[i].reader) return EXIT_FAILURE;
  }
  bench_head("l1: a lookup and its hit");
  show_policy("hot", lanes);
  show_policy("lru", lanes);
  for (int i = 0; i < N_THREADS; i++) hp_reader_free(lanes[i].reader);
  return bench_end();
}
