/* SPDX-License-Identifier: MIT */
#include "advisor/extract.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *advisor_extract_suite(void);

/* 20,000 decks with three cards each; the cards come with their decks. */
static const char fill[] =
    "CREATE TABLE deck(id INTEGER PRIMARY KEY, name UNIQUE, n,"
    " twice AS (n * 2), thrice AS (n * 3) STORED);"
    "CREATE TABLE card(id INTEGER PRIMARY KEY, did, word);"
    "CREATE TABLE pair(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "CREATE TABLE loose(rowid, x);"
    "CREATE TABLE few(x, y CHECK (y < 3));"
    "CREATE INDEX card_did ON card(did);"
    "CREATE VIEW seen AS SELECT * FROM card;"
    "CREATE TABLE log(x);"
    "CREATE TRIGGER noted AFTER INSERT ON card BEGIN"
    " INSERT INTO log VALUES(new.id); END;"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    " INSERT INTO deck(id, name, n) SELECT i * 7, 'deck ' || i, i FROM n;"
    "INSERT INTO card(did, word) SELECT id, 'a' FROM deck;"
    "INSERT INTO card(did, word) SELECT id, 'b' FROM deck;"
    "INSERT INTO card(did, word) SELECT id, 'c' FROM deck;"
    "DELETE FROM log;"
    "INSERT INTO pair SELECT id, word FROM card;"
    "INSERT INTO loose SELECT id, word FROM card;"
    "INSERT INTO few VALUES(1, 1), (2, 2);";

static const hp_statement joined = {
    .sql = "SELECT * FROM card JOIN deck ON deck.id = did", .calls = 1};

typedef struct sampling {
  sqlite3 *host, *to;
  hp_sample sample;
  hp_gate gate;
} sampling;

static int run(sampling *s, int64_t max_bytes, char **err) {
  int rc = hp_sample_plan(s->host, &joined, 1, max_bytes, &s->sample, err);

  if (rc == SQLITE_OK) {
    rc = hp_extract_run(s->host, &s->sample, &s->gate, s->to, err);
  }
  return rc;
}

/* About a fifth of the host's rows. */
static sampling open_sample(const char *name, const char *more) {
  sampling s = {.host = test_db_open(name, "wal"),
                .to = test_db_open(":memory:", NULL)};
  char *err;
  int rc;

  test_db_exec(s.host, fill);
  test_db_exec(s.host, more);
  ck_assert_int_eq(hp_gate_install(&s.gate, s.to), SQLITE_OK);
  rc = run(&s,
           test_db_int(s.host, "PRAGMA page_count") *
               test_db_int(s.host, "PRAGMA page_size") / 5,
           &err);
  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  sqlite3_set_authorizer(s.to, NULL, NULL);
  return s;
}

static void close_sample(sampling *s) {
  hp_sample_term(&s->sample);
  test_db_close(s->to);
  test_db_close(s->host);
}

static void expect_about(sqlite3 *db, const char *sql, int64_t n) {
  int64_t got = test_db_int(db, sql);

  ck_assert_msg(got > n * 85 / 100 && got < n * 115 / 100, "%s: %lld, not %lld",
                sql, (long long)got, (long long)n);
}

START_TEST(a_share_of_the_rows_is_copied_as_they_are) {
  sampling s = open_sample("host.db", "SELECT 1");

  expect_about(s.to, "SELECT count(*) FROM deck", 5000); /* at least these */
  expect_about(s.to, "SELECT count(*) FROM pair", 12000);
  expect_about(s.to, "SELECT count(*) FROM loose", 12000);
  ck_assert_str_eq(test_db_text(s.to, "SELECT * FROM few"), "1|1\n2|2");
  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM deck WHERE id = n * "
                                     "7 AND name = 'deck ' || n AND twice = n "
                                     "* 2 AND thrice = n * 3"),
                   test_db_int(s.to, "SELECT count(*) FROM deck"));
  close_sample(&s);
}
END_TEST

START_TEST(a_join_finds_in_the_sample_what_it_finds_in_the_whole) {
  sampling s = open_sample("host.db", "SELECT 1");

  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM deck JOIN card"
                                     " ON did = deck.id"),
                   3 * test_db_int(s.to, "SELECT count(*) FROM deck"));
  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM card WHERE did NOT"
                                     " IN (SELECT id FROM deck)"),
                   0);
  close_sample(&s);
}
END_TEST

