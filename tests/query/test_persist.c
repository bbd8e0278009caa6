/* SPDX-License-Identifier: MIT */
#include "query/persist.h"

#include "support/db.h"
#include "support/tmp.h"

#include <check.h>
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *query_persist_suite(void);

static sqlite3 *app_at(const char *path) {
  sqlite3 *db = test_db_open_hotpath(path, NULL);

  test_db_exec(db, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v)");
  return db;
}

static sqlite3 *app(void) {
  return app_at("app.db");
}

static void persist(sqlite3 *db, const char *path) {
  test_db_exec(db, "SELECT query_config('persist', %Q)", path);
}

START_TEST(another_process_can_read_the_file) {
  sqlite3 *db = app(), *plain;

  persist(db, test_tmp_path("stats.db"));
  for (int i = 0; i < 3; i++)
    test_db_text(db, "SELECT v FROM t WHERE id = %d", i);
  test_db_close(db);
  plain = test_db_open("stats.db", NULL);
  ck_assert_str_eq(
      test_db_text(plain, "SELECT calls, processes, total_ms > 0,"
                          " database LIKE '%%app.db' FROM hotpath_merged"
                          " WHERE query = 'SELECT v FROM t WHERE id = ?'"),
      "3|1|1|1");
  test_db_close(plain);
}
END_TEST

START_TEST(the_thread_writes_by_itself) {
  sqlite3 *db = app(), *plain;
  int n = 0;

  persist(db, test_tmp_path("stats.db"));
  test_db_text(db, "SELECT 1 AS by_itself");
  plain = test_db_open("stats.db", NULL);
  for (int i = 0; i < 1000 && !n; i++) {
    n = (int)test_db_int(plain, "SELECT count(*) FROM hotpath_merged"
                                " WHERE query LIKE '%%by_itself'");
    usleep(10000);
  }
  ck_assert_int_eq(n, 1);
  test_db_close(plain);
  persist(db, "");
  test_db_close(db);
}
END_TEST

START_TEST(processes_add_up) {
  const char *stats = test_tmp_path("stats.db");
  const char *data = test_tmp_path("app.db");
  sqlite3 *plain;

  for (int i = 0; i < 3; i++) {
    int status;
    pid_t child = fork();
    if (child == 0) {
      sqlite3 *db = app_at(data);
      persist(db, stats);
      test_db_text(db, "SELECT v FROM t WHERE id = 1");
      test_db_close(db);
      _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
  }
  plain = test_db_open_hotpath("stats.db", NULL);
  ck_assert_str_eq(
      test_db_text(plain, "SELECT calls, processes FROM hotpath_merged"
                          " WHERE query = 'SELECT v FROM t WHERE id = ?'"),
      "3|3");
  test_db_exec(plain, "SELECT query_import(json_group_array(json(entry)))"
                      " FROM hotpath_statements");
  ck_assert_str_eq(
      test_db_text(plain, "SELECT calls, min_ms <= p50_ms AND p50_ms <= max_ms"
                          " FROM query_stats"
                          " WHERE query = 'SELECT v FROM t WHERE id = ?'"),
      "3|1");
  test_db_close(plain);
}
END_TEST

START_TEST(a_forked_child_leaves_the_file_alone) {
  sqlite3 *db = app(), *plain;
  int status;
  pid_t child;

  persist(db, test_tmp_path("stats.db"));
  child = fork();
  if (child == 0) {
    char *path = hp_persist_path();
    hp_persist_flush();
    _exit(path && !*path ? 0 : 1);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  test_db_text(db, "SELECT 1 AS after_fork");
  persist(db, "");
  plain = test_db_open("stats.db", NULL);
  ck_assert_int_eq(test_db_int(plain, "SELECT count(*) FROM hotpath_merged"
                                      " WHERE query LIKE '%%after_fork'"),
                   1);
  test_db_close(plain);
  test_db_close(db);
}
END_TEST

START_TEST(a_file_that_cannot_be_used_is_refused) {
  sqlite3 *db = app();

  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, "SELECT query_config('persist', '/no/where')"),
             "takes '' or the path of a file of its own"));
  ck_assert_str_eq(test_db_text(db, "SELECT query_config('persist')"), "");
  ck_assert_ptr_nonnull(strstr(
      test_db_error(db, "SELECT query_config('persist', file)"
                        " FROM pragma_database_list WHERE name = 'main'"),
      "a file of its own"));
  test_db_close(db);
}
END_TEST

START_TEST(failures_are_counted_and_shown) {
  sqlite3 *db = app(), *other;

  persist(db, test_tmp_path("stats.db"));
  other = test_db_open("stats.db", NULL);
  test_db_exec(other, "DROP TABLE hotpath_statements");
  test_db_text(db, "SELECT 1 AS lost");
  hp_persist_flush();
  ck_assert_int_ge(test_db_int(db, "SELECT value FROM hotpath_status"
                                   " WHERE name = 'persist_failed'"),
                   1);
  persist(db, "");
  test_db_close(other);
  test_db_close(db);
}
END_TEST

START_TEST(export_and_import_double_everything) {
  sqlite3 *db = app();
  char *json;

  test_db_text(db, "SELECT v AS \"a\"\"b\\c\" FROM t WHERE v = 'x'");
  json = strdup(test_db_text(db, "SELECT query_export()"));
  ck_assert_int_ge(test_db_int(db, "SELECT query_import(%Q)", json), 2);
  ck_assert_str_eq(
      test_db_text(db, "SELECT calls, prepares, rows_returned,"
                       " abs(total_ms - calls * mean_ms) < 0.001"
                       " FROM query_stats WHERE query LIKE 'SELECT v AS%%'"),
      "2|2|0|1");
  test_db_close(db);
  free(json);
}
END_TEST

static const char *const not_exports[] = {
    "SELECT query_import('nonsense')", "SELECT query_import('[1]')",
    "SELECT query_import('[{\"query\":\"a\",\"database\":\"\",\"calls\":2,"
    "\"times\":{}}]')"};

START_TEST(what_is_no_export_is_refused) {
  sqlite3 *db = app();

  ck_assert_ptr_nonnull(
      strstr(test_db_error(db, not_exports[_i]),
             "query_import() takes what query_export() gave"));
  ck_assert_str_eq(test_db_text(db, "SELECT query_import(NULL)"), "NULL");
  test_db_close(db);
}
END_TEST

Suite *query_persist_suite(void) {
  Suite *s = suite_create("query_persist");
  TCase *c = tcase_create("persist");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, another_process_can_read_the_file);
  tcase_add_test(c, the_thread_writes_by_itself);
  tcase_add_test(c, processes_add_up);
  tcase_add_test(c, a_forked_child_leaves_the_file_alone);
  tcase_add_test(c, a_file_that_cannot_be_used_is_refused);
  tcase_add_test(c, failures_are_counted_and_shown);
  tcase_add_test(c, export_and_import_double_everything);
  tcase_add_loop_test(c, what_is_no_export_is_refused, 0,
                      sizeof not_exports / sizeof *not_exports);
  suite_add_tcase(s, c);
  return s;
}
