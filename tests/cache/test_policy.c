/* SPDX-License-Identifier: MIT */
#include "cache/l1.h"
#include "cache/policy.h"
#include "support/heap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *cache_policy_suite(void);

#define N_KEYS 300
#define CAP    50

static void free_entry(hp_l1_node *n) {
  sqlite3_free(n);
}

static hp_key key_of(uint64_t i) {
  return hp_hash128_of(&i, sizeof i, 7);
}

static hp_l1_node *make(uint64_t i, uint64_t cost_ns, uint64_t bytes,
                        int64_t expires_ms) {
  hp_l1_node *n = sqlite3_malloc64(sizeof *n);

  ck_assert_ptr_nonnull(n);
  *n = (hp_l1_node){.key = key_of(i),
                    .bytes = bytes,
                    .cost_ns = cost_ns,
                    .expires_ms = expires_ms,
                    .free_fn = free_entry};
  return n;
}

static hp_l1 *open_l1(const char *policy, int64_t cap_entries) {
  hp_l1 *l1 = hp_l1_new(1ull << 40, policy);

  hp_l1_set_cap(l1, 1ull << 40, cap_entries);
  return l1;
}

static void put(hp_l1 *l1, uint64_t i) {
  ck_assert_int_eq(hp_l1_put(l1, make(i, 1000, 128, HP_NEVER_MS), 0),
                   SQLITE_OK);
}

static hp_l1_node *get(hp_l1 *l1, uint64_t i) {
  hp_key k = key_of(i);

  return hp_l1_get(l1, &k);
}

/* Asks for key i as an application does; true on a hit. */
static bool ask(hp_l1 *l1, uint64_t i) {
  hp_l1_node *n = get(l1, i);

  if (n) {
    hp_l1_hit(l1, n);
  } else {
    put(l1, i);
  }
  return n != NULL;
}

/* Skewed: small numbers more often. */
static uint64_t draw(void) {
  double u = (double)rand() / RAND_MAX;

  return (uint64_t)(u * u * u * N_KEYS);
}

/* The plain policies as anyone would write them down. */
typedef struct model {
  const char *policy;
  uint64_t now;
  uint64_t came[N_KEYS + 1], used[N_KEYS + 1], uses[N_KEYS + 1];
  bool is_in[N_KEYS + 1];
  int n;
} model;

static bool goes_before(const model *m, int a, int b) {
  if (!strcmp(m->policy, "fifo")) return m->came[a] < m->came[b];
  if (!strcmp(m->policy, "lfu") && m->uses[a] != m->uses[b]) {
    return m->uses[a] < m->uses[b];
  }
  return m->used[a] < m->used[b];
}

static void evict_from(model *m) {
  int victim = -1;

  for (int i = 0; i <= N_KEYS; i++) {
    if (m->is_in[i] && (victim < 0 || goes_before(m, i, victim))) victim = i;
  }
  m->is_in[victim] = false;
  m->n--;
}

static bool ask_model(model *m, uint64_t i) {
  bool is_hit = m->is_in[i];

  if (!is_hit) {
    if (m->n == CAP) evict_from(m);
    m->is_in[i] = true;
    m->n++;
    m->came[i] = ++m->now;
    m->uses[i] = 0;
  }
  m->used[i] = ++m->now;
  m->uses[i]++;
  return is_hit;
}

static void compare_with_model(const char *policy) {
  hp_l1 *l1 = open_l1(policy, CAP);
  model m = {.policy = policy};

  srand(1);
  for (int i = 0; i < 20000; i++) {
    uint64_t key = draw();
    ck_assert_msg(ask(l1, key) == ask_model(&m, key), "%s, request %d", policy,
                  i);
  }
  hp_l1_free(l1);
}

START_TEST(lru_evicts_the_least_recently_used) {
  compare_with_model("lru");
}
END_TEST

START_TEST(fifo_evicts_the_oldest) {
  compare_with_model("fifo");
}
END_TEST

/* Uses beyond 64 are sampled, so the model holds up to there. */
START_TEST(lfu_evicts_the_least_often_used_and_of_these_the_least_recent) {
  hp_l1 *l1 = open_l1("lfu", 3);

  for (int i = 0; i < 3; i++) ask(l1, 1);
  for (int i = 0; i < 2; i++) ask(l1, 2), ask(l1, 3);
  ask(l1, 2), ask(l1, 3);
  ask(l1, 4);
  ck_assert_ptr_null(get(l1, 1));
  ask(l1, 5);
  ck_assert_ptr_null(get(l1, 4));
  ck_assert_ptr_nonnull(get(l1, 2));
  hp_l1_free(l1);
}
END_TEST

