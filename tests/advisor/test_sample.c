/* SPDX-License-Identifier: MIT */
#include "advisor/sample.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *advisor_sample_suite(void);

enum { DECK, CARD, REVIEW, TOMB, NONE = -1 };

static const hp_join card_of_deck = {CARD, 1, DECK, 0};
static const hp_join review_of_card = {REVIEW, 1, CARD, 0};
static const hp_join review_of_tomb = {REVIEW, 2, TOMB, 0};

/* Four tables with these numbers of rows and at most three joins. */
static hp_sample divide(const int64_t rows[4], int n, const hp_join *joins,
                        double fraction) {
  static const char *const names[] = {"deck", "card", "review", "tomb"};
  hp_joins j = {.at = (hp_join *)joins, .n = n};
  hp_sample s = {.tables = {.n = 4}};

  s.tables.at = sqlite3_malloc(4 * sizeof *s.tables.at);
  for (int i = 0; i < 4; i++) {
    s.tables.at[i] =
        (hp_table){.name = sqlite3_mprintf("%s", names[i]), .n_rows = rows[i]};
  }
  ck_assert_int_eq(hp_sample_divide(&s, &j, fraction), SQLITE_OK);
  return s;
}

static void expect_fraction(const hp_sample *s, int table, double fraction) {
  ck_assert_msg(fabs(s->at[table].fraction - fraction) < 1e-9,
                "table %d: %g, not %g", table, s->at[table].fraction, fraction);
}

START_TEST(small_tables_are_taken_as_a_whole_and_of_others_a_share) {
  hp_sample s = divide((int64_t[]){10, 5000, 10000, 1000000}, 0, NULL, 0.1);

  expect_fraction(&s, DECK, 1);
  expect_fraction(&s, CARD, 1);
  expect_fraction(&s, REVIEW, 0.5); /* 5000 rows at least */
  expect_fraction(&s, TOMB, 0.1);
  hp_sample_term(&s);
}
END_TEST

START_TEST(rows_come_with_those_that_they_name) {
  const hp_join joins[] = {review_of_card, card_of_deck};
  hp_sample s = divide((int64_t[]){200000, 400000, 900000, 0}, 2, joins, 0.1);

  ck_assert_int_eq(s.at[DECK].leader, NONE);
  ck_assert_int_eq(s.at[DECK].leads_by, 0);
  ck_assert_int_eq(s.at[CARD].leader, DECK);
  ck_assert_int_eq(s.at[CARD].column, 1);
  ck_assert_int_eq(s.at[CARD].leads_by, 0);
  ck_assert_int_eq(s.at[REVIEW].leader, CARD);
  ck_assert_int_eq(s.order[3], REVIEW);
  ck_assert_int_eq(s.order[2], CARD);
  hp_sample_term(&s);
}
END_TEST

START_TEST(the_largest_of_the_tables_named_leads) {
  const hp_join joins[] = {review_of_tomb, review_of_card};
  hp_sample s = divide((int64_t[]){0, 80000, 900000, 60000}, 2, joins, 0.1);

  ck_assert_int_eq(s.at[REVIEW].leader, CARD);
  hp_sample_term(&s);
}
END_TEST

START_TEST(a_table_that_is_whole_leads_nobody) {
  hp_sample s = divide((int64_t[]){40, 80000, 0, 0}, 1, &card_of_deck, 0.1);

  ck_assert_int_eq(s.at[CARD].leader, NONE);
  expect_fraction(&s, CARD, 0.1);
  hp_sample_term(&s);
}
END_TEST

START_TEST(a_table_of_which_most_is_taken_does_not_bring_too_many_along) {
  hp_sample s = divide((int64_t[]){8000, 8000000, 0, 0}, 1, &card_of_deck, 0.1);

  expect_fraction(&s, DECK, 0.625);
  ck_assert_int_eq(s.at[CARD].leader, NONE);
  hp_sample_term(&s);
}
END_TEST

START_TEST(two_tables_that_name_each_other_do_not_lead_in_a_circle) {
  const hp_join joins[] = {card_of_deck, {DECK, 3, CARD, 0}};
  hp_sample s = divide((int64_t[]){50000, 50000, 0, 0}, 2, joins, 0.1);

  ck_assert_int_eq(s.at[DECK].leader, CARD);
  ck_assert_int_eq(s.at[CARD].leader, NONE);
  hp_sample_term(&s);
}
END_TEST

