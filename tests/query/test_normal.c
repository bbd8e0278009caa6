/* SPDX-License-Identifier: MIT
**
** The promises of the normal form over the statements of real applications:
** the workloads beside the checkout, skipped with a line when they are absent.
*/
#include "query/normal.h"
#include "query/fingerprint.h"
#include "support/db.h"

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *query_normal_suite(void);

enum { MAX_SHAPES = 512 };

/* Fingerprints seen in one workload. */
typedef struct shapes {
  uint64_t seen[MAX_SHAPES];
  int n;
  int n_statements;
} shapes;

/* The path of a file of the workloads; borrowed until the next call. */
static const char *shared(const char *workload, const char *file) {
  static char path[512];
  const char *dir = getenv("HOTPATH_SHARED");

  snprintf(path, sizeof path, "%s/workloads/%s/%s", dir ? dir : "../shared",
           workload, file);
  return path;
}

/* The text of a file, or NULL. Caller frees with free(). */
static char *text_of(const char *path) {
  FILE *f = fopen(path, "r");
  char *text = NULL;
  size_t cap = 0;
  ssize_t n;

  if (!f) return NULL;
  n = getdelim(&text, &cap, EOF, f);
  fclose(f);
  if (n >= 0) return text;
  free(text);
  return NULL;
}

static bool prepares(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

static void add_shape(shapes *to, uint64_t fingerprint) {
  int i;

  to->n_statements++;
  for (i = 0; i < to->n; i++)
    if (to->seen[i] == fingerprint) return;
  ck_assert_int_lt(to->n, MAX_SHAPES);
  to->seen[to->n++] = fingerprint;
}

static void check_statement(sqlite3 *db, const char *sql, shapes *to) {
  char *once = hp_fingerprint_normalize(sql, strlen(sql)), *twice;

  ck_assert_ptr_nonnull(once);
  ck_assert_uint_le(strlen(once), HP_NORMAL_CAP(strlen(sql)));
  twice = hp_fingerprint_normalize(once, strlen(once));
  ck_assert_str_eq(once, twice);
  ck_assert_msg(prepares(db, sql) == prepares(db, once),
                "only one of these prepares:\n%s\n%s", sql, once);
  if (*once) add_shape(to, hp_fingerprint(sql, strlen(sql)));
  sqlite3_free(once);
  sqlite3_free(twice);
}

/* Checks each statement of a text; changes the text. */
static void check_text(sqlite3 *db, char *text, shapes *to) {
  char *start = text, *at;

  for (at = text; *at; at++) {
    char after = at[1];

    if (*at != ';') continue;
    at[1] = 0;
    if (sqlite3_complete(start)) {
      check_statement(db, start, to);
      start = at + 1;
    }
    at[1] = after;
  }
}

static char *read_or_skip(const char *workload, const char *file) {
  char *text = text_of(shared(workload, file));

  if (!text)
    printf("query_normal: skipped, there is no %s\n", shared(workload, file));
  return text;
}

START_TEST(workloads_keep_the_promises) {
  /* The monitoring workload lists two queries with two values each. */
  static const struct {
    const char *name;
    int n_repeated;
  } workloads[] = {
      {"tpch", 0}, {"northwind", 0}, {"monitoring", 2}, {"flashcards", 0}};
  const char *name = workloads[_i].name;
  sqlite3 *db = test_db_open(":memory:", NULL);
  char *schema = read_or_skip(name, "schema.sql");
  char *session = text_of(shared(name, "session.sql"));
  char *queries = schema ? read_or_skip(name, "queries.sql") : NULL;
  shapes found = {.n = 0};

  if (queries) {
    test_db_exec(db, "%s", schema);
    if (session) test_db_exec(db, "%s", session);
    check_text(db, schema, &found);
    check_text(db, queries, &found);
    ck_assert_int_eq(found.n, found.n_statements - workloads[_i].n_repeated);
    ck_assert_int_gt(found.n, 20);
  }
  free(schema);
  free(session);
  free(queries);
  test_db_close(db);
}
END_TEST

/* Most shapes that the statements of one trace may have. */
enum { MAX_TRACE_SHAPES = 4 };

START_TEST(traces_have_a_fingerprint_per_shape) {
  DIR *dir = opendir(shared("nplusone", ""));
  sqlite3 *db = test_db_open(":memory:", NULL);
  struct dirent *entry;

  if (!dir) printf("query_normal: skipped, no %s\n", shared("nplusone", ""));
  while (dir && (entry = readdir(dir)) != NULL) {
    shapes found = {.n = 0};
    char *text;

    if (!strstr(entry->d_name, ".sql")) continue;
    text = text_of(shared("nplusone", entry->d_name));
    ck_assert_ptr_nonnull(text);
    check_text(db, text, &found);
    ck_assert_int_le(found.n, MAX_TRACE_SHAPES);
    free(text);
  }
  if (dir) closedir(dir);
  test_db_close(db);
}
END_TEST

Suite *query_normal_suite(void) {
  Suite *s = suite_create("query_normal");
  TCase *c = tcase_create("workloads");

  tcase_add_loop_test(c, workloads_keep_the_promises, 0, 4);
  tcase_add_test(c, traces_have_a_fingerprint_per_shape);
  suite_add_tcase(s, c);
  return s;
}