START_TEST(ttl_evicts_what_expires_first) {
  hp_l1 *l1 = open_l1("ttl", 10);

  for (uint64_t i = 0; i < 20; i++) {
    hp_l1_put(l1, make(i, 1, 128, 1000 + (int64_t)(i * 7 % 20)), 0);
  }
  for (uint64_t i = 0; i < 20; i++) {
    bool is_late = i * 7 % 20 >= 10;
    if (!is_late) ck_assert_ptr_null(get(l1, i));
  }
  hp_l1_free(l1);
}
END_TEST

static const char *name_at(int i) {
  return hp_policy_at(i) ? hp_policy_at(i)->name : NULL;
}

START_TEST(policies_are_found_by_name) {
  for (int i = 0; name_at(i); i++) {
    ck_assert_ptr_eq(hp_policy_find(name_at(i)), hp_policy_at(i));
  }
  ck_assert_str_eq(name_at(0), "hot");
  ck_assert_ptr_null(hp_policy_find("hott"));
  ck_assert_ptr_null(hp_policy_at(-1));
}
END_TEST

/* Puts, hits, replacements and deletions under every policy, with sizes,
** counts and caps that change; the sum must be right all the time. */
START_TEST(every_policy_survives_every_kind_of_change) {
  hp_l1 *l1 = open_l1(name_at(_i), CAP);
  hp_l1_stats s;

  srand(2);
  for (int i = 0; i < 30000; i++) {
    uint64_t key = draw();
    hp_key k = key_of(key);
    int what = rand() % 100;
    if (what < 60)
      ask(l1, key);
    else if (what < 80) {
      hp_l1_put(l1,
                make(key, (uint64_t)rand() % 5000, 100 + (uint64_t)rand() % 900,
                     i + rand() % 2000),
                i);
    } else if (what < 95)
      hp_l1_del(l1, &k, NULL);
    else if (what < 97)
      hp_l1_set_cap(l1, 20000 + (uint64_t)i * 4, rand() % CAP);
    else if (what < 98)
      hp_l1_set_policy(l1, name_at(rand() % 7));
    hp_l1_read_stats(l1, &s);
    ck_assert_uint_le(s.bytes, s.cap_bytes);
  }
  hp_l1_clear(l1, NULL, NULL);
  hp_l1_read_stats(l1, &s);
  ck_assert_uint_eq(s.bytes, s.index_bytes);
  hp_l1_free(l1);
}
END_TEST

START_TEST(a_switch_keeps_the_entries) {
  hp_l1 *l1 = open_l1("lru", 0);

  for (uint64_t i = 0; i < 1000; i++) put(l1, i);
  for (int p = 0; name_at(p); p++) {
    ck_assert_int_eq(hp_l1_set_policy(l1, name_at(p)), SQLITE_OK);
    ck_assert_str_eq(hp_l1_policy(l1), name_at(p));
    for (uint64_t i = 0; i < 1000; i++) ck_assert_ptr_nonnull(get(l1, i));
  }
  hp_l1_free(l1);
}
END_TEST

/* Requests for a loop twice the cache, after a working set that is used
** often: how much of the working set is still there? */
static int left_after_scan(const char *policy) {
  hp_l1 *l1 = open_l1(policy, CAP);
  int left = 0;

  for (int i = 0; i < 400; i++) ask(l1, (uint64_t)(i % 40));
  for (int i = 0; i < 1000; i++) put(l1, 1000 + (uint64_t)i);
  for (uint64_t i = 0; i < 40; i++) left += get(l1, i) != NULL;
  hp_l1_free(l1);
  return left;
}

START_TEST(a_scan_does_not_flush_what_is_used_often) {
  ck_assert_int_ge(left_after_scan("hot"), 38);
  ck_assert_int_ge(left_after_scan("wtinylfu"), 36);
  ck_assert_int_eq(left_after_scan("lru"), 0);
}
END_TEST

/* Equal frequencies; odd keys cost a hundred times as much. */
static int dear_ones_left(const char *policy, uint64_t dear, uint64_t cheap) {
  hp_l1 *l1 = open_l1(policy, CAP);
  int n = 0;

  for (int round = 0; round < 50; round++) {
    for (uint64_t i = 0; i < 2 * CAP; i++) {
      hp_l1_node *e = get(l1, i);
      if (e)
        hp_l1_hit(l1, e);
      else
        hp_l1_put(l1, make(i, i % 2 ? dear : cheap, 128, HP_NEVER_MS), 0);
    }
  }
  for (uint64_t i = 1; i < 2 * CAP; i += 2) n += get(l1, i) != NULL;
  hp_l1_free(l1);
  return n;
}

