/* SPDX-License-Identifier: MIT */
#include "query/nplus1.h"
#include "query/fingerprint.h"
#include "support/heap.h"

#include <check.h>
#include <sqlite3.h>
#include <string.h>

Suite *query_nplus1_suite(void);

enum { STEP_NS = 10000 };

/* What a script of statements led to. */
typedef struct script {
  hp_nplus1 *d;
  hp_nplus1_burst bursts[16];
  int n;
  int64_t at_ns; /* now */
  uint64_t database;
  bool in_txn, is_prepared_anew;
} script;

static script s;

static void on_burst(void *arg, const hp_nplus1_burst *burst) {
  script *to = arg;

  ck_assert_int_lt(to->n, 16);
  to->bursts[to->n++] = *burst;
}

static void begin_script(void) {
  memset(&s, 0, sizeof s);
  s.at_ns = 1000000;
  s.d = hp_nplus1_new(on_burst, &s);
  ck_assert_ptr_nonnull(s.d);
}

static void end_script(void) {
  hp_nplus1_free(s.d);
}

static uint64_t id_of(const char *sql) {
  return hp_fingerprint(sql, strlen(sql));
}

/* Runs a statement from start_ns to now. */
static void run_since(int64_t start_ns, const char *sql, int64_t rows) {
  hp_shape shape = hp_shape_of(sql, strlen(sql));
  hp_nplus1_event e = {.fingerprint = id_of(sql),
                       .values = shape.values,
                       .database = s.database,
                       .start_ns = start_ns,
                       .duration_ns = s.at_ns - start_ns,
                       .rows = rows,
                       .what = shape.what,
                       .is_single = shape.is_single,
                       .is_range = shape.is_range,
                       .in_txn = s.in_txn,
                       .is_prepared_anew = s.is_prepared_anew};

  if (shape.what == HP_SHAPE_BEGIN) s.in_txn = true;
  if (shape.what == HP_SHAPE_END) s.in_txn = false;
  hp_nplus1_record(s.d, &e);
}

static void run(const char *sql, int64_t rows) {
  s.at_ns += STEP_NS;
  run_since(s.at_ns - STEP_NS / 2, sql, rows);
}

/* Runs format with the number i in it. */
static void run_with(const char *format, int i, int64_t rows) {
  char *sql = sqlite3_mprintf(format, i);

  ck_assert_ptr_nonnull(sql);
  run(sql, rows);
  sqlite3_free(sql);
}

static const hp_nplus1_burst *the_only_burst(void) {
  hp_nplus1_flush(s.d);
  ck_assert_int_eq(s.n, 1);
  return &s.bursts[0];
}

static void expect_nothing(void) {
  hp_nplus1_flush(s.d);
  ck_assert_msg(s.n == 0, "%d bursts, the first: %s, %d calls", s.n,
                hp_nplus1_kind_name(s.bursts[0].kind), (int)s.bursts[0].calls);
}

#define LIST   "SELECT * FROM books"
#define LOOKUP "SELECT * FROM reviews WHERE book_id = %d"

START_TEST(lookups_after_a_list_are_n_plus_1) {
  const hp_nplus1_burst *b;
  int i;

  run(LIST, 7);
  for (i = 0; i < 7; i++) run_with(LOOKUP, i, 3);
  b = the_only_burst();
  ck_assert_int_eq(b->kind, HP_NPLUS1_LOOKUPS);
  ck_assert(b->source == id_of(LIST));
  ck_assert_int_eq(b->calls, 7);
  ck_assert_int_eq(b->rows, 21);
  ck_assert_int_eq(b->source_rows, 7);
  ck_assert_int_eq(b->cost_ns, 7 * STEP_NS / 2);
  ck_assert(b->confidence > 0.9);
}
END_TEST

/* The first gives one row and cannot be the source; the second can. */
START_TEST(a_lookup_run_again_may_be_a_source_this_time) {
  const char *by_author = "SELECT * FROM books WHERE author = %d";
  const hp_nplus1_burst *b;
  int i;

  run(LIST, 2);
  run_with(by_author, 1, 1);
  run_with(by_author, 2, 7);
  for (i = 0; i < 7; i++) run_with(LOOKUP, i, 1);
  b = the_only_burst();
  ck_assert(b->source == id_of("SELECT * FROM books WHERE author = ?"));
  ck_assert_int_eq(b->source_rows, 7);
}
END_TEST

START_TEST(three_lookups_suffice_if_their_values_differ) {
  int i;

  run(LIST, -1);
  for (i = 0; i < 3; i++) run_with(LOOKUP, i, -1);
  ck_assert_int_eq(the_only_burst()->calls, 3);
}
END_TEST

