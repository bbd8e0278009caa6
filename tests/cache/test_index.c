/* SPDX-License-Identifier: MIT */
#include "cache/index.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

Suite *cache_index_suite(void);

#define N_NODES 3000

static hp_l1_node nodes[N_NODES];

/* All nodes hash to a few slots: long chains. */
static void make_nodes(void) {
  for (uint64_t i = 0; i < N_NODES; i++) {
    nodes[i].key = (hp_key){.lo = i, .hi = i % 50 * 7};
  }
}

static hp_l1_node *get(const hp_index *ix, int i) {
  return hp_index_get(ix, &nodes[i].key);
}

static void add(hp_index *ix, int i) {
  ck_assert_int_eq(hp_index_reserve(ix), SQLITE_OK);
  ck_assert_ptr_null(hp_index_put(ix, &nodes[i]));
}

START_TEST(random_changes_leave_exactly_the_nodes_that_are_in) {
  static bool is_in[N_NODES];
  _Atomic uint64_t used = 0;
  hp_index ix;
  int n = 0;

  make_nodes();
  hp_index_init(&ix, &used);
  srand(1);
  for (int step = 0; step < 60000; step++) {
    int i = rand() % N_NODES;
    ck_assert_ptr_eq(get(&ix, i), is_in[i] ? &nodes[i] : NULL);
    if (is_in[i]) {
      hp_index_del(&ix, &nodes[i]);
    } else {
      add(&ix, i);
    }
    n += is_in[i] ? -1 : 1;
    is_in[i] = !is_in[i];
    ck_assert_int_eq(ix.n_nodes, n);
    ck_assert_int_ge(ix.n_taken, ix.n_nodes);
  }
  for (int i = 0; i < N_NODES; i++) {
    ck_assert_ptr_eq(get(&ix, i), is_in[i] ? &nodes[i] : NULL);
  }
  hp_epoch_collect();
  ck_assert_uint_eq(used, hp_index_bytes(&ix));
  hp_index_term(&ix);
  ck_assert_uint_eq(used, 0);
}
END_TEST

START_TEST(coming_and_going_does_not_grow_the_table) {
  _Atomic uint64_t used = 0;
  hp_index ix;

  make_nodes();
  hp_index_init(&ix, &used);
  for (int i = 0; i < 20; i++) add(&ix, i);
  for (int round = 0; round < 1000; round++) {
    int i = round % 20, j = 20 + round % 20;
    hp_index_del(&ix, &nodes[i]);
    add(&ix, j);
    hp_index_del(&ix, &nodes[j]);
    add(&ix, i);
  }
  ck_assert_uint_le(hp_index_bytes(&ix), 64 * 16 + sizeof(hp_index_table));
  hp_index_term(&ix);
}
END_TEST

START_TEST(the_growth_that_is_told_is_the_growth_that_comes) {
  _Atomic uint64_t used = 0;
  hp_index ix;

  make_nodes();
  hp_index_init(&ix, &used);
  for (int i = 0; i < N_NODES; i++) {
    uint64_t before = used, told = hp_index_growth(&ix);
    uint64_t old = hp_index_bytes(&ix);
    ck_assert_int_eq(hp_index_reserve(&ix), SQLITE_OK);
    ck_assert_uint_eq(used, told ? before - old + told : before);
    hp_index_put(&ix, &nodes[i]);
  }
  hp_index_term(&ix);
}
END_TEST

static bool drop_odd(hp_l1_node *n, void *arg) {
  if (n->key.lo % 2) hp_index_del(arg, n);
  return true;
}

START_TEST(a_visitor_may_take_nodes_out) {
  _Atomic uint64_t used = 0;
  hp_index ix;

  make_nodes();
  hp_index_init(&ix, &used);
  for (int i = 0; i < 500; i++) add(&ix, i);
  hp_index_each(&ix, drop_odd, &ix);
  for (int i = 0; i < 500; i++) {
    ck_assert_ptr_eq(get(&ix, i), i % 2 ? NULL : &nodes[i]);
  }
  hp_index_term(&ix);
}
END_TEST

START_TEST(out_of_memory_leaves_the_old_table) {
  _Atomic uint64_t used = 0;
  hp_index ix;
  int i = 0;

  make_nodes();
  hp_index_init(&ix, &used);
  test_heap_fail_at(1);
  ck_assert_int_eq(hp_index_reserve(&ix), SQLITE_NOMEM);
  while (i < 10 || !hp_index_growth(&ix)) add(&ix, i++);
  test_heap_fail_at(1);
  ck_assert_int_eq(hp_index_reserve(&ix), SQLITE_NOMEM);
  test_heap_fail_never();
  for (int j = 0; j < i; j++) ck_assert_ptr_eq(get(&ix, j), &nodes[j]);
  hp_index_term(&ix);
}
END_TEST

/* The first 100 nodes stay in while the writer churns the others. */
typedef struct lookup {
  hp_index *ix;
  _Atomic bool *is_over;
  int n_missed;
  int64_t n_done;
} lookup;

static void *look_up(void *arg) {
  lookup *l = arg;
  hp_reader *r = hp_reader_new();

  for (int i = 0; !atomic_load(l->is_over); i = (i + 1) % 100) {
    hp_epoch_enter(r);
    l->n_missed += get(l->ix, i) != &nodes[i];
    hp_epoch_exit(r);
    l->n_done++;
  }
  hp_reader_free(r);
  return NULL;
}

START_TEST(readers_find_what_stays_while_the_rest_changes) {
  _Atomic uint64_t used = 0;
  _Atomic bool is_over = false;
  hp_index ix;
  lookup l[2] = {{.ix = &ix, .is_over = &is_over},
                 {.ix = &ix, .is_over = &is_over}};
  pthread_t thread[2];

  make_nodes();
  hp_index_init(&ix, &used);
  for (int i = 0; i < 100; i++) add(&ix, i);
  for (int i = 0; i < 2; i++) pthread_create(&thread[i], NULL, look_up, &l[i]);
  for (int round = 0; round < 5; round++) {
    for (int i = 100; i < N_NODES; i++) add(&ix, i);
    for (int i = 100; i < N_NODES; i++) hp_index_del(&ix, &nodes[i]);
  }
  atomic_store(&is_over, true);
  for (int i = 0; i < 2; i++) {
    pthread_join(thread[i], NULL);
    ck_assert_int_eq(l[i].n_missed, 0);
  }
  hp_epoch_collect();
  ck_assert_uint_eq(used, hp_index_bytes(&ix));
  hp_index_term(&ix);
}
END_TEST

Suite *cache_index_suite(void) {
  Suite *s = suite_create("cache_index");
  TCase *c = tcase_create("index");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, random_changes_leave_exactly_the_nodes_that_are_in);
  tcase_add_test(c, coming_and_going_does_not_grow_the_table);
  tcase_add_test(c, the_growth_that_is_told_is_the_growth_that_comes);
  tcase_add_test(c, a_visitor_may_take_nodes_out);
  tcase_add_test(c, out_of_memory_leaves_the_old_table);
  tcase_add_test(c, readers_find_what_stays_while_the_rest_changes);
  suite_add_tcase(s, c);
  return s;
}
