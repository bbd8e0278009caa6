/* SPDX-License-Identifier: MIT */
#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <unistd.h>

Suite *support_db_suite(void);

START_TEST(a_database_opens_in_the_journal_mode_asked_for) {
  sqlite3 *db = test_db_open("wal.db", "wal");

  ck_assert_str_eq(test_db_text(db, "PRAGMA journal_mode"), "wal");
  ck_assert_int_eq(access(test_tmp_path("wal.db"), F_OK), 0);
  test_db_close(db);
}
END_TEST

START_TEST(text_shows_rows_columns_nulls_and_blobs) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  ck_assert_str_eq(test_db_text(db, "VALUES (1, 'a'), (NULL, x'00ff')"),
                   "1|a\nNULL|x'00ff'");
  ck_assert_str_eq(test_db_text(db, "SELECT 1 WHERE 0"), "");
  ck_assert_int_eq(test_db_int(db, "SELECT length(%Q)", "a'b"), 3);
  test_db_close(db);
}
END_TEST

START_TEST(an_error_gives_its_message) {
  sqlite3 *db = test_db_open_hotpath(":memory:", NULL);

  ck_assert_str_eq(test_db_error(db, "SELECT * FROM nowhere"),
                   "no such table: nowhere");
  test_db_close(db);
}
END_TEST

Suite *support_db_suite(void) {
  Suite *s = suite_create("support_db");
  TCase *c = tcase_create("db");

  tcase_add_test(c, a_database_opens_in_the_journal_mode_asked_for);
  tcase_add_test(c, text_shows_rows_columns_nulls_and_blobs);
  tcase_add_test(c, an_error_gives_its_message);
  suite_add_tcase(s, c);
  return s;
}
