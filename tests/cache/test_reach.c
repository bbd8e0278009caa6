/* SPDX-License-Identifier: MIT
**
** reach.c by itself; what a witness makes of it is in test_witness.c.
*/
#include "cache/reach.h"

#include "support/cached.h"

#include <check.h>
#include <string.h>

Suite *cache_reach_suite(void);

static int last_try; /* an SQLite code */

static const char write[] = "UPDATE card SET n = 0";

typedef struct scene {
  sqlite3 *db;
  hp_conn *c;
  hp_snapshot *s;
  hp_reach *reach;
} scene;

static scene open_scene(int budget_ms) {
  scene x = {.db = test_cached_cards()};

  test_db_exec(x.db, "CREATE TABLE log(v); CREATE TRIGGER t AFTER UPDATE ON"
                     " card BEGIN INSERT INTO log VALUES(new.n); END");
  x.c = hp_conn_find(x.db);
  ck_assert_int_eq(hp_snapshot_open(x.c, "main", &x.s), SQLITE_OK);
  ck_assert(hp_snapshot_id(x.s) != 0);
  x.reach = hp_reach_new(x.c, budget_ms);
  ck_assert_ptr_nonnull(x.reach);
  return x;
}

static void close_scene(scene *x) {
  hp_reach_free(x->reach);
  test_db_close(x->db);
}

static hp_commit now(scene *x) {
  hp_stamp stamp;

  hp_epoch_enter(x->c->reader);
  ck_assert(hp_dbfile_stamp(hp_snapshot_file(x->s), &stamp));
  hp_epoch_exit(x->c->reader);
  return hp_stamp_commit(stamp);
}

static bool is_at(scene *x) {
  return hp_reach_is_at(x->reach, hp_snapshot_file(x->s), now(x));
}

START_TEST(a_text_that_comes_again_is_looked_up_with_its_triggers) {
  scene x = open_scene(HP_REACH_BUDGET_MS);
  const hp_tables *writes;

  ck_assert_ptr_null(hp_reach_writes(x.reach, write));
  ck_assert_ptr_null(hp_reach_writes(x.reach, write));
  hp_reach_work(x.reach, x.s);
  ck_assert(is_at(&x));
  writes = hp_reach_writes(x.reach, write);
  ck_assert_ptr_nonnull(writes);
  ck_assert_int_eq(writes->n, 2);
  close_scene(&x);
}
END_TEST

START_TEST(of_a_schema_that_was_cloned_in_part_nothing_is_known) {
  scene x = open_scene(0);
  hp_tables reads;

  for (int i = 0; i < 9; i++) {
    ck_assert_ptr_null(hp_reach_writes(x.reach, write));
    ck_assert(!is_at(&x));
    hp_reach_work(x.reach, x.s);
  }
  ck_assert_int_eq(hp_reach_reads(x.reach, "SELECT v FROM log", &reads),
                   SQLITE_NOTFOUND);
  ck_assert(!hp_reach_may_read(x.reach));
  close_scene(&x);
}
END_TEST

static int count_call(void *n, int action, const char *a, const char *b,
                      const char *c, const char *d) {
  (void)action, (void)a, (void)b, (void)c, (void)d;
  ++*(int *)n;
  return SQLITE_OK;
}

/* Each try may take an application's time. The host's authorizer is asked
** about all that cloning reads. */
START_TEST(a_schema_that_is_cloned_in_part_is_tried_twice_until_it_changes) {
  scene x = open_scene(0);
  int n[4] = {0};

  for (int i = 0; i < 4; i++) {
    if (i == 3) test_db_exec(x.db, "CREATE TABLE more(a)");
    sqlite3_set_authorizer(x.db, count_call, &n[i]);
    ck_assert_ptr_null(hp_reach_writes(x.reach, write));
    ck_assert(!is_at(&x));
    hp_reach_work(x.reach, x.s);
    sqlite3_set_authorizer(x.db, NULL, NULL);
  }
  ck_assert_int_gt(n[1], n[2]);
  ck_assert_int_gt(n[3], n[2]);
  close_scene(&x);
}
END_TEST

/* Whether others could commit when the host's authorizer was asked last. */
static int try_to_write(void *other, int action, const char *a, const char *b,
                        const char *c, const char *d) {
  (void)action, (void)a, (void)b, (void)c, (void)d;
  last_try = sqlite3_exec(other, "UPDATE log SET v = 1", NULL, NULL, NULL);
  return SQLITE_OK;
}

START_TEST(with_a_rollback_journal_nobody_commits_while_a_schema_is_read) {
  scene x = open_scene(HP_REACH_BUDGET_MS);
  sqlite3 *other;

  test_db_exec(x.db, "INSERT INTO log VALUES(0)");
  hp_snapshot_quiesce(x.c, 0);
  test_db_exec(x.db, "PRAGMA journal_mode=delete");
  ck_assert(hp_snapshot_id(x.s) != 0);
  ck_assert_int_eq(hp_snapshot_mode(x.s), HP_STAMP_ROLLBACK);
  other = test_db_open("test.db", NULL);
  sqlite3_busy_timeout(other, 0);
  ck_assert(!is_at(&x));
  sqlite3_set_authorizer(x.db, try_to_write, other);
  hp_reach_work(x.reach, x.s);
  sqlite3_set_authorizer(x.db, NULL, NULL);
  ck_assert_int_eq(last_try, SQLITE_BUSY);
  ck_assert(is_at(&x));
  ck_assert_int_eq(sqlite3_txn_state(x.db, "main"), SQLITE_TXN_NONE);
  test_db_close(other);
  close_scene(&x);
}
END_TEST

START_TEST(a_change_of_the_schema_is_noticed) {
  scene x = open_scene(HP_REACH_BUDGET_MS);
  sqlite3 *other = test_db_open("test.db", NULL);
  int version;

  ck_assert(!is_at(&x));
  hp_reach_work(x.reach, x.s);
  ck_assert(is_at(&x));
  version = hp_reach_version(x.reach);
  test_db_exec(other, "CREATE TABLE more(a)");
  ck_assert(!is_at(&x));
  hp_reach_work(x.reach, x.s);
  ck_assert(is_at(&x));
  ck_assert_int_ne(hp_reach_version(x.reach), version);
  test_db_close(other);
  close_scene(&x);
}
END_TEST

Suite *cache_reach_suite(void) {
  Suite *s = suite_create("cache_reach");
  TCase *c = tcase_create("reach");

  tcase_add_test(c, a_text_that_comes_again_is_looked_up_with_its_triggers);
  tcase_add_test(c, of_a_schema_that_was_cloned_in_part_nothing_is_known);
  tcase_add_test(
      c, a_schema_that_is_cloned_in_part_is_tried_twice_until_it_changes);
  tcase_add_test(c,
                 with_a_rollback_journal_nobody_commits_while_a_schema_is_read);
  tcase_add_test(c, a_change_of_the_schema_is_noticed);
  suite_add_tcase(s, c);
  return s;
}
