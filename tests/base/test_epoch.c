/* SPDX-License-Identifier: MIT */
#include "base/epoch.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *base_epoch_suite(void);

static _Atomic int n_freed;

static void count_free(void *p) {
  (void)p;
  n_freed++;
}

static int things[200];

START_TEST(without_readers_what_is_retired_is_freed_at_once) {
  hp_epoch_retire(&things[0], count_free);
  ck_assert_int_eq(n_freed, 1);
}
END_TEST

START_TEST(an_open_section_keeps_what_it_may_have_seen) {
  hp_reader *r = hp_reader_new();

  hp_epoch_enter(r);
  hp_epoch_retire(&things[0], count_free);
  ck_assert_int_eq(hp_epoch_collect(), 1);
  hp_epoch_exit(r);
  ck_assert_int_eq(n_freed, 0);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  ck_assert_int_eq(n_freed, 1);
  hp_reader_free(r);
}
END_TEST

START_TEST(a_section_that_began_later_keeps_nothing) {
  hp_reader *early = hp_reader_new(), *late = hp_reader_new();

  hp_epoch_enter(early);
  hp_epoch_retire(&things[0], count_free);
  hp_epoch_enter(late);
  hp_epoch_exit(early);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  hp_epoch_exit(late);
  hp_reader_free(early);
  hp_reader_free(late);
}
END_TEST

START_TEST(a_pin_keeps_its_object_and_no_other) {
  hp_reader *r = hp_reader_new();
  hp_pin pin = {.next = NULL};

  hp_pin_add(r, &pin);
  hp_epoch_enter(r);
  hp_pin_set(&pin, &things[0]);
  hp_epoch_exit(r);
  hp_epoch_retire(&things[0], count_free);
  hp_epoch_retire(&things[1], count_free);
  hp_epoch_collect();
  ck_assert_int_eq(n_freed, 1);
  hp_pin_set(&pin, NULL);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  ck_assert_int_eq(n_freed, 2);
  hp_pin_remove(r, &pin);
  hp_reader_free(r);
}
END_TEST

START_TEST(a_reader_that_goes_lets_go_of_what_it_held_up) {
  hp_reader *r = hp_reader_new();

  hp_epoch_enter(r);
  hp_epoch_retire(&things[0], count_free);
  hp_epoch_exit(r);
  hp_reader_free(r);
  hp_reader_free(NULL);
  ck_assert_int_eq(n_freed, 1);
}
END_TEST

START_TEST(without_memory_objects_are_still_kept_and_freed) {
  hp_reader *r = hp_reader_new();

  hp_epoch_enter(r);
  test_heap_fail_from(1);
  for (int i = 0; i < 60; i++) hp_epoch_retire(&things[i], count_free);
  test_heap_fail_never();
  ck_assert_int_eq(n_freed, 0);
  ck_assert_int_eq(hp_epoch_collect(), 60);
  hp_epoch_exit(r);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  ck_assert_int_eq(n_freed, 60);
  hp_reader_free(r);
}
END_TEST

/* Beyond the spare records a pinned object is leaked, not freed. */
START_TEST(out_of_spare_records_a_pinned_object_is_not_freed) {
  hp_reader *r = hp_reader_new();
  hp_pin pins[2] = {{.next = NULL}};

  for (int i = 0; i < 2; i++) hp_pin_add(r, &pins[i]);
  hp_pin_set(&pins[0], &things[0]);
  hp_pin_set(&pins[1], &things[1]);
  test_heap_fail_from(1);
  for (int i = 0; i < 64; i++) hp_epoch_retire(&things[0], count_free);
  hp_epoch_retire(&things[1], count_free);
  hp_epoch_retire(&things[2], count_free);
  test_heap_fail_never();
  ck_assert_int_eq(n_freed, 1);
  for (int i = 0; i < 2; i++) hp_pin_set(&pins[i], NULL);
  hp_epoch_collect();
  ck_assert_int_eq(n_freed, 65);
  for (int i = 0; i < 2; i++) hp_pin_remove(r, &pins[i]);
  hp_reader_free(r);
}
END_TEST

