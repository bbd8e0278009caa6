/* SPDX-License-Identifier: MIT */
#include "advisor/repeat.h"

#include "support/db.h"

#include <check.h>

Suite *advisor_repeat_suite(void);

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c, d UNIQUE);"
    "CREATE TABLE pair(x, y, z, PRIMARY KEY(x, y)) WITHOUT ROWID;"
    "CREATE INDEX a ON t(a); CREATE INDEX ab ON t(a, b);"
    "CREATE INDEX ab_desc ON t(a, b DESC);"
    "CREATE INDEX a_nocase ON t(a COLLATE NOCASE);"
    "CREATE INDEX ab_partial ON t(a, b) WHERE c;"
    "CREATE INDEX lower_a ON t(lower(a));"
    "CREATE INDEX d ON t(d); CREATE INDEX x ON pair(x);"
    "CREATE INDEX y ON pair(y);";

static sqlite3 *host;
static hp_lab *lab;

static void open_lab(void) {
  bool all[20];
  char *err = NULL;

  for (int i = 0; i < 20; i++) all[i] = true;
  host = test_db_open("host.db", NULL);
  test_db_exec(host, schema);
  ck_assert_int_eq(hp_lab_open(host, NULL, &lab, &err), SQLITE_OK);
  ck_assert_int_eq(hp_lab_show(lab, all, &err), SQLITE_OK);
}

static void close_lab(void) {
  hp_lab_close(lab);
  test_db_close(host);
}

static int number_of(const char *name) {
  for (int i = 0; i < hp_lab_count(lab); i++) {
    if (!sqlite3_stricmp(hp_lab_index_at(lab, i)->name, name)) return i;
  }
  ck_abort_msg("no index %s", name);
  return -1;
}

static bool covers(const char *wide, const char *narrow) {
  return hp_repeat_covers(lab, number_of(wide), number_of(narrow));
}

START_TEST(an_index_is_repeated_by_one_that_begins_with_it) {
  ck_assert(covers("ab", "a"));
  ck_assert(covers("ab", "ab"));
  ck_assert(covers("ab_desc", "a"));
  ck_assert(!covers("a", "ab"));
  ck_assert(!covers("ab", "ab_desc"));
  ck_assert(!covers("ab", "a_nocase"));
  ck_assert(!covers("ab_partial", "a"));
  ck_assert(!covers("lower_a", "a"));
  ck_assert(!covers("a", "lower_a"));
  ck_assert(!covers("ab", "x"));
}
END_TEST

START_TEST(a_key_is_not_to_be_repeated) {
  ck_assert(hp_repeat_of_key(lab, number_of("d")));
  ck_assert(hp_repeat_of_key(lab, number_of("x")));
  ck_assert(!hp_repeat_of_key(lab, number_of("y")));
  ck_assert(!hp_repeat_of_key(lab, number_of("a")));
  ck_assert(!hp_repeat_of_key(lab, number_of("lower_a")));
}
END_TEST

Suite *advisor_repeat_suite(void) {
  Suite *s = suite_create("advisor_repeat");
  TCase *c = tcase_create("repeat");

  tcase_add_checked_fixture(c, open_lab, close_lab);
  tcase_add_test(c, an_index_is_repeated_by_one_that_begins_with_it);
  tcase_add_test(c, a_key_is_not_to_be_repeated);
  suite_add_tcase(s, c);
  return s;
}