START_TEST(two_lookups_are_nothing) {
  run(LIST, 2);
  run_with(LOOKUP, 1, 1);
  run_with(LOOKUP, 2, 1);
  expect_nothing();
}
END_TEST

START_TEST(unknown_values_need_five_calls_and_lower_the_confidence) {
  const char *lookup = "SELECT * FROM reviews WHERE book_id = ?";
  int i;

  run(LIST, -1);
  for (i = 0; i < 4; i++) run(lookup, -1);
  expect_nothing();
  run(LIST, -1);
  for (i = 0; i < 5; i++) run(lookup, -1);
  ck_assert(the_only_burst()->confidence < 0.5);
}
END_TEST

START_TEST(lookups_inside_an_open_list_are_linked_to_it) {
  int64_t start = s.at_ns;
  const hp_nplus1_burst *b;
  int i;

  for (i = 0; i < 5; i++) run_with(LOOKUP, i, 1);
  run_since(start, LIST, 5);
  b = the_only_burst();
  ck_assert(b->source == id_of(LIST) && b->is_inside);
}
END_TEST

START_TEST(two_lookups_per_row_are_interleaved) {
  int i;

  run(LIST, -1);
  for (i = 0; i < 5; i++) {
    run_with("SELECT * FROM scribes WHERE id = %d", i, 1);
    run_with("SELECT count(*) FROM reviews WHERE book_id = %d", i, 1);
  }
  hp_nplus1_flush(s.d);
  ck_assert_int_eq(s.n, 2);
  ck_assert_int_eq(s.bursts[0].kind, HP_NPLUS1_INTERLEAVED);
  ck_assert_int_eq(s.bursts[1].kind, HP_NPLUS1_INTERLEAVED);
  ck_assert(s.bursts[0].source == id_of(LIST));
  ck_assert(s.bursts[1].source == id_of(LIST));
}
END_TEST

START_TEST(lookups_per_lookup_have_the_lookup_as_source) {
  int i, j;

  run("SELECT * FROM shelves", -1);
  for (i = 0; i < 4; i++) {
    run_with("SELECT * FROM books WHERE shelf_id = %d", i, -1);
    for (j = 0; j < 3; j++) run_with(LOOKUP, 10 * i + j, -1);
  }
  hp_nplus1_flush(s.d);
  ck_assert_int_eq(s.n, 2);
  ck_assert(s.bursts[0].source == id_of("SELECT * FROM shelves"));
  ck_assert(s.bursts[1].source ==
            id_of("SELECT * FROM books WHERE shelf_id = 1"));
  ck_assert_int_eq(s.bursts[1].calls, 12);
}
END_TEST

START_TEST(the_same_values_again_are_a_duplicate) {
  const hp_nplus1_burst *b;
  int i;

  run(LIST, 10);
  for (i = 0; i < 10; i++) run_with(LOOKUP, 7, 1);
  b = the_only_burst();
  ck_assert_int_eq(b->kind, HP_NPLUS1_DUPLICATE);
  ck_assert_int_eq(b->distinct, 1);
}
END_TEST

START_TEST(a_list_read_again_and_again_is_a_duplicate) {
  int i;

  for (i = 0; i < 6; i++) run(LIST, 3);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_DUPLICATE);
}
END_TEST

START_TEST(reading_again_after_a_write_is_no_duplicate) {
  int i;

  run("BEGIN", 0);
  for (i = 0; i < 10; i++) {
    run_with(LOOKUP, 7, 1);
    run_with("UPDATE reviews SET stars = %d", i, 0);
  }
  expect_nothing();
}
END_TEST

START_TEST(few_values_many_times_are_n_plus_1_only_when_they_vary) {
  int i;

  run(LIST, -1);
  for (i = 0; i < 60; i++) run_with(LOOKUP, i / 4, 1);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_LOOKUPS);
}
END_TEST

START_TEST(a_batch_with_in_is_nothing) {
  int i;

  for (i = 0; i < 8; i++) {
    run_with("SELECT * FROM books WHERE id > %d LIMIT 100", i, 100);
    run_with("SELECT * FROM reviews WHERE book_id IN (1, 2, %d)", i, 300);
  }
  expect_nothing();
}
END_TEST

#define RANGE "SELECT sum(n) FROM sales WHERE day >= %d AND day < 40"

START_TEST(ranges_as_many_as_rows_of_the_list_are_n_plus_1) {
  run(LIST, 6);
  for (int i = 0; i < 6; i++) run_with(RANGE, i, 1);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_LOOKUPS);
  ck_assert(s.bursts[0].source == id_of(LIST));
  ck_assert_int_eq(s.bursts[0].calls, 6);
}
END_TEST

