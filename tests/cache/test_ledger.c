/* SPDX-License-Identifier: MIT */
#include "cache/ledger.h"

#include "support/heap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *cache_ledger_suite(void);

static hp_commit at(uint32_t change) {
  return (hp_commit){7, change, 1000 + change};
}

static void put(hp_ledger *l, uint32_t change, uint32_t table) {
  hp_ledger_put(l, at(change - 1), at(change), &table, 1);
}

static bool covers(hp_ledger *l, uint32_t x, uint32_t y, uint32_t table) {
  return hp_ledger_covers(l, at(x), at(y), &table, 1);
}

START_TEST(an_empty_ledger_covers_only_the_commit_itself) {
  hp_ledger *l = hp_ledger_new();

  ck_assert(covers(l, 5, 5, 1));
  ck_assert(!covers(l, 5, 6, 1));
  ck_assert(!hp_ledger_covers(l, (hp_commit){7, 0, 0}, (hp_commit){7, 0, 1},
                              NULL, 0));
  hp_ledger_free(l);
}
END_TEST

START_TEST(a_table_is_covered_until_it_is_written) {
  hp_ledger *l = hp_ledger_new();

  put(l, 6, 1);
  put(l, 7, 2);
  put(l, 8, 1);
  ck_assert(covers(l, 5, 8, 3));
  ck_assert(!covers(l, 5, 8, 1) && !covers(l, 5, 8, 2));
  ck_assert(covers(l, 7, 8, 2) && !covers(l, 7, 8, 1));
  ck_assert(covers(l, 8, 5, 3) && !covers(l, 8, 5, 2));
  ck_assert(!covers(l, 4, 8, 3) && !covers(l, 5, 9, 3));
  hp_ledger_free(l);
}
END_TEST

START_TEST(a_commit_nobody_put_in_breaks_the_chain) {
  hp_ledger *l = hp_ledger_new();

  put(l, 6, 1);
  put(l, 8, 1);
  ck_assert(!covers(l, 5, 8, 3) && !covers(l, 6, 8, 3));
  ck_assert(covers(l, 7, 8, 3));
  hp_ledger_free(l);
}
END_TEST

START_TEST(the_missing_link_may_come_late) {
  hp_ledger *l = hp_ledger_new();

  put(l, 6, 1);
  put(l, 8, 1);
  put(l, 7, 2);
  ck_assert(covers(l, 5, 8, 3));
  ck_assert(!covers(l, 6, 8, 2) && covers(l, 7, 8, 2));
  put(l, 9, 3);
  ck_assert(covers(l, 5, 8, 4) && covers(l, 5, 9, 4) && !covers(l, 5, 9, 3));
  hp_ledger_free(l);
}
END_TEST

START_TEST(a_link_of_another_history_does_not_join) {
  hp_ledger *l = hp_ledger_new();
  uint32_t t = 2;

  put(l, 6, 1);
  put(l, 8, 1);
  hp_ledger_put(l, (hp_commit){7, 6, 99}, at(7), &t, 1);
  ck_assert(!covers(l, 5, 8, 3));
  hp_ledger_free(l);
}
END_TEST

START_TEST(the_same_numbers_after_a_recovery_are_other_commits) {
  hp_ledger *l = hp_ledger_new();
  hp_commit a = {7, 0, 51}, b = {7, 1, 52}, c = {7, 2, 53};
  uint32_t t = 2;

  put(l, 1, 1);
  put(l, 2, 1);
  hp_ledger_put(l, a, b, &t, 1);
  hp_ledger_put(l, b, c, &t, 1);
  ck_assert(!hp_ledger_covers(l, at(1), c, &t, 0));
  ck_assert(!hp_ledger_covers(l, at(0), at(2), &t, 0));
  ck_assert(hp_ledger_covers(l, a, c, &t, 0));
  ck_assert(!hp_ledger_covers(l, a, c, &t, 1));
  hp_ledger_free(l);
}
END_TEST

START_TEST(another_life_begins_anew) {
  hp_ledger *l = hp_ledger_new();
  hp_commit a = {8, 6, 1006}, b = {8, 7, 1007};
  uint32_t t = 1;

  put(l, 6, 1);
  hp_ledger_put(l, a, b, &t, 1);
  ck_assert(!covers(l, 5, 6, 3) && !covers(l, 6, 7, 3));
  ck_assert(!hp_ledger_covers(l, at(6), b, &t, 0));
  ck_assert(hp_ledger_covers(l, a, b, &t, 0));
  hp_ledger_free(l);
}
END_TEST

