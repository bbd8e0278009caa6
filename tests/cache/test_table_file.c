/* SPDX-License-Identifier: MIT
**
** No way of changing a database file escapes the cached tables on it: writes of
** every kind, VACUUM, backup, a change of journal mode, another file in its
** place. Two more connections of the process write or read beside the first.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *cache_table_file_suite(void);

static const char *const modes[] = {"wal", "delete", "truncate", "persist"};
enum { N_MODES = sizeof modes / sizeof *modes, WAL = 0 };

static sqlite3 *db, *peer; /* both with cached tables on test.db */
static sqlite3 *writer;    /* without */

static const char tables[] =
    "CREATE VIRTUAL TABLE temp.total USING cached(("
    "SELECT count(*) AS n, sum(v) AS s FROM t WHERE k = :k));"
    "CREATE VIRTUAL TABLE temp.whole USING cached(("
    "SELECT group_concat(v) AS g FROM (SELECT v FROM t ORDER BY id)))";

/* Opens the three in a journal mode; t has the rows (1, 1, 10), (2, 1, 20),
** (3, 2, 30). */
static void open_all(int mode) {
  db = test_cached_open("test.db", modes[mode]);
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT);"
                   "INSERT INTO t VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30)");
  peer = test_cached_open("test.db", modes[mode]);
  writer = test_db_open("test.db", modes[mode]);
  test_db_exec(db, "%s", tables);
  test_db_exec(peer, "%s", tables);
}

static void close_all(void) {
  test_db_close(writer);
  test_db_close(peer);
  test_db_close(db);
}

/* Reads whole on d until it comes from the cache (some modes and states need
** a second run to prove a snapshot), then checks that it does and is g. */
static void expect_hit(sqlite3 *d, const char *g) {
  char *want = sqlite3_mprintf("%s|l1", g);

  test_db_text(d, "SELECT g FROM whole");
  test_db_text(d, "SELECT g FROM whole");
  ck_assert_str_eq(test_db_text(d, "SELECT g, _source FROM whole"), want);
  sqlite3_free(want);
}

/* The answer of whole on d, and where it comes from. */
static void expect(sqlite3 *d, const char *g, const char *source) {
  char *want = sqlite3_mprintf("%s|%s", g, source);

  ck_assert_str_eq(test_db_text(d, "SELECT g, _source FROM whole"), want);
  sqlite3_free(want);
}

/* The answer only. */
static void expect_rows(sqlite3 *d, const char *g) {
  ck_assert_str_eq(test_db_text(d, "SELECT g FROM whole"), g);
}

/* Changes that no update hook reports, or only in part. */
static const char *const changes[] = {
    "DELETE FROM t",
    "REPLACE INTO t VALUES (1, 1, 11)",
    "UPDATE t SET v = v + 1",
    "DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT)",
    "PRAGMA writable_schema = on; DELETE FROM t WHERE id = 1",
    "BEGIN; SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; UPDATE t SET v = 5;"
    " COMMIT",
    "INSERT INTO t VALUES (9, 9, 9) ON CONFLICT DO NOTHING",
    "INSERT INTO parent DEFAULT VALUES", /* a trigger inserts into t */
    "DELETE FROM owner",                 /* a cascade deletes from t2 */
};

/* By a stranger, by a neighbour and by oneself. */
START_TEST(every_way_of_writing_is_seen) {
  sqlite3 *by;

  open_all(_i % N_MODES);
  by = (sqlite3 *[]){writer, peer, db}[_i / N_MODES];
  test_db_exec(by, "PRAGMA foreign_keys = on;"
                   "CREATE TABLE parent(x);"
                   "CREATE TRIGGER tr AFTER INSERT ON parent BEGIN"
                   "  INSERT INTO t VALUES (100, 1, 100); END;"
                   "CREATE TABLE owner(id INTEGER PRIMARY KEY);"
                   "INSERT INTO owner VALUES (1);"
                   "CREATE TABLE t2(o REFERENCES owner ON DELETE CASCADE, w,"
                   "  PRIMARY KEY (o, w)) WITHOUT ROWID;"
                   "INSERT INTO t2 VALUES (1, 1)");
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.second USING cached(("
                   "SELECT count(*) AS n FROM t2))");
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    test_db_text(db, "SELECT g FROM whole");
    test_db_text(db, "SELECT n FROM second");
    test_db_exec(by, "%s", changes[i]);
    test_cached_same(db, "SELECT g FROM whole",
                     "SELECT group_concat(v) FROM (SELECT v FROM t"
                     " ORDER BY id)");
    test_cached_same(db, "SELECT n FROM second", "SELECT count(*) FROM t2");
  }
  close_all();
}
END_TEST

