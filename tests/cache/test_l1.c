/* SPDX-License-Identifier: MIT */
#include "cache/l1.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *cache_l1_suite(void);

/* An entry with a number, which tells when it is freed. */
typedef struct entry {
  hp_l1_node node;
  uint64_t number;
  char bytes[64];
} entry;

static _Atomic int n_alive;

static void free_entry(hp_l1_node *n) {
  n_alive--;
  memset(n, 0xee, sizeof(entry)); /* who still reads it will notice */
  free(n);
}

static hp_key key_of(uint64_t i) {
  return hp_hash128_of(&i, sizeof i, 7);
}

static hp_l1_node *make(uint64_t i, uint64_t bytes) {
  entry *e = calloc(1, sizeof *e);

  e->node.key = key_of(i);
  e->node.bytes = bytes;
  e->node.cost_ns = 1000;
  e->node.expires_ms = HP_NEVER_MS;
  e->node.free_fn = free_entry;
  e->number = i;
  n_alive++;
  return &e->node;
}

static int put(hp_l1 *l1, uint64_t i, uint64_t bytes) {
  return hp_l1_put(l1, make(i, bytes), 0);
}

/* Only for tests without readers. */
static hp_l1_node *get(hp_l1 *l1, uint64_t i) {
  hp_key k = key_of(i);

  return hp_l1_get(l1, &k);
}

static uint64_t bytes_of(hp_l1 *l1) {
  hp_l1_stats s;

  hp_l1_read_stats(l1, &s);
  return s.bytes;
}

static hp_l1_stats stats_of(hp_l1 *l1) {
  hp_l1_stats s;

  hp_l1_read_stats(l1, &s);
  return s;
}

START_TEST(what_was_put_is_found_until_it_is_deleted) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  hp_key k = key_of(1);

  ck_assert_ptr_null(get(l1, 1));
  ck_assert_int_eq(put(l1, 1, 200), SQLITE_OK);
  ck_assert_uint_eq(((entry *)get(l1, 1))->number, 1);
  ck_assert_ptr_null(get(l1, 2));
  ck_assert(hp_l1_del(l1, &k, NULL));
  ck_assert(!hp_l1_del(l1, &k, NULL));
  ck_assert_ptr_null(get(l1, 1));
  hp_l1_free(l1);
  ck_assert_int_eq(n_alive, 0);
}
END_TEST

START_TEST(a_second_put_of_a_key_replaces_the_first) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  hp_l1_node *first;
  hp_key k = key_of(1);

  put(l1, 1, 200);
  first = get(l1, 1);
  put(l1, 1, 300);
  ck_assert_ptr_ne(get(l1, 1), first);
  ck_assert_int_eq(n_alive, 1);
  ck_assert_int_eq(stats_of(l1).entries, 1);
  ck_assert(!hp_l1_del(l1, &k, first));
  ck_assert(hp_l1_del(l1, &k, get(l1, 1)));
  hp_l1_free(l1);
}
END_TEST

START_TEST(bytes_are_those_of_the_entries_and_of_the_index) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  uint64_t sum = 0;

  ck_assert_uint_eq(bytes_of(l1), 0);
  for (uint64_t i = 0; i < 1000; i++) {
    put(l1, i, 200 + i % 7);
    sum += 200 + i % 7;
    ck_assert_uint_eq(bytes_of(l1), sum + stats_of(l1).index_bytes);
  }
  ck_assert_int_eq(hp_l1_clear(l1, NULL, NULL), 1000);
  ck_assert_uint_eq(bytes_of(l1), stats_of(l1).index_bytes);
  ck_assert_int_eq(n_alive, 0);
  hp_l1_free(l1);
}
END_TEST