START_TEST(a_table_leads_by_one_column) {
  const hp_join joins[] = {card_of_deck, {REVIEW, 2, DECK, 5}};
  hp_sample s = divide((int64_t[]){50000, 60000, 70000, 0}, 2, joins, 0.1);

  ck_assert_int_eq(s.at[CARD].leader, DECK);
  ck_assert_int_eq(s.at[REVIEW].leader, NONE);
  hp_sample_term(&s);
}
END_TEST

START_TEST(what_was_copied_tells_how_much_more_there_is) {
  hp_sample s = divide((int64_t[]){10, 1000, 90000, 0}, 0, NULL, 0.1);

  s.at[DECK].n_copied = 10;
  s.at[REVIEW].n_copied = 9000;
  ck_assert(fabs(hp_sample_scale(&s, "Review") - 10) < 1e-9);
  ck_assert(fabs(hp_sample_scale(&s, "card") - 1) < 1e-9); /* none copied */
  ck_assert(fabs(hp_sample_scale(&s, "nowhere") - 1) < 1e-9);
  ck_assert(fabs(hp_sample_scale(NULL, "card") - 1) < 1e-9);
  ck_assert(fabs(hp_sample_fraction(&s) - 9010.0 / 91010) < 1e-9);
  ck_assert(fabs(hp_sample_fraction(NULL) - 1) < 1e-9);
  hp_sample_term(&s);
}
END_TEST

static const char fill[] =
    "CREATE TABLE deck(id INTEGER PRIMARY KEY, name);"
    "CREATE TABLE card(id INTEGER PRIMARY KEY, did INT);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9000)"
    " INSERT INTO deck SELECT i, 'deck ' || i FROM n;"
    "INSERT INTO card SELECT id, id %% 9000 FROM deck;"
    "INSERT INTO card SELECT id + 9000, id %% 9000 FROM card";

static const hp_statement join = {
    .sql = "SELECT * FROM card JOIN deck ON deck.id = did", .calls = 1};

START_TEST(a_database_that_is_small_enough_is_not_sampled) {
  sqlite3 *db = test_db_open("s.db", NULL);
  hp_sample s;
  char *err;

  test_db_exec(db, fill);
  ck_assert_int_eq(hp_sample_plan(db, &join, 1, 1 << 30, &s, &err), SQLITE_OK);
  ck_assert_ptr_null(s.at);
  hp_sample_term(&s);
  ck_assert_int_eq(hp_sample_plan(db, &join, 1, 100000, &s, &err), SQLITE_OK);
  ck_assert_int_eq(s.tables.n, 2);
  ck_assert_int_eq(s.at[0].leader, 1); /* cards come with their decks */
  ck_assert_int_eq(s.n_bytes, test_db_int(db, "PRAGMA page_count") *
                                  test_db_int(db, "PRAGMA page_size"));
  hp_sample_term(&s);
  test_db_close(db);
}
END_TEST

static bool attempt(void *db) {
  hp_sample s;
  char *err;
  int rc = hp_sample_plan(db, &join, 1, 100000, &s, &err);

  if (rc != SQLITE_OK) ck_assert_msg(test_heap_failed(), "%d: %s", rc, err);
  sqlite3_free(err);
  hp_sample_term(&s);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = test_db_open("s.db", NULL);

  test_db_exec(db, fill);
  test_db_error(db, "SELECT nothing"); /* SQLite keeps a buffer for these */
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 50);
  test_db_close(db);
}
END_TEST

Suite *advisor_sample_suite(void) {
  Suite *s = suite_create("advisor_sample");
  TCase *c = tcase_create("sample");

  tcase_add_test(c, small_tables_are_taken_as_a_whole_and_of_others_a_share);
  tcase_add_test(c, rows_come_with_those_that_they_name);
  tcase_add_test(c, the_largest_of_the_tables_named_leads);
  tcase_add_test(c, a_table_that_is_whole_leads_nobody);
  tcase_add_test(c,
                 a_table_of_which_most_is_taken_does_not_bring_too_many_along);
  tcase_add_test(c, two_tables_that_name_each_other_do_not_lead_in_a_circle);
  tcase_add_test(c, a_table_leads_by_one_column);
  tcase_add_test(c, what_was_copied_tells_how_much_more_there_is);
  tcase_add_test(c, a_database_that_is_small_enough_is_not_sampled);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