START_TEST(keys_of_another_type_name_the_same_row) {
  sampling s =
      open_sample("text.db", "UPDATE card SET did = CAST(did AS TEXT)");

  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM deck JOIN card"
                                     " ON did = deck.id"),
                   3 * test_db_int(s.to, "SELECT count(*) FROM deck"));
  close_sample(&s);
}
END_TEST

/* Nearly all cards in one deck, in none, or in one that there is not. */
static const char *const unfair[] = {"7", "70000", "NULL", "-1"};

START_TEST(cards_that_are_not_spread_over_decks_are_taken_by_chance) {
  char name[16], *more = sqlite3_mprintf(
                     "UPDATE card SET did = %s WHERE id / 50 * 50 <> id;"
                     "CREATE TABLE mark(did REFERENCES deck, n,"
                     " PRIMARY KEY(did, n)) WITHOUT ROWID;"
                     "INSERT INTO mark SELECT ifnull(did, -2), id FROM card",
                     unfair[_i]);
  sampling s;

  snprintf(name, sizeof name, "unfair%d.db", _i);
  s = open_sample(name, more);
  sqlite3_free(more);
  expect_about(s.to, "SELECT count(*) FROM card", 12000);
  expect_about(s.to, "SELECT count(*) FROM mark", 12000);
  close_sample(&s);
}
END_TEST

START_TEST(the_same_rows_are_taken_each_time) {
  static const char ids[] = "SELECT sum(id), count(*) FROM card";
  sampling s = open_sample("host.db", "SELECT 1");
  const char *first = test_db_text(s.to, ids);
  sqlite3 *again = test_db_open(":memory:", NULL);
  char *err;

  ck_assert_int_eq(hp_extract_run(s.host, &s.sample, &s.gate, again, &err),
                   SQLITE_OK);
  ck_assert_str_eq(test_db_text(again, ids), first);
  test_db_close(again);
  close_sample(&s);
}
END_TEST

START_TEST(indexes_views_and_triggers_are_there_and_did_not_fire) {
  sampling s = open_sample("host.db", "SELECT 1");

  ck_assert_str_eq(test_db_text(s.to,
                                "SELECT type, name FROM sqlite_schema"
                                " WHERE name IN ('card_did', 'seen', 'noted')"),
                   "index|card_did\nview|seen\ntrigger|noted");
  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM log"), 0);
  ck_assert_str_eq(test_db_text(s.to, "PRAGMA integrity_check"), "ok");
  close_sample(&s);
}
END_TEST

START_TEST(how_much_was_copied_is_known) {
  sampling s = open_sample("host.db", "SELECT 1");
  double scale =
      60000.0 / (double)test_db_int(s.to, "SELECT count(*) FROM card");

  ck_assert(hp_sample_scale(&s.sample, "card") > scale * 0.999);
  ck_assert(hp_sample_scale(&s.sample, "card") < scale * 1.001);
  close_sample(&s);
}
END_TEST

START_TEST(statistics_are_there_only_if_the_host_has_some) {
  static const char has[] = "SELECT count(*) FROM sqlite_schema"
                            " WHERE name = 'sqlite_stat1'";
  sampling s = open_sample("host.db", "SELECT 1");

  ck_assert_int_eq(test_db_int(s.to, has), 0);
  close_sample(&s);
  s = open_sample("other.db", "DROP TABLE few; ANALYZE");
  ck_assert_int_eq(test_db_int(s.to, has), 1);
  test_db_exec(s.to, "ANALYZE");
  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM sqlite_stat1 WHERE"
                                     " tbl = ''"),
                   0);
  close_sample(&s);
}
END_TEST

START_TEST(page_size_and_encoding_are_the_hosts) {
  sampling s = {.host = test_db_open("utf16.db", NULL),
                .to = test_db_open(":memory:", NULL)};
  char *err;

  test_db_exec(s.host, "PRAGMA page_size = 1024; PRAGMA encoding = 'UTF-16le';"
                       "CREATE TABLE t(a); INSERT INTO t VALUES('\xc3\xa4')");
  ck_assert_int_eq(run(&s, 1, &err), SQLITE_OK);
  ck_assert_int_eq(test_db_int(s.to, "PRAGMA page_size"), 1024);
  ck_assert_str_eq(test_db_text(s.to, "PRAGMA encoding"), "UTF-16le");
  ck_assert_str_eq(test_db_text(s.to, "SELECT a FROM t"), "\xc3\xa4");
  close_sample(&s);
}
END_TEST

static void nothing(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  sqlite3_result_int(ctx, 1);
}

