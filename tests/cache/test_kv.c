/* SPDX-License-Identifier: MIT */
#include "cache/kv.h"
#include "cache/flight.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

Suite *cache_kv_suite(void);

static sqlite3 *db;
static hp_conn *conn;
static hp_kv *kv;

static void open_all(void) {
  db = test_db_open(":memory:", NULL);
  ck_assert_int_eq(hp_conn_open(db, &conn), SQLITE_OK);
  ck_assert_int_eq(hp_kv_of(conn, &kv), SQLITE_OK);
}

static void close_all(void) {
  hp_conn_close(conn);
  test_db_close(db);
}

static hp_key key_of(const char *name) {
  return hp_hash128_of(name, strlen(name), kv->seed.lo);
}

static int set_int(const char *name, int64_t i, int64_t ttl_ms,
                   int64_t now_ms) {
  hp_kv_life life = {.ttl_ms = ttl_ms};
  hp_key key = key_of(name);
  hp_builder b;
  int rc;

  hp_builder_init(&b, 1);
  hp_builder_int(&b, i);
  rc = hp_kv_set(kv, &key, &b, &life, now_ms);
  hp_builder_term(&b);
  return rc;
}

/* The integer at name, or -1. */
static int64_t get_int(const char *name, int64_t now_ms) {
  hp_key key = key_of(name);
  const hp_entry *e = hp_kv_get(kv, &key, now_ms);
  int64_t i = e ? hp_kv_cell(e)->as.i : -1;

  hp_kv_let_go(kv);
  return i;
}

START_TEST(a_value_is_there_until_it_expires) {
  set_int("a", 7, 100, 1000);
  set_int("b", 8, 0, 1000);
  ck_assert_int_eq(get_int("a", 1099), 7);
  ck_assert_int_eq(get_int("a", 1100), -1);
  ck_assert_int_eq(get_int("b", INT64_MAX - 1), 8);
  ck_assert_int_eq(get_int("c", 1000), -1);
}
END_TEST

START_TEST(a_deleted_value_is_gone) {
  hp_key key = key_of("a");

  set_int("a", 7, 100, 1000);
  ck_assert(hp_kv_del(kv, &key, 1001));
  ck_assert(!hp_kv_del(kv, &key, 1001));
  ck_assert_int_eq(get_int("a", 1001), -1);
  set_int("a", 7, 100, 1000);
  ck_assert(!hp_kv_del(kv, &key, 1200));
}
END_TEST

START_TEST(touch_gives_another_life_and_keeps_the_rest) {
  hp_key key = key_of("a");
  bool is_there;

  set_int("a", 7, 100, 1000);
  ck_assert_int_eq(hp_kv_tag(kv, &key, "kv-test", 7, 1000, &is_there), 0);
  ck_assert_int_eq(hp_kv_touch(kv, &key, 500, 1050, &is_there), SQLITE_OK);
  ck_assert(is_there);
  ck_assert_int_eq(get_int("a", 1549), 7);
  ck_assert_int_eq(get_int("a", 1550), -1);
  ck_assert_int_eq(hp_kv_touch(kv, &key, 500, 1551, &is_there), SQLITE_OK);
  ck_assert(!is_there);
}
END_TEST

START_TEST(a_tag_that_is_invalidated_takes_the_value_with_it) {
  hp_key key = key_of("a");
  bool is_there;

  set_int("a", 7, 0, 1000);
  ck_assert_int_eq(hp_kv_tag(kv, &key, "deck:1", 6, 1000, &is_there), 0);
  ck_assert(is_there);
  ck_assert_int_eq(hp_kv_tag(kv, &key, "bad*", 4, 1000, &is_there),
                   SQLITE_RANGE);
  ck_assert_int_eq(get_int("a", 1000), 7);
  hp_tags_invalidate("deck:*", 6);
  ck_assert_int_eq(get_int("a", 1000), -1);
  ck_assert_int_eq(hp_kv_tag(kv, &key, "deck:1", 6, 1000, &is_there), 0);
  ck_assert(!is_there);
}
END_TEST

START_TEST(a_sum_begins_at_zero_and_keeps_life_and_tags) {
  hp_key key = key_of("n");
  bool is_there;
  int64_t sum;

  ck_assert_int_eq(hp_kv_add(kv, &key, 5, 1000, &sum), SQLITE_OK);
  ck_assert_int_eq(sum, 5);
  hp_kv_touch(kv, &key, 100, 1000, &is_there);
  ck_assert_int_eq(hp_kv_add(kv, &key, -7, 1050, &sum), SQLITE_OK);
  ck_assert_int_eq(sum, -2);
  ck_assert_int_eq(hp_kv_add(kv, &key, 1, 1101, &sum), SQLITE_OK);
  ck_assert_int_eq(sum, 1);
}
END_TEST

START_TEST(a_sum_that_cannot_be_is_refused_and_changes_nothing) {
  hp_key key = key_of("n");
  int64_t sum;

  set_int("n", INT64_MAX, 0, 1);
  ck_assert_int_eq(hp_kv_add(kv, &key, 1, 1, &sum), SQLITE_RANGE);
  ck_assert_int_eq(get_int("n", 1), INT64_MAX);
  set_int("n", INT64_MIN, 0, 1);
  ck_assert_int_eq(hp_kv_add(kv, &key, -1, 1, &sum), SQLITE_RANGE);
  ck_assert_int_eq(hp_kv_add(kv, &key, INT64_MIN, 1, &sum), SQLITE_RANGE);
  ck_assert_int_eq(get_int("n", 1), INT64_MIN);
}
END_TEST