START_TEST(old_commits_are_forgotten) {
  hp_ledger *l = hp_ledger_new();

  for (uint32_t i = 1; i <= 10000; i++) put(l, i, 1);
  ck_assert(!covers(l, 1, 10000, 3) && !covers(l, 5000, 10000, 3));
  ck_assert(covers(l, 9000, 10000, 3));
  hp_ledger_free(l);
}
END_TEST

START_TEST(numbers_wrap_around) {
  hp_ledger *l = hp_ledger_new();

  for (uint32_t i = UINT32_MAX - 5; i != 6; i++) put(l, i, i == 2 ? 2 : 1);
  ck_assert(covers(l, UINT32_MAX - 6, 5, 3));
  ck_assert(!covers(l, UINT32_MAX - 6, 5, 2) && covers(l, 2, 5, 2));
  hp_ledger_free(l);
}
END_TEST

START_TEST(table_names_ignore_case) {
  ck_assert_uint_eq(hp_ledger_table("Deck"), hp_ledger_table("dEcK"));
  ck_assert_uint_ne(hp_ledger_table("deck"), hp_ledger_table("card"));
}
END_TEST

/* Random histories against a list that knows everything. */
enum { N = 300 };

typedef struct history {
  hp_commit commits[N];
  uint32_t table[N]; /* written by commits[i] */
  bool is_put[N];
} history;

static uint64_t rnd;

static uint32_t random_below(uint32_t n) {
  rnd ^= rnd << 13;
  rnd ^= rnd >> 7;
  rnd ^= rnd << 17;
  return (uint32_t)(rnd % n);
}

static void put_late(hp_ledger *l, history *h, int i) {
  if (i < 1 || h->is_put[i] || random_below(8) == 0) return;
  hp_ledger_put(l, h->commits[i - 1], h->commits[i], &h->table[i], 1);
  h->is_put[i] = true;
}

static bool is_true(const history *h, int x, int y, uint32_t table) {
  for (int i = x + 1; i <= y; i++) {
    if (!h->is_put[i] || h->table[i] == table) return false;
  }
  return true;
}

START_TEST(what_is_covered_is_true) {
  hp_ledger *l = hp_ledger_new();
  history h = {.table = {0}};
  uint32_t change = 0;
  int n_covered = 0;

  rnd = (uint64_t)_i * 2654435761u + 88172645463325252u;
  for (int i = 0; i < N; i++) {
    change = random_below(60) ? change + 1 : 0;
    h.commits[i] = (hp_commit){1, change, 5000 + (uint64_t)i};
    h.table[i] = random_below(5);
    if (i && change) {
      if (random_below(3) == 0) put_late(l, &h, i - 1);
      put_late(l, &h, i);
    }
    for (int k = 0; k < 5; k++) {
      int x = (int)random_below((uint32_t)i + 1), y = i;
      uint32_t table = random_below(5);
      if (k > 2) x = i > 4 ? i - (int)random_below(4) : 0;
      if (!hp_ledger_covers(l, h.commits[x], h.commits[y], &table, 1)) continue;
      n_covered += x != y;
      ck_assert_msg(is_true(&h, x, y, table), "seed %d: %d..%d", _i, x, y);
    }
  }
  ck_assert_int_gt(n_covered, 0);
  hp_ledger_free(l);
}
END_TEST

static bool attempt(void *arg) {
  hp_ledger *l = hp_ledger_new();
  bool ok = l != NULL;

  (void)arg;
  hp_ledger_free(l);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 0);
}
END_TEST

Suite *cache_ledger_suite(void) {
  Suite *s = suite_create("cache_ledger");
  TCase *c = tcase_create("chain");

  tcase_add_test(c, an_empty_ledger_covers_only_the_commit_itself);
  tcase_add_test(c, a_table_is_covered_until_it_is_written);
  tcase_add_test(c, a_commit_nobody_put_in_breaks_the_chain);
  tcase_add_test(c, the_missing_link_may_come_late);
  tcase_add_test(c, a_link_of_another_history_does_not_join);
  tcase_add_test(c, the_same_numbers_after_a_recovery_are_other_commits);
  tcase_add_test(c, another_life_begins_anew);
  tcase_add_test(c, old_commits_are_forgotten);
  tcase_add_test(c, numbers_wrap_around);
  tcase_add_test(c, table_names_ignore_case);
  tcase_add_loop_test(c, what_is_covered_is_true, 0, 50);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
