/* SPDX-License-Identifier: MIT
**
** A cached table is played by hand: `outer` is a running statement, as the
** one that reads the cached table would be.
*/
#include "cache/snapshot.h"

#include "base/hook.h"
#include "support/db.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *cache_snapshot_suite(void);

typedef struct host {
  sqlite3 *db;
  hp_conn *c;
  hp_snapshot *s;
} host;

static host watch(sqlite3 *db, const char *schema) {
  host h = {.db = db};

  ck_assert_int_eq(hp_conn_open(db, &h.c), SQLITE_OK);
  ck_assert_int_eq(hp_snapshot_open(h.c, schema, &h.s), SQLITE_OK);
  return h;
}

static host open_host(const char *name, const char *mode) {
  return watch(test_db_open(name, mode), "main");
}

/* As SQLite does it: the connection goes first, then the modules' data. */
static void close_host(host *h) {
  test_db_close(h->db);
  hp_conn_close(h->c);
}

static void fill(const char *name, const char *mode) {
  sqlite3 *db = test_db_open(name, mode);

  test_db_exec(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   "INSERT INTO t VALUES(1, 0), (2, 0)");
  test_db_close(db);
}

static void commit(const char *name) {
  sqlite3 *db = test_db_open(name, NULL);

  test_db_exec(db, "UPDATE t SET b=b+1");
  test_db_close(db);
}

static hp_snapshot_state look(host *h, hp_stamp *stamp) {
  hp_snapshot_state state;

  hp_snapshot_id(h->s);
  hp_epoch_enter(h->c->reader);
  state = hp_snapshot_look(h->s, stamp);
  hp_epoch_exit(h->c->reader);
  return state;
}

static hp_snapshot_state state_of(host *h) {
  hp_stamp ignored;

  return look(h, &ignored);
}

static sqlite3_stmt *start(host *h, const char *sql) {
  sqlite3_stmt *stmt = test_db_prepare(h->db, sql);

  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  return stmt;
}

static const char *const modes[] = {"wal", "delete"};
enum { N_MODES = 2 };

START_TEST(without_a_transaction_the_state_is_free) {
  host h;
  hp_stamp x, y;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  ck_assert(!hp_snapshot_is_private(h.s));
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && hp_stamp_equal(x, y));
  commit("a.db");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  close_host(&h);
}
END_TEST

START_TEST(a_write_transaction_is_never_free_nor_held) {
  host h;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "BEGIN; UPDATE t SET b=1");
  ck_assert(state_of(&h) == HP_SNAPSHOT_WRITE);
  test_db_exec(h.db, "SAVEPOINT x; UPDATE t SET b=2; ROLLBACK TO x");
  ck_assert(state_of(&h) == HP_SNAPSHOT_WRITE);
  test_db_exec(h.db, "ROLLBACK");
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "BEGIN IMMEDIATE");
  ck_assert(state_of(&h) == HP_SNAPSHOT_WRITE);
  test_db_exec(h.db, "COMMIT");
  close_host(&h);
}
END_TEST

START_TEST(a_read_transaction_is_proved_by_the_hook_alone) {
  host h;
  hp_stamp x, y;
  sqlite3_stmt *outer;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  commit("a.db");
  outer = start(&h, "SELECT a FROM t");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_HELD);
  sqlite3_finalize(outer);
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && hp_stamp_equal(x, y));
  close_host(&h);
}
END_TEST

START_TEST(without_the_hook_an_older_moment_proves_as_long_as_nobody_commits) {
  host h;
  hp_stamp x, y;
  sqlite3_stmt *outer;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  hp_hook_remove(h.c);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  outer = start(&h, "SELECT a FROM t");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_HELD && hp_stamp_equal(x, y));
  sqlite3_finalize(outer);
  commit("a.db");
  outer = start(&h, "SELECT a FROM t");
  ck_assert(state_of(&h) == HP_SNAPSHOT_UNKNOWN);
  sqlite3_finalize(outer);
  close_host(&h);
}
END_TEST

