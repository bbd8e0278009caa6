/* SPDX-License-Identifier: MIT */
#include "cache/options.h"

#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_options_suite(void);

/* Reads one option into fresh options, which must work. */
static hp_options read_ok(const char *text) {
  hp_options o = {.fresh = {.ttl_ms = 0}};
  char *err = NULL;

  ck_assert_msg(hp_options_read(&o, text, &err) == SQLITE_OK, "%s: %s", text,
                err);
  ck_assert_ptr_null(err);
  return o;
}

/* Reads one option, which must be refused with a sentence that has part. */
static void refuse(const char *text, const char *part) {
  hp_options o = {.fresh = {.ttl_ms = 0}};
  char *err = NULL;

  ck_assert_msg(hp_options_read(&o, text, &err) == SQLITE_ERROR, "accepted: %s",
                text);
  ck_assert_msg(err && strstr(err, part), "%s: %s", text, err);
  sqlite3_free(err);
  hp_options_term(&o);
}

static const struct {
  const char *text;
  int64_t ttl_ms;
} times[] = {
    {"ttl=60", 60000},
    {"ttl=0.001", 1},
    {"ttl=1.5", 1500},
    {" TTL\t= 2 \n", 2000},
    {"ttl=.25", 250},
    {"ttl=3.", 3000},
    {"ttl=3200000000", 3200000000000},
};

START_TEST(a_ttl_is_decimal_seconds) {
  hp_options o = read_ok(times[_i].text);

  ck_assert_int_eq(o.fresh.ttl_ms, times[_i].ttl_ms);
}
END_TEST

static const char *const bad_times[] = {
    "ttl=",    "ttl=x",     "ttl=-1",  "ttl=0",          "ttl=0.0001",
    "ttl=1e3", "ttl=1.2.3", "ttl=.",   "ttl='60'",       "ttl=1 000",
    "ttl=+1",  "ttl=inf",   "ttl=nan", "ttl=3200000001", "ttl=60s",
};

START_TEST(a_ttl_that_is_no_time_is_refused_with_what_is_allowed) {
  refuse(bad_times[_i], "allowed: seconds, at least 0.001");
}
END_TEST

START_TEST(a_ttl_of_endless_digits_is_refused_like_any_number_too_large) {
  char text[900] = "ttl=1.";

  memset(text + 6, '0', 800);
  refuse(text, "ttl=");
  memset(text + 4, '9', 800);
  refuse(text, "ttl=");
}
END_TEST

START_TEST(consistency_is_a_word_quoted_or_not) {
  ck_assert_int_eq(read_ok("consistency=ttl").consistency, HP_CONSISTENCY_TTL);
  ck_assert_int_eq(read_ok("consistency='TTL'").consistency,
                   HP_CONSISTENCY_TTL);
  ck_assert_int_eq(read_ok("Consistency = \"snapshot\"").consistency,
                   HP_CONSISTENCY_SNAPSHOT);
  ck_assert_int_eq(read_ok("consistency=tracked").consistency,
                   HP_CONSISTENCY_TRACKED);
  refuse("consistency=eventual", "allowed: snapshot, tracked or ttl");
  refuse("consistency='ttl", "allowed: snapshot, tracked or ttl");
  refuse("consistency=", "allowed: snapshot, tracked or ttl");
}
END_TEST

START_TEST(a_computation_may_take_a_positive_time) {
  ck_assert_int_eq(read_ok("compute_timeout=1.5").compute_timeout_ms, 1500);
  ck_assert_int_eq(read_ok("compute_timeout=0.001").compute_timeout_ms, 1);
  refuse("compute_timeout=0", "compute_timeout");
  refuse("compute_timeout=-1", "compute_timeout");
  refuse("compute_timeout=", "compute_timeout");
  refuse("compute_timeout=2s", "compute_timeout");
  refuse("compute_timeout=99999999999", "compute_timeout");
}
END_TEST

