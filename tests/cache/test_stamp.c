/* SPDX-License-Identifier: MIT */
#include "cache/stamp.h"

#include "support/db.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *cache_stamp_suite(void);

static hp_reader *reader;

static void begin(void) {
  if (!reader) reader = hp_reader_new();
  ck_assert_ptr_nonnull(reader);
}

static hp_dbfile *acquire(sqlite3 *db, const char *schema) {
  hp_dbfile *f;

  begin();
  ck_assert_int_eq(hp_dbfile_acquire(db, schema, &f), SQLITE_OK);
  return f;
}

static bool read_stamp(hp_dbfile *f, hp_stamp *out) {
  bool ok;

  hp_epoch_enter(reader);
  ok = hp_dbfile_stamp(f, out);
  hp_epoch_exit(reader);
  return ok;
}

static hp_stamp stamp_of(hp_dbfile *f) {
  hp_stamp s = {0, 0};

  ck_assert(read_stamp(f, &s));
  return s;
}

static sqlite3 *new_db(const char *name, const char *mode) {
  sqlite3 *db = test_db_open(name, mode);

  test_db_exec(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   "INSERT INTO t VALUES(1, zeroblob(10))");
  return db;
}

static const char *const modes[] = {"wal", "delete", "truncate", "persist"};

/* Runs sql and tells whether the stamp moved. */
static bool moves(hp_dbfile *f, sqlite3 *db, const char *sql) {
  hp_stamp before = stamp_of(f);

  test_db_exec(db, "%s", sql);
  return !hp_stamp_equal(before, stamp_of(f));
}