START_TEST(a_held_snapshot_stays_held_while_others_commit) {
  host h;
  hp_stamp x, y;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "BEGIN; SELECT * FROM t");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_HELD);
  commit("a.db");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_HELD);
  ck_assert(hp_stamp_equal(x, y));
  ck_assert(!hp_snapshot_is_current(h.s, y));
  test_db_exec(h.db, "COMMIT; BEGIN; SELECT * FROM t");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_HELD);
  ck_assert(!hp_stamp_equal(x, y));
  test_db_exec(h.db, "COMMIT");
  close_host(&h);
}
END_TEST

START_TEST(a_commit_before_the_first_look_leaves_the_snapshot_unproved) {
  host h;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "BEGIN; SELECT * FROM t");
  commit("a.db");
  ck_assert(state_of(&h) == HP_SNAPSHOT_UNKNOWN);
  test_db_exec(h.db, "COMMIT");
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  close_host(&h);
}
END_TEST

START_TEST(an_own_commit_under_an_open_reader_is_not_taken_for_the_old_state) {
  host h;
  hp_stamp x, y;
  sqlite3_stmt *outer;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  outer = start(&h, "SELECT a FROM t");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_HELD);
  test_db_exec(h.db, "UPDATE t SET b=b+1");
  ck_assert(look(&h, &y) != HP_SNAPSHOT_HELD || !hp_stamp_equal(x, y));
  sqlite3_finalize(outer);
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  close_host(&h);
}
END_TEST

START_TEST(a_rollback_under_an_open_reader_keeps_the_proof) {
  host h;
  hp_stamp x, y;
  sqlite3_stmt *outer;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  outer = start(&h, "SELECT a FROM t");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_HELD);
  test_db_exec(h.db, "BEGIN; UPDATE t SET b=9");
  ck_assert(state_of(&h) == HP_SNAPSHOT_WRITE);
  test_db_exec(h.db, "ROLLBACK");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_HELD && hp_stamp_equal(x, y));
  sqlite3_finalize(outer);
  close_host(&h);
}
END_TEST

START_TEST(confirm_proves_a_fill_and_refuses_one_that_raced) {
  host h;
  hp_stamp x;
  sqlite3_stmt *inner;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  inner = start(&h, "SELECT a FROM t");
  ck_assert(hp_snapshot_confirm(h.s, x));
  sqlite3_finalize(inner);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  commit("a.db");
  inner = start(&h, "SELECT a FROM t");
  ck_assert(!hp_snapshot_confirm(h.s, x));
  sqlite3_finalize(inner);
  close_host(&h);
}
END_TEST

START_TEST(confirm_after_the_transaction_is_over) {
  host h;
  hp_stamp x;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  test_db_text(h.db, "SELECT a FROM t");
  ck_assert(hp_snapshot_confirm(h.s, x) == !strcmp(modes[_i], "wal"));
  close_host(&h);
}
END_TEST

START_TEST(confirm_refuses_own_changes) {
  host h;
  hp_stamp x;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "BEGIN; UPDATE t SET b=5");
  ck_assert(!hp_snapshot_confirm(h.s, x));
  test_db_exec(h.db, "ROLLBACK");
  close_host(&h);
}
END_TEST

START_TEST(a_pin_lasts_until_the_outer_statement_ends) {
  host h;
  hp_stamp x, y;
  hp_snapshot_state state;
  sqlite3_stmt *outer, *pin = NULL;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "CREATE TEMP TABLE q AS SELECT 1 UNION SELECT 2");
  outer = start(&h, "SELECT * FROM temp.q");
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  ck_assert_int_eq(hp_snapshot_pin(h.s, &pin, &state, &x), SQLITE_OK);
  ck_assert(state == HP_SNAPSHOT_HELD);
  if (_i == 0) commit("a.db");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_HELD && hp_stamp_equal(x, y));
  ck_assert_int_eq(test_db_int(h.db, "SELECT b FROM t"), 0);
  sqlite3_reset(outer);
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  sqlite3_finalize(outer);
  sqlite3_finalize(pin);
  close_host(&h);
}
END_TEST