static void cut_ring(void) {
  ck_assert_int_eq(truncate(test_tmp_path("test.db-hotpath"), 0), 0);
}

/* In every mode, and in WAL mode with the ring cut off in the midst, too. */
START_TEST(commits_to_other_tables_leave_answers_standing) {
  open_all(_i % N_MODES);
  test_db_exec(peer, "CREATE TABLE other(v); INSERT INTO other VALUES (1)");
  for (int i = 0; i < 8; i++) { /* what comes again is looked up */
    if (i < 4) test_db_exec(peer, "UPDATE t SET v = v + 1 WHERE id = 1");
    test_db_exec(peer, "UPDATE other SET v = v + 1");
    test_db_text(peer, "SELECT g FROM whole");
    test_db_text(db, "SELECT g FROM whole");
  }
  if (_i == N_MODES + WAL) cut_ring();
  for (int i = 0; i < 3; i++) {
    test_db_exec(peer, "UPDATE other SET v = v + 1");
    expect(db, "14,20,30", "l1");
  }
  test_db_exec(peer, "UPDATE t SET v = v + 1 WHERE id = 1");
  expect(db, "15,20,30", "computed");
  test_db_exec(peer, "UPDATE other SET v = v + 1");
  test_db_exec(writer, "UPDATE other SET v = v + 1");
  expect(db, "15,20,30", "computed");
  close_all();
}
END_TEST

START_TEST(a_blob_written_in_place_is_seen) {
  sqlite3_blob *blob;

  open_all(WAL);
  test_db_exec(writer, "INSERT INTO t VALUES (4, 4, x'616263')");
  expect_hit(db, "10,20,30,abc");
  ck_assert_int_eq(sqlite3_blob_open(writer, "main", "t", "v", 4, 1, &blob), 0);
  ck_assert_int_eq(sqlite3_blob_write(blob, "X", 1, 1), SQLITE_OK);
  ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
  expect(db, "10,20,30,aXc", "computed");
  close_all();
}
END_TEST

START_TEST(a_backup_into_the_database_is_seen) {
  sqlite3 *source;
  sqlite3_backup *backup;

  open_all(_i);
  source = test_db_open(":memory:", NULL);
  test_db_exec(source, "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT);"
                       "INSERT INTO t VALUES (1, 1, 77)");
  expect_hit(db, "10,20,30");
  backup = sqlite3_backup_init(writer, "main", source, "main");
  ck_assert_ptr_nonnull(backup);
  ck_assert_int_eq(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  ck_assert_int_eq(sqlite3_backup_finish(backup), SQLITE_OK);
  expect_rows(db, "77");
  test_db_close(source);
  close_all();
}
END_TEST

START_TEST(a_checkpoint_spares_the_answers) {
  open_all(WAL);
  expect_hit(db, "10,20,30");
  test_db_exec(writer, "PRAGMA wal_checkpoint(PASSIVE)");
  expect(db, "10,20,30", "l1");
  test_db_exec(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
  expect_rows(db, "10,20,30");
  test_db_exec(writer, "UPDATE t SET v = 5");
  expect_rows(db, "5,5,5");
  test_db_exec(writer, "PRAGMA wal_checkpoint(RESTART); UPDATE t SET v = 6");
  expect_rows(db, "6,6,6");
  close_all();
}
END_TEST

START_TEST(vacuum_and_analyze_are_commits) {
  open_all(_i);
  expect_hit(db, "10,20,30");
  test_db_exec(writer, "VACUUM");
  expect(db, "10,20,30", "computed");
  expect_hit(db, "10,20,30");
  test_db_exec(writer, "ANALYZE");
  expect(db, "10,20,30", "computed");
  close_all();
}
END_TEST

START_TEST(the_journal_mode_may_change_and_change_back) {
  open_all(_i);
  test_db_close(peer);
  test_db_close(writer);
  peer = writer = NULL;
  for (int i = 0; i < 6; i++) {
    const char *to = modes[(_i + i + 1) % N_MODES];
    expect_rows(db, test_db_text(db, "SELECT group_concat(v) FROM t"));
    ck_assert_str_eq(test_db_text(db, "PRAGMA journal_mode = %s", to), to);
    test_db_exec(db, "UPDATE t SET v = v + 1");
    expect_rows(db, test_db_text(db, "SELECT group_concat(v) FROM t"));
    expect_rows(db, test_db_text(db, "SELECT group_concat(v) FROM t"));
  }
  close_all();
}
END_TEST

static const char *const lonely[] = {":memory:", "", "file:m?mode=memory",
                                     "file::memory:?cache=shared"};

START_TEST(a_database_of_one_connection_alone_is_watched_too) {
  db = test_cached_open(lonely[_i][0] ? lonely[_i] : "file:", NULL);
  test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT);"
                   "INSERT INTO t VALUES (1, 1, 10)");
  test_db_exec(db, "%s", tables);
  for (int i = 0; i < 5; i++) {
    const char *v = test_db_text(db, "SELECT v FROM t");

    expect_rows(db, v);
    expect_rows(db, v);
    test_db_exec(db, "UPDATE t SET v = v + 1");
    test_db_exec(db, "BEGIN; UPDATE t SET v = 0");
    expect_rows(db, "0");
    test_db_exec(db, "ROLLBACK");
  }
  test_db_close(db);
}
END_TEST