START_TEST(ranges_that_match_no_rows_are_nothing) {
  run(LIST, 20);
  for (int i = 0; i < 6; i++) run_with(RANGE, i, 1);
  run(LIST, 4);
  for (int i = 0; i < 4; i++) run_with(RANGE, i, 1);
  expect_nothing();
}
END_TEST

START_TEST(where_rows_are_unknown_ranges_must_vary) {
  run(LIST, -1);
  for (int i = 0; i < 6; i++) run_with(RANGE, 7, 1);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_DUPLICATE);
  s.n = 0;
  run(LIST, -1);
  for (int i = 0; i < 6; i++) run_with(RANGE, i, 1);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_LOOKUPS);
}
END_TEST

START_TEST(where_nothing_is_known_ranges_are_nothing) {
  run(LIST, -1);
  for (int i = 0; i < 6; i++)
    run("SELECT sum(n) FROM sales WHERE day BETWEEN ? AND ?", 1);
  expect_nothing();
}
END_TEST

START_TEST(a_poller_is_nothing) {
  run(LIST, 6);
  for (int i = 0; i < 6; i++) run_with("SELECT * FROM log WHERE id > %d", i, 1);
  expect_nothing();
}
END_TEST

START_TEST(lookups_without_a_source_are_nothing) {
  int i;

  for (i = 0; i < 20; i++) run_with(LOOKUP, i, 1);
  expect_nothing();
}
END_TEST

START_TEST(one_row_is_no_source) {
  int i;

  run("SELECT * FROM books LIMIT 1", -1);
  run("SELECT * FROM shelves WHERE id = 1", 1);
  for (i = 0; i < 20; i++) run_with(LOOKUP, i, 1);
  expect_nothing();
}
END_TEST

START_TEST(requests_that_repeat_are_no_loop) {
  int i;

  run("SELECT * FROM settings", -1);
  for (i = 0; i < 10; i++) {
    run_with("SELECT * FROM sessions WHERE id = %d", i, -1);
    run_with("SELECT * FROM users WHERE id = %d", i, -1);
    run("SELECT * FROM posts ORDER BY id DESC LIMIT 10", -1);
  }
  expect_nothing();
}
END_TEST

START_TEST(a_pause_ends_the_stretch) {
  int i;

  run(LIST, 10);
  for (i = 0; i < 10; i++) {
    s.at_ns += 2000000000;
    run_with(LOOKUP, i, 1);
  }
  expect_nothing();
}
END_TEST

START_TEST(transactions_part_stretches) {
  int i;

  run(LIST, 10);
  for (i = 0; i < 10; i++) {
    run("BEGIN", 0);
    run_with(LOOKUP, i, 1);
    run("COMMIT", 0);
  }
  expect_nothing();
}
END_TEST

START_TEST(an_import_is_nothing) {
  int i;

  run("SELECT version FROM schema_versions", -1);
  run("BEGIN", 0);
  for (i = 0; i < 20; i++) {
    run_with("SELECT id FROM tags WHERE name = %d", i, -1);
    run_with("INSERT INTO tags(name) VALUES (%d)", i, 0);
  }
  expect_nothing();
}
END_TEST

START_TEST(reading_the_schema_is_nothing) {
  int i;

  run("SELECT name FROM sqlite_master", 20);
  for (i = 0; i < 20; i++)
    run_with("SELECT sql FROM sqlite_master WHERE name = 't%d'", i, 1);
  expect_nothing();
}
END_TEST

START_TEST(a_loop_over_databases_is_nothing) {
  int i;

  run("SELECT * FROM tenants", 10);
  for (i = 0; i < 10; i++) {
    s.database = (uint64_t)i;
    run_with(LOOKUP, i, 1);
  }
  expect_nothing();
  run("SELECT * FROM tenants", 10);
  for (i = 0; i < 10; i++) {
    run_with("ATTACH 'tenant%d.db' AS tenant", i, 0);
    run_with("SELECT * FROM tenant.users WHERE id = %d", i, 1);
    run("DETACH tenant", 0);
  }
  expect_nothing();
}
END_TEST

START_TEST(writes_in_transactions_of_their_own_are_told) {
  const hp_nplus1_burst *b;
  int i;

  for (i = 0; i < 5; i++) run_with("INSERT INTO t VALUES (%d)", i, 0);
  b = the_only_burst();
  ck_assert_int_eq(b->kind, HP_NPLUS1_AUTOCOMMIT);
  ck_assert_int_eq(b->n_autocommit, 5);
}
END_TEST

START_TEST(writes_in_one_transaction_are_nothing) {
  int i;

  run("BEGIN", 0);
  for (i = 0; i < 50; i++) run_with("INSERT INTO t VALUES (%d)", i, 0);
  run("COMMIT", 0);
  expect_nothing();
}
END_TEST

