/* SPDX-License-Identifier: MIT */
#include "cache/deps.h"

#include "support/db.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>

Suite *cache_deps_suite(void);

static sqlite3 *db, *other;
static hp_conn *conn;
static hp_deps deps;

/* main is a.db, the database with bit 2 is b.db. */
static void open_db(void) {
  other = test_db_open("b.db", "wal");
  test_db_exec(other, "CREATE TABLE t(a)");
  db = test_db_open("a.db", "wal");
  test_db_exec(db, "CREATE TABLE t(a); ATTACH %Q AS side",
               test_tmp_path("b.db"));
  test_db_text(db, "SELECT * FROM side.t");
  ck_assert_int_eq(hp_conn_open(db, &conn), SQLITE_OK);
  deps = (hp_deps){.n = 0};
}

static void close_db(void) {
  hp_deps_term(&deps);
  test_db_close(db); /* before conn: its trace hook is called once more */
  hp_conn_close(conn);
  test_db_close(other);
}

static void set(unsigned mask) {
  ck_assert_int_eq(hp_deps_set(&deps, conn, mask), SQLITE_OK);
  hp_deps_read_ids(&deps);
}

static hp_look look(void) {
  hp_look l;

  hp_epoch_enter(conn->reader);
  hp_deps_look(&deps, NULL, &l);
  hp_epoch_exit(conn->reader);
  return l;
}

START_TEST(no_database_at_all_is_held_and_current) {
  hp_look l;

  set(0);
  l = look();
  ck_assert_int_eq(deps.n, 0);
  ck_assert_int_eq(l.state, HP_SNAPSHOT_HELD);
  ck_assert(hp_deps_are_known(&deps));
  ck_assert(hp_deps_are_current(&deps, &l));
  ck_assert(hp_deps_confirm(&deps, &l));
}
END_TEST

START_TEST(each_bit_is_a_database_of_the_list) {
  set(1);
  ck_assert_int_eq(deps.n, 1);
  ck_assert(deps.is_main);
  set(1 | 4);
  ck_assert_int_eq(deps.n, 2);
  ck_assert(!deps.is_main);
  ck_assert(hp_deps_are_known(&deps));
  ck_assert_uint_ne(deps.id[0], deps.id[1]);
}
END_TEST

START_TEST(the_state_of_the_whole_is_that_of_the_worst) {
  set(1 | 4);
  ck_assert_int_eq(look().state, HP_SNAPSHOT_FREE);
  test_db_exec(db, "BEGIN; INSERT INTO side.t VALUES (1)");
  ck_assert_int_eq(look().each[0], HP_SNAPSHOT_FREE);
  ck_assert_int_eq(look().state, HP_SNAPSHOT_WRITE);
  test_db_exec(db, "COMMIT");
  ck_assert_int_eq(look().state, HP_SNAPSHOT_FREE);
}
END_TEST

START_TEST(a_commit_to_one_of_them_makes_the_look_old) {
  hp_look l;

  set(1 | 4);
  l = look();
  ck_assert(hp_deps_are_current(&deps, &l));
  test_db_exec(other, "INSERT INTO t VALUES (1)");
  ck_assert(!hp_deps_are_current(&deps, &l));
  ck_assert(!hp_stamp_equal(l.stamps[1], look().stamps[1]));
  ck_assert(hp_stamp_equal(l.stamps[0], look().stamps[0]));
}
END_TEST

START_TEST(a_pin_holds_all_of_them_at_their_stamps) {
  hp_look l, later;

  set(1 | 4);
  test_db_exec(db, "BEGIN");
  l = look();
  ck_assert_int_eq(hp_deps_pin(&deps, &l), SQLITE_OK);
  ck_assert_int_eq(l.state, HP_SNAPSHOT_HELD);
  test_db_exec(other, "INSERT INTO t VALUES (1)");
  later = look();
  ck_assert_int_eq(later.state, HP_SNAPSHOT_HELD);
  ck_assert(hp_stamp_equal(l.stamps[1], later.stamps[1]));
  ck_assert(hp_deps_confirm(&deps, &l));
  ck_assert(!hp_deps_are_current(&deps, &l));
  test_db_exec(db, "COMMIT");
}
END_TEST

START_TEST(what_was_read_after_a_commit_is_not_confirmed) {
  hp_look l;

  set(1 | 4);
  l = look();
  test_db_exec(other, "INSERT INTO t VALUES (1)");
  test_db_exec(db, "BEGIN; SELECT * FROM t, side.t");
  ck_assert(!hp_deps_confirm(&deps, &l));
  test_db_exec(db, "COMMIT");
}
END_TEST

START_TEST(more_databases_than_can_be_watched_are_out_of_range) {
  for (int i = 3; i < 3 + HP_MAX_DEPS; i++) {
    test_db_exec(db, "ATTACH ':memory:' AS m%d", i);
  }
  ck_assert_int_eq(hp_deps_set(&deps, conn, (1u << (3 + HP_MAX_DEPS)) - 1),
                   SQLITE_RANGE);
}
END_TEST

static bool attempt_deps(void *arg) {
  hp_look l;
  int rc = hp_deps_set(&deps, conn, 1 | 4);

  (void)arg;
  if (!rc) {
    hp_deps_read_ids(&deps);
    l = look();
    rc = hp_deps_pin(&deps, &l);
  }
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  hp_deps_term(&deps);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(db, "SELECT room for the message, kept by the connection");
  ck_assert_int_gt(test_heap_each_failure(attempt_deps, NULL), 3);
}
END_TEST

Suite *cache_deps_suite(void) {
  Suite *s = suite_create("cache_deps");
  TCase *c = tcase_create("deps");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, no_database_at_all_is_held_and_current);
  tcase_add_test(c, each_bit_is_a_database_of_the_list);
  tcase_add_test(c, the_state_of_the_whole_is_that_of_the_worst);
  tcase_add_test(c, a_commit_to_one_of_them_makes_the_look_old);
  tcase_add_test(c, a_pin_holds_all_of_them_at_their_stamps);
  tcase_add_test(c, what_was_read_after_a_commit_is_not_confirmed);
  tcase_add_test(c, more_databases_than_can_be_watched_are_out_of_range);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
