/* SPDX-License-Identifier: MIT */
#include "advisor/outline.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_outline_suite(void);

static const char fill[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, t REFERENCES t, c);"
    "CREATE INDEX \"by a\" ON t(a);"
    "CREATE INDEX by_t ON u(t);"
    "CREATE INDEX by_c ON u(c, t);";

enum { BY_A = 1, BY_T = 2, BY_C = 4 };

static sqlite3 *host;
static hp_lab *lab;
static uint64_t hash, uses;
static char *err;

static void set_up(void) {
  host = test_db_open("host.db", NULL);
  test_db_exec(host, fill);
  ck_assert_int_eq(hp_lab_open(host, NULL, &lab, &err), SQLITE_OK);
}

static void take_down(void) {
  sqlite3_free(err);
  err = NULL;
  hp_lab_close(lab);
  test_db_close(host);
}

static uint64_t used(hp_outline_depth depth, const char *sql) {
  int rc = hp_outline_read(lab, depth, sql, &hash, &uses, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  return uses;
}

static void show(bool a, bool t, bool c) {
  ck_assert_int_eq(hp_lab_show(lab, (bool[]){a, t, c}, &err), SQLITE_OK);
}

START_TEST(a_program_tells_the_indexes_it_opens) {
  ck_assert_uint_eq(used(HP_OUTLINE_ALL, "SELECT b FROM t WHERE a = 1"), BY_A);
  ck_assert_uint_eq(used(HP_OUTLINE_ALL, "SELECT b FROM t"), 0);
  ck_assert_uint_eq(used(HP_OUTLINE_ALL, "SELECT 1 FROM t, u WHERE t.a = 1"
                                         " AND u.c = t.b"),
                    BY_A | BY_C);
  ck_assert_uint_eq(
      used(HP_OUTLINE_ALL, "SELECT id FROM u WHERE c = 1 OR t = 2"),
      BY_T | BY_C);
}
END_TEST

START_TEST(a_plan_tells_those_it_names) {
  ck_assert_uint_eq(used(HP_OUTLINE_PLAN, "UPDATE t SET b = 1 WHERE a = 1"),
                    BY_A);
  ck_assert_uint_eq(used(HP_OUTLINE_PLAN, "UPDATE t SET a = 1 WHERE id = 1"),
                    0);
}
END_TEST

START_TEST(the_same_plan_has_the_same_hash_whatever_else_is_shown) {
  const char *sql = "SELECT id FROM u WHERE t = 1";
  uint64_t before;

  show(true, true, true);
  used(HP_OUTLINE_ALL, sql);
  before = hash;
  show(false, true, false);
  used(HP_OUTLINE_ALL, sql);
  ck_assert_uint_eq(hash, before);
  show(true, false, true);
  used(HP_OUTLINE_ALL, sql);
  ck_assert_uint_ne(hash, before);
}
END_TEST

START_TEST(another_statement_has_another_hash) {
  uint64_t one;

  used(HP_OUTLINE_ALL, "SELECT id FROM u WHERE t = 1");
  one = hash;
  used(HP_OUTLINE_ALL, "SELECT id FROM u WHERE t = 2");
  ck_assert_uint_ne(hash, one);
  used(HP_OUTLINE_ALL, "SELECT c FROM u WHERE t = 1");
  ck_assert_uint_ne(hash, one);
}
END_TEST

START_TEST(what_cannot_be_compiled_is_refused_with_a_sentence) {
  ck_assert_int_eq(hp_outline_read(lab, HP_OUTLINE_ALL, "SELECT x FROM t",
                                   &hash, &uses, &err),
                   SQLITE_ERROR);
  ck_assert_str_eq(err, "no such column: x");
  sqlite3_free(err);
  ck_assert_int_eq(
      hp_outline_read(lab, HP_OUTLINE_ALL, "VACUUM", &hash, &uses, &err),
      SQLITE_AUTH);
  ck_assert_str_eq(err, "it is not a statement that reads or writes rows");
}
END_TEST

static bool attempt(void *arg) {
  char *sentence;
  int rc = hp_outline_read(lab, HP_OUTLINE_ALL, arg, &hash, &uses, &sentence);

  sqlite3_free(sentence);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  test_db_error(hp_lab_db(lab), "SELECT nothing");
  ck_assert_int_ge(
      test_heap_each_failure_steady(attempt, "SELECT b FROM t WHERE a = 'x'"),
      5);
}
END_TEST

Suite *advisor_outline_suite(void) {
  Suite *s = suite_create("advisor_outline");
  TCase *c = tcase_create("outline");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_test(c, a_program_tells_the_indexes_it_opens);
  tcase_add_test(c, a_plan_tells_those_it_names);
  tcase_add_test(c, the_same_plan_has_the_same_hash_whatever_else_is_shown);
  tcase_add_test(c, another_statement_has_another_hash);
  tcase_add_test(c, what_cannot_be_compiled_is_refused_with_a_sentence);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
