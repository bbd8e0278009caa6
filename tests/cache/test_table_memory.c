/* SPDX-License-Identifier: MIT
**
** Cached tables when memory runs out: every allocation of a statement fails
** once, alone and with all after it. Whatever a statement then returns is
** either right or an error, nothing leaks, and afterwards all is well again.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_table_memory_suite(void);

static sqlite3 *db;

static void open_db(void) {
  db = test_cached_cards();
  test_db_exec(db, "CREATE VIRTUAL TABLE temp.x USING cached(("
                   "SELECT word, n FROM card WHERE deck = :deck ORDER BY id),"
                   " tags='deck:' || :deck);"
                   "CREATE VIRTUAL TABLE temp.streamed USING cached(("
                   "SELECT id FROM card ORDER BY id), max_rows=2)");
  test_db_error(db, "SELECT room for the message, kept by the connection");
}

static void close_db(void) {
  test_db_close(db);
}

/* Runs sql as one statement; true if it succeeded with the rows of want (all
** texts, joined by commas). Any row it returns must be a beginning of them. */
static bool gives(const char *sql, const char *want) {
  sqlite3_stmt *stmt = NULL;
  char got[200] = "";
  int rc;

  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL)) return false;
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);

    if (!text) {
      sqlite3_finalize(stmt);
      return false;
    }
    strcat(strcat(got, *got ? "," : ""), text);
  }
  rc = sqlite3_finalize(stmt);
  ck_assert_msg(strncmp(want, got, strlen(got)) == 0, "%s: %s", sql, got);
  if (!rc) ck_assert_str_eq(got, want);
  return rc == SQLITE_OK;
}

/* Like test_heap_each_failure(), but what an attempt with a failure leaves
** undone (a statement to prepare again, a table to connect) is done by an
** undisturbed one before anything is compared. Returns how many failed. */
static int each_failure(bool (*attempt)(void)) {
  int nth = 0, n_failed = 0;

  for (int on = 0; on < 2; on++, nth = 0) {
    do {
      int64_t before;
      bool ok;

      ck_assert(attempt());
      before = test_heap_outstanding();
      if (on)
        test_heap_fail_from(++nth);
      else
        test_heap_fail_at(++nth);
      ok = attempt();
      test_heap_fail_never();
      ck_assert_msg(ok || test_heap_failed(), "failed with memory enough");
      n_failed += !ok;
      ck_assert(attempt());
      ck_assert_msg(test_heap_outstanding() <= before,
                    "allocation %d failed%s: %lld leaked", nth,
                    on ? " with all after it" : "",
                    (long long)(test_heap_outstanding() - before));
    } while (test_heap_failed());
  }
  return n_failed;
}

static bool attempt_miss(void) {
  if (sqlite3_exec(db, "SELECT cache_clear()", NULL, NULL, NULL)) return false;
  return gives("SELECT word FROM x(1)", "ichi,ni");
}

START_TEST(a_miss) {
  ck_assert_int_gt(each_failure(attempt_miss), 20);
  ck_assert(gives("SELECT word FROM x(1)", "ichi,ni"));
}
END_TEST

static bool attempt_hit(void) {
  return gives("SELECT word FROM x(1)", "ichi,ni");
}

START_TEST(a_hit) {
  gives("SELECT word FROM x(1)", "ichi,ni");
  ck_assert_int_gt(each_failure(attempt_hit), 5);
  ck_assert_str_eq(test_cached_source(db, "x(1)"), "l1");
}
END_TEST

/* The same prepared statement, so that reading once is found out in between. */
static bool attempt_runs(void) {
  sqlite3_stmt *stmt = NULL;
  bool ok = true;

  if (sqlite3_prepare_v2(db, "SELECT word FROM x(?1)", -1, &stmt, NULL)) {
    return false;
  }
  for (int i = 0; i < 4 && ok; i++) {
    ok = sqlite3_bind_int(stmt, 1, 1) == SQLITE_OK &&
         sqlite3_step(stmt) == SQLITE_ROW;
    if (ok) {
      const char *text = (const char *)sqlite3_column_text(stmt, 0);
      ok = text != NULL;
      if (ok) ck_assert_str_eq(text, "ichi");
    }
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  return ok;
}

START_TEST(several_runs_of_one_statement) {
  gives("SELECT word FROM x(1)", "ichi,ni");
  ck_assert_int_gt(each_failure(attempt_runs), 20);
}
END_TEST

static bool attempt_stream(void) {
  return gives("SELECT id FROM streamed", "1,2,3,4");
}

START_TEST(a_streamed_answer) {
  ck_assert_int_gt(each_failure(attempt_stream), 10);
}
END_TEST

static bool attempt_create(void) {
  bool ok = sqlite3_exec(db,
                         "DROP TABLE IF EXISTS made;"
                         "CREATE VIRTUAL TABLE temp.made USING cached(("
                         "SELECT count(*) AS a FROM card), ttl=9, tags='t')",
                         NULL, NULL, NULL) == SQLITE_OK;

  return ok && gives("SELECT a FROM made", "4");
}

START_TEST(a_create_and_the_first_call) {
  ck_assert_int_gt(each_failure(attempt_create), 100);
}
END_TEST

static bool attempt_table(void) {
  return gives("SELECT name FROM cache_stats WHERE name = 'x'", "x") &&
         gives("SELECT DISTINCT name FROM cache_entries", "x") &&
         gives("SELECT tag FROM cache_tags WHERE tag = 'deck:1'", "deck:1") &&
         gives("SELECT cache_invalidate('other')", "1") &&
         gives("SELECT cache_config('enabled', 'on')", "on");
}

START_TEST(the_tables_and_functions) {
  gives("SELECT word FROM x(1)", "ichi,ni");
  ck_assert_int_gt(each_failure(attempt_table), 20);
}
END_TEST

Suite *cache_table_memory_suite(void) {
  Suite *s = suite_create("cache_table_memory");
  TCase *c = tcase_create("every_allocation_fails_once_in");

  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, open_db, close_db);
  tcase_add_test(c, a_miss);
  tcase_add_test(c, a_hit);
  tcase_add_test(c, several_runs_of_one_statement);
  tcase_add_test(c, a_streamed_answer);
  tcase_add_test(c, a_create_and_the_first_call);
  tcase_add_test(c, the_tables_and_functions);
  suite_add_tcase(s, c);
  return s;
}