START_TEST(many_retired_under_one_open_section_cost_no_square) {
  hp_reader *r = hp_reader_new();

  hp_epoch_enter(r);
  for (int i = 0; i < 200000; i++)
    hp_epoch_retire(&things[i % 200], count_free);
  hp_epoch_exit(r);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  ck_assert_int_eq(n_freed, 200000);
  hp_reader_free(r);
}
END_TEST

START_TEST(a_child_does_not_wait_for_sections_of_its_parent) {
  hp_reader *r = hp_reader_new();
  int status = -1;
  pid_t child;

  hp_epoch_enter(r);
  hp_epoch_retire(&things[0], count_free);
  child = fork();
  if (child == 0) {
    hp_epoch_after_fork();
    hp_epoch_synchronize();
    hp_epoch_retire(&things[1], count_free);
    _exit(hp_epoch_collect() == 0 && n_freed == 1 ? 0 : 1);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  hp_epoch_exit(r);
  hp_reader_free(r);
}
END_TEST

/* A writer replaces a shared object; readers must never see a freed one. */
typedef struct object {
  _Atomic int is_alive;
} object;

static _Atomic(object *) shared;
static _Atomic bool is_over;
static _Atomic int n_dead_seen;

static void kill_object(void *p) {
  object *o = p;

  atomic_store_explicit(&o->is_alive, 0, memory_order_relaxed);
  free(o);
}

static void *read_shared(void *arg) {
  hp_reader *r = hp_reader_new();
  hp_pin pin = {.next = NULL};

  (void)arg;
  hp_pin_add(r, &pin);
  while (!atomic_load(&is_over)) {
    object *o;
    hp_epoch_enter(r);
    o = atomic_load(&shared);
    hp_pin_set(&pin, o);
    hp_epoch_exit(r);
    if (atomic_load_explicit(&o->is_alive, memory_order_relaxed) != 1) {
      n_dead_seen++;
    }
    hp_pin_set(&pin, NULL);
  }
  hp_pin_remove(r, &pin);
  hp_reader_free(r);
  return NULL;
}

static object *new_object(void) {
  object *o = malloc(sizeof *o);

  atomic_init(&o->is_alive, 1);
  return o;
}

START_TEST(readers_never_see_a_freed_object) {
  pthread_t thread[3];

  atomic_store(&shared, new_object());
  for (int i = 0; i < 3; i++) {
    pthread_create(&thread[i], NULL, read_shared, NULL);
  }
  for (int i = 0; i < 20000; i++) {
    object *old = atomic_exchange(&shared, new_object());
    hp_epoch_retire(old, kill_object);
    if (i % 1000 == 0) hp_epoch_synchronize();
  }
  atomic_store(&is_over, true);
  for (int i = 0; i < 3; i++) pthread_join(thread[i], NULL);
  hp_epoch_collect();
  kill_object(atomic_load(&shared));
  ck_assert_int_eq(n_dead_seen, 0);
}
END_TEST

Suite *base_epoch_suite(void) {
  Suite *s = suite_create("base_epoch");
  TCase *c = tcase_create("epoch");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, without_readers_what_is_retired_is_freed_at_once);
  tcase_add_test(c, an_open_section_keeps_what_it_may_have_seen);
  tcase_add_test(c, a_section_that_began_later_keeps_nothing);
  tcase_add_test(c, a_pin_keeps_its_object_and_no_other);
  tcase_add_test(c, a_reader_that_goes_lets_go_of_what_it_held_up);
  tcase_add_test(c, without_memory_objects_are_still_kept_and_freed);
  tcase_add_test(c, out_of_spare_records_a_pinned_object_is_not_freed);
  tcase_add_test(c, many_retired_under_one_open_section_cost_no_square);
  tcase_add_test(c, a_child_does_not_wait_for_sections_of_its_parent);
  tcase_add_test(c, readers_never_see_a_freed_object);
  suite_add_tcase(s, c);
  return s;
}