START_TEST(every_commit_moves_the_stamp) {
  sqlite3 *db = new_db("a.db", modes[_i]);
  hp_dbfile *f = acquire(db, "main");
  sqlite3_blob *blob;
  hp_stamp before;

  ck_assert(moves(f, db, "UPDATE t SET b=1"));
  ck_assert(moves(f, db, "UPDATE t SET b=2"));
  ck_assert(moves(f, db, "DELETE FROM t"));
  ck_assert(moves(f, db, "INSERT INTO t VALUES(1, zeroblob(9))"));
  ck_assert(moves(f, db, "CREATE INDEX i ON t(b)"));
  ck_assert(moves(f, db, "ANALYZE"));
  ck_assert(moves(f, db, "VACUUM"));
  ck_assert(moves(f, db, "PRAGMA user_version=7"));
  before = stamp_of(f);
  test_db_exec(db, "DROP INDEX i");
  ck_assert_int_eq(sqlite3_blob_open(db, "main", "t", "b", 1, 1, &blob), 0);
  ck_assert_int_eq(sqlite3_blob_write(blob, "z", 1, 0), SQLITE_OK);
  ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
  ck_assert(!hp_stamp_equal(before, stamp_of(f)));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(what_is_no_commit_leaves_the_stamp) {
  sqlite3 *db = new_db("a.db", modes[_i]);
  hp_dbfile *f = acquire(db, "main");

  ck_assert(!moves(f, db, "BEGIN; UPDATE t SET b=5; ROLLBACK"));
  ck_assert(!moves(f, db, "BEGIN IMMEDIATE; COMMIT"));
  ck_assert(!moves(f, db, "SELECT * FROM t"));
  ck_assert(!moves(f, db, "PRAGMA wal_checkpoint(TRUNCATE)"));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(another_connections_commit_moves_the_stamp) {
  sqlite3 *db = new_db("a.db", modes[_i]), *other = test_db_open("a.db", NULL);
  hp_dbfile *f = acquire(db, "main"), *g = acquire(other, "main");

  ck_assert_ptr_eq(f, g);
  ck_assert(moves(f, other, "UPDATE t SET b=5"));
  hp_dbfile_release(g);
  test_db_close(other);
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

static void in_child(void (*work)(void)) {
  pid_t pid = fork();
  int status;

  ck_assert_int_ge(pid, 0);
  if (!pid) {
    work();
    _exit(0);
  }
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  ck_assert_int_eq(status, 0);
}

static void update_by_shell(void) {
  char cmd[600];

  snprintf(cmd, sizeof cmd, "sqlite3 '%s' 'UPDATE t SET b=b+1' >/dev/null",
           test_tmp_path("a.db"));
  if (system(cmd)) abort();
}

START_TEST(another_processs_commit_moves_the_stamp) {
  sqlite3 *db = new_db("a.db", modes[_i]);
  hp_dbfile *f = acquire(db, "main");
  hp_stamp before = stamp_of(f);

  update_by_shell();
  ck_assert(!hp_stamp_equal(before, stamp_of(f)));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(a_stamp_never_comes_back_after_reopening) {
  sqlite3 *db = new_db("a.db", "wal");
  hp_dbfile *f;
  hp_stamp before;
  uint64_t id;

  test_db_close(db);
  db = test_db_open("a.db", NULL);
  f = acquire(db, "main");
  before = stamp_of(f);
  id = hp_dbfile_id(f);
  hp_dbfile_release(f);
  test_db_close(db);
  update_by_shell();
  db = test_db_open("a.db", NULL);
  f = acquire(db, "main");
  ck_assert(!hp_stamp_equal(before, stamp_of(f)));
  ck_assert(id != hp_dbfile_id(f));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(nothing_is_watched_that_is_no_file) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db,
               "CREATE TEMP TABLE x(a); ATTACH ':memory:' AS m;"
               "ATTACH 'file:/q?vfs=memdb' AS d;"
               "ATTACH 'file:%s?nolock=1' AS n;"
               "ATTACH 'file:%s?cache=shared' AS s;",
               test_tmp_path("n.db"), test_tmp_path("s.db"));
  ck_assert_ptr_null(acquire(db, "main"));
  ck_assert_ptr_null(acquire(db, "temp"));
  ck_assert_ptr_null(acquire(db, "m"));
  ck_assert_ptr_null(acquire(db, "d"));
  ck_assert_ptr_null(acquire(db, "n"));
  ck_assert_ptr_null(acquire(db, "s"));
  ck_assert_ptr_null(acquire(db, "nonsuch"));
  test_db_close(db);
}
END_TEST

START_TEST(attached_files_and_odd_names_are_watched) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_dbfile *f;

  test_db_exec(db, "ATTACH 'file:' || %Q || '?psow=0' AS \"o'd\"\"d\"",
               test_tmp_path("a%25b %23%3fc'.db"));
  test_db_exec(db, "CREATE TABLE \"o'd\"\"d\".t(a)");
  f = acquire(db, "o'd\"d");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_ROLLBACK);
  ck_assert(moves(f, db, "INSERT INTO t VALUES(1)"));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(utf16_databases_are_watched) {
  sqlite3 *db = test_db_open("u.db", NULL);
  hp_dbfile *f;

  test_db_exec(db, "PRAGMA encoding='UTF-16'; PRAGMA journal_mode=wal;"
                   "CREATE TABLE t(a)");
  f = acquire(db, "main");
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_WAL);
  ck_assert(moves(f, db, "INSERT INTO t VALUES('x')"));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(an_immutable_file_has_one_stamp_and_no_sentinel) {
  sqlite3 *db = new_db("i.db", "delete");
  hp_dbfile *f;
  char uri[600];

  test_db_close(db);
  snprintf(uri, sizeof uri, "file:%s?immutable=1", test_tmp_path("i.db"));
  db = test_db_open(uri, NULL);
  f = acquire(db, "main");
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_IMMUTABLE);
  ck_assert(hp_stamp_equal(stamp_of(f), stamp_of(f)));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(an_empty_file_has_no_stamp_until_it_is_a_database) {
  sqlite3 *db = test_db_open("e.db", NULL);
  hp_dbfile *f = acquire(db, "main");
  hp_stamp s;

  ck_assert(!read_stamp(f, &s));
  test_db_exec(db, "CREATE TABLE t(a)");
  ck_assert(read_stamp(f, &s));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(an_exclusively_locked_file_gets_no_sentinel_and_no_shm) {
  sqlite3 *db = new_db("x.db", "wal");
  hp_dbfile *f;
  hp_stamp s;

  test_db_close(db);
  db = test_db_open("x.db", NULL);
  test_db_exec(db, "PRAGMA locking_mode=EXCLUSIVE; SELECT * FROM t");
  f = acquire(db, "main");
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_NONE);
  ck_assert(!read_stamp(f, &s));
  ck_assert_int_ne(access(test_tmp_path("x.db-shm"), F_OK), 0);
  test_db_close(db);
  hp_dbfile_refresh(f, 1000);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_WAL);
  hp_dbfile_release(f);
}
END_TEST

START_TEST(opening_again_is_not_tried_at_every_call) {
  sqlite3 *db = new_db("x.db", "wal");
  hp_dbfile *f;

  test_db_close(db);
  db = test_db_open("x.db", NULL);
  test_db_exec(db, "PRAGMA locking_mode=EXCLUSIVE; SELECT * FROM t");
  f = acquire(db, "main");
  hp_dbfile_refresh(f, 1000);
  test_db_close(db);
  hp_dbfile_refresh(f, 1000 + HP_DBFILE_RETRY_MS - 1);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_NONE);
  hp_dbfile_refresh(f, 1000 + HP_DBFILE_RETRY_MS);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_WAL);
  hp_dbfile_release(f);
}
END_TEST

