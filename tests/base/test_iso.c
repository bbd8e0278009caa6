/* SPDX-License-Identifier: MIT */
#include "base/iso.h"

#include <check.h>
#include <sqlite3.h>

Suite *base_iso_suite(void);

static const char *iso(int64_t ms) {
  static char out[HP_ISO_SIZE];

  hp_iso_format(ms, out);
  return out;
}

START_TEST(times_read_as_iso_8601) {
  ck_assert_str_eq(iso(0), "1970-01-01T00:00:00.000Z");
  ck_assert_str_eq(iso(951827696789), "2000-02-29T12:34:56.789Z");
  ck_assert_str_eq(iso(-1), "1969-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(times_out_of_range_are_clamped) {
  ck_assert_str_eq(iso(INT64_MIN), "0000-01-01T00:00:00.000Z");
  ck_assert_str_eq(iso(INT64_MAX), "9999-12-31T23:59:59.999Z");
}
END_TEST

/* Every 41st day of two thousand years, against SQLite's own calendar. */
START_TEST(days_are_those_of_sqlite) {
  sqlite3 *db;
  sqlite3_stmt *stmt;

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_prepare_v2(
      db, "SELECT strftime('%Y-%m-%dT%H:%M:%S.000Z', ?, 'unixepoch')", -1,
      &stmt, NULL);
  for (int64_t day = -700000; day < 800000; day += 41) {
    sqlite3_bind_int64(stmt, 1, day * 86400 + 3723);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_str_eq(iso((day * 86400 + 3723) * 1000),
                     (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}
END_TEST

Suite *base_iso_suite(void) {
  Suite *s = suite_create("base_iso");
  TCase *c = tcase_create("iso");

  tcase_add_test(c, times_read_as_iso_8601);
  tcase_add_test(c, times_out_of_range_are_clamped);
  tcase_add_test(c, days_are_those_of_sqlite);
  suite_add_tcase(s, c);
  return s;
}