START_TEST(counts_are_whole_numbers_from_one) {
  ck_assert_int_eq(read_ok("max_rows=12").max_rows, 12);
  ck_assert_int_eq(read_ok("max_bytes = 9223372036854775806").max_bytes,
                   INT64_MAX - 1);
  refuse("max_rows=0", "a whole number from 1");
  refuse("max_rows=-3", "a whole number from 1");
  refuse("max_rows=1.5", "a whole number from 1");
  refuse("max_rows=", "a whole number from 1");
  refuse("max_bytes=9223372036854775807", "a whole number from 1");
  refuse("max_bytes=99999999999999999999999", "a whole number from 1");
  refuse("max_bytes=1k", "a whole number from 1");
}
END_TEST

START_TEST(tags_keep_the_expression_as_it_was_written) {
  hp_options o = read_ok("tags= 'deck:' || :deck ");

  ck_assert_str_eq(o.tags, "'deck:' || :deck");
  hp_options_term(&o);
  ck_assert_ptr_null(o.tags);
  o = read_ok("tags=a = b");
  ck_assert_str_eq(o.tags, "a = b");
  hp_options_term(&o);
  refuse("tags=", "an expression over the parameters");
}
END_TEST

START_TEST(of_an_option_given_twice_the_last_counts) {
  hp_options o = read_ok("tags='a'");
  char *err = NULL;

  ck_assert_int_eq(hp_options_read(&o, "tags='b'", &err), SQLITE_OK);
  ck_assert_str_eq(o.tags, "'b'");
  hp_options_term(&o);
}
END_TEST

START_TEST(an_unknown_option_is_answered_with_the_known_ones) {
  refuse("ttls=3",
         "unknown option \"ttls\"; allowed are ttl, tags, "
         "consistency, jitter, refresh_ahead, stale_while_revalidate, "
         "stale_if_error, compute_timeout, max_rows, max_bytes");
  refuse("=3", "unknown option \"\"");
  refuse("ttl", "\"ttl\" is not an option; options are written name=value");
  refuse("", "is not an option");
  refuse("(SELECT 2)", "\"(SELECT 2)\" is not an option");
}
END_TEST

START_TEST(consistency_ttl_needs_a_ttl) {
  hp_options o = {.consistency = HP_CONSISTENCY_TTL};
  char *err = NULL;

  ck_assert_int_eq(hp_options_check(&o, &err), SQLITE_ERROR);
  ck_assert(err && strstr(err, "needs ttl=seconds"));
  sqlite3_free(err);
  o.fresh.ttl_ms = 1;
  err = NULL;
  ck_assert_int_eq(hp_options_check(&o, &err), SQLITE_OK);
  ck_assert_ptr_null(err);
}
END_TEST

static bool attempt_options(void *arg) {
  static const char *const texts[] = {"tags='a'", "tags='b'", "nope=1", "nope",
                                      "ttl=x"};
  hp_options o = {.consistency = HP_CONSISTENCY_TTL};
  bool ok = true;

  (void)arg;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *err = NULL;
    int rc = hp_options_read(&o, texts[i], &err);

    ck_assert(rc == SQLITE_NOMEM || rc == (i < 2 ? SQLITE_OK : SQLITE_ERROR));
    ck_assert((rc == SQLITE_ERROR) == (err != NULL));
    ok = ok && rc != SQLITE_NOMEM;
    sqlite3_free(err);
  }
  hp_options_term(&o);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt_options, NULL), 0);
}
END_TEST

Suite *cache_options_suite(void) {
  Suite *s = suite_create("cache_options");
  TCase *c = tcase_create("options");

  tcase_add_loop_test(c, a_ttl_is_decimal_seconds, 0,
                      sizeof times / sizeof *times);
  tcase_add_loop_test(c, a_ttl_that_is_no_time_is_refused_with_what_is_allowed,
                      0, sizeof bad_times / sizeof *bad_times);
  tcase_add_test(c,
                 a_ttl_of_endless_digits_is_refused_like_any_number_too_large);
  tcase_add_test(c, consistency_is_a_word_quoted_or_not);
  tcase_add_test(c, a_computation_may_take_a_positive_time);
  tcase_add_test(c, counts_are_whole_numbers_from_one);
  tcase_add_test(c, tags_keep_the_expression_as_it_was_written);
  tcase_add_test(c, of_an_option_given_twice_the_last_counts);
  tcase_add_test(c, an_unknown_option_is_answered_with_the_known_ones);
  tcase_add_test(c, consistency_ttl_needs_a_ttl);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