START_TEST(a_change_to_wal_is_noticed_before_its_first_commit_is_missed) {
  sqlite3 *db = new_db("m.db", "delete"), *other = test_db_open("m.db", NULL);
  hp_dbfile *f = acquire(db, "main");
  hp_stamp s = stamp_of(f);

  test_db_exec(other, "PRAGMA journal_mode=wal; UPDATE t SET b=4");
  ck_assert(!read_stamp(f, &s));
  hp_dbfile_refresh(f, 1000);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_WAL);
  ck_assert(moves(f, other, "UPDATE t SET b=5"));
  hp_dbfile_release(f);
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(quiesce_lets_the_host_leave_wal) {
  sqlite3 *db = new_db("q.db", "wal");
  hp_dbfile *f = acquire(db, "main");
  uint64_t id = hp_dbfile_id(f);
  hp_stamp s;

  test_db_error(db, "PRAGMA journal_mode=delete");
  hp_dbfile_quiesce(db, 1000, 500);
  ck_assert(!read_stamp(f, &s));
  ck_assert_str_eq(test_db_text(db, "PRAGMA journal_mode=delete"), "delete");
  hp_dbfile_refresh(f, 1499);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_NONE);
  hp_dbfile_refresh(f, 1500);
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_ROLLBACK);
  ck_assert(id != hp_dbfile_id(f));
  ck_assert(moves(f, db, "UPDATE t SET b=5"));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

