/* SPDX-License-Identifier: MIT
**
** Whether an answer may be served: the cases in which a cached result could be
** wrong, one test each, in every journal mode where that matters. Two more
** connections of the process write or read beside the first.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

Suite *cache_table_suite(void);

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

START_TEST(connections_of_the_process_share_answers) {
  open_all(_i);
  expect(db, "10,20,30", "computed");
  expect(db, "10,20,30", "l1");
  expect(peer, "10,20,30", "l1");
  close_all();
}
END_TEST

START_TEST(a_commit_by_another_connection_is_seen_at_once) {
  open_all(_i);
  for (int i = 0; i < 5; i++) {
    const char *g;
    expect_hit(db, test_db_text(writer, "SELECT group_concat(v) FROM t"));
    test_db_exec(_i % 2 ? writer : peer, "UPDATE t SET v = v + 1 WHERE id = 2");
    g = test_db_text(writer, "SELECT group_concat(v) FROM t");
    expect(db, g, "computed");
    expect_rows(peer, g);
  }
  close_all();
}
END_TEST

START_TEST(own_uncommitted_writes_are_seen_by_their_writer_only) {
  open_all(_i);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN; UPDATE t SET v = 21 WHERE id = 2");
  expect(db, "10,21,30", "bypass");
  expect(db, "10,21,30", "bypass");
  expect_rows(peer, "10,20,30");
  test_db_exec(db, "SAVEPOINT a; DELETE FROM t");
  expect(db, "NULL", "bypass");
  test_db_exec(db, "ROLLBACK TO a");
  expect(db, "10,21,30", "bypass");
  test_db_exec(db, "ROLLBACK");
  expect_rows(db, "10,20,30");
  expect_rows(peer, "10,20,30");
  test_db_exec(db, "BEGIN; UPDATE t SET v = 22 WHERE id = 2");
  expect(db, "10,22,30", "bypass");
  test_db_exec(db, "COMMIT");
  expect(db, "10,22,30", "computed");
  expect_rows(peer, "10,22,30");
  close_all();
}
END_TEST

START_TEST(a_rollback_spares_the_answers_from_before) {
  open_all(WAL);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN; DELETE FROM t; ROLLBACK");
  expect(db, "10,20,30", "l1");
  close_all();
}
END_TEST

START_TEST(begin_immediate_alone_bypasses) {
  open_all(WAL);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN IMMEDIATE");
  expect(db, "10,20,30", "bypass");
  test_db_exec(db, "COMMIT");
  expect(db, "10,20,30", "l1");
  close_all();
}
END_TEST

START_TEST(a_transaction_stays_on_its_snapshot) {
  open_all(WAL);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN; SELECT * FROM t");
  test_db_exec(writer, "UPDATE t SET v = 21 WHERE id = 2");
  expect(peer, "10,21,30", "computed");
  expect(peer, "10,21,30", "l1");
  for (int i = 0; i < 3; i++) {
    expect_rows(db, "10,20,30");
    ck_assert_str_eq(test_db_text(db, "SELECT n, s FROM total(1)"), "2|30");
  }
  expect(peer, "10,21,30", "l1");
  test_db_exec(db, "COMMIT");
  expect(db, "10,21,30", "l1");
  close_all();
}
END_TEST

START_TEST(the_first_cached_read_of_a_transaction_opens_its_snapshot) {
  open_all(WAL);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN");
  expect(db, "10,20,30", "l1");
  test_db_exec(writer, "UPDATE t SET v = 21 WHERE id = 2");
  expect_rows(db, "10,20,30");
  ck_assert_str_eq(test_db_text(db, "SELECT group_concat(v) FROM t"),
                   "10,20,30");
  test_db_exec(db, "COMMIT");
  expect_rows(db, "10,21,30");
  close_all();
}
END_TEST

START_TEST(a_cached_read_in_a_transaction_locks_a_rollback_file_like_a_read) {
  open_all(_i);
  sqlite3_busy_timeout(writer, 0);
  expect_hit(db, "10,20,30");
  test_db_exec(db, "BEGIN");
  expect_rows(db, "10,20,30");
  ck_assert_str_eq(test_db_error(writer, "UPDATE t SET v = 0"),
                   "database is locked");
  test_db_exec(db, "COMMIT");
  test_db_exec(writer, "UPDATE t SET v = 0");
  expect_rows(db, "0,0,0");
  close_all();
}
END_TEST

/* elsewhere(sql): runs sql on the writer, answers 1. */
static void elsewhere(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  char *err = NULL;

  (void)argc;
  if (sqlite3_exec(writer, (const char *)sqlite3_value_text(argv[0]), NULL,
                   NULL, &err)) {
    sqlite3_result_error(ctx, err, -1);
  } else {
    sqlite3_result_int(ctx, 1);
  }
  sqlite3_free(err);
}

