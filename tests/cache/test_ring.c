/* SPDX-License-Identifier: MIT
**
** One process tells (`ring`), another one listens (`l`): here both are us.
*/
#include "cache/ring.h"

#include <check.h>
#include <string.h>

Suite *cache_ring_suite(void);

enum { LIFE = 7 };

static hp_ring memory;
static hp_ring *ring;
static hp_ledger *l;

static void set_up(void) {
  memset((void *)&memory, 0, sizeof memory);
  ring = hp_ring_use(&memory, sizeof memory);
  ck_assert_ptr_nonnull(ring);
  l = hp_ledger_new();
}

static void tear_down(void) {
  hp_ledger_free(l);
}

static hp_commit commit(uint32_t change) {
  return (hp_commit){LIFE, change, 1000 + change};
}

/* The other process, whose lives are others, commits and tells. */
static void tell(uint32_t change, uint32_t table) {
  hp_commit before = commit(change - 1), after = commit(change);

  before.life = after.life = 99;
  hp_ring_put(ring, before, after, &table, 1);
}

static bool pull(uint32_t then, uint32_t now) {
  return hp_ring_pull(ring, l, commit(then), commit(now));
}

static bool covers(uint32_t then, uint32_t now, uint32_t table) {
  return hp_ledger_covers(l, commit(then), commit(now), &table, 1);
}

START_TEST(what_one_tells_the_other_knows) {
  tell(11, 1);
  tell(12, 2);
  ck_assert(pull(10, 12));
  ck_assert(covers(10, 12, 3));
  ck_assert(!covers(10, 12, 1));
  ck_assert(!covers(10, 12, 2));
  ck_assert(covers(11, 12, 1));
  ck_assert(!covers(11, 12, 2));
}
END_TEST

START_TEST(a_commit_that_nobody_told_is_a_gap) {
  tell(11, 1);
  tell(13, 1);
  ck_assert(!pull(10, 13));
  ck_assert(!covers(10, 11, 3));
  ck_assert(pull(10, 11));
  ck_assert(covers(10, 11, 3));
  ck_assert(!covers(10, 13, 3));
}
END_TEST

START_TEST(commits_of_another_history_are_not_these) {
  hp_commit then = commit(10), now = commit(12);

  tell(11, 1);
  tell(12, 1);
  then.checksum++;
  ck_assert(!hp_ring_pull(ring, l, then, commit(12)));
  now.checksum++;
  ck_assert(!hp_ring_pull(ring, l, commit(10), now));
  now = commit(12);
  now.life++;
  ck_assert(!hp_ring_pull(ring, l, commit(10), now));
  ck_assert(pull(10, 12));
}
END_TEST

START_TEST(a_link_in_the_middle_of_another_history_breaks_the_chain) {
  hp_commit before = commit(11), after = commit(12);
  uint32_t table = 1;

  tell(11, 1);
  before.checksum++;
  hp_ring_put(ring, before, after, &table, 1);
  tell(13, 1);
  ck_assert(!pull(10, 13));
  ck_assert(pull(12, 13));
}
END_TEST

START_TEST(any_damaged_bit_makes_a_gap) {
  _Atomic uint64_t *place = memory.place[11];

  tell(11, 1);
  for (int word = 0; word < 10; word++) {
    for (int bit = 0; bit < 64; bit += 7) {
      place[word] ^= UINT64_C(1) << bit;
      ck_assert_msg(!pull(10, 11), "word %d, bit %d", word, bit);
      place[word] ^= UINT64_C(1) << bit;
    }
  }
  ck_assert(pull(10, 11));
}
END_TEST

START_TEST(old_places_are_used_again) {
  for (uint32_t i = 11; i <= 11 + HP_RING_COMMITS; i++) tell(i, 1);
  ck_assert(!pull(10, 11 + HP_RING_COMMITS));
  ck_assert(!pull(10, 12));
  ck_assert(pull(11, 11 + HP_RING_COMMITS));
  ck_assert(covers(11, 11 + HP_RING_COMMITS, 3));
}
END_TEST