START_TEST(what_only_the_host_can_compile_is_left_out) {
  sampling s = {.host = test_db_open("own.db", NULL),
                .to = test_db_open(":memory:", NULL)};
  char *err;

  sqlite3_create_function(s.host, "own", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          NULL, nothing, NULL, NULL);
  test_db_exec(s.host, "CREATE TABLE t(a); INSERT INTO t VALUES(1);"
                       "CREATE TABLE u(a CHECK (own(a)));"
                       "INSERT INTO u VALUES(1); CREATE INDEX i ON t(own(a));"
                       "CREATE VIRTUAL TABLE doc USING fts5(body)");
  ck_assert_int_eq(run(&s, 1, &err), SQLITE_OK);
  ck_assert_str_eq(test_db_text(s.to, "SELECT name FROM sqlite_schema WHERE"
                                      " name IN ('t', 'u', 'i', 'doc')"),
                   "t");
  ck_assert_int_eq(test_db_int(s.to, "SELECT count(*) FROM t"), 1);
  close_sample(&s);
}
END_TEST

static int deny_few(void *arg, int action, const char *a, const char *b,
                    const char *c, const char *d) {
  (void)arg, (void)b, (void)c, (void)d;
  return action == SQLITE_READ && a && strcmp(a, "deck") == 0 ? SQLITE_DENY
                                                              : SQLITE_OK;
}

START_TEST(what_the_host_may_not_read_is_an_error_that_says_so) {
  sampling s = {.host = test_db_open("host.db", NULL),
                .to = test_db_open(":memory:", NULL)};
  char *err;

  test_db_exec(s.host, fill);
  ck_assert_int_eq(hp_sample_plan(s.host, &joined, 1, 1000, &s.sample, &err),
                   SQLITE_OK);
  sqlite3_set_authorizer(s.host, deny_few, NULL);
  ck_assert_int_eq(hp_extract_run(s.host, &s.sample, &s.gate, s.to, &err),
                   SQLITE_AUTH);
  ck_assert_msg(strstr(err, "cannot be sampled: ") && strstr(err, "prohibited"),
                "%s", err);
  sqlite3_free(err);
  close_sample(&s);
}
END_TEST

static bool attempt(void *arg) {
  sampling *s = arg;
  sqlite3 *to = NULL;
  char *err = NULL;
  int rc = sqlite3_open_v2(":memory:", &to,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (rc == SQLITE_OK) {
    rc = hp_extract_run(s->host, &s->sample, &s->gate, to, &err);
  }
  if (rc != SQLITE_OK) ck_assert_msg(test_heap_failed(), "%d: %s", rc, err);
  sqlite3_free(err);
  sqlite3_close(to);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sampling s = {.host = test_db_open("small.db", NULL)};
  char *err;

  test_db_exec(s.host, "CREATE TABLE t(id INTEGER PRIMARY KEY, a);"
                       "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID;"
                       "CREATE INDEX t_a ON t(a);"
                       "INSERT INTO t VALUES(1, 2); INSERT INTO w VALUES(1, 2);"
                       "ANALYZE");
  ck_assert_int_eq(hp_sample_plan(s.host, &joined, 1, 1, &s.sample, &err),
                   SQLITE_OK);
  for (int t = 0; t < s.sample.tables.n; t++) {
    s.sample.at[t].fraction = 0.99;
    s.sample.at[t].leads_by = 0;
  }
  test_db_error(s.host, "SELECT nothing"); /* SQLite keeps a buffer for these */
  ck_assert_int_gt(test_heap_each_failure(attempt, &s), 100);
  hp_sample_term(&s.sample);
  test_db_close(s.host);
}
END_TEST

Suite *advisor_extract_suite(void) {
  Suite *s = suite_create("advisor_extract");
  TCase *c = tcase_create("extract");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, a_share_of_the_rows_is_copied_as_they_are);
  tcase_add_test(c, a_join_finds_in_the_sample_what_it_finds_in_the_whole);
  tcase_add_test(c, keys_of_another_type_name_the_same_row);
  tcase_add_loop_test(c,
                      cards_that_are_not_spread_over_decks_are_taken_by_chance,
                      0, sizeof unfair / sizeof *unfair);
  tcase_add_test(c, the_same_rows_are_taken_each_time);
  tcase_add_test(c, indexes_views_and_triggers_are_there_and_did_not_fire);
  tcase_add_test(c, how_much_was_copied_is_known);
  tcase_add_test(c, statistics_are_there_only_if_the_host_has_some);
  tcase_add_test(c, page_size_and_encoding_are_the_hosts);
  tcase_add_test(c, what_only_the_host_can_compile_is_left_out);
  tcase_add_test(c, what_the_host_may_not_read_is_an_error_that_says_so);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