START_TEST(the_cap_is_never_exceeded) {
  uint64_t cap = 100000;
  hp_l1 *l1 = hp_l1_new(cap, "hot");

  srand(1);
  for (int i = 0; i < 50000; i++) {
    uint64_t key = (uint64_t)rand() % 5000;
    hp_l1_node *n = get(l1, key);
    if (n) hp_l1_hit(l1, n);
    if (!n || rand() % 10 == 0) {
      put(l1, key, 100 + (uint64_t)rand() % 1000);
    }
    ck_assert_uint_le(bytes_of(l1), cap);
  }
  ck_assert_uint_gt(stats_of(l1).evictions, 1000);
  ck_assert_uint_gt(bytes_of(l1), cap - 12000);
  hp_l1_free(l1);
  ck_assert_int_eq(n_alive, 0);
}
END_TEST

START_TEST(an_entry_larger_than_its_part_of_the_cap_is_rejected) {
  hp_l1 *l1 = hp_l1_new(80000, "hot");

  ck_assert_int_eq(put(l1, 1, 10001), SQLITE_FULL);
  ck_assert_int_eq(put(l1, 1, 10000), SQLITE_OK);
  ck_assert_uint_eq(stats_of(l1).rejected, 1);
  ck_assert_int_eq(n_alive, 1);
  hp_l1_free(l1);
}
END_TEST

START_TEST(a_pinned_entry_stays_and_is_counted) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  hp_reader *r = hp_reader_new();
  hp_pin pin = {.next = NULL};
  uint64_t index_bytes;

  put(l1, 1, 500);
  hp_pin_add(r, &pin);
  hp_epoch_enter(r);
  hp_pin_set(&pin, get(l1, 1));
  hp_epoch_exit(r);
  hp_l1_clear(l1, NULL, NULL);
  index_bytes = stats_of(l1).index_bytes;
  ck_assert_int_eq(n_alive, 1);
  ck_assert_uint_eq(bytes_of(l1), 500 + index_bytes);
  hp_pin_set(&pin, NULL);
  ck_assert_int_eq(hp_epoch_collect(), 0);
  ck_assert_uint_eq(bytes_of(l1), index_bytes);
  ck_assert_int_eq(n_alive, 0);
  hp_pin_remove(r, &pin);
  hp_reader_free(r);
  hp_l1_free(l1);
}
END_TEST

START_TEST(pinned_entries_narrow_the_room_for_the_rest) {
  uint64_t cap = 80000;
  hp_l1 *l1 = hp_l1_new(cap, "hot");
  hp_reader *r = hp_reader_new();
  hp_pin pins[7] = {{.next = NULL}};

  for (uint64_t i = 0; i < 7; i++) {
    ck_assert_int_eq(put(l1, i, 10000), SQLITE_OK);
    hp_pin_add(r, &pins[i]);
    hp_pin_set(&pins[i], get(l1, i));
  }
  ck_assert_int_eq(hp_l1_clear(l1, NULL, NULL), 7);
  ck_assert_int_eq(put(l1, 100, 10000), SQLITE_FULL);
  for (uint64_t i = 0; i < 1000; i++) {
    put(l1, 200 + i, 1000);
    ck_assert_uint_le(bytes_of(l1), cap);
  }
  ck_assert_int_gt(stats_of(l1).entries, 3);
  for (int i = 0; i < 7; i++) hp_pin_set(&pins[i], NULL);
  ck_assert_int_eq(put(l1, 100, 10000), SQLITE_OK);
  for (int i = 0; i < 7; i++) hp_pin_remove(r, &pins[i]);
  hp_reader_free(r);
  hp_l1_free(l1);
  ck_assert_int_eq(n_alive, 0);
}
END_TEST

static bool is_even(const hp_l1_node *n, void *arg) {
  (void)arg;
  return ((const entry *)n)->number % 2 == 0;
}

START_TEST(clear_takes_out_the_doomed_only) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");

  for (uint64_t i = 0; i < 100; i++) put(l1, i, 200);
  ck_assert_int_eq(hp_l1_clear(l1, is_even, NULL), 50);
  for (uint64_t i = 0; i < 100; i++) {
    ck_assert(!get(l1, i) == (i % 2 == 0));
  }
  hp_l1_free(l1);
  ck_assert_int_eq(n_alive, 0);
}
END_TEST

