/* SPDX-License-Identifier: MIT */
#include "cache/queue.h"

#include <check.h>

Suite *cache_queue_suite(void);

static hp_l1_node nodes[4] = {
    {.bytes = 1}, {.bytes = 20}, {.bytes = 300}, {.bytes = 4000}};

/* Checks the queue from tail to head against n numbers of nodes. */
static void expect(const hp_queue *q, int n, const int *numbers) {
  const hp_l1_node *at = q->tail, *later = NULL;
  uint64_t bytes = 0;

  for (int i = 0; i < n; i++) {
    ck_assert_ptr_eq(at, &nodes[numbers[i]]);
    ck_assert_ptr_eq(at->next, later);
    bytes += at->bytes;
    later = at;
    at = at->prev;
  }
  ck_assert_ptr_null(at);
  ck_assert_ptr_eq(q->head, later);
  ck_assert_int_eq(q->n, n);
  ck_assert_uint_eq(q->bytes, bytes);
}

START_TEST(first_in_is_at_the_tail) {
  hp_queue q = {.n = 0};

  expect(&q, 0, NULL);
  for (int i = 0; i < 4; i++) hp_queue_push(&q, &nodes[i]);
  expect(&q, 4, (int[]){0, 1, 2, 3});
}
END_TEST

START_TEST(any_node_can_be_taken_out) {
  for (int out = 0; out < 3; out++) {
    static const int left[3][2] = {{1, 2}, {0, 2}, {0, 1}};
    hp_queue q = {.n = 0};

    for (int i = 0; i < 3; i++) hp_queue_push(&q, &nodes[i]);
    hp_queue_del(&q, &nodes[out]);
    expect(&q, 2, left[out]);
  }
}
END_TEST

START_TEST(the_last_node_leaves_an_empty_queue) {
  hp_queue q = {.n = 0};

  hp_queue_push(&q, &nodes[0]);
  hp_queue_del(&q, &nodes[0]);
  expect(&q, 0, NULL);
}
END_TEST

START_TEST(a_node_can_take_anothers_place) {
  for (int at = 0; at < 3; at++) {
    int numbers[3] = {0, 1, 2};
    hp_queue q = {.n = 0};

    for (int i = 0; i < 3; i++) hp_queue_push(&q, &nodes[i]);
    hp_queue_swap(&q, &nodes[at], &nodes[3]);
    numbers[at] = 3;
    expect(&q, 3, numbers);
  }
}
END_TEST

Suite *cache_queue_suite(void) {
  Suite *s = suite_create("cache_queue");
  TCase *c = tcase_create("queue");

  tcase_add_test(c, first_in_is_at_the_tail);
  tcase_add_test(c, any_node_can_be_taken_out);
  tcase_add_test(c, the_last_node_leaves_an_empty_queue);
  tcase_add_test(c, a_node_can_take_anothers_place);
  suite_add_tcase(s, c);
  return s;
}
