/* SPDX-License-Identifier: MIT */
#include "cache/answer.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

Suite *cache_answer_suite(void);

static sqlite3 *db;
static hp_reader *reader;
static hp_answer answer;

/* col(i): column i of the answer's current row. */
static void column(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  hp_answer_column(&answer, sqlite3_value_int(argv[0]), ctx, SQLITE_STATIC);
}

static void begin(void) {
  db = test_db_open(":memory:", NULL);
  sqlite3_create_function(db, "col", 1, SQLITE_UTF8, NULL, column, NULL, NULL);
  reader = hp_reader_new();
  answer = (hp_answer){.at = 0};
  hp_pin_add(reader, &answer.pin);
}

static void end(void) {
  hp_answer_clear(&answer);
  hp_pin_remove(reader, &answer.pin);
  hp_reader_free(reader);
  test_db_close(db);
}

/* The first columns of the rest of the answer, by blanks. */
static const char *rest(void) {
  static char out[200];

  out[0] = 0;
  while (!hp_answer_is_end(&answer)) {
    strcat(strcat(out, *out ? " " : ""),
           test_db_text(db, "SELECT typeof(col(0)) || quote(col(0))"));
    ck_assert_int_eq(hp_answer_next(&answer), SQLITE_OK);
  }
  return out;
}

/* The first n of the rows of sql as own rows; the rest stays live. */
static void take(const char *sql, int n) {
  sqlite3_stmt *stmt = test_db_prepare(db, sql);
  int rc = sqlite3_step(stmt);

  hp_builder_init(&answer.rows, sqlite3_column_count(stmt));
  for (; rc == SQLITE_ROW && n > 0; n--) {
    ck_assert_int_eq(hp_builder_row(&answer.rows, stmt), SQLITE_OK);
    rc = sqlite3_step(stmt);
  }
  answer.live = stmt;
  answer.live_has_row = rc == SQLITE_ROW;
  hp_answer_set_rows(&answer, HP_SOURCE_COMPUTED);
}

static const char four[] =
    "SELECT column1 FROM (VALUES (1), ('two'), (x'03'), (NULL))";

START_TEST(own_rows_go_on_with_the_live_ones) {
  for (int n = 0; n <= 3; n++) {
    take(four, n);
    ck_assert_str_eq(rest(), "integer1 text'two' blobX'03' nullNULL");
    hp_answer_clear(&answer);
    ck_assert(hp_answer_is_end(&answer));
    ck_assert_ptr_null(answer.live);
  }
}
END_TEST

START_TEST(no_rows_at_all_are_the_end) {
  take("SELECT 1 WHERE 0", 3);
  ck_assert(hp_answer_is_end(&answer));
  hp_answer_clear(&answer);
  ck_assert(hp_answer_is_end(&answer));
  hp_answer_clear(&answer);
}
END_TEST

START_TEST(a_live_select_that_fails_is_an_error_and_then_the_end) {
  take("SELECT abs(column1) FROM (VALUES (1), (2), (-9223372036854775808))", 1);
  ck_assert_int_eq(hp_answer_next(&answer), SQLITE_OK);
  ck_assert_int_eq(hp_answer_next(&answer), SQLITE_ERROR);
  ck_assert(hp_answer_is_end(&answer));
}
END_TEST

START_TEST(an_entry_is_read_where_it_stands) {
  hp_entry_spec spec = {.now_ms = 77};
  hp_entry *e;
  hp_builder b;

  hp_builder_init(&b, 1);
  hp_builder_int(&b, 5);
  hp_builder_text(&b, "a\0b", 3);
  hp_builder_null(&b);
  ck_assert_int_eq(hp_entry_new(&spec, &b, &e), SQLITE_OK);
  hp_pin_set(&answer.pin, e);
  hp_answer_set_entry(&answer, e, HP_SOURCE_L1);
  ck_assert_int_eq(answer.created_ms, 77);
  ck_assert_int_eq(answer.source, HP_SOURCE_L1);
  ck_assert_int_eq(hp_answer_next(&answer), SQLITE_OK);
  ck_assert_int_eq(test_db_int(db, "SELECT length(CAST(col(0) AS BLOB))"), 3);
  answer.at = 0;
  ck_assert_ptr_nonnull(strstr(rest(), "integer5 text"));
  hp_answer_clear(&answer);
  ck_assert_ptr_null(atomic_load(&answer.pin.held));
  e->node.free_fn(&e->node);
}
END_TEST

START_TEST(sources_have_the_names_of_the_documentation) {
  static const char *const names[] = {"l1", "l2", "computed", "stale",
                                      "bypass"};

  ck_assert_int_eq(HP_N_SOURCES, sizeof names / sizeof *names);
  for (int i = 0; i < HP_N_SOURCES; i++) {
    ck_assert_str_eq(hp_source_names[i], names[i]);
  }
}
END_TEST

Suite *cache_answer_suite(void) {
  Suite *s = suite_create("cache_answer");
  TCase *c = tcase_create("answer");

  tcase_add_checked_fixture(c, begin, end);
  tcase_add_test(c, own_rows_go_on_with_the_live_ones);
  tcase_add_test(c, no_rows_at_all_are_the_end);
  tcase_add_test(c, a_live_select_that_fails_is_an_error_and_then_the_end);
  tcase_add_test(c, an_entry_is_read_where_it_stands);
  tcase_add_test(c, sources_have_the_names_of_the_documentation);
  suite_add_tcase(s, c);
  return s;
}
