/* SPDX-License-Identifier: MIT */
#include "query/trace.h"

#include "base/hook.h"
#include "query/stats.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

Suite *query_trace_suite(void);

typedef struct watched {
  sqlite3 *db;
  hp_conn *conn;
} watched;

static watched watch(const char *name) {
  watched w = {.db = test_db_open(name, NULL)};

  ck_assert_int_eq(hp_conn_open(w.db, &w.conn), SQLITE_OK);
  ck_assert_int_eq(hp_trace_begin(w.conn), SQLITE_OK);
  return w;
}

static void unwatch(watched w) {
  test_db_close(w.db);
  hp_conn_close(w.conn);
}

typedef struct wanted {
  const char *query;
  hp_stat found;
  int n_found;
} wanted;

static int pick(const hp_stat *s, void *arg) {
  wanted *w = arg;

  if (strcmp(s->query, w->query)) return 0;
  w->found = *s;
  w->n_found++;
  return 0;
}

/* The statistics of the one entry with this normal form; all zero if none. */
static hp_stat stat_of(const char *query) {
  wanted w = {.query = query};

  hp_stats_each(pick, &w);
  ck_assert_int_le(w.n_found, 1);
  return w.found;
}

static int add(const hp_stat *s, void *arg) {
  hp_tally_merge(arg, &s->tally);
  return 0;
}

/* All calls there are, those of evicted statements included. */
static hp_tally all_calls(void) {
  hp_stats_totals totals;
  hp_tally t = {0};

  hp_stats_each(add, &t);
  hp_stats_totals_get(&totals);
  hp_tally_merge(&t, &totals.other);
  return t;
}

START_TEST(texts_of_one_shape_are_counted_together) {
  watched w = watch(":memory:");
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  test_db_exec(w.db, "INSERT INTO t VALUES(1,1),(2,2),(3,3)");
  test_db_int(w.db, "SELECT v FROM t WHERE id = 1");
  test_db_int(w.db, "select V from T where ID = 2 -- x");
  s = stat_of("SELECT v FROM t WHERE id = ?");
  ck_assert_int_eq(s.tally.calls, 2);
  ck_assert_int_eq(s.tally.prepares, 2);
  ck_assert_int_eq(s.tally.sum.rows, 2);
  ck_assert_int_gt(s.tally.sum.vm_steps, 0);
  ck_assert_int_gt(s.tally.total_ns, 0);
  ck_assert_uint_eq(hp_histogram_count(&s.times), 2);
  ck_assert_str_eq(s.sample, "SELECT v FROM t WHERE id = 1");
  unwatch(w);
}
END_TEST

START_TEST(work_is_counted_as_sqlite_counts_it) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt;
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(a, b)");
  test_db_exec(w.db, "INSERT INTO t VALUES(1,9),(2,8),(3,7)");
  stmt = test_db_prepare(w.db, "SELECT a FROM t ORDER BY b");
  for (int i = 0; i < 5; i++) {
    while (sqlite3_step(stmt) == SQLITE_ROW) continue;
    sqlite3_reset(stmt);
  }
  s = stat_of("SELECT a FROM t ORDER BY b");
  ck_assert_int_eq(s.tally.calls, 5);
  ck_assert_int_eq(s.tally.prepares, 1);
  ck_assert_int_eq(s.tally.sum.rows, 15);
  ck_assert_int_eq(s.tally.sum.sorts, 5);
  ck_assert_int_eq(
      s.tally.sum.fullscan_steps,
      sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0));
  ck_assert_int_eq(s.tally.sum.vm_steps,
                   sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0));
  sqlite3_finalize(stmt);
  unwatch(w);
}
END_TEST

