/* SPDX-License-Identifier: MIT */
#include "base/block.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *base_block_suite(void);

/* Finishes b without a prefix. Caller frees. */
static hp_block *finish(hp_builder *b) {
  void *memory;

  ck_assert_int_eq(hp_builder_finish(b, 0, &memory), SQLITE_OK);
  return memory;
}

START_TEST(an_empty_block_has_no_rows) {
  hp_builder b;
  hp_block *k;

  hp_builder_init(&b, 3);
  k = finish(&b);
  ck_assert_int_eq(k->n_rows, 0);
  ck_assert_int_eq(k->n_cols, 3);
  ck_assert_uint_eq(k->n_bytes, sizeof *k);
  sqlite3_free(k);
}
END_TEST

START_TEST(rows_are_kept_in_order_with_their_bytes) {
  hp_builder b;
  hp_block *k;

  hp_builder_init(&b, 2);
  for (int i = 0; i < 1000; i++) {
    char text[16];
    sqlite3_snprintf(sizeof text, text, "row %d", i);
    hp_builder_int(&b, i);
    hp_builder_text(&b, text, -1);
  }
  k = finish(&b);
  ck_assert_int_eq(k->n_rows, 1000);
  for (int i = 0; i < 1000; i++) {
    const hp_cell *c = hp_block_cell(k, i, 1);
    char text[16];
    sqlite3_snprintf(sizeof text, text, "row %d", i);
    ck_assert_int_eq(hp_block_cell(k, i, 0)->as.i, i);
    ck_assert_uint_eq(c->n, strlen(text));
    ck_assert_str_eq(hp_block_bytes_of(k, c), text);
  }
  sqlite3_free(k);
  hp_builder_term(&b);
}
END_TEST

START_TEST(the_size_foretold_is_the_size_there_is) {
  hp_builder b;
  uint64_t foretold;
  hp_block *k;

  hp_builder_init(&b, 1);
  hp_builder_text(&b, "12345", -1);
  hp_builder_real(&b, 1.5);
  hp_builder_null(&b);
  foretold = hp_builder_bytes(&b);
  k = finish(&b);
  ck_assert_uint_eq(k->n_bytes, foretold);
  ck_assert_uint_eq(foretold, sizeof(hp_block) + 3 * sizeof(hp_cell) + 6);
  sqlite3_free(k);
}
END_TEST

START_TEST(a_prefix_stands_before_the_block) {
  hp_builder b;
  hp_block *k;
  char *memory;

  hp_builder_init(&b, 1);
  hp_builder_int(&b, 7);
  ck_assert_int_eq(hp_builder_finish(&b, 40, (void **)&memory), SQLITE_OK);
  memset(memory, 'x', 40);
  k = (hp_block *)(memory + 40);
  ck_assert_int_eq(hp_block_cell(k, 0, 0)->as.i, 7);
  sqlite3_free(memory);
}
END_TEST

/* keep(x) answers x by way of a block. */
static void keep(sqlite3_context *ctx, int n, sqlite3_value **args) {
  const hp_cell *c;
  hp_builder b;
  hp_block *k;

  (void)n;
  hp_builder_init(&b, 1);
  ck_assert_int_eq(hp_builder_value(&b, args[0]), SQLITE_OK);
  k = finish(&b);
  c = hp_block_cell(k, 0, 0);
  hp_cell_result(c, hp_block_bytes_of(k, c), ctx, SQLITE_TRANSIENT);
  sqlite3_free(k);
}

static sqlite3 *open_keeping(const char *encoding) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  test_db_exec(db, "PRAGMA encoding = %Q", encoding);
  sqlite3_create_function(db, "keep", 1, SQLITE_UTF8, NULL, keep, NULL, NULL);
  return db;
}