START_TEST(a_file_that_was_moved_away_is_not_watched) {
  sqlite3 *db = new_db("old.db", "wal"), *other;
  hp_dbfile *f = NULL, *g;

  begin();
  ck_assert_int_eq(rename(test_tmp_path("old.db"), test_tmp_path("new.db")), 0);
  ck_assert_int_eq(hp_dbfile_acquire(db, "main", &f), SQLITE_CANTOPEN);
  ck_assert_ptr_null(f);
  other = new_db("old.db", "delete");
  ck_assert_int_eq(hp_dbfile_acquire(db, "main", &f), SQLITE_CANTOPEN);
  g = acquire(other, "main");
  ck_assert_ptr_nonnull(g);
  hp_dbfile_release(g);
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(a_replaced_file_is_another_one) {
  sqlite3 *db = new_db("r.db", "wal"), *other;
  hp_dbfile *f = acquire(db, "main"), *g;

  ck_assert_int_eq(unlink(test_tmp_path("r.db")), 0);
  unlink(test_tmp_path("r.db-wal"));
  unlink(test_tmp_path("r.db-shm"));
  other = new_db("r.db", "delete");
  g = acquire(other, "main");
  ck_assert_ptr_ne(f, g);
  ck_assert(!moves(f, other, "UPDATE t SET b=9"));
  ck_assert(moves(f, db, "UPDATE t SET b=9"));
  hp_dbfile_release(g);
  test_db_close(other);
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

static void write_bytes(const char *name, long at, const char *bytes) {
  FILE *out = fopen(test_tmp_path(name), "r+b");

  ck_assert_ptr_nonnull(out);
  fseek(out, at, SEEK_SET);
  fputs(bytes, out);
  fclose(out);
}

START_TEST(a_file_that_is_no_database_gets_no_sentinel) {
  sqlite3 *db = new_db("c.db", "delete");
  hp_dbfile *f;
  hp_stamp s;

  test_db_close(db);
  write_bytes("c.db", 0, "this is not a database file at all");
  db = test_db_open("c.db", NULL);
  f = acquire(db, "main");
  ck_assert_int_eq(hp_dbfile_mode(f), HP_STAMP_NONE);
  ck_assert(!read_stamp(f, &s));
  hp_dbfile_release(f);
  test_db_close(db);
}
END_TEST

static char read_only_path[600];

static void as_nobody(void) {
  sqlite3 *db = NULL;
  hp_dbfile *f = NULL;

  if (seteuid(65534)) _exit(2);
  if (sqlite3_open_v2(read_only_path, &db, SQLITE_OPEN_READONLY, NULL)) {
    _exit(3);
  }
  if (hp_dbfile_acquire(db, "main", &f) || !f) _exit(4);
  if (hp_dbfile_mode(f) != HP_STAMP_NONE) _exit(5);
  hp_dbfile_release(f);
  sqlite3_close(db);
}

START_TEST(a_file_that_may_only_be_read_gets_no_sentinel) {
  sqlite3 *db;

  if (geteuid()) {
    puts("skipped: needs root to become another user");
    return;
  }
  db = new_db("ro.db", "delete");
  test_db_close(db);
  snprintf(read_only_path, sizeof read_only_path, "%s", test_tmp_path("ro.db"));
  chmod(read_only_path, 0444);
  chmod(test_tmp_path(".."), 0755);
  chmod(test_tmp_dir(), 0555);
  in_child(as_nobody);
}
END_TEST

static hp_dbfile *inherited;

static void after_fork(void) {
  hp_stamp s;
  sqlite3 *db;
  hp_dbfile *f;

  hp_epoch_after_fork();
  hp_dbfile_after_fork();
  if (read_stamp(inherited, &s)) _exit(2);
  hp_dbfile_refresh(inherited, 5000);
  if (hp_dbfile_mode(inherited) != HP_STAMP_NONE) _exit(3);
  hp_dbfile_release(inherited);
  if (sqlite3_open(test_tmp_path("other.db"), &db)) _exit(4);
  if (hp_dbfile_acquire(db, "main", &f) || !f) _exit(5);
  hp_dbfile_release(f);
  sqlite3_close(db);
}

START_TEST(a_forked_child_abandons_sentinels_and_the_parent_keeps_them) {
  sqlite3 *db = new_db("f.db", "wal");

  inherited = acquire(db, "main");
  in_child(after_fork);
  ck_assert(moves(inherited, db, "UPDATE t SET b=3"));
  hp_dbfile_release(inherited);
  test_db_close(db);
}
END_TEST

START_TEST(the_last_to_close_leaves_no_wal_behind) {
  sqlite3 *db = new_db("l.db", "wal");
  hp_dbfile *f = acquire(db, "main");

  test_db_close(db);
  ck_assert_int_eq(access(test_tmp_path("l.db-wal"), F_OK), 0);
  hp_dbfile_release(f);
  ck_assert_int_ne(access(test_tmp_path("l.db-wal"), F_OK), 0);
  ck_assert_int_ne(access(test_tmp_path("l.db-shm"), F_OK), 0);
}
END_TEST

START_TEST(a_host_that_forbids_the_last_checkpoint_is_obeyed) {
  sqlite3 *db = new_db("n.db", "wal");
  hp_dbfile *f;

  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  f = acquire(db, "main");
  test_db_close(db);
  hp_dbfile_release(f);
  ck_assert_int_eq(access(test_tmp_path("n.db-wal"), F_OK), 0);
}
END_TEST

static bool attempt(void *arg) {
  hp_dbfile *f = NULL;
  int rc = hp_dbfile_acquire(arg, "main", &f);
  bool ok = !rc && f && hp_dbfile_mode(f) == HP_STAMP_WAL;

  hp_dbfile_release(f);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = new_db("h.db", "wal");

  begin();
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 10);
  test_db_close(db);
}
END_TEST

Suite *cache_stamp_suite(void) {
  Suite *s = suite_create("cache_stamp");
  TCase *c = tcase_create("stamp");
  int n_modes = (int)(sizeof modes / sizeof *modes);

  tcase_set_timeout(c, 30);
  tcase_add_loop_test(c, every_commit_moves_the_stamp, 0, n_modes);
  tcase_add_loop_test(c, what_is_no_commit_leaves_the_stamp, 0, n_modes);
  tcase_add_loop_test(c, another_connections_commit_moves_the_stamp, 0,
                      n_modes);
  tcase_add_loop_test(c, another_processs_commit_moves_the_stamp, 0, n_modes);
  tcase_add_test(c, a_stamp_never_comes_back_after_reopening);
  tcase_add_test(c, nothing_is_watched_that_is_no_file);
  tcase_add_test(c, attached_files_and_odd_names_are_watched);
  tcase_add_test(c, utf16_databases_are_watched);
  tcase_add_test(c, an_immutable_file_has_one_stamp_and_no_sentinel);
  tcase_add_test(c, an_empty_file_has_no_stamp_until_it_is_a_database);
  tcase_add_test(c, an_exclusively_locked_file_gets_no_sentinel_and_no_shm);
  tcase_add_test(c, opening_again_is_not_tried_at_every_call);
  tcase_add_test(c,
                 a_change_to_wal_is_noticed_before_its_first_commit_is_missed);
  tcase_add_test(c, quiesce_lets_the_host_leave_wal);
  tcase_add_test(c, a_file_that_was_moved_away_is_not_watched);
  tcase_add_test(c, a_replaced_file_is_another_one);
  tcase_add_test(c, a_file_that_is_no_database_gets_no_sentinel);
  tcase_add_test(c, a_file_that_may_only_be_read_gets_no_sentinel);
  tcase_add_test(c,
                 a_forked_child_abandons_sentinels_and_the_parent_keeps_them);
  tcase_add_test(c, the_last_to_close_leaves_no_wal_behind);
  tcase_add_test(c, a_host_that_forbids_the_last_checkpoint_is_obeyed);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