START_TEST(calls_prepared_anew_each_time_are_told) {
  int i;

  s.is_prepared_anew = true;
  for (i = 0; i < 8; i++) run_with(LOOKUP, i, 1);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_REPREPARED);
  ck_assert_int_eq(s.bursts[0].n_prepared, 8);
}
END_TEST

START_TEST(each_repetition_of_the_list_is_a_burst) {
  int i, j;

  for (i = 0; i < 4; i++) {
    run(LIST, 6);
    for (j = 0; j < 6; j++) run_with(LOOKUP, j, 1);
  }
  hp_nplus1_flush(s.d);
  ck_assert_int_eq(s.n, 4);
}
END_TEST

START_TEST(values_are_wanted_for_a_few_repeated_calls) {
  const char *lookup = "SELECT * FROM reviews WHERE book_id = ?";
  hp_nplus1_event e = {
      .fingerprint = id_of(lookup), .what = HP_SHAPE_LOOKUP, .rows = 1};
  int i, wanted = 0;

  for (i = 0; i < 100; i++) {
    if (hp_nplus1_wants_values(s.d, e.fingerprint)) {
      wanted++;
      e.values = 5;
    } else {
      e.values = 0;
    }
    e.start_ns = i + 1;
    hp_nplus1_record(s.d, &e);
  }
  ck_assert_int_eq(wanted, 8);
  ck_assert_int_eq(the_only_burst()->kind, HP_NPLUS1_DUPLICATE);
}
END_TEST

START_TEST(many_statements_in_turn_are_bounded) {
  int i;

  for (i = 0; i < 5000; i++) run_with("SELECT a%d FROM t WHERE id = 1", i, 1);
  expect_nothing();
}
END_TEST

START_TEST(out_of_memory_is_told) {
  test_heap_fail_at(1);
  ck_assert_ptr_null(hp_nplus1_new(on_burst, NULL));
  test_heap_fail_never();
  hp_nplus1_free(NULL);
}
END_TEST

Suite *query_nplus1_suite(void) {
  Suite *suite = suite_create("query_nplus1");
  TCase *c = tcase_create("bursts");

  tcase_add_checked_fixture(c, begin_script, end_script);
  tcase_add_test(c, lookups_after_a_list_are_n_plus_1);
  tcase_add_test(c, a_lookup_run_again_may_be_a_source_this_time);
  tcase_add_test(c, three_lookups_suffice_if_their_values_differ);
  tcase_add_test(c, two_lookups_are_nothing);
  tcase_add_test(c, unknown_values_need_five_calls_and_lower_the_confidence);
  tcase_add_test(c, lookups_inside_an_open_list_are_linked_to_it);
  tcase_add_test(c, two_lookups_per_row_are_interleaved);
  tcase_add_test(c, lookups_per_lookup_have_the_lookup_as_source);
  tcase_add_test(c, the_same_values_again_are_a_duplicate);
  tcase_add_test(c, a_list_read_again_and_again_is_a_duplicate);
  tcase_add_test(c, reading_again_after_a_write_is_no_duplicate);
  tcase_add_test(c, few_values_many_times_are_n_plus_1_only_when_they_vary);
  tcase_add_test(c, a_batch_with_in_is_nothing);
  tcase_add_test(c, ranges_as_many_as_rows_of_the_list_are_n_plus_1);
  tcase_add_test(c, ranges_that_match_no_rows_are_nothing);
  tcase_add_test(c, where_rows_are_unknown_ranges_must_vary);
  tcase_add_test(c, where_nothing_is_known_ranges_are_nothing);
  tcase_add_test(c, a_poller_is_nothing);
  tcase_add_test(c, lookups_without_a_source_are_nothing);
  tcase_add_test(c, one_row_is_no_source);
  tcase_add_test(c, requests_that_repeat_are_no_loop);
  tcase_add_test(c, a_pause_ends_the_stretch);
  tcase_add_test(c, transactions_part_stretches);
  tcase_add_test(c, an_import_is_nothing);
  tcase_add_test(c, reading_the_schema_is_nothing);
  tcase_add_test(c, a_loop_over_databases_is_nothing);
  tcase_add_test(c, writes_in_transactions_of_their_own_are_told);
  tcase_add_test(c, writes_in_one_transaction_are_nothing);
  tcase_add_test(c, calls_prepared_anew_each_time_are_told);
  tcase_add_test(c, each_repetition_of_the_list_is_a_burst);
  tcase_add_test(c, values_are_wanted_for_a_few_repeated_calls);
  tcase_add_test(c, many_statements_in_turn_are_bounded);
  tcase_add_test(c, out_of_memory_is_told);
  suite_add_tcase(suite, c);
  return suite;
}
