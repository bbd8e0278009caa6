/* SPDX-License-Identifier: MIT */
#include "base/worker.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

Suite *base_worker_suite(void);

typedef struct record {
  _Atomic int n;
  int order[300];
  pthread_t thread;
} record;

typedef struct entry {
  record *to;
  int number;
} entry;

static void note(void *arg) {
  entry *e = arg;

  e->to->order[e->to->n] = e->number;
  e->to->thread = pthread_self();
  e->to->n++;
}

START_TEST(jobs_run_in_order_on_another_thread) {
  record l = {.n = 0};
  entry entries[100];

  for (int i = 0; i < 100; i++) {
    entries[i] = (entry){&l, i};
    ck_assert(hp_worker_submit(note, &entries[i]));
  }
  hp_worker_drain();
  ck_assert_int_eq(l.n, 100);
  for (int i = 0; i < 100; i++) ck_assert_int_eq(l.order[i], i);
  ck_assert(!pthread_equal(l.thread, pthread_self()));
}
END_TEST

typedef struct gate {
  pthread_mutex_t lock;
} gate;

static void wait_at(void *arg) {
  gate *g = arg;

  pthread_mutex_lock(&g->lock);
  pthread_mutex_unlock(&g->lock);
}

START_TEST(a_full_queue_refuses_and_loses_nothing) {
  gate g = {.lock = PTHREAD_MUTEX_INITIALIZER};
  record l = {.n = 0};
  entry e = {&l, 1};
  int n_taken = 0;

  pthread_mutex_lock(&g.lock);
  ck_assert(hp_worker_submit(wait_at, &g));
  while (n_taken <= HP_WORKER_QUEUE && hp_worker_submit(note, &e)) n_taken++;
  ck_assert_int_ge(n_taken, HP_WORKER_QUEUE - 1);
  ck_assert_int_le(n_taken, HP_WORKER_QUEUE);
  pthread_mutex_unlock(&g.lock);
  hp_worker_drain();
  ck_assert_int_eq(l.n, n_taken);
}
END_TEST

Suite *base_worker_suite(void) {
  Suite *s = suite_create("base_worker");
  TCase *c = tcase_create("worker");

  tcase_add_test(c, jobs_run_in_order_on_another_thread);
  tcase_add_test(c, a_full_queue_refuses_and_loses_nothing);
  suite_add_tcase(s, c);
  return s;
}
