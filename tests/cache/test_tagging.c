/* SPDX-License-Identifier: MIT */
#include "cache/tagging.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_tagging_suite(void);

static sqlite3 *db;
static sqlite3_stmt *parent; /* has :deck, ?2 and :word */

static void open_db(void) {
  db = test_db_open(":memory:", NULL);
  parent = test_db_prepare(db, "SELECT :deck, ?2, :word");
}

static void close_db(void) {
  sqlite3_finalize(parent);
  test_db_close(db);
}

/* The names of the counters that expression watches for :deck = deck, ?2 = 22
** and :word = 'w', separated by blanks; or the result code in brackets. */
static const char *names(const char *expression, const char *deck) {
  static char out[400];
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  hp_tagging t;
  char *err = NULL;
  sqlite3_stmt *values;
  sqlite3_value *args[3];
  int n = 0, rc = hp_tagging_init(&t, db, expression, parent, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s: %s", expression, err);
  values = test_db_prepare(db, "SELECT ?1, 22, 'w'");
  sqlite3_bind_text(values, 1, deck, -1, SQLITE_STATIC);
  ck_assert_int_eq(sqlite3_step(values), SQLITE_ROW);
  for (int i = 0; i < 3; i++) {
    args[i] = sqlite3_value_dup(sqlite3_column_value(values, i));
  }
  rc = hp_tagging_see(&t, parent, args, seen, &n);
  out[0] = 0;
  if (rc) sqlite3_snprintf(sizeof out, out, "[%d]", rc);
  for (int i = 0; i < n && !rc; i++) {
    strcat(strcat(out, i ? " " : ""), seen[i].tag->name);
  }
  for (int i = 0; i < 3; i++) sqlite3_value_free(args[i]);
  sqlite3_finalize(values);
  hp_tagging_term(&t);
  return out;
}

START_TEST(tags_are_the_value_of_an_expression_over_the_parameters) {
  ck_assert_str_eq(names("'cards'", NULL), "* cards");
  ck_assert_str_eq(names("'deck-' || :deck", "5"), "* deck-5");
  ck_assert_str_eq(names("'x' || ?2 || :word", NULL), "* x22w");
  ck_assert_str_eq(names("CASE WHEN :deck THEN 'a' ELSE 'b' END", "0"), "* b");
  ck_assert_str_eq(names("17", NULL), "* 17");
  ck_assert_str_eq(names("? || ?", "5"), "* 522");
  ck_assert_str_eq(names("?3", NULL), "* w");
  ck_assert_str_eq(names("(SELECT 'from select')", NULL), "* from select");
  ck_assert_str_eq(names("'a' -- why", NULL), "* a");
}
END_TEST

START_TEST(a_tag_below_others_watches_these_too) {
  ck_assert_str_eq(names("'deck:' || :deck", "5"), "* deck:* deck:5");
}
END_TEST

START_TEST(a_list_is_split_at_commas) {
  const char *got = names("'a, b ,,  , c'", NULL);

  ck_assert_ptr_nonnull(strstr(got, "a"));
  ck_assert_ptr_nonnull(strstr(got, " b"));
  ck_assert_ptr_nonnull(strstr(got, " c"));
  ck_assert_ptr_null(strchr(got, ','));
}
END_TEST

START_TEST(no_expression_null_and_nothing_but_commas_are_no_tags) {
  ck_assert_str_eq(names(NULL, NULL), "");
  ck_assert_str_eq(names("'deck:' || :deck", NULL), "");
  ck_assert_str_eq(names("''", NULL), "");
  ck_assert_str_eq(names("' , ,'", NULL), "");
}
END_TEST

START_TEST(too_many_tags_a_tag_too_long_and_a_failing_expression_are_errors) {
  ck_assert_str_eq(names("'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r'", NULL),
                   "[25]");
  ck_assert_str_eq(names("hex(zeroblob(200))", NULL), "[25]");
  ck_assert_str_eq(names("abs(-9223372036854775808)", NULL), "[1]");
}
END_TEST

static const struct {
  const char *expression, *message;
} mistakes[] = {
    {":nobody", "tags uses the parameter :nobody, which the SELECT does not "
                "have"},
    {"@deck", "tags uses the parameter @deck"},
    {"?4", "tags uses the parameter ?4"},
    {"? || ? || ? || ?", "tags uses the parameter ?"},
    {"deck", "tags=deck is not an expression: no such column: deck"},
    {"'a' 'b'", "is not an expression"},
    {"'a'; DROP TABLE t", "is not an expression"},
    {"'a') FROM t; --", "is not an expression"},
    {"", "is not an expression"},
    {"1, 2", "tags=1, 2 is not an expression: row value misused"},
    {"(SELECT 1, 2)", "is not an expression"},
};

START_TEST(what_is_no_expression_is_refused_in_a_sentence) {
  hp_tagging t;
  char *err = NULL;

  ck_assert_int_eq(
      hp_tagging_init(&t, db, mistakes[_i].expression, parent, &err),
      SQLITE_ERROR);
  ck_assert_msg(err && strstr(err, mistakes[_i].message), "%s: %s",
                mistakes[_i].expression, err);
  sqlite3_free(err);
  hp_tagging_term(&t);
}
END_TEST

static bool attempt_tagging(void *arg) {
  sqlite3_value **args = arg;
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  hp_tagging t;
  char *err = NULL;
  int n, rc = hp_tagging_init(&t, db, "'t:' || ?2", parent, &err);

  if (!rc) rc = hp_tagging_see(&t, parent, args, seen, &n);
  ck_assert_msg(rc == SQLITE_OK || rc == SQLITE_NOMEM, "%d: %s", rc, err);
  if (!rc) ck_assert_int_eq(n, 3);
  ck_assert_ptr_null(err);
  hp_tagging_term(&t);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  sqlite3_stmt *values = test_db_prepare(db, "SELECT 'abc'");
  sqlite3_value *args[3];

  ck_assert_int_eq(sqlite3_step(values), SQLITE_ROW);
  for (int i = 0; i < 3; i++) {
    args[i] = sqlite3_value_dup(sqlite3_column_value(values, 0));
  }
  sqlite3_finalize(values);
  ck_assert_int_gt(test_heap_each_failure(attempt_tagging, args), 5);
  for (int i = 0; i < 3; i++) sqlite3_value_free(args[i]);
}
END_TEST

Suite *cache_tagging_suite(void) {
  Suite *s = suite_create("cache_tagging");
  TCase *c = tcase_create("tagging");

  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, tags_are_the_value_of_an_expression_over_the_parameters);
  tcase_add_test(c, a_tag_below_others_watches_these_too);
  tcase_add_test(c, a_list_is_split_at_commas);
  tcase_add_test(c, no_expression_null_and_nothing_but_commas_are_no_tags);
  tcase_add_test(
      c, too_many_tags_a_tag_too_long_and_a_failing_expression_are_errors);
  tcase_add_loop_test(c, what_is_no_expression_is_refused_in_a_sentence, 0,
                      sizeof mistakes / sizeof *mistakes);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
