/* SPDX-License-Identifier: MIT */
#include "base/conn.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *base_conn_suite(void);

START_TEST(a_connection_has_one_state_until_its_last_reference_goes) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_conn *a, *b;

  ck_assert_ptr_null(hp_conn_find(db));
  ck_assert_int_eq(hp_conn_open(db, &a), SQLITE_OK);
  ck_assert_int_eq(hp_conn_open(db, &b), SQLITE_OK);
  ck_assert_ptr_eq(a, b);
  ck_assert_ptr_eq(a->db, db);
  hp_conn_close(a);
  ck_assert_ptr_eq(hp_conn_find(db), b);
  hp_conn_close(b);
  hp_conn_close(NULL);
  ck_assert_ptr_null(hp_conn_find(db));
  test_db_close(db);
}
END_TEST

START_TEST(two_connections_have_two_states) {
  sqlite3 *x = test_db_open(":memory:", NULL);
  sqlite3 *y = test_db_open(":memory:", NULL);
  hp_conn *a, *b;

  hp_conn_open(x, &a);
  hp_conn_open(y, &b);
  ck_assert_ptr_ne(a, b);
  ck_assert_ptr_ne(a->reader, b->reader);
  hp_conn_close(a);
  ck_assert_ptr_eq(hp_conn_find(y), b);
  hp_conn_close(b);
  test_db_close(x);
  test_db_close(y);
}
END_TEST

static char freed[HP_CONN_PARTS + 2];

static void note_free(void *part) {
  strcat(freed, part);
}

START_TEST(parts_are_found_by_key_and_freed_youngest_first) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  char key[2];
  hp_conn *c;

  hp_conn_open(db, &c);
  ck_assert_ptr_null(hp_conn_part(c, &key[0]));
  ck_assert_int_eq(hp_conn_set_part(c, &key[0], "a", note_free), SQLITE_OK);
  ck_assert_int_eq(hp_conn_set_part(c, &key[1], "b", note_free), SQLITE_OK);
  ck_assert_str_eq(hp_conn_part(c, &key[0]), "a");
  ck_assert_str_eq(hp_conn_part(c, &key[1]), "b");
  hp_conn_close(c);
  ck_assert_str_eq(freed, "ba");
  test_db_close(db);
}
END_TEST

START_TEST(a_part_too_many_is_refused_and_freed) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  char key[HP_CONN_PARTS + 1];
  hp_conn *c;

  hp_conn_open(db, &c);
  for (int i = 0; i < HP_CONN_PARTS; i++) {
    ck_assert_int_eq(hp_conn_set_part(c, &key[i], "x", note_free), SQLITE_OK);
  }
  ck_assert_int_eq(hp_conn_set_part(c, &key[HP_CONN_PARTS], "y", note_free),
                   SQLITE_FULL);
  ck_assert_str_eq(freed, "y");
  hp_conn_close(c);
  test_db_close(db);
}
END_TEST

static bool open_and_close(void *db) {
  hp_conn *c;
  bool ok = hp_conn_open(db, &c) == SQLITE_OK;

  ck_assert(ok == (c != NULL));
  hp_conn_close(c);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  ck_assert_int_ge(test_heap_each_failure(open_and_close, db), 1);
  test_db_close(db);
}
END_TEST

Suite *base_conn_suite(void) {
  Suite *s = suite_create("base_conn");
  TCase *c = tcase_create("conn");

  tcase_add_test(c, a_connection_has_one_state_until_its_last_reference_goes);
  tcase_add_test(c, two_connections_have_two_states);
  tcase_add_test(c, parts_are_found_by_key_and_freed_youngest_first);
  tcase_add_test(c, a_part_too_many_is_refused_and_freed);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
