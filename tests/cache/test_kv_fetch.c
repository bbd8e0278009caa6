/* SPDX-License-Identifier: MIT */
#include "cache/kv_fetch.h"
#include "cache/kv_sql.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

Suite *cache_kv_fetch_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_db_open_hotpath("fetch.db", "wal");
  test_db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
}

static void close_db(void) {
  test_db_close(db);
}

#define COUNT "cache_fetch('n', 60, 'SELECT count(*) FROM t')"

START_TEST(a_value_is_computed_once_and_kept) {
  ck_assert_int_eq(test_db_int(db, "SELECT " COUNT), 2);
  test_db_exec(db, "INSERT INTO t VALUES (3)");
  ck_assert_int_eq(test_db_int(db, "SELECT " COUNT), 2);
  test_db_exec(db, "SELECT cache_delete('n')");
  ck_assert_int_eq(test_db_int(db, "SELECT " COUNT), 3);
  ck_assert_str_eq(test_db_text(db, "SELECT hits_l1, misses, computations, "
                                    "saved_ms > 0 FROM cache_stats WHERE name "
                                    "= 'kv'"),
                   "1|2|2|1");
}
END_TEST

START_TEST(parameters_are_bound_with_their_types) {
  ck_assert_str_eq(
      test_db_text(db, "SELECT cache_fetch('p', NULL, 'SELECT typeof(?1) || "
                       "typeof(?2) || typeof(?3)', 1.0, x'00', NULL)"),
      "realblobnull");
}
END_TEST

START_TEST(no_row_is_null_and_is_kept) {
  ck_assert_str_eq(test_db_text(db, "SELECT cache_fetch('none', 60, 'SELECT a "
                                    "FROM t WHERE a = 9'), "
                                    "cache_exists('none')"),
                   "NULL|1");
}
END_TEST

START_TEST(an_error_is_told_and_not_kept) {
  ck_assert_str_eq(
      test_db_error(db, "SELECT cache_fetch('e', 60, 'SELECT a FROM nowhere')"),
      "cache_fetch: no such table: nowhere");
  ck_assert_str_eq(test_db_error(db, "SELECT cache_fetch('e', 60, 'SELECT "
                                     "abs(-9223372036854775807 - 1)')"),
                   "cache_fetch: integer overflow");
  ck_assert_int_eq(test_db_int(db, "SELECT cache_exists('e')"), 0);
}
END_TEST

START_TEST(what_is_not_one_select_is_refused) {
  static const char *const bad[][2] = {
      {"'INSERT INTO t VALUES (1)'", "must be one SELECT"},
      {"'BEGIN'", "must be one SELECT"},
      {"''", "must be one SELECT"},
      {"7", "as a text"},
      {"'SELECT 1; SELECT 2'", "more than one statement"},
      {"'SELECT ?'", "the SELECT has 1 parameters, but 0 are given"},
      {"'SELECT 1', 2", "the SELECT has 0 parameters, but 1 are given"},
  };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *sql = sqlite3_mprintf("SELECT cache_fetch('b', 60, %s)", bad[i][0]);
    ck_assert_msg(strstr(test_db_error(db, sql), bad[i][1]) != NULL, "%s: %s",
                  sql, test_db_error(db, sql));
    sqlite3_free(sql);
  }
  ck_assert_int_eq(
      test_db_int(db,
                  "SELECT cache_fetch('b', 60, 'SELECT 5; -- that is all')"),
      5);
}
END_TEST

START_TEST(what_is_uncommitted_is_not_shared) {
  test_db_exec(db, "BEGIN; INSERT INTO t VALUES (3)");
  ck_assert_int_eq(test_db_int(db, "SELECT " COUNT), 3);
  test_db_exec(db, "ROLLBACK");
  ck_assert_int_eq(test_db_int(db, "SELECT " COUNT), 2);
}
END_TEST

START_TEST(a_select_that_asks_for_its_own_key_is_an_error) {
  const char *error =
      test_db_error(db, "SELECT cache_fetch('c', 9, 'SELECT cache_fetch(''c'', "
                        "9, ''SELECT 1'')')");

  ck_assert_ptr_nonnull(strstr(error, "asks for the key that it computes"));
  ck_assert_int_eq(
      test_db_int(db, "SELECT cache_fetch('c', 9, 'SELECT cache_fetch(''d'', "
                      "9, ''SELECT 1'')')"),
      1);
}
END_TEST

START_TEST(endless_recursion_ends_in_a_sentence) {
  test_db_exec(db, "CREATE TABLE s(sql); INSERT INTO s VALUES ('SELECT "
                   "cache_fetch(random(), 9, (SELECT sql FROM s))')");
  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT cache_fetch('r', 9, (SELECT sql FROM "
                               "s))"),
             "16 calls within each other are too many"));
}
END_TEST

/* A function that tells that it was called and waits to be let through. */
static _Atomic int n_calls, n_waiting;
static _Atomic bool is_open;

static void gate(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  atomic_fetch_add(&n_calls, 1);
  while (!atomic_load(&is_open)) sched_yield();
  sqlite3_result_int(ctx, 42);
}

static sqlite3 *open_gated(void) {
  sqlite3 *d = test_db_open_hotpath("fetch.db", NULL);

  sqlite3_create_function(d, "gate", 0, SQLITE_UTF8, NULL, gate, NULL, NULL);
  return d;
}