START_TEST(counters_reset_by_the_application_do_no_harm) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt;
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(a)");
  test_db_exec(w.db, "INSERT INTO t VALUES(1),(2),(3)");
  stmt = test_db_prepare(w.db, "SELECT a FROM t ORDER BY -a");
  for (int i = 0; i < 3; i++) {
    while (sqlite3_step(stmt) == SQLITE_ROW) {
      sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 1);
      sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    }
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  s = stat_of("SELECT a FROM t ORDER BY -a");
  ck_assert_int_eq(s.tally.calls, 3);
  ck_assert_int_le(s.tally.sum.sorts, 3);
  ck_assert_int_lt(s.tally.sum.vm_steps, 1000);
  unwatch(w);
}
END_TEST

START_TEST(cascades_and_triggers_are_part_of_one_call) {
  watched w = watch(":memory:");
  hp_stat s;

  test_db_exec(w.db, "PRAGMA foreign_keys = ON;"
                     "CREATE TABLE p(id INTEGER PRIMARY KEY);"
                     "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p"
                     " ON DELETE CASCADE);"
                     "CREATE TABLE log(x);"
                     "CREATE TRIGGER tr AFTER DELETE ON c BEGIN"
                     " INSERT INTO log VALUES(old.id); END;"
                     "INSERT INTO p VALUES(1),(2);"
                     "INSERT INTO c VALUES(1,1),(2,1),(3,2)");
  test_db_exec(w.db, "DELETE FROM p WHERE id < 9");
  s = stat_of("DELETE FROM p WHERE id < ?");
  ck_assert_int_eq(s.tally.calls, 1);
  ck_assert_int_eq(s.tally.sum.changes, 2 + 3 + 3);
  ck_assert_int_eq(stat_of("INSERT INTO log VALUES ( old . id )").tally.calls,
                   0);
  unwatch(w);
}
END_TEST

START_TEST(a_run_repeated_for_a_new_schema_is_one_call) {
  watched w = watch("schema.db");
  sqlite3 *other = test_db_open("schema.db", NULL);
  sqlite3_stmt *stmt;
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  stmt = test_db_prepare(w.db, "SELECT a FROM t");
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_reset(stmt);
  test_db_exec(other, "CREATE TABLE another(a)");
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_reset(stmt);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_finalize(stmt);
  s = stat_of("SELECT a FROM t");
  ck_assert_int_eq(s.tally.calls, 3);
  ck_assert_int_eq(s.tally.errors, 0);
  ck_assert_int_eq(s.tally.sum.reprepares, 1);
  ck_assert_int_eq(s.tally.sum.rows, 3);
  test_db_close(other);
  unwatch(w);
}
END_TEST

START_TEST(a_statement_that_finds_the_database_locked_is_an_error) {
  watched w = watch("locked.db");
  sqlite3 *other = test_db_open("locked.db", NULL);
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(a)");
  sqlite3_busy_timeout(w.db, 0);
  test_db_exec(other, "BEGIN EXCLUSIVE");
  test_db_error(w.db, "INSERT INTO t VALUES(1)");
  test_db_exec(other, "ROLLBACK");
  test_db_exec(w.db, "INSERT INTO t VALUES(2)");
  s = stat_of("INSERT INTO t VALUES (?)");
  ck_assert_int_eq(s.tally.calls, 2);
  ck_assert_int_eq(s.tally.errors, 1);
  test_db_close(other);
  unwatch(w);
}
END_TEST

START_TEST(a_write_refused_at_its_start_is_an_error) {
  watched w = watch(":memory:");
  hp_stat s;

  test_db_exec(w.db, "CREATE TABLE t(a); PRAGMA query_only = 1");
  test_db_error(w.db, "INSERT INTO t VALUES(1)");
  test_db_exec(w.db, "PRAGMA query_only = 0");
  s = stat_of("INSERT INTO t VALUES (?)");
  ck_assert_int_eq(s.tally.calls, 1);
  ck_assert_int_eq(s.tally.errors, 1);
  ck_assert_int_eq(stat_of("PRAGMA query_only = 1").tally.errors, 0);
  unwatch(w);
}
END_TEST

START_TEST(an_abandoned_cursor_is_a_call_with_its_rows) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt = test_db_prepare(w.db, "VALUES(1),(2),(3)");
  hp_stat s;

  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(all_calls().calls, 0);
  sqlite3_finalize(stmt);
  s = stat_of("VALUES (?)");
  ck_assert_int_eq(s.tally.calls, 1);
  ck_assert_int_eq(s.tally.sum.rows, 2);
  unwatch(w);
}
END_TEST