START_TEST(what_is_dear_to_compute_stays_longer) {
  static const char *const weighing[] = {"hot", "wtinylfu", "lfu"};

  for (int i = 0; i < 3; i++) {
    int dear = dear_ones_left(weighing[i], 1000000, 1000);
    int equal = dear_ones_left(weighing[i], 1000, 1000);
    ck_assert_msg(dear >= 40, "%s: %d", weighing[i], dear);
    ck_assert_msg(equal <= 35, "%s: %d", weighing[i], equal);
  }
}
END_TEST

/* Sizes and costs that are all the same change no decision. */
START_TEST(equal_costs_and_sizes_decide_nothing) {
  for (int p = 0; name_at(p); p++) {
    hp_l1 *a = open_l1(name_at(p), CAP), *b = open_l1(name_at(p), CAP);
    srand(3);
    for (int i = 0; i < 20000; i++) {
      uint64_t key = draw();
      bool in_a = ask(a, key), in_b = get(b, key) != NULL;
      ck_assert_int_eq(in_a, in_b);
      if (in_b)
        hp_l1_hit(b, get(b, key));
      else
        hp_l1_put(b, make(key, 77777, 900, HP_NEVER_MS), 0);
    }
    hp_l1_free(a);
    hp_l1_free(b);
  }
}
END_TEST

START_TEST(an_expired_entry_in_sight_goes_first) {
  hp_l1 *l1 = open_l1("hot", CAP);

  for (uint64_t i = 0; i < CAP; i++) {
    hp_l1_put(l1, make(i, 1000, 128, i == 0 ? 10 : HP_NEVER_MS), 0);
    hp_l1_hit(l1, get(l1, i));
    hp_l1_hit(l1, get(l1, i));
  }
  hp_l1_put(l1, make(999, 1000, 128, HP_NEVER_MS), 11);
  ck_assert_ptr_null(get(l1, 0));
  hp_l1_free(l1);
}
END_TEST

static bool work_under(void *arg) {
  const char *const *policy = arg;
  hp_l1 *l1 = hp_l1_new(1 << 20, policy[0]);
  bool ok = l1 != NULL;

  for (uint64_t i = 0; ok && i < 300; i++) {
    hp_l1_node *n = sqlite3_malloc64(sizeof *n);
    ok = n != NULL;
    if (!ok) break;
    *n = (hp_l1_node){.key = key_of(i),
                      .bytes = 200,
                      .expires_ms = HP_NEVER_MS,
                      .free_fn = free_entry};
    ok = hp_l1_put(l1, n, 0) == SQLITE_OK;
  }
  if (ok) ok = hp_l1_set_policy(l1, policy[1]) == SQLITE_OK;
  for (uint64_t i = 0; ok && i < 300; i++) ok = get(l1, i) != NULL;
  hp_l1_free(l1);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  const char *policies[2] = {name_at(_i), name_at((_i + 1) % 7)};

  ck_assert_int_gt(test_heap_each_failure(work_under, policies), 300);
}
END_TEST

Suite *cache_policy_suite(void) {
  Suite *s = suite_create("cache_policy");
  TCase *c = tcase_create("policy");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, lru_evicts_the_least_recently_used);
  tcase_add_test(c, fifo_evicts_the_oldest);
  tcase_add_test(c,
                 lfu_evicts_the_least_often_used_and_of_these_the_least_recent);
  tcase_add_test(c, ttl_evicts_what_expires_first);
  tcase_add_test(c, policies_are_found_by_name);
  tcase_add_loop_test(c, every_policy_survives_every_kind_of_change, 0, 7);
  tcase_add_test(c, a_switch_keeps_the_entries);
  tcase_add_test(c, a_scan_does_not_flush_what_is_used_often);
  tcase_add_test(c, what_is_dear_to_compute_stays_longer);
  tcase_add_test(c, equal_costs_and_sizes_decide_nothing);
  tcase_add_test(c, an_expired_entry_in_sight_goes_first);
  tcase_add_loop_test(c, every_allocation_may_fail, 0, 7);
  suite_add_tcase(s, c);
  return s;
}