START_TEST(a_pin_in_an_explicit_transaction_lasts_until_its_end) {
  host h;
  hp_stamp x;
  hp_snapshot_state state;
  sqlite3_stmt *outer, *pin = NULL;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "CREATE TEMP TABLE q AS SELECT 1 UNION SELECT 2; BEGIN");
  outer = start(&h, "SELECT * FROM temp.q");
  ck_assert_int_eq(hp_snapshot_pin(h.s, &pin, &state, &x), SQLITE_OK);
  ck_assert(state == HP_SNAPSHOT_HELD);
  sqlite3_finalize(outer);
  commit("a.db");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_HELD);
  test_db_exec(h.db, "COMMIT");
  sqlite3_finalize(pin);
  close_host(&h);
}
END_TEST

START_TEST(a_pin_that_meets_a_writer_is_busy) {
  host h;
  sqlite3 *writer;
  hp_stamp x;
  hp_snapshot_state state;
  sqlite3_stmt *outer, *pin = NULL;

  fill("a.db", "delete");
  h = open_host("a.db", NULL);
  sqlite3_busy_timeout(h.db, 0);
  writer = test_db_open("a.db", NULL);
  test_db_exec(h.db, "CREATE TEMP TABLE q AS SELECT 1 UNION SELECT 2");
  outer = start(&h, "SELECT * FROM temp.q");
  test_db_exec(writer, "BEGIN EXCLUSIVE");
  ck_assert_int_eq(hp_snapshot_pin(h.s, &pin, &state, &x), SQLITE_BUSY);
  ck_assert(state == HP_SNAPSHOT_UNKNOWN);
  sqlite3_finalize(outer);
  sqlite3_finalize(pin);
  test_db_close(writer);
  close_host(&h);
}
END_TEST

static int deny(void *arg, int action, const char *a, const char *b,
                const char *c, const char *d) {
  (void)arg, (void)action, (void)a, (void)b, (void)c, (void)d;
  return SQLITE_DENY;
}

START_TEST(a_pin_that_is_not_allowed_to_read_proves_nothing) {
  host h;
  hp_stamp x;
  hp_snapshot_state state;
  sqlite3_stmt *pin = NULL;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  sqlite3_set_authorizer(h.db, deny, NULL);
  ck_assert_int_eq(hp_snapshot_pin(h.s, &pin, &state, &x), SQLITE_OK);
  ck_assert(state == HP_SNAPSHOT_UNKNOWN);
  ck_assert_ptr_null(pin);
  close_host(&h);
}
END_TEST

static void check_private_moves(host *h, const char *sql) {
  hp_stamp x, y;

  ck_assert(look(h, &x) == HP_SNAPSHOT_FREE);
  test_db_exec(h->db, "%s", sql);
  ck_assert(look(h, &y) == HP_SNAPSHOT_FREE);
  ck_assert_msg(!hp_stamp_equal(x, y), "%s", sql);
}

static const char *const private_changes[] = {
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b)",
    "INSERT INTO t VALUES(1, zeroblob(9))",
    "UPDATE t SET b=zeroblob(8)",
    "CREATE INDEX i ON t(b)",
    "DROP INDEX i",
    "ANALYZE",
    "VACUUM",
    "PRAGMA user_version=3",
};

START_TEST(a_memory_database_is_private_and_moves_with_each_commit) {
  host h = open_host(":memory:", NULL);
  sqlite3_blob *blob;
  hp_stamp x, y;

  ck_assert(hp_snapshot_is_private(h.s));
  ck_assert(hp_snapshot_id(h.s) != 0);
  for (size_t i = 0; i < sizeof private_changes / sizeof *private_changes;
       i++) {
    check_private_moves(&h, private_changes[i]);
  }
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  ck_assert_int_eq(sqlite3_blob_open(h.db, "main", "t", "b", 1, 1, &blob), 0);
  ck_assert(state_of(&h) == HP_SNAPSHOT_WRITE);
  ck_assert_int_eq(sqlite3_blob_write(blob, "z", 1, 0), SQLITE_OK);
  ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  close_host(&h);
}
END_TEST

START_TEST(a_backup_into_a_memory_database_moves_it) {
  host h = open_host(":memory:", NULL);
  sqlite3 *from = test_db_open(":memory:", NULL);
  sqlite3_backup *b;
  hp_stamp x, y;

  test_db_exec(from, "CREATE TABLE t AS SELECT 5");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  b = sqlite3_backup_init(h.db, "main", from, "main");
  ck_assert_int_eq(sqlite3_backup_step(b, -1), SQLITE_DONE);
  sqlite3_backup_finish(b);
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  test_db_close(from);
  close_host(&h);
}
END_TEST

