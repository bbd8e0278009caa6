/* SPDX-License-Identifier: MIT */
#include "query/suspects.h"
#include "query/fingerprint.h"
#include "query/trace.h"
#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *query_suspects_suite(void);

static hp_suspect list[HP_SUSPECTS];

static hp_nplus1_burst burst_of(uint64_t fingerprint, int64_t cost_ns) {
  return (hp_nplus1_burst){.kind = HP_NPLUS1_LOOKUPS,
                           .fingerprint = fingerprint,
                           .source = 7,
                           .calls = 10,
                           .cost_ns = cost_ns,
                           .rows = 10,
                           .source_rows = 10,
                           .confidence = 0.5};
}

START_TEST(bursts_of_one_statement_add_up) {
  hp_nplus1_burst burst = burst_of(1, 100);

  hp_suspects_add(NULL, &burst);
  burst.confidence = 0.8;
  burst.source_rows = -1;
  hp_suspects_add(NULL, &burst);
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 1);
  ck_assert_int_eq(list[0].bursts, 2);
  ck_assert_int_eq(list[0].sum.calls, 20);
  ck_assert_int_eq(list[0].sum.cost_ns, 200);
  ck_assert_int_eq(list[0].sum.rows, 20);
  ck_assert_int_eq(list[0].sum.source_rows, -1);
  ck_assert(list[0].sum.confidence == 0.8);
}
END_TEST

START_TEST(kind_source_and_database_tell_suspects_apart) {
  hp_nplus1_burst burst = burst_of(1, 100);

  hp_suspects_add(NULL, &burst);
  burst.kind = HP_NPLUS1_DUPLICATE;
  hp_suspects_add(NULL, &burst);
  burst.source = 8;
  hp_suspects_add(NULL, &burst);
  burst.database = 9;
  hp_suspects_add(NULL, &burst);
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 4);
  ck_assert_int_eq(hp_suspects_list(list, 2), 2);
}
END_TEST

START_TEST(the_cheapest_makes_room) {
  hp_nplus1_burst burst;
  int i;

  for (i = 0; i <= HP_SUSPECTS; i++) {
    burst = burst_of((uint64_t)i + 1, 1000 + i);
    hp_suspects_add(NULL, &burst);
  }
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), HP_SUSPECTS);
  ck_assert_int_eq(hp_suspects_dropped(), 1);
  for (i = 0; i < HP_SUSPECTS; i++) ck_assert(list[i].sum.fingerprint != 1);
}
END_TEST

START_TEST(reset_forgets_all) {
  hp_nplus1_burst burst = burst_of(1, 100);

  hp_suspects_add(NULL, &burst);
  hp_suspects_reset();
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 0);
  ck_assert_int_eq(hp_suspects_dropped(), 0);
}
END_TEST

static uint64_t id_of(const char *sql) {
  return hp_fingerprint(sql, strlen(sql));
}

static void run_bound(sqlite3_stmt *lookup, int id) {
  sqlite3_bind_int(lookup, 1, id);
  ck_assert_int_eq(sqlite3_step(lookup), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_step(lookup), SQLITE_DONE);
  sqlite3_reset(lookup);
}

/* A watched database with books 1..20, nothing suspected yet. */
static sqlite3 *open_books(hp_conn **conn) {
  sqlite3 *db = test_db_open("books.db", "wal");

  test_db_exec(db, "CREATE TABLE books(id INTEGER PRIMARY KEY, title);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n WHERE i < 20)"
                   "INSERT INTO books SELECT i, 'b' || i FROM n");
  ck_assert_int_eq(hp_conn_open(db, conn), SQLITE_OK);
  ck_assert_int_eq(hp_trace_begin(*conn), SQLITE_OK);
  return db;
}

START_TEST(a_watched_connection_reports_its_n_plus_1) {
  hp_conn *conn;
  sqlite3 *db = open_books(&conn);
  const char *lookup_sql = "SELECT title FROM books WHERE id = ?";
  sqlite3_stmt *lookup = test_db_prepare(db, lookup_sql);
  int i;

  test_db_text(db, "SELECT id FROM books");
  for (i = 1; i <= 20; i++) run_bound(lookup, i);
  sqlite3_finalize(lookup);
  hp_trace_settle(conn);
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 1);
  ck_assert_int_eq(list[0].sum.kind, HP_NPLUS1_LOOKUPS);
  ck_assert(list[0].sum.fingerprint == id_of(lookup_sql));
  ck_assert(list[0].sum.source == id_of("SELECT id FROM books"));
  ck_assert_int_eq(list[0].sum.calls, 20);
  ck_assert_int_eq(list[0].sum.source_rows, 20);
  ck_assert_int_ge(list[0].sum.distinct, 3);
  ck_assert_int_eq(list[0].sum.n_prepared, 1);
  ck_assert_int_eq(list[0].sum.n_autocommit, 20);
  test_db_close(db);
  hp_conn_close(conn);
}
END_TEST

START_TEST(lookups_while_the_list_is_open_are_seen_too) {
  hp_conn *conn;
  sqlite3 *db = open_books(&conn);
  sqlite3_stmt *all = test_db_prepare(db, "SELECT id FROM books");
  sqlite3_stmt *lookup =
      test_db_prepare(db, "SELECT title FROM books WHERE id = ?");

  while (sqlite3_step(all) == SQLITE_ROW)
    run_bound(lookup, sqlite3_column_int(all, 0));
  sqlite3_finalize(all);
  sqlite3_finalize(lookup);
  hp_trace_settle(conn);
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 1);
  ck_assert(list[0].sum.is_inside);
  ck_assert(list[0].sum.confidence > 0.9);
  test_db_close(db);
  hp_conn_close(conn);
}
END_TEST

START_TEST(bound_values_tell_duplicates) {
  hp_conn *conn;
  sqlite3 *db = open_books(&conn);
  sqlite3_stmt *lookup =
      test_db_prepare(db, "SELECT title FROM books WHERE id = ?");
  int i;

  test_db_text(db, "SELECT id FROM books");
  for (i = 0; i < 20; i++) run_bound(lookup, 7);
  sqlite3_finalize(lookup);
  hp_trace_settle(conn);
  ck_assert_int_eq(hp_suspects_list(list, HP_SUSPECTS), 1);
  ck_assert_int_eq(list[0].sum.kind, HP_NPLUS1_DUPLICATE);
  test_db_close(db);
  hp_conn_close(conn);
}
END_TEST

Suite *query_suspects_suite(void) {
  Suite *s = suite_create("query_suspects");
  TCase *c = tcase_create("suspects");

  tcase_add_checked_fixture(c, hp_suspects_reset, hp_suspects_reset);
  tcase_add_test(c, bursts_of_one_statement_add_up);
  tcase_add_test(c, kind_source_and_database_tell_suspects_apart);
  tcase_add_test(c, the_cheapest_makes_room);
  tcase_add_test(c, reset_forgets_all);
  tcase_add_test(c, a_watched_connection_reports_its_n_plus_1);
  tcase_add_test(c, lookups_while_the_list_is_open_are_seen_too);
  tcase_add_test(c, bound_values_tell_duplicates);
  suite_add_tcase(s, c);
  return s;
}
