/* SPDX-License-Identifier: MIT */
#include "cache/flight.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *cache_flight_suite(void);

#define LONG_MS 30000

static hp_key key_of(uint64_t i) {
  return hp_hash128_of(&i, sizeof i, 9);
}

static hp_flight_role begin(uint64_t key, int64_t wait_ms, hp_flight **out) {
  hp_key k = key_of(key);

  return hp_flight_begin(&k, wait_ms, NULL, NULL, out);
}

static int put_flag(void *arg) {
  *(_Atomic bool *)arg = true;
  return SQLITE_OK;
}

START_TEST(the_first_leads_and_the_next_after_it_again) {
  hp_flight *f;

  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(begin(1, LONG_MS, &f), HP_FLIGHT_LEAD);
    hp_flight_end(f, HP_FLIGHT_PUBLISHED);
  }
}
END_TEST

START_TEST(to_lead_a_key_twice_is_a_cycle_and_another_key_is_not) {
  hp_flight *f, *g, *none;

  ck_assert_int_eq(begin(1, LONG_MS, &f), HP_FLIGHT_LEAD);
  ck_assert_int_eq(begin(1, LONG_MS, &none), HP_FLIGHT_CYCLE);
  ck_assert_ptr_null(none);
  ck_assert_int_eq(begin(2, LONG_MS, &g), HP_FLIGHT_LEAD);
  hp_flight_end(g, HP_FLIGHT_PUBLISHED);
  hp_flight_end(f, HP_FLIGHT_PUBLISHED);
}
END_TEST

/* Sixty-four threads want one value; whoever leads computes it slowly. */
typedef struct crowd {
  _Atomic bool is_there; /* the "cache" */
  _Atomic int n_computed, n_begun, n_alone;
  int n_wanted;          /* computations that fail before one succeeds */
  hp_flight_outcome bad; /* how those end */
} crowd;

static bool compute(crowd *c, hp_flight *f) {
  bool is_good = atomic_fetch_add(&c->n_computed, 1) >= c->n_wanted;

  while (atomic_load(&c->n_begun) < 64) sched_yield();
  if (is_good) hp_flight_publish(f, put_flag, &c->is_there);
  hp_flight_end(f, is_good ? HP_FLIGHT_PUBLISHED : c->bad);
  return is_good || c->bad == HP_FLIGHT_PRIVATE;
}

static void *want(void *arg) {
  crowd *c = arg;
  bool is_served = false;

  atomic_fetch_add(&c->n_begun, 1);
  while (!is_served && !atomic_load(&c->is_there)) {
    hp_flight *f;
    switch (begin(5, LONG_MS, &f)) {
    case HP_FLIGHT_LEAD:
      if (atomic_load(&c->is_there))
        hp_flight_end(f, HP_FLIGHT_PUBLISHED);
      else
        is_served = compute(c, f);
      break;
    case HP_FLIGHT_ALONE:
      atomic_fetch_add(&c->n_alone, 1);
      is_served = true;
      break;
    default: break;
    }
  }
  return NULL;
}

static void run_crowd(crowd *c) {
  pthread_t thread[64];

  for (int i = 0; i < 64; i++) {
    ck_assert_int_eq(pthread_create(&thread[i], NULL, want, c), 0);
  }
  for (int i = 0; i < 64; i++) pthread_join(thread[i], NULL);
}

START_TEST(sixty_four_threads_on_one_cold_key_compute_once) {
  crowd c = {.n_wanted = 0};

  run_crowd(&c);
  ck_assert_int_eq(c.n_computed, 1);
  ck_assert_int_eq(c.n_alone, 0);
}
END_TEST

START_TEST(when_the_leader_fails_another_takes_over) {
  crowd c = {.n_wanted = 3, .bad = HP_FLIGHT_FAILED};

  run_crowd(&c);
  ck_assert_int_eq(c.n_computed, 4);
  ck_assert_int_eq(c.n_alone, 0);
}
END_TEST

START_TEST(what_cannot_be_shared_is_computed_by_each_alone) {
  crowd c = {.n_wanted = 1000, .bad = HP_FLIGHT_PRIVATE};

  run_crowd(&c);
  ck_assert_int_ge(c.n_alone, 1);
  ck_assert_int_eq(c.n_alone + c.n_computed, 64);
}
END_TEST

/* A thread that leads key 1 until told to stop. */
typedef struct holder {
  _Atomic bool is_leading, is_told;
  uint64_t then_begin; /* another key to begin meanwhile, or 0 */
  hp_flight_role role;
} holder;

static void *hold(void *arg) {
  holder *h = arg;
  hp_flight *f, *g = NULL;

  ck_assert_int_eq(begin(1, 0, &f), HP_FLIGHT_LEAD);
  atomic_store(&h->is_leading, true);
  if (h->then_begin) h->role = begin(h->then_begin, LONG_MS, &g);
  while (!atomic_load(&h->is_told)) sched_yield();
  if (g) hp_flight_end(g, HP_FLIGHT_FAILED);
  hp_flight_end(f, HP_FLIGHT_PUBLISHED);
  return NULL;
}

static pthread_t start(holder *h) {
  pthread_t t;

  pthread_create(&t, NULL, hold, h);
  while (!atomic_load(&h->is_leading)) sched_yield();
  return t;
}