static void deserialize(sqlite3 *db, sqlite3 *from) {
  sqlite3_int64 n;
  unsigned char *p = sqlite3_serialize(from, "main", &n, 0);

  ck_assert_int_eq(
      sqlite3_deserialize(db, "main", p, n, n, SQLITE_DESERIALIZE_FREEONCLOSE),
      SQLITE_OK);
}

START_TEST(a_deserialized_database_is_noticed_and_not_cached) {
  host h;
  sqlite3 *from = test_db_open(":memory:", NULL);
  hp_stamp x;

  fill("a.db", "delete");
  h = open_host(_i ? ":memory:" : "a.db", NULL);
  test_db_exec(from, "CREATE TABLE t AS SELECT 5");
  hp_hook_remove(h.c);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  deserialize(h.db, from);
  hp_epoch_enter(h.c->reader);
  ck_assert(hp_snapshot_look(h.s, &x) == HP_SNAPSHOT_UNKNOWN);
  hp_epoch_exit(h.c->reader);
  ck_assert_uint_eq(hp_snapshot_id(h.s), 0);
  ck_assert(state_of(&h) == HP_SNAPSHOT_UNKNOWN);
  test_db_close(from);
  close_host(&h);
}
END_TEST

START_TEST(temp_is_private_and_new_at_each_planning) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  host h;
  uint64_t id;

  test_db_exec(db, "CREATE TEMP TABLE t AS SELECT 1 AS a");
  h = watch(db, "temp");
  check_private_moves(&h, "UPDATE temp.t SET a=2");
  id = hp_snapshot_id(h.s);
  test_db_exec(db, "PRAGMA temp_store=2; CREATE TEMP TABLE t AS SELECT 2 AS a");
  ck_assert(hp_snapshot_id(h.s) != id);
  id = hp_snapshot_id(h.s);
  ck_assert_int_eq(hp_snapshot_open(h.c, "temp", &h.s), SQLITE_OK);
  ck_assert(hp_snapshot_id(h.s) != id);
  close_host(&h);
}
END_TEST

START_TEST(a_file_held_exclusively_by_the_host_is_private) {
  host h;
  hp_stamp x, y;

  fill("a.db", modes[_i]);
  h = open_host("a.db", NULL);
  ck_assert(!hp_snapshot_is_private(h.s));
  test_db_exec(h.db, "PRAGMA locking_mode=EXCLUSIVE; UPDATE t SET b=5");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "UPDATE t SET b=6");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  if (_i == 1) {
    ck_assert(hp_snapshot_is_private(h.s));
    test_db_exec(h.db, "PRAGMA locking_mode=NORMAL; SELECT * FROM t");
    ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
    ck_assert(!hp_snapshot_is_private(h.s));
  }
  close_host(&h);
}
END_TEST

START_TEST(an_exclusive_commit_does_not_hide_behind_a_still_counter) {
  host h;
  hp_stamp x;

  fill("a.db", "delete");
  h = open_host("a.db", NULL);
  test_db_exec(h.db, "PRAGMA locking_mode=EXCLUSIVE; UPDATE t SET b=5");
  hp_epoch_enter(h.c->reader);
  ck_assert(hp_snapshot_look(h.s, &x) == HP_SNAPSHOT_UNKNOWN);
  hp_epoch_exit(h.c->reader);
  close_host(&h);
}
END_TEST

START_TEST(a_deleted_file_is_private_and_sees_other_commits) {
  host h;
  sqlite3 *db, *other;
  hp_stamp x, y;

  fill("a.db", "delete");
  db = test_db_open("a.db", NULL);
  other = test_db_open("a.db", NULL);
  test_db_exec(other, "PRAGMA journal_mode=memory");
  ck_assert_int_eq(unlink(test_tmp_path("a.db")), 0);
  h = watch(db, "main");
  ck_assert(hp_snapshot_is_private(h.s));
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && hp_stamp_equal(x, y));
  test_db_exec(other, "UPDATE t SET b=5");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  test_db_close(other);
  close_host(&h);
}
END_TEST