START_TEST(values_of_every_kind_come_back_bit_exact) {
  static const char *const values[] = {"NULL",
                                       "0",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "0.0",
                                       "-0.0",
                                       "1e308",
                                       "9e999",
                                       "-9e999",
                                       "4.9e-324",
                                       "''",
                                       "'a'",
                                       "char(0)",
                                       "'a' || char(0) || 'b'",
                                       "'a' || char(0)",
                                       "x''",
                                       "x'00'",
                                       "x'ff00'",
                                       "zeroblob(1000)",
                                       "'日本語'",
                                       "printf('%.*c', 300, 'x')",
                                       "printf('%.*c', 300, 'x') || char(0)"};
  sqlite3 *db[2] = {open_keeping("UTF-8"), open_keeping("UTF-16le")};

  for (size_t i = 0; i < 2 * sizeof values / sizeof *values; i++) {
    const char *v = values[i / 2];
    ck_assert_msg(
        test_db_int(db[i % 2],
                    "SELECT keep(%s) IS (%s) AND typeof(keep(%s)) = "
                    "typeof(%s) AND hex(keep(%s)) = hex(%s) AND "
                    "printf('%%!.20g', keep(%s)) = printf('%%!.20g', %s)",
                    v, v, v, v, v, v, v, v),
        "%s", v);
  }
  test_db_close(db[0]);
  test_db_close(db[1]);
}
END_TEST

START_TEST(the_sign_of_zero_is_kept) {
  hp_builder b;
  hp_block *k;

  hp_builder_init(&b, 1);
  hp_builder_real(&b, -0.0);
  k = finish(&b);
  ck_assert(signbit(hp_block_cell(k, 0, 0)->as.r));
  sqlite3_free(k);
}
END_TEST

START_TEST(a_row_of_a_statement_is_taken_whole) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  sqlite3_stmt *stmt = test_db_prepare(db, "VALUES (1, 'a'), (2, NULL)");
  hp_builder b;

  hp_builder_init(&b, 2);
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    ck_assert_int_eq(hp_builder_row(&b, stmt), SQLITE_OK);
  }
  ck_assert_int_eq(b.n_cells, 4);
  ck_assert_int_eq(hp_builder_cell(&b, 1, 0)->as.i, 2);
  ck_assert_int_eq(hp_builder_cell(&b, 1, 1)->type, SQLITE_NULL);
  ck_assert_str_eq(hp_builder_bytes_of(&b, hp_builder_cell(&b, 0, 1)), "a");
  hp_builder_term(&b);
  sqlite3_finalize(stmt);
  test_db_close(db);
}
END_TEST

START_TEST(what_is_too_big_for_sqlite_is_refused_and_stays_refused) {
  hp_builder b;
  void *memory;

  hp_builder_init(&b, 1);
  ck_assert_int_eq(hp_builder_text(&b, "x", (int64_t)INT32_MAX + 1),
                   SQLITE_TOOBIG);
  ck_assert_int_eq(hp_builder_int(&b, 1), SQLITE_TOOBIG);
  ck_assert_int_eq(hp_builder_finish(&b, 0, &memory), SQLITE_TOOBIG);
  ck_assert_ptr_null(memory);
  hp_builder_term(&b);
}
END_TEST

static bool build(void *arg) {
  void *memory = NULL;
  hp_builder b;
  bool ok;

  (void)arg;
  hp_builder_init(&b, 2);
  for (int i = 0; i < 100; i++) {
    hp_builder_int(&b, i);
    hp_builder_text(&b, "some text", -1);
  }
  ok = hp_builder_finish(&b, 8, &memory) == SQLITE_OK;
  ck_assert(ok == (memory != NULL));
  sqlite3_free(memory);
  hp_builder_term(&b);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(build, NULL), 5);
}
END_TEST

Suite *base_block_suite(void) {
  Suite *s = suite_create("base_block");
  TCase *c = tcase_create("block");

  tcase_add_test(c, an_empty_block_has_no_rows);
  tcase_add_test(c, rows_are_kept_in_order_with_their_bytes);
  tcase_add_test(c, the_size_foretold_is_the_size_there_is);
  tcase_add_test(c, a_prefix_stands_before_the_block);
  tcase_add_test(c, values_of_every_kind_come_back_bit_exact);
  tcase_add_test(c, the_sign_of_zero_is_kept);
  tcase_add_test(c, a_row_of_a_statement_is_taken_whole);
  tcase_add_test(c, what_is_too_big_for_sqlite_is_refused_and_stays_refused);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