START_TEST(rows_of_interleaved_cursors_go_to_their_own) {
  watched w = watch(":memory:");
  sqlite3_stmt *a = test_db_prepare(w.db, "SELECT 1 UNION ALL SELECT 2");
  sqlite3_stmt *b = test_db_prepare(w.db, "VALUES(1),(2),(3)");

  while (sqlite3_step(a) == SQLITE_ROW) {
    while (sqlite3_step(b) == SQLITE_ROW) continue;
    sqlite3_reset(b);
  }
  sqlite3_finalize(a);
  sqlite3_finalize(b);
  ck_assert_int_eq(stat_of("SELECT ? UNION ALL SELECT ?").tally.sum.rows, 2);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.sum.rows, 6);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.calls, 2);
  unwatch(w);
}
END_TEST

static int64_t cache_use(sqlite3 *db) {
  int hit, miss, high;

  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hit, &high, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &miss, &high, 0);
  return hit + miss;
}

START_TEST(no_page_is_lost_when_the_connection_closes) {
  watched w = watch("pages.db");
  int64_t used, before = cache_use(w.db);
  hp_tally t;

  test_db_exec(w.db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  test_db_exec(w.db, "INSERT INTO t SELECT value, zeroblob(500) FROM"
                     " json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14]')");
  for (int i = 1; i < 9; i++)
    test_db_int(w.db, "SELECT id FROM t WHERE id = %d", i);
  used = cache_use(w.db) - before;
  unwatch(w);
  t = all_calls();
  ck_assert_int_eq(t.pages_hit + t.pages_missed, used);
  ck_assert_int_gt(stat_of("SELECT id FROM t WHERE id = ?").tally.pages_hit, 8);
}
END_TEST

START_TEST(muted_statements_are_not_counted) {
  watched w = watch(":memory:");

  hp_hook_mute(w.conn);
  test_db_int(w.db, "SELECT 1");
  hp_hook_unmute(w.conn);
  ck_assert_int_eq(all_calls().calls, 0);
  unwatch(w);
}
END_TEST

START_TEST(a_run_whose_end_was_missed_does_not_spoil_the_next) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt = test_db_prepare(w.db, "VALUES(1),(2),(3)");

  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(hp_hook_remove(w.conn), SQLITE_OK);
  sqlite3_reset(stmt);
  ck_assert_int_eq(hp_hook_install(w.conn), SQLITE_OK);
  while (sqlite3_step(stmt) == SQLITE_ROW) continue;
  sqlite3_finalize(stmt);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.calls, 1);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.sum.rows, 3);
  unwatch(w);
}
END_TEST

/* SQLite likes to put a statement, and its text, where the last one was. */
START_TEST(a_statement_in_the_place_of_another_is_not_taken_for_it) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt = test_db_prepare(w.db, "SELECT 1 AS a");

  for (int i = 0; i < 2; i++) sqlite3_step(stmt), sqlite3_reset(stmt);
  sqlite3_finalize(stmt);
  if (_i) hp_hook_remove(w.conn);
  stmt = test_db_prepare(w.db, "SELECT 2 AS b");
  for (int i = 0; i < 2; i++) sqlite3_step(stmt), sqlite3_reset(stmt);
  if (_i) {
    hp_hook_install(w.conn);
    hp_trace_skip(w.conn);
  }
  sqlite3_step(stmt);
  sqlite3_finalize(stmt);
  ck_assert_int_eq(stat_of("SELECT ? AS a").tally.calls, 2);
  ck_assert_int_eq(stat_of("SELECT ? AS b").tally.calls, _i ? 1 : 3);
  unwatch(w);
}
END_TEST