START_TEST(a_polled_answer_is_good_for_one_look) {
  host h;
  hp_stamp x;

  fill("a.db", "delete");
  h.db = test_db_open("a.db", NULL);
  unlink(test_tmp_path("a.db"));
  h = watch(h.db, "main");
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  hp_epoch_enter(h.c->reader);
  ck_assert(hp_snapshot_look(h.s, &x) == HP_SNAPSHOT_UNKNOWN);
  hp_epoch_exit(h.c->reader);
  close_host(&h);
}
END_TEST

START_TEST(attached_again_under_the_same_name_is_another_database) {
  host h;
  hp_stamp x, y;
  uint64_t id;

  fill("a.db", modes[_i]);
  fill("b.db", modes[_i]);
  h.db = test_db_open(":memory:", NULL);
  test_db_exec(h.db, "ATTACH %Q AS x", test_tmp_path("a.db"));
  h = watch(h.db, "x");
  id = hp_snapshot_id(h.s);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "DETACH x");
  ck_assert(state_of(&h) == HP_SNAPSHOT_UNKNOWN);
  test_db_exec(h.db, "ATTACH %Q AS x", test_tmp_path("b.db"));
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  ck_assert(hp_snapshot_id(h.s) != id);
  close_host(&h);
}
END_TEST

START_TEST(a_replaced_file_attached_again_without_the_hook_is_another_one) {
  host h;
  uint64_t id;

  fill("a.db", "delete");
  h.db = test_db_open(":memory:", NULL);
  test_db_exec(h.db, "ATTACH %Q AS x", test_tmp_path("a.db"));
  h = watch(h.db, "x");
  hp_hook_remove(h.c);
  id = hp_snapshot_id(h.s);
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "DETACH x");
  unlink(test_tmp_path("a.db"));
  fill("a.db", "delete");
  test_db_exec(h.db, "ATTACH %Q AS x", test_tmp_path("a.db"));
  ck_assert_int_eq(hp_snapshot_open(h.c, "x", &h.s), SQLITE_OK);
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  ck_assert(hp_snapshot_id(h.s) != id);
  close_host(&h);
}
END_TEST

START_TEST(the_host_may_leave_wal_because_the_hook_makes_way) {
  host h;
  hp_stamp x, y;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE);
  ck_assert_str_eq(test_db_text(h.db, "PRAGMA journal_mode=delete"), "delete");
  ck_assert(look(&h, &y) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  commit("a.db");
  ck_assert(look(&h, &x) == HP_SNAPSHOT_FREE && !hp_stamp_equal(x, y));
  ck_assert_str_eq(test_db_text(h.db, "PRAGMA journal_mode=wal"), "wal");
  commit("a.db");
  /* A sentinel that was opened in between does not know the new mode yet. */
  ck_assert(look(&h, &y) != HP_SNAPSHOT_FREE || !hp_stamp_equal(x, y));
  close_host(&h);
}
END_TEST

START_TEST(the_host_may_lock_exclusively_because_the_hook_makes_way) {
  host h;

  fill("a.db", "wal");
  h = open_host("a.db", NULL);
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  test_db_exec(h.db, "PRAGMA locking_mode=EXCLUSIVE; UPDATE t SET b=5");
  ck_assert(state_of(&h) == HP_SNAPSHOT_FREE);
  close_host(&h);
}
END_TEST

START_TEST(what_is_read_through_a_shared_cache_is_not_confirmed) {
  sqlite3 *other = test_db_open("file:m?mode=memory&cache=shared", NULL);
  host h = open_host("file:m?mode=memory&cache=shared", NULL);
  sqlite3_stmt *inner;
  hp_stamp x;

  test_db_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)");
  test_db_exec(h.db, "PRAGMA read_uncommitted=1; SELECT * FROM t");
  test_db_exec(other, "BEGIN; UPDATE t SET a=7");
  if (look(&h, &x) == HP_SNAPSHOT_FREE) {
    inner = start(&h, "SELECT a FROM t");
    ck_assert(!hp_snapshot_confirm(h.s, x));
    sqlite3_finalize(inner);
  }
  test_db_exec(other, "ROLLBACK");
  close_host(&h);
  test_db_close(other);
}
END_TEST