static bool add_number(const hp_l1_node *n, void *arg) {
  uint64_t *sum = arg;

  *sum += ((const entry *)n)->number;
  return *sum < 1000000;
}

START_TEST(each_visits_every_entry_once) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  uint64_t sum = 0;

  for (uint64_t i = 0; i < 100; i++) put(l1, i, 200);
  hp_l1_each(l1, add_number, &sum);
  ck_assert_uint_eq(sum, 4950);
  hp_l1_free(l1);
}
END_TEST

START_TEST(a_smaller_cap_evicts_at_once) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");

  for (uint64_t i = 0; i < 1000; i++) put(l1, i, 200);
  hp_l1_set_cap(l1, 1 << 20, 100);
  ck_assert_int_eq(stats_of(l1).entries, 100);
  hp_l1_set_cap(l1, 50000, 0);
  ck_assert_int_eq(put(l1, 1, 200), SQLITE_OK);
  ck_assert_uint_le(bytes_of(l1), 50000);
  hp_l1_set_cap(l1, 1 << 20, 60);
  for (uint64_t i = 0; i < 1000; i++) put(l1, i, 200);
  ck_assert_int_eq(stats_of(l1).entries, 60);
  hp_l1_free(l1);
}
END_TEST

START_TEST(an_unknown_policy_is_refused) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");

  ck_assert_ptr_null(hp_l1_new(1 << 20, "nonsense"));
  ck_assert_int_eq(hp_l1_set_policy(l1, "nonsense"), SQLITE_NOTFOUND);
  ck_assert_str_eq(hp_l1_policy(l1), "hot");
  hp_l1_free(l1);
}
END_TEST

START_TEST(hits_are_counted_exactly_at_first_and_nearly_later) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  hp_l1_node *n;

  put(l1, 1, 200);
  n = get(l1, 1);
  for (int i = 0; i < 50; i++) hp_l1_hit(l1, n);
  ck_assert_uint_eq(n->n_hits, 50);
  for (int i = 50; i < 10000; i++) hp_l1_hit(l1, n);
  ck_assert_uint_ge(n->n_hits, 9900);
  ck_assert_uint_le(n->n_hits, 10100);
  hp_l1_free(l1);
}
END_TEST

/* In the child; the parent's memory is left alone, as it must be. */
static int work_after_fork(hp_l1 *l1) {
  hp_epoch_after_fork();
  hp_l1_after_fork(l1);
  if (stats_of(l1).entries || bytes_of(l1) || get(l1, 1)) return 1;
  if (put(l1, 1, 200) != SQLITE_OK || !get(l1, 1)) return 2;
  return hp_l1_clear(l1, NULL, NULL) == 1 ? 0 : 3;
}

START_TEST(after_a_fork_the_cache_is_empty_and_works) {
  hp_l1 *l1 = hp_l1_new(1 << 20, "hot");
  int status = -1;
  pid_t child;

  for (uint64_t i = 0; i < 100; i++) put(l1, i, 200);
  child = fork();
  if (child == 0) _exit(work_after_fork(l1));
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  ck_assert_int_eq(stats_of(l1).entries, 100);
  hp_l1_free(l1);
}
END_TEST

/* Threads that ask, put, delete and pin at random; an entry that is read must
** be the one of its key, whole, and the cap must hold at every moment. */
#define CROWD_CAP  60000
#define CROWD_KEYS 400

typedef struct member {
  hp_l1 *l1;
  unsigned seed;
  int n_wrong, n_over, n_hits;
} member;

static bool is_whole(const hp_l1_node *n, uint64_t i) {
  const entry *e = (const entry *)n;

  return e->number == i && e->bytes[0] == (char)i && e->bytes[63] == (char)i;
}