START_TEST(more_shapes_than_the_limit_fold_into_other) {
  watched w = watch(":memory:");
  hp_stats_totals totals;
  hp_tally t;

  hp_stats_set_max(100);
  for (int i = 0; i < 3000; i++) test_db_int(w.db, "SELECT 1 AS column_%d", i);
  for (int i = 0; i < 50; i++) test_db_int(w.db, "SELECT %d AS again", i);
  t = all_calls();
  hp_stats_totals_get(&totals);
  ck_assert_int_eq(t.calls, 3050);
  ck_assert_int_le(totals.n_entries, 100);
  ck_assert_int_gt(totals.other.calls, 2500);
  ck_assert_int_ge(totals.n_evicted, 2900);
  ck_assert_int_eq((int64_t)hp_histogram_count(&totals.other_times),
                   totals.other.calls);
  unwatch(w);
}
END_TEST

START_TEST(many_open_cursors_are_all_counted) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmts[300];

  for (int i = 0; i < 300; i++) {
    stmts[i] = test_db_prepare(w.db, "VALUES(1),(2)");
    ck_assert_int_eq(sqlite3_step(stmts[i]), SQLITE_ROW);
  }
  for (int i = 0; i < 300; i++) sqlite3_finalize(stmts[i]);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.calls, 300);
  ck_assert_int_eq(stat_of("VALUES (?)").tally.sum.rows, 300);
  unwatch(w);
}
END_TEST

static void *run_many(void *arg) {
  watched w = watch(arg);
  sqlite3_stmt *stmt = test_db_prepare(w.db, "SELECT ? + 1");

  for (int i = 0; i < 20000; i++) {
    sqlite3_step(stmt);
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  unwatch(w);
  return NULL;
}

START_TEST(threads_on_one_statement_lose_no_call) {
  pthread_t threads[4];

  for (int i = 0; i < 4; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, run_many, ":memory:"),
                     0);
  for (int i = 0; i < 200; i++) all_calls();
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  ck_assert_int_eq(stat_of("SELECT ? + ?").tally.calls, 80000);
  ck_assert_int_eq(stat_of("SELECT ? + ?").tally.prepares, 4);
}
END_TEST

START_TEST(a_reset_forgets_what_connections_still_hold) {
  watched w = watch(":memory:");

  test_db_int(w.db, "SELECT 1");
  hp_stats_reset(0);
  ck_assert_int_eq(all_calls().calls, 0);
  test_db_int(w.db, "SELECT 1");
  ck_assert_int_eq(all_calls().calls, 1);
  unwatch(w);
}
END_TEST

/* Statements work when the statistics find no memory, and are counted. */
static bool attempt(void *arg) {
  sqlite3 *db = arg;
  hp_conn *c;
  int rc = hp_conn_open(db, &c);

  if (!rc) rc = hp_trace_begin(c);
  sqlite3_trace_v2(db, 0, NULL, NULL);
  hp_conn_close(c);
  return rc == SQLITE_OK;
}

START_TEST(watching_survives_every_failing_allocation) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  ck_assert_int_gt(test_heap_each_failure(attempt, db), 3);
  test_db_close(db);
}
END_TEST