static bool attempt(void *arg) {
  hp_conn *c;
  hp_snapshot *s = NULL;
  sqlite3_stmt *pin = NULL;
  hp_snapshot_state state;
  hp_stamp stamp;
  bool ok;

  if (hp_conn_open(arg, &c)) return false;
  ok = hp_snapshot_open(c, "main", &s) == SQLITE_OK && hp_snapshot_id(s) &&
       hp_snapshot_pin(s, &pin, &state, &stamp) == SQLITE_OK &&
       state == HP_SNAPSHOT_FREE && !hp_snapshot_is_private(s);
  sqlite3_finalize(pin);
  hp_conn_close(c);
  sqlite3_trace_v2(arg, 0, NULL, NULL);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db;

  fill("a.db", "wal");
  db = test_db_open("a.db", NULL);
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 10);
  test_db_close(db);
}
END_TEST

Suite *cache_snapshot_suite(void) {
  Suite *s = suite_create("cache_snapshot");
  TCase *c = tcase_create("file"), *p = tcase_create("private");

  tcase_set_timeout(c, 30);
  tcase_add_loop_test(c, without_a_transaction_the_state_is_free, 0, N_MODES);
  tcase_add_loop_test(c, a_write_transaction_is_never_free_nor_held, 0,
                      N_MODES);
  tcase_add_loop_test(c, a_read_transaction_is_proved_by_the_hook_alone, 0,
                      N_MODES);
  tcase_add_test(
      c, without_the_hook_an_older_moment_proves_as_long_as_nobody_commits);
  tcase_add_test(c, a_held_snapshot_stays_held_while_others_commit);
  tcase_add_test(c,
                 a_commit_before_the_first_look_leaves_the_snapshot_unproved);
  tcase_add_loop_test(
      c, an_own_commit_under_an_open_reader_is_not_taken_for_the_old_state, 0,
      N_MODES);
  tcase_add_loop_test(c, a_rollback_under_an_open_reader_keeps_the_proof, 0,
                      N_MODES);
  tcase_add_loop_test(c, confirm_proves_a_fill_and_refuses_one_that_raced, 0,
                      N_MODES);
  tcase_add_loop_test(c, confirm_after_the_transaction_is_over, 0, N_MODES);
  tcase_add_loop_test(c, confirm_refuses_own_changes, 0, N_MODES);
  tcase_add_loop_test(c, a_pin_lasts_until_the_outer_statement_ends, 0,
                      N_MODES);
  tcase_add_test(c, a_pin_in_an_explicit_transaction_lasts_until_its_end);
  tcase_add_test(c, a_pin_that_meets_a_writer_is_busy);
  tcase_add_test(c, a_pin_that_is_not_allowed_to_read_proves_nothing);
  tcase_add_loop_test(c, attached_again_under_the_same_name_is_another_database,
                      0, N_MODES);
  tcase_add_test(
      c, a_replaced_file_attached_again_without_the_hook_is_another_one);
  tcase_add_test(c, the_host_may_leave_wal_because_the_hook_makes_way);
  tcase_add_test(c, the_host_may_lock_exclusively_because_the_hook_makes_way);
  tcase_add_test(c, every_allocation_may_fail);
  tcase_add_test(p, a_memory_database_is_private_and_moves_with_each_commit);
  tcase_add_test(p, a_backup_into_a_memory_database_moves_it);
  tcase_add_loop_test(p, a_deserialized_database_is_noticed_and_not_cached, 0,
                      2);
  tcase_add_test(p, temp_is_private_and_new_at_each_planning);
  tcase_add_loop_test(p, a_file_held_exclusively_by_the_host_is_private, 0,
                      N_MODES);
  tcase_add_test(p, an_exclusive_commit_does_not_hide_behind_a_still_counter);
  tcase_add_test(p, a_deleted_file_is_private_and_sees_other_commits);
  tcase_add_test(p, a_polled_answer_is_good_for_one_look);
  tcase_add_test(p, what_is_read_through_a_shared_cache_is_not_confirmed);
  suite_add_tcase(s, c);
  suite_add_tcase(s, p);
  return s;
}