START_TEST(a_value_too_large_to_keep_removes_the_old_one) {
  hp_kv_life life = {.ttl_ms = 0};
  hp_key key = key_of("a");
  char *big = sqlite3_malloc(100000);
  hp_builder b;

  memset(big, 'x', 100000);
  hp_l1_set_cap(hp_l1_shared(), 200000, 0);
  set_int("a", 7, 0, 1);
  hp_builder_init(&b, 1);
  hp_builder_text(&b, big, 100000);
  ck_assert_int_eq(hp_kv_set(kv, &key, &b, &life, 1), SQLITE_FULL);
  ck_assert_int_eq(get_int("a", 1), -1);
  hp_builder_term(&b);
  sqlite3_free(big);
}
END_TEST

START_TEST(namespaces_part_keys_and_names) {
  char name[HP_KV_MAX_NAMESPACE + 2];

  ck_assert_str_eq(hp_kv_namespace(kv), "");
  set_int("a", 7, 0, 1);
  ck_assert_int_eq(hp_kv_set_namespace(kv, "web"), SQLITE_OK);
  ck_assert_str_eq(hp_kv_namespace(kv), "web");
  ck_assert_str_eq(kv->name, "kv:web");
  ck_assert_int_eq(get_int("a", 1), -1);
  ck_assert_int_eq(hp_kv_set_namespace(kv, ""), SQLITE_OK);
  ck_assert_int_eq(get_int("a", 1), 7);
  memset(name, 'x', sizeof name);
  name[HP_KV_MAX_NAMESPACE + 1] = 0;
  ck_assert_int_eq(hp_kv_set_namespace(kv, name), SQLITE_RANGE);
  ck_assert_str_eq(hp_kv_namespace(kv), "");
}
END_TEST

static int put_nothing(void *arg) {
  (void)arg;
  return SQLITE_OK;
}

START_TEST(every_write_dooms_what_is_being_computed) {
  hp_key key = key_of("a");
  int64_t sum;

  for (int i = 0; i < 3; i++) {
    hp_flight *f;
    hp_flight_begin(&key, 0, NULL, NULL, &f);
    if (i == 0) set_int("a", 1, 0, 1);
    if (i == 1) hp_kv_del(kv, &key, 1);
    if (i == 2) hp_kv_add(kv, &key, 1, 1, &sum);
    ck_assert_int_eq(hp_flight_publish(f, put_nothing, NULL), SQLITE_ABORT);
    hp_flight_end(f, HP_FLIGHT_FAILED);
  }
}
END_TEST

static void *add_up(void *arg) {
  sqlite3 *mine = test_db_open(":memory:", NULL);
  hp_key *key = arg;
  hp_conn *c;
  hp_kv *k;
  bool is_there;

  hp_conn_open(mine, &c);
  hp_kv_of(c, &k);
  for (int i = 0; i < 5000; i++) {
    int64_t sum;
    hp_kv_add(k, key, 1, 1, &sum);
    if (i % 10 == 0) hp_kv_touch(k, key, 0, 1, &is_there);
  }
  hp_conn_close(c);
  test_db_close(mine);
  return NULL;
}

START_TEST(threads_that_count_together_lose_nothing) {
  hp_key key = key_of("together");
  pthread_t thread[4];

  for (int i = 0; i < 4; i++) pthread_create(&thread[i], NULL, add_up, &key);
  for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
  ck_assert_int_eq(get_int("together", 1), 20000);
}
END_TEST

static bool work(void *arg) {
  hp_conn *c = NULL;
  hp_key key = key_of("a");
  hp_kv_life life = {.ttl_ms = 100};
  bool is_there, ok;
  hp_builder b;
  int64_t sum;
  hp_kv *k;

  hp_builder_init(&b, 1);
  ok = hp_conn_open(arg, &c) == SQLITE_OK && hp_kv_of(c, &k) == SQLITE_OK;
  ok = ok && hp_kv_set_namespace(k, "other") == SQLITE_OK;
  ok = ok && hp_builder_text(&b, "text", -1) == SQLITE_OK;
  ok = ok && hp_kv_set(k, &key, &b, &life, 1) == SQLITE_OK;
  ok = ok && hp_kv_touch(k, &key, 50, 1, &is_there) == SQLITE_OK;
  ok = ok && hp_kv_tag(k, &key, "kv-oom", 6, 1, &is_there) == SQLITE_OK;
  ok = ok && hp_kv_add(k, &key, 1, 1, &sum) == SQLITE_MISMATCH;
  hp_builder_term(&b);
  hp_conn_close(c);
  hp_l1_clear(hp_l1_shared(), NULL, NULL);
  hp_epoch_collect();
  return ok;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *other = test_db_open(":memory:", NULL);

  ck_assert_int_gt(test_heap_each_failure(work, other), 10);
  test_db_close(other);
}
END_TEST

Suite *cache_kv_suite(void) {
  Suite *s = suite_create("cache_kv");
  TCase *c = tcase_create("kv");

  tcase_add_checked_fixture(c, open_all, close_all);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, a_value_is_there_until_it_expires);
  tcase_add_test(c, a_deleted_value_is_gone);
  tcase_add_test(c, touch_gives_another_life_and_keeps_the_rest);
  tcase_add_test(c, a_tag_that_is_invalidated_takes_the_value_with_it);
  tcase_add_test(c, a_sum_begins_at_zero_and_keeps_life_and_tags);
  tcase_add_test(c, a_sum_that_cannot_be_is_refused_and_changes_nothing);
  tcase_add_test(c, a_value_too_large_to_keep_removes_the_old_one);
  tcase_add_test(c, namespaces_part_keys_and_names);
  tcase_add_test(c, every_write_dooms_what_is_being_computed);
  tcase_add_test(c, threads_that_count_together_lose_nothing);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