/* Deterministic, so that SQLite and hotpath believe its answers to last. */
static void define_elsewhere(sqlite3 *d) {
  sqlite3_create_function(d, "elsewhere", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          NULL, elsewhere, NULL, NULL);
}

START_TEST(one_statement_reads_one_snapshot) {
  sqlite3_stmt *stmt;

  open_all(WAL);
  sqlite3_create_function(db, "elsewhere", 1, SQLITE_UTF8, NULL, elsewhere,
                          NULL, NULL);
  stmt = test_db_prepare(
      db, "SELECT a.s, b.s FROM total(1) AS a CROSS JOIN (SELECT elsewhere("
          "'UPDATE t SET v = v + 1') AS one) AS w CROSS JOIN total AS b"
          " WHERE b.k = w.one");
  for (int i = 0; i < 6; i++) {
    test_db_text(db, "SELECT s FROM total(1)");
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    /* Before 3.38 SQLite calls elsewhere() first. */
    if (test_db_since(3038000)) {
      ck_assert_int_eq(sqlite3_column_int(stmt, 0), 30 + 2 * i);
    }
    ck_assert_int_eq(sqlite3_column_int(stmt, 0), sqlite3_column_int(stmt, 1));
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  close_all();
}
END_TEST

START_TEST(a_cached_and_a_plain_table_in_one_statement_agree) {
  open_all(WAL);
  sqlite3_create_function(db, "elsewhere", 1, SQLITE_UTF8, NULL, elsewhere,
                          NULL, NULL);
  for (int i = 0; i < 5; i++) {
    test_db_text(db, "SELECT s FROM total(1)");
    ck_assert_str_eq(
        test_db_text(db, "SELECT a.s - (SELECT sum(v) FROM t WHERE k = w.one)"
                         " FROM total(1) AS a CROSS JOIN (SELECT elsewhere("
                         "'UPDATE t SET v = v + 1') AS one) AS w"),
        "0");
  }
  close_all();
}
END_TEST

START_TEST(a_commit_during_the_computation_is_not_covered_up) {
  open_all(WAL);
  define_elsewhere(db);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.race USING cached(("
                   "SELECT group_concat(v) AS g, elsewhere('UPDATE t SET"
                   " v = v + 1') AS one FROM (SELECT v FROM t ORDER BY id)))");
  for (int i = 0; i < 4; i++) {
    const char *g = test_db_text(writer, "SELECT group_concat(v) FROM t");
    ck_assert_str_eq(test_db_text(db, "SELECT g FROM race"), g);
  }
  close_all();
}
END_TEST

/* A commit that falls between the look at the stamp and the first step of the
** SELECT: the tags are worked out there. */
START_TEST(an_answer_is_filed_under_the_snapshot_it_was_read_at) {
  static const char raced[] =
      "CREATE VIRTUAL TABLE temp.raced USING cached((SELECT group_concat(v)"
      " AS g, :i FROM t), tags=elsewhere('UPDATE t SET v = v + 1'))";
  sqlite3_stmt *stmt;

  open_all(WAL);
  define_elsewhere(db);
  define_elsewhere(peer);
  test_db_exec(db, raced);
  test_db_exec(peer, raced);
  stmt = test_db_prepare(db, "SELECT g FROM raced(?1)");
  for (int i = 0; i < 6; i++) {
    const char *old = test_db_text(peer, "SELECT g FROM whole");

    test_db_exec(peer, "BEGIN; SELECT g FROM whole");
    sqlite3_bind_int(stmt, 1, i);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_reset(stmt);
    ck_assert_str_eq(test_db_text(peer, "SELECT g FROM raced(%d)", i), old);
    test_db_exec(peer, "COMMIT");
  }
  sqlite3_finalize(stmt);
  close_all();
}
END_TEST

START_TEST(an_old_snapshot_is_not_filed_as_young_under_a_ttl) {
  static const char timed[] =
      "CREATE VIRTUAL TABLE temp.timed USING cached(("
      "SELECT group_concat(v) AS g FROM t), ttl=3600, consistency=ttl)";

  open_all(WAL);
  test_db_exec(db, timed);
  test_db_exec(peer, timed);
  test_db_exec(peer, "BEGIN; SELECT * FROM t");
  test_db_exec(writer, "UPDATE t SET v = 5");
  ck_assert_str_eq(test_db_text(peer, "SELECT g FROM timed"), "10,20,30");
  ck_assert_str_eq(test_db_text(db, "SELECT g FROM timed"), "5,5,5");
  ck_assert_str_eq(test_cached_source(db, "timed"), "l1");
  test_db_exec(peer, "COMMIT");
  ck_assert_str_eq(test_cached_source(peer, "timed"), "l1");
  test_db_exec(writer, "UPDATE t SET v = 6");
  ck_assert_str_eq(test_db_text(db, "SELECT g, _source FROM timed"),
                   "5,5,5|l1");
  close_all();
}
END_TEST

START_TEST(one_thread_does_not_wait_for_its_own_computation) {
  static const char both[] =
      "CREATE VIRTUAL TABLE temp.same USING cached((SELECT count(*) AS n"
      " FROM t), tags=elsewhere('SELECT n FROM same'))";

  open_all(WAL);
  test_db_close(writer);
  writer = test_cached_open("test.db", NULL);
  define_elsewhere(db);
  test_db_exec(writer, "CREATE VIRTUAL TABLE temp.same USING cached(("
                       "SELECT count(*) AS n FROM t))");
  test_db_exec(db, both);
  ck_assert_str_eq(test_db_text(db, "SELECT n FROM same"), "3");
  close_all();
}
END_TEST

static int ignore_trace(unsigned event, void *arg, void *p, void *x) {
  (void)event, (void)arg, (void)p, (void)x;
  return 0;
}

START_TEST(without_the_trace_hook_answers_stay_right) {
  open_all(_i);
  test_db_exec(db, "CREATE VIRTUAL TABLE main.stored USING cached(("
                   "SELECT sum(v) AS s FROM t))");
  test_db_text(db, "SELECT s FROM stored");
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, ignore_trace, NULL);
  for (int i = 0; i < 4; i++) {
    const char *s = test_db_text(writer, "SELECT sum(v) FROM t");

    ck_assert_str_eq(test_db_text(db, "SELECT s FROM stored"), s);
    ck_assert_str_eq(test_db_text(db, "SELECT s FROM stored"), s);
    expect_rows(db, test_db_text(writer, "SELECT group_concat(v) FROM t"));
    test_db_exec(writer, "UPDATE t SET v = v + 1");
  }
  test_db_exec(db, "BEGIN");
  test_db_text(db, "SELECT s FROM stored");
  if (_i == WAL) {
    test_db_exec(writer, "UPDATE t SET v = 0");
    ck_assert_int_ne(test_db_int(db, "SELECT s FROM stored"), 0);
  }
  test_db_exec(db, "COMMIT");
  close_all();
}
END_TEST

START_TEST(a_tag_invalidated_during_the_computation_leaves_no_answer) {
  open_all(WAL);
  test_db_close(writer);
  writer = test_cached_open("test.db", NULL);
  define_elsewhere(db);
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.tagged USING cached(("
                   "SELECT elsewhere(:sql) AS one), tags='race')");
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(
        test_cached_source(db, "tagged('SELECT cache_invalidate(''race'')')"),
        "computed");
  }
  ck_assert_str_eq(test_cached_source(db, "tagged('SELECT 1')"), "computed");
  ck_assert_str_eq(test_cached_source(db, "tagged('SELECT 1')"), "l1");
  close_all();
}
END_TEST

START_TEST(a_table_can_be_made_on_what_another_connection_just_made) {
  open_all(_i);
  for (int i = 0; i < 3; i++) {
    expect_rows(db, "10,20,30");
    test_db_exec(writer, "CREATE TABLE new%d(a); INSERT INTO new%d VALUES (7)",
                 i, i);
    test_db_exec(db,
                 "CREATE VIRTUAL TABLE temp.fresh USING cached(("
                 "SELECT a FROM new%d))",
                 i);
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM fresh"), "7");
    ck_assert_str_eq(test_db_text(db, "SELECT a FROM fresh"), "7");
    test_db_exec(db, "DROP TABLE fresh");
  }
  test_db_exec(writer, "CREATE TABLE late(a)");
  test_db_exec(db, "BEGIN; CREATE VIRTUAL TABLE temp.fresh USING cached(("
                   "SELECT a FROM late)); COMMIT");
  ck_assert_str_eq(test_db_text(db, "SELECT a FROM fresh"), "");
  close_all();
}
END_TEST

enum { N_THREADS = 32 };

static pthread_barrier_t start;

static sqlite3 *open_slow(void) {
  sqlite3 *d = test_cached_open("flight.db", "wal");

  test_db_exec(d, "CREATE VIRTUAL TABLE temp.slow USING cached((WITH RECURSIVE "
                  "s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s "
                  "WHERE i < 300000) SELECT sum(i * v) AS n FROM s, one))");
  return d;
}

static void *ask(void *arg) {
  pthread_barrier_wait(&start);
  test_db_int(arg, "SELECT n FROM slow");
  return NULL;
}

START_TEST(many_threads_on_one_cold_answer_compute_it_once) {
  sqlite3 *maker = test_db_open("flight.db", "wal");
  sqlite3 *of[N_THREADS];
  pthread_t thread[N_THREADS];

  test_db_exec(maker, "CREATE TABLE one(v); INSERT INTO one VALUES (1)");
  pthread_barrier_init(&start, NULL, N_THREADS);
  for (int i = 0; i < N_THREADS; i++) of[i] = open_slow();
  for (int i = 0; i < N_THREADS; i++) {
    ck_assert(!pthread_create(&thread[i], NULL, ask, of[i]));
  }
  for (int i = 0; i < N_THREADS; i++) pthread_join(thread[i], NULL);
  ck_assert_int_eq(test_cached_count(of[0], "slow", "computations"), 1);
  ck_assert_int_eq(test_cached_count(of[0], "slow", "hits_l1"), N_THREADS - 1);
  for (int i = 0; i < N_THREADS; i++) test_db_close(of[i]);
  test_db_close(maker);
}
END_TEST

Suite *cache_table_suite(void) {
  Suite *s = suite_create("cache_table");
  TCase *c = tcase_create("table");

  tcase_add_loop_test(c, connections_of_the_process_share_answers, 0, N_MODES);
  tcase_add_loop_test(c, a_commit_by_another_connection_is_seen_at_once, 0,
                      N_MODES);
  tcase_add_loop_test(c, own_uncommitted_writes_are_seen_by_their_writer_only,
                      0, N_MODES);
  tcase_add_test(c, a_rollback_spares_the_answers_from_before);
  tcase_add_test(c, begin_immediate_alone_bypasses);
  tcase_add_test(c, a_transaction_stays_on_its_snapshot);
  tcase_add_test(c, the_first_cached_read_of_a_transaction_opens_its_snapshot);
  tcase_add_loop_test(
      c, a_cached_read_in_a_transaction_locks_a_rollback_file_like_a_read, 1,
      N_MODES);
  tcase_add_test(c, one_statement_reads_one_snapshot);
  tcase_add_test(c, a_cached_and_a_plain_table_in_one_statement_agree);
  tcase_add_test(c, a_commit_during_the_computation_is_not_covered_up);
  tcase_add_test(c, an_answer_is_filed_under_the_snapshot_it_was_read_at);
  tcase_add_test(c, an_old_snapshot_is_not_filed_as_young_under_a_ttl);
  tcase_add_test(c, one_thread_does_not_wait_for_its_own_computation);
  tcase_add_loop_test(c, without_the_trace_hook_answers_stay_right, 0, N_MODES);
  tcase_add_test(c, a_tag_invalidated_during_the_computation_leaves_no_answer);
  tcase_add_loop_test(
      c, a_table_can_be_made_on_what_another_connection_just_made, 0, N_MODES);
  tcase_add_test(c, many_threads_on_one_cold_answer_compute_it_once);
  suite_add_tcase(s, c);
  return s;
}
