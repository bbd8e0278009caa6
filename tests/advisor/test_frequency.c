/* SPDX-License-Identifier: MIT */
#include "advisor/frequency.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *advisor_frequency_suite(void);

static sqlite3 *db;
static hp_tables tables;
static hp_frequencies all;

/* id: 1 to 1000; kind: 0 to 3, 3 a tenth; owner: 20 values; done: NULL in nine
** of ten rows; batch: -1 in a tenth, else different. */
static void set_up(void) {
  db = test_db_open(":memory:", NULL);
  test_db_exec(
      db, "CREATE TABLE t(id INTEGER PRIMARY KEY, kind, owner, done, batch);"
          "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE"
          " i < 1000) INSERT INTO t SELECT i, iif(i %% 10, i %% 3, 3), i %% 20,"
          " iif(i %% 10, NULL, i), iif(i %% 10, i, -1) FROM n");
  ck_assert_int_eq(hp_tables_read(db, &tables), SQLITE_OK);
  all = (hp_frequencies){.db = db, .tables = &tables};
}

static void take_down(void) {
  hp_frequencies_term(&all);
  hp_tables_term(&tables);
  test_db_close(db);
}

static const struct {
  const char *column, *literal;
  hp_frequency frequency;
} cases[] = {
    {"kind", "1", HP_COMMON},         {"kind", "3", HP_RARE},
    {"kind", "'nothing'", HP_RARE},   {"kind", NULL, HP_COMMON},
    {"owner", "7", HP_MIDDLING},      {"owner", NULL, HP_MIDDLING},
    {"done", "NULL", HP_COMMON},      {"done", "NOT NULL", HP_RARE},
    {"kind", "(3, 4)", HP_RARE},      {"kind", "(1, 3)", HP_COMMON},
    {"done", "500", HP_MIDDLING},     {"batch", "-1", HP_RARE},
    {"batch", "NOT NULL", HP_COMMON}, {"batch", "no SQL", HP_MIDDLING},
};

START_TEST(a_value_is_so_frequent) {
  int column = hp_table_find(&tables.at[0], cases[_i].column);

  for (int twice = 0; twice < 2; twice++) {
    ck_assert_int_eq(hp_frequency_of(&all, 0, column, cases[_i].literal),
                     cases[_i].frequency);
    ck_assert_int_eq(all.n, 1); /* counted once */
  }
}
END_TEST

/* The answer may be another one, but nothing is lost. */
static bool attempt(void *unused) {
  (void)unused;
  hp_frequency_of(&all, 0, 1, "3");
  hp_frequencies_term(&all);
  all = (hp_frequencies){.db = db, .tables = &tables};
  return hp_frequency_of(&all, 0, 1, "3") == HP_RARE;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure_steady(attempt, NULL), 5);
}
END_TEST

Suite *advisor_frequency_suite(void) {
  Suite *s = suite_create("advisor_frequency");
  TCase *c = tcase_create("frequency");

  tcase_add_checked_fixture(c, set_up, take_down);
  tcase_add_loop_test(c, a_value_is_so_frequent, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
