/* SPDX-License-Identifier: MIT */
#include "base/interrupt.h"
#include "support/db.h"

#include <check.h>

Suite *base_interrupt_suite(void);

static bool is_to_interrupt, was_seen;

/* Notes whether the running statement is seen to be interrupted. */
static void ask(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  if (is_to_interrupt) sqlite3_interrupt(sqlite3_context_db_handle(ctx));
  was_seen = hp_interrupt_is_set(sqlite3_user_data(ctx));
}

static bool is_seen(sqlite3 *db, bool interrupted) {
  sqlite3_stmt *stmt = test_db_prepare(db, "SELECT ask()");

  is_to_interrupt = interrupted;
  was_seen = !interrupted;
  sqlite3_step(stmt);
  sqlite3_finalize(stmt);
  return was_seen;
}

START_TEST(an_interrupt_is_seen_by_who_is_called_from_the_statement) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_conn *c;

  hp_conn_open(db, &c);
  sqlite3_create_function(db, "ask", 0, SQLITE_UTF8, c, ask, NULL, NULL);
  ck_assert(!is_seen(db, false));
  ck_assert(is_seen(db, true));
  ck_assert(!is_seen(db, false));
  hp_conn_close(c);
  test_db_close(db);
}
END_TEST

Suite *base_interrupt_suite(void) {
  Suite *s = suite_create("base_interrupt");
  TCase *c = tcase_create("interrupt");

  tcase_add_test(c, an_interrupt_is_seen_by_who_is_called_from_the_statement);
  suite_add_tcase(s, c);
  return s;
}