START_TEST(without_memory_calls_go_to_other) {
  watched w = watch(":memory:");
  sqlite3_stmt *stmt = test_db_prepare(w.db, "SELECT 1");

  for (int i = 1; i <= 8; i++) {
    test_heap_fail_from(i);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    test_heap_fail_never();
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  ck_assert_int_eq(all_calls().calls, 8);
  unwatch(w);
}
END_TEST

static void add_counting_tests(Suite *s) {
  TCase *c = tcase_create("counting");

  tcase_add_test(c, texts_of_one_shape_are_counted_together);
  tcase_add_test(c, work_is_counted_as_sqlite_counts_it);
  tcase_add_test(c, counters_reset_by_the_application_do_no_harm);
  tcase_add_test(c, cascades_and_triggers_are_part_of_one_call);
  tcase_add_test(c, a_run_repeated_for_a_new_schema_is_one_call);
  tcase_add_test(c, a_statement_that_finds_the_database_locked_is_an_error);
  tcase_add_test(c, a_write_refused_at_its_start_is_an_error);
  tcase_add_test(c, an_abandoned_cursor_is_a_call_with_its_rows);
  tcase_add_test(c, rows_of_interleaved_cursors_go_to_their_own);
  tcase_add_test(c, no_page_is_lost_when_the_connection_closes);
  tcase_add_test(c, muted_statements_are_not_counted);
  tcase_add_test(c, a_run_whose_end_was_missed_does_not_spoil_the_next);
  tcase_add_test(c, many_open_cursors_are_all_counted);
  suite_add_tcase(s, c);
}

START_TEST(a_sample_counts_some_runs_and_all_of_each) {
  sqlite3 *db = test_db_open_hotpath(":memory:", NULL);
  int64_t calls;

  test_db_exec(db, "CREATE TABLE s(a); INSERT INTO s VALUES (1), (2), (3);"
                   "SELECT query_reset(); SELECT query_config('sample', 10)");
  for (int i = 0; i < 2000; i++) {
    test_db_text(db, "SELECT a FROM s");
    test_db_text(db, "SELECT a + 1 FROM s");
  }
  calls = test_db_int(db, "SELECT calls FROM query_stats"
                          " WHERE query = 'SELECT a FROM s'");
  ck_assert_int_gt(calls, 100);
  ck_assert_int_lt(calls, 300);
  ck_assert_int_eq(test_db_int(db, "SELECT rows_returned FROM query_stats"
                                   " WHERE query = 'SELECT a FROM s'"),
                   3 * calls);
  test_db_exec(db, "SELECT query_config('sample', 1); SELECT query_reset()");
  for (int i = 0; i < 20; i++) test_db_text(db, "SELECT a FROM s");
  ck_assert_int_eq(test_db_int(db, "SELECT calls FROM query_stats"
                                   " WHERE query = 'SELECT a FROM s'"),
                   20);
  test_db_close(db);
}
END_TEST

/* Runs that are left out move the counters by which a run is known. */
START_TEST(
    with_sampling_too_a_statement_in_the_place_of_another_is_told_apart) {
  static const char *const each[] = {"SELECT 1 AS a", "SELECT 2 AS b",
                                     "VALUES (1), (2)"};
  sqlite3 *db = test_db_open_hotpath(":memory:", NULL);
  int64_t a, b;

  test_db_exec(db, "SELECT query_reset(); SELECT query_config('sample', 2)");
  for (int i = 0; i < 30000; i++) {
    sqlite3_stmt *stmt = test_db_prepare(db, each[i % 3]);

    for (int k = 0; k < 2; k++) sqlite3_step(stmt), sqlite3_reset(stmt);
    sqlite3_finalize(stmt);
  }
  a = stat_of("SELECT ? AS a").tally.calls;
  b = stat_of("SELECT ? AS b").tally.calls;
  ck_assert_msg(a - b < 400 && b - a < 400, "%lld and %lld", (long long)a,
                (long long)b);
  test_db_exec(db, "SELECT query_config('sample', 1); SELECT query_reset()");
  test_db_close(db);
}
END_TEST

Suite *query_trace_suite(void) {
  Suite *s = suite_create("query_trace");
  TCase *c = tcase_create("bounds");

  add_counting_tests(s);
  tcase_set_timeout(c, 60);
  tcase_add_loop_test(
      c, a_statement_in_the_place_of_another_is_not_taken_for_it, 0, 2);
  tcase_add_test(c, more_shapes_than_the_limit_fold_into_other);
  tcase_add_test(c, threads_on_one_statement_lose_no_call);
  tcase_add_test(c, a_reset_forgets_what_connections_still_hold);
  tcase_add_test(c, watching_survives_every_failing_allocation);
  tcase_add_test(c, without_memory_calls_go_to_other);
  tcase_add_test(c, a_sample_counts_some_runs_and_all_of_each);
  tcase_add_test(
      c, with_sampling_too_a_statement_in_the_place_of_another_is_told_apart);
  suite_add_tcase(s, c);
  return s;
}