START_TEST(an_exclusively_locked_file_is_read_right) {
  open_all(_i);
  test_db_close(peer);
  test_db_close(writer);
  peer = writer = NULL;
  expect_rows(db, "10,20,30");
  test_db_exec(db, "SELECT cache_quiesce(0); PRAGMA locking_mode = exclusive;"
                   "UPDATE t SET v = 1");
  for (int i = 0; i < 4; i++) {
    expect_rows(db, test_db_text(db, "SELECT group_concat(v) FROM t"));
    test_db_exec(db, "UPDATE t SET v = v + id");
  }
  test_db_exec(db, "PRAGMA locking_mode = normal");
  expect_rows(db, test_db_text(db, "SELECT group_concat(v) FROM t"));
  close_all();
}
END_TEST

START_TEST(after_all_connections_closed_nothing_old_is_served) {
  for (int i = 0; i < 4; i++) {
    db = test_cached_open("test.db", modes[_i]);
    if (i == 0) {
      test_db_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, k, v);"
                       "INSERT INTO t VALUES (1, 1, 0)");
    }
    test_db_exec(db, "%s", tables);
    ck_assert_int_eq(test_db_int(db, "SELECT g FROM whole"), i);
    ck_assert_int_eq(test_db_int(db, "SELECT g FROM whole"), i);
    test_db_close(db);
    writer = test_db_open("test.db", NULL);
    test_db_exec(writer, "UPDATE t SET v = v + 1");
    test_db_close(writer);
  }
}
END_TEST

START_TEST(a_file_put_in_the_place_of_another_is_another) {
  open_all(_i);
  expect_hit(db, "10,20,30");
  test_db_close(writer);
  writer = test_db_open("new.db", modes[_i]);
  test_db_exec(writer, "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT);"
                       "INSERT INTO t VALUES (1, 1, 99)");
  test_db_close(writer);
  ck_assert_int_eq(rename(test_tmp_path("new.db"), test_tmp_path("test.db")),
                   0);
  remove(test_tmp_path("test.db-wal"));
  remove(test_tmp_path("test.db-shm"));
  expect_rows(db, "10,20,30");
  writer = test_cached_open("test.db", NULL);
  test_db_exec(writer, "%s", tables);
  expect_rows(writer, "99");
  expect_rows(writer, "99");
  expect_rows(db, "10,20,30");
  close_all();
}
END_TEST

Suite *cache_table_file_suite(void) {
  Suite *s = suite_create("cache_table_file");
  TCase *c = tcase_create("file");

  tcase_add_loop_test(c, every_way_of_writing_is_seen, 0, 3 * N_MODES);
  tcase_add_loop_test(c, commits_to_other_tables_leave_answers_standing, 0,
                      N_MODES + 1);
  tcase_add_test(c, a_blob_written_in_place_is_seen);
  tcase_add_loop_test(c, a_backup_into_the_database_is_seen, 0, N_MODES);
  tcase_add_test(c, a_checkpoint_spares_the_answers);
  tcase_add_loop_test(c, vacuum_and_analyze_are_commits, 0, N_MODES);
  tcase_add_loop_test(c, the_journal_mode_may_change_and_change_back, 0,
                      N_MODES);
  tcase_add_loop_test(c, a_database_of_one_connection_alone_is_watched_too, 0,
                      sizeof lonely / sizeof *lonely);
  tcase_add_loop_test(c, an_exclusively_locked_file_is_read_right, 0, N_MODES);
  tcase_add_loop_test(c, after_all_connections_closed_nothing_old_is_served, 0,
                      N_MODES);
  tcase_add_loop_test(c, a_file_put_in_the_place_of_another_is_another, 0,
                      N_MODES);
  suite_add_tcase(s, c);
  return s;
}