static void *fetch_gated(void *arg) {
  sqlite3 *d = arg;

  atomic_fetch_add(&n_waiting, 1);
  ck_assert_int_eq(
      test_db_int(d, "SELECT cache_fetch('g', 60, 'SELECT gate()')"), 42);
  return NULL;
}

START_TEST(many_connections_on_one_cold_key_compute_once) {
  sqlite3 *d[16];
  pthread_t thread[16];

  for (int i = 0; i < 16; i++) d[i] = open_gated();
  test_db_exec(db, "SELECT cache_config('wait_ms', 30000)");
  for (int i = 0; i < 16; i++) {
    pthread_create(&thread[i], NULL, fetch_gated, d[i]);
  }
  while (atomic_load(&n_waiting) < 16) sched_yield();
  atomic_store(&is_open, true);
  for (int i = 0; i < 16; i++) pthread_join(thread[i], NULL);
  ck_assert_int_eq(n_calls, 1);
  ck_assert_int_eq(test_db_int(db, "SELECT computations FROM cache_stats WHERE "
                                   "name = 'kv'"),
                   1);
  for (int i = 0; i < 16; i++) test_db_close(d[i]);
}
END_TEST

START_TEST(a_value_deleted_while_it_is_computed_is_not_kept) {
  sqlite3 *d = open_gated();
  pthread_t thread;

  pthread_create(&thread, NULL, fetch_gated, d);
  while (!atomic_load(&n_calls)) sched_yield();
  test_db_exec(db, "SELECT cache_delete('g')");
  atomic_store(&is_open, true);
  pthread_join(thread, NULL);
  ck_assert_int_eq(test_db_int(db, "SELECT cache_exists('g')"), 0);
  test_db_close(d);
}
END_TEST

static void *fetch_until_interrupted(void *arg) {
  sqlite3_stmt *stmt =
      test_db_prepare(arg, "SELECT cache_fetch('g', 60, 'SELECT gate()')");
  int rc;

  atomic_fetch_add(&n_waiting, 1);
  rc = sqlite3_step(stmt);
  sqlite3_finalize(stmt);
  return rc == SQLITE_INTERRUPT ? arg : NULL;
}

static int is_joined(pthread_t thread, void **out) {
  return pthread_tryjoin_np(thread, out) == 0;
}

START_TEST(an_interrupt_reaches_a_connection_that_waits) {
  sqlite3 *leader = open_gated(), *follower = open_gated();
  pthread_t thread[2];
  void *interrupted = NULL;

  test_db_exec(db, "SELECT cache_config('wait_ms', 600000)");
  pthread_create(&thread[0], NULL, fetch_gated, leader);
  while (!atomic_load(&n_calls)) sched_yield();
  pthread_create(&thread[1], NULL, fetch_until_interrupted, follower);
  while (atomic_load(&n_waiting) < 2) sched_yield();
  while (!is_joined(thread[1], &interrupted)) {
    sqlite3_interrupt(follower);
    sched_yield();
  }
  ck_assert_ptr_eq(interrupted, follower);
  ck_assert_int_eq(n_calls, 1);
  atomic_store(&is_open, true);
  pthread_join(thread[0], NULL);
  test_db_close(leader);
  test_db_close(follower);
}
END_TEST

static bool fetch_once(sqlite3 *d) {
  sqlite3_stmt *stmt = NULL;
  bool ok = false;

  if (sqlite3_prepare_v2(d,
                         "SELECT cache_fetch('oom', 60, 'SELECT ? || hex(?)', "
                         "'text', zeroblob(200))",
                         -1, &stmt, NULL) == SQLITE_OK) {
    ok =
        sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) > 400;
  }
  sqlite3_finalize(stmt);
  return ok;
}

static bool open_and_fetch(void *arg) {
  sqlite3 *d = NULL;
  hp_conn *c = NULL;
  bool ok = sqlite3_open(":memory:", &d) == SQLITE_OK;

  (void)arg;
  ok = ok && hp_conn_open(d, &c) == SQLITE_OK;
  ok = ok && hp_kv_sql_register(c) == SQLITE_OK;
  ok = ok && fetch_once(d);
  ok = ok && fetch_once(d);
  hp_conn_close(c);
  ck_assert_int_eq(sqlite3_close(d), SQLITE_OK);
  hp_l1_clear(hp_l1_shared(), NULL, NULL);
  hp_epoch_collect();
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(open_and_fetch, NULL), 20);
}
END_TEST

Suite *cache_kv_fetch_suite(void) {
  Suite *s = suite_create("cache_kv_fetch");
  TCase *c = tcase_create("kv_fetch");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_set_timeout(c, 60);
  tcase_add_test(c, a_value_is_computed_once_and_kept);
  tcase_add_test(c, parameters_are_bound_with_their_types);
  tcase_add_test(c, no_row_is_null_and_is_kept);
  tcase_add_test(c, an_error_is_told_and_not_kept);
  tcase_add_test(c, what_is_not_one_select_is_refused);
  tcase_add_test(c, what_is_uncommitted_is_not_shared);
  tcase_add_test(c, a_select_that_asks_for_its_own_key_is_an_error);
  tcase_add_test(c, endless_recursion_ends_in_a_sentence);
  tcase_add_test(c, many_connections_on_one_cold_key_compute_once);
  tcase_add_test(c, a_value_deleted_while_it_is_computed_is_not_kept);
  tcase_add_test(c, an_interrupt_reaches_a_connection_that_waits);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