START_TEST(who_may_not_wait_computes_alone) {
  holder h = {.then_begin = 0};
  pthread_t t = start(&h);
  hp_flight *f;

  ck_assert_int_eq(begin(1, 0, &f), HP_FLIGHT_ALONE);
  ck_assert_int_eq(begin(1, 20, &f), HP_FLIGHT_ALONE);
  atomic_store(&h.is_told, true);
  pthread_join(t, NULL);
}
END_TEST

static bool is_third_time(void *arg) {
  return ++*(int *)arg == 3;
}

START_TEST(an_interrupt_ends_the_wait) {
  holder h = {.then_begin = 0};
  pthread_t t = start(&h);
  hp_key k = key_of(1);
  hp_flight *f;
  int n = 0;

  ck_assert_int_eq(hp_flight_begin(&k, LONG_MS, is_third_time, &n, &f),
                   HP_FLIGHT_ALONE);
  ck_assert_int_eq(n, 3);
  atomic_store(&h.is_told, true);
  pthread_join(t, NULL);
}
END_TEST

START_TEST(two_leaders_that_want_each_others_key_do_not_wait_for_ever) {
  holder h = {.then_begin = 2};
  hp_flight *f, *g;
  hp_flight_role role;
  pthread_t t;

  ck_assert_int_eq(begin(2, 0, &f), HP_FLIGHT_LEAD);
  t = start(&h);
  role = begin(1, LONG_MS, &g);
  ck_assert_int_eq(role, HP_FLIGHT_ALONE);
  hp_flight_end(f, HP_FLIGHT_PUBLISHED);
  atomic_store(&h.is_told, true);
  pthread_join(t, NULL);
  ck_assert(h.role == HP_FLIGHT_AGAIN || h.role == HP_FLIGHT_ALONE ||
            h.role == HP_FLIGHT_LEAD);
}
END_TEST

START_TEST(what_was_deleted_meanwhile_is_not_published) {
  _Atomic bool is_there = false;
  hp_key k = key_of(3), other = key_of(4);
  hp_flight *f;

  begin(3, 0, &f);
  hp_flight_doom(&other);
  ck_assert_int_eq(hp_flight_publish(f, put_flag, &is_there), SQLITE_OK);
  ck_assert(is_there);
  is_there = false;
  hp_flight_doom(&k);
  ck_assert_int_eq(hp_flight_publish(f, put_flag, &is_there), SQLITE_ABORT);
  ck_assert(!is_there);
  hp_flight_end(f, HP_FLIGHT_FAILED);
  begin(3, 0, &f);
  ck_assert_int_eq(hp_flight_publish(f, put_flag, &is_there), SQLITE_OK);
  hp_flight_doom(NULL);
  ck_assert_int_eq(hp_flight_publish(f, put_flag, &is_there), SQLITE_ABORT);
  hp_flight_end(f, HP_FLIGHT_FAILED);
}
END_TEST

START_TEST(without_memory_one_computes_alone) {
  hp_flight *f;

  test_heap_fail_at(1);
  ck_assert_int_eq(begin(1, LONG_MS, &f), HP_FLIGHT_ALONE);
  test_heap_fail_never();
  ck_assert_int_eq(begin(1, LONG_MS, &f), HP_FLIGHT_LEAD);
  hp_flight_end(f, HP_FLIGHT_FAILED);
}
END_TEST

START_TEST(a_child_does_not_wait_for_a_leader_of_its_parent) {
  holder h = {.then_begin = 0};
  pthread_t t = start(&h);
  int status = -1;
  pid_t child = fork();

  if (child == 0) {
    hp_flight *f;
    hp_flight_after_fork();
    _exit(begin(1, LONG_MS, &f) == HP_FLIGHT_LEAD ? 0 : 1);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  atomic_store(&h.is_told, true);
  pthread_join(t, NULL);
}
END_TEST

START_TEST(the_default_wait_can_be_set) {
  ck_assert_int_eq(hp_flight_wait_ms(), 2000);
  hp_flight_set_wait_ms(5);
  ck_assert_int_eq(hp_flight_wait_ms(), 5);
}
END_TEST

Suite *cache_flight_suite(void) {
  Suite *s = suite_create("cache_flight");
  TCase *c = tcase_create("flight");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, the_first_leads_and_the_next_after_it_again);
  tcase_add_test(c, to_lead_a_key_twice_is_a_cycle_and_another_key_is_not);
  tcase_add_test(c, sixty_four_threads_on_one_cold_key_compute_once);
  tcase_add_test(c, when_the_leader_fails_another_takes_over);
  tcase_add_test(c, what_cannot_be_shared_is_computed_by_each_alone);
  tcase_add_test(c, who_may_not_wait_computes_alone);
  tcase_add_test(c, an_interrupt_ends_the_wait);
  tcase_add_test(c, two_leaders_that_want_each_others_key_do_not_wait_for_ever);
  tcase_add_test(c, what_was_deleted_meanwhile_is_not_published);
  tcase_add_test(c, without_memory_one_computes_alone);
  tcase_add_test(c, a_child_does_not_wait_for_a_leader_of_its_parent);
  tcase_add_test(c, the_default_wait_can_be_set);
  suite_add_tcase(s, c);
  return s;
}