static void look(member *m, hp_reader *r, hp_pin *pin, uint64_t i) {
  hp_key k = key_of(i);
  hp_l1_node *n;

  hp_epoch_enter(r);
  n = hp_l1_get(m->l1, &k);
  if (n) {
    hp_l1_hit(m->l1, n);
    m->n_hits++;
    m->n_wrong += !is_whole(n, i);
    hp_pin_set(pin, n);
  }
  hp_epoch_exit(r);
  if (n) m->n_wrong += !is_whole(n, i);
  if (n && i % 3) hp_pin_set(pin, NULL);
}

static void change(member *m, uint64_t i, int what) {
  hp_key k = key_of(i);
  hp_l1_node *n;

  if (what < 2) {
    hp_l1_del(m->l1, &k, NULL);
  } else if (what < 30) {
    n = make(i, 200 + i % 700);
    memset(((entry *)n)->bytes, (char)i, 64);
    hp_l1_put(m->l1, n, 0);
  }
}

static void *take_part(void *arg) {
  member *m = arg;
  hp_reader *r = hp_reader_new();
  hp_pin pin = {.next = NULL};

  hp_pin_add(r, &pin);
  for (int step = 0; step < 20000; step++) {
    uint64_t i = (uint64_t)rand_r(&m->seed) % CROWD_KEYS;
    look(m, r, &pin, i);
    change(m, i, rand_r(&m->seed) % 100);
    m->n_over += bytes_of(m->l1) > CROWD_CAP;
  }
  hp_pin_set(&pin, NULL);
  hp_pin_remove(r, &pin);
  hp_reader_free(r);
  return NULL;
}

START_TEST(many_threads_read_only_whole_entries_and_the_cap_holds) {
  hp_l1 *l1 = hp_l1_new(CROWD_CAP, "hot");
  member m[4];
  pthread_t thread[4];

  for (unsigned i = 0; i < 4; i++) {
    m[i] = (member){.l1 = l1, .seed = i};
    pthread_create(&thread[i], NULL, take_part, &m[i]);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(thread[i], NULL);
    ck_assert_int_eq(m[i].n_wrong, 0);
    ck_assert_int_eq(m[i].n_over, 0);
    ck_assert_int_gt(m[i].n_hits, 100);
  }
  hp_epoch_collect();
  ck_assert_uint_le(bytes_of(l1), CROWD_CAP);
  hp_l1_free(l1);
  ck_assert_int_eq(n_alive, 0);
}
END_TEST

START_TEST(the_shared_cache_is_one) {
  ck_assert_ptr_nonnull(hp_l1_shared());
  ck_assert_ptr_eq(hp_l1_shared(), hp_l1_shared());
  ck_assert_uint_eq(stats_of(hp_l1_shared()).cap_bytes, HP_L1_CAP_BYTES);
}
END_TEST

Suite *cache_l1_suite(void) {
  Suite *s = suite_create("cache_l1");
  TCase *c = tcase_create("l1");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, what_was_put_is_found_until_it_is_deleted);
  tcase_add_test(c, a_second_put_of_a_key_replaces_the_first);
  tcase_add_test(c, bytes_are_those_of_the_entries_and_of_the_index);
  tcase_add_test(c, the_cap_is_never_exceeded);
  tcase_add_test(c, an_entry_larger_than_its_part_of_the_cap_is_rejected);
  tcase_add_test(c, a_pinned_entry_stays_and_is_counted);
  tcase_add_test(c, pinned_entries_narrow_the_room_for_the_rest);
  tcase_add_test(c, clear_takes_out_the_doomed_only);
  tcase_add_test(c, each_visits_every_entry_once);
  tcase_add_test(c, a_smaller_cap_evicts_at_once);
  tcase_add_test(c, an_unknown_policy_is_refused);
  tcase_add_test(c, hits_are_counted_exactly_at_first_and_nearly_later);
  tcase_add_test(c, after_a_fork_the_cache_is_empty_and_works);
  tcase_add_test(c, many_threads_read_only_whole_entries_and_the_cap_holds);
  tcase_add_test(c, the_shared_cache_is_one);
  suite_add_tcase(s, c);
  return s;
}