START_TEST(change_numbers_come_round_again) {
  tell(UINT32_MAX, 1);
  tell(0, 1);
  tell(1, 2);
  ck_assert(pull(UINT32_MAX - 1, 1));
  ck_assert(covers(0, 1, 1));
  ck_assert(!covers(UINT32_MAX - 1, 1, 1));
}
END_TEST

START_TEST(what_the_ledger_has_is_gone_on_with) {
  uint32_t own = 5;

  hp_ledger_put(l, commit(10), commit(11), &own, 1);
  tell(12, 1);
  ck_assert(pull(10, 12));
  ck_assert(covers(10, 12, 3));
  ck_assert(!covers(10, 12, 5));
  tell(13, 2);
  ck_assert(pull(12, 13));
  ck_assert(covers(10, 13, 3));
  ck_assert(!covers(10, 13, 2));
}
END_TEST

START_TEST(own_commits_after_others_are_joined_through_the_ring) {
  uint32_t own = 5;

  hp_ledger_put(l, commit(10), commit(11), &own, 1);
  hp_ring_put(ring, commit(10), commit(11), &own, 1);
  tell(12, 1);
  hp_ledger_put(l, commit(12), commit(13), &own, 1);
  hp_ring_put(ring, commit(12), commit(13), &own, 1);
  ck_assert(!covers(10, 13, 3));
  ck_assert(pull(10, 13));
  ck_assert(covers(10, 13, 3));
  ck_assert(!covers(12, 13, 5));
}
END_TEST

START_TEST(as_many_tables_as_fit_are_told) {
  uint32_t tables[HP_RING_TABLES + 1];
  uint32_t other = 999;

  for (uint32_t i = 0; i <= HP_RING_TABLES; i++) tables[i] = 20 + i;
  hp_ring_put(ring, commit(10), commit(11), tables, HP_RING_TABLES);
  ck_assert(pull(10, 11));
  for (uint32_t i = 0; i < HP_RING_TABLES; i++) {
    ck_assert(!covers(10, 11, tables[i]));
  }
  ck_assert(hp_ledger_covers(l, commit(10), commit(11), &other, 1));
  hp_ring_put(ring, commit(11), commit(12), tables, HP_RING_TABLES + 1);
  hp_ring_put(ring, commit(11), commit(12), tables, -1);
  ck_assert(!pull(11, 12));
}
END_TEST

START_TEST(memory_of_another_version_or_too_little_is_no_ring) {
  ck_assert_ptr_eq(hp_ring_use(&memory, sizeof memory), ring);
  ck_assert_ptr_null(hp_ring_use(&memory, sizeof memory - 1));
  ck_assert_ptr_null(hp_ring_use(NULL, sizeof memory));
  memory.head[0]++;
  ck_assert_ptr_null(hp_ring_use(&memory, sizeof memory));
  ck_assert_uint_eq(memory.head[0], HP_RING_MAGIC + 1);
}
END_TEST

Suite *cache_ring_suite(void) {
  Suite *s = suite_create("cache_ring");
  TCase *c = tcase_create("ring");

  tcase_add_checked_fixture(c, set_up, tear_down);
  tcase_add_test(c, what_one_tells_the_other_knows);
  tcase_add_test(c, a_commit_that_nobody_told_is_a_gap);
  tcase_add_test(c, commits_of_another_history_are_not_these);
  tcase_add_test(c, a_link_in_the_middle_of_another_history_breaks_the_chain);
  tcase_add_test(c, any_damaged_bit_makes_a_gap);
  tcase_add_test(c, old_places_are_used_again);
  tcase_add_test(c, change_numbers_come_round_again);
  tcase_add_test(c, what_the_ledger_has_is_gone_on_with);
  tcase_add_test(c, own_commits_after_others_are_joined_through_the_ring);
  tcase_add_test(c, as_many_tables_as_fit_are_told);
  tcase_add_test(c, memory_of_another_version_or_too_little_is_no_ring);
  suite_add_tcase(s, c);
  return s;
}
