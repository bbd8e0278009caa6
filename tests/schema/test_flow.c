/* SPDX-License-Identifier: MIT */
#include "schema/flow.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>

Suite *schema_flow_suite(void);

/* A table-valued source echo(value, HIDDEN arg) of one row; it counts the
** calls of its xFilter. */
typedef struct echo {
  sqlite3_vtab base;
  int n_filters;
} echo;

typedef struct echo_cursor {
  sqlite3_vtab_cursor base;
  bool done;
} echo_cursor;

static int echo_connect(sqlite3 *db, void *arg, int argc,
                        const char *const *argv, sqlite3_vtab **out,
                        char **err) {
  echo *e = sqlite3_malloc64(sizeof *e);

  (void)argc, (void)argv, (void)err;
  if (!e) return SQLITE_NOMEM;
  *e = (echo){0};
  *(echo **)arg = e;
  *out = &e->base;
  return sqlite3_declare_vtab(db, "CREATE TABLE x(value, arg HIDDEN)");
}

static int echo_disconnect(sqlite3_vtab *v) {
  sqlite3_free(v);
  return SQLITE_OK;
}

static int echo_best_index(sqlite3_vtab *v, sqlite3_index_info *info) {
  (void)v;
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];

    if (c->iColumn != 1 || c->op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!c->usable) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    break;
  }
  info->estimatedCost = 10;
  return SQLITE_OK;
}

static int echo_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out) {
  echo_cursor *c = sqlite3_malloc64(sizeof *c);

  (void)v;
  if (!c) return SQLITE_NOMEM;
  *c = (echo_cursor){0};
  *out = &c->base;
  return SQLITE_OK;
}

static int echo_close(sqlite3_vtab_cursor *c) {
  sqlite3_free(c);
  return SQLITE_OK;
}

static int echo_filter(sqlite3_vtab_cursor *c, int num, const char *str, int n,
                       sqlite3_value **args) {
  (void)num, (void)str, (void)n, (void)args;
  ((echo *)c->pVtab)->n_filters++;
  ((echo_cursor *)c)->done = false;
  return SQLITE_OK;
}

static int echo_next(sqlite3_vtab_cursor *c) {
  ((echo_cursor *)c)->done = true;
  return SQLITE_OK;
}

static int echo_eof(sqlite3_vtab_cursor *c) {
  return ((echo_cursor *)c)->done;
}

static int echo_column(sqlite3_vtab_cursor *c, sqlite3_context *context,
                       int i) {
  (void)c;
  sqlite3_result_int(context, i);
  return SQLITE_OK;
}

static int echo_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out) {
  (void)c;
  *out = 1;
  return SQLITE_OK;
}

static const sqlite3_module echo_module = {
    .xConnect = echo_connect,
    .xBestIndex = echo_best_index,
    .xDisconnect = echo_disconnect,
    .xOpen = echo_open,
    .xClose = echo_close,
    .xFilter = echo_filter,
    .xNext = echo_next,
    .xEof = echo_eof,
    .xColumn = echo_column,
    .xRowid = echo_rowid,
};

static echo *the_echo;

static sqlite3 *open_db(void) {
  sqlite3 *db = test_db_open(":memory:", NULL);

  sqlite3_create_module(db, "echo", &echo_module, &the_echo);
  test_db_exec(db, "CREATE TABLE t(a, b); CREATE INDEX t_a ON t(a);"
                   "INSERT INTO t VALUES (1, 2), (3, 4), (5, 6);"
                   "SELECT * FROM echo");
  return db;
}

static const char *const once[] = {
    "SELECT * FROM echo",
    "SELECT * FROM echo(1)",
    "SELECT value FROM echo(?) AS e",
    "SELECT * FROM echo WHERE arg = :x AND value > 1",
    "SELECT value FROM echo WHERE value BETWEEN 0 AND 9 OR value IS NULL",
    "SELECT value + 1, abs(value) FROM echo(abs(1)) LIMIT 3",
    "SELECT * FROM echo(1) ORDER BY value DESC",
    "SELECT count(*), max(value) FROM echo(7)",
    "SELECT lower(value) FROM echo(1) LIMIT 2 OFFSET 1",
};

/* The first group would really call xFilter more than once or on another
** cursor; the rest is not proved. */
static const char *const not_once[] = {
    "SELECT * FROM t JOIN echo(t.a)",
    "SELECT * FROM echo(1) AS a, echo(2) AS b",
    "SELECT * FROM echo(1) UNION ALL SELECT * FROM echo(2)",
    "SELECT * FROM echo WHERE arg IN (1, 2, 3)",
    "SELECT (SELECT value FROM echo(t.a)) FROM t",
    "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM echo(t.a))",
    "WITH RECURSIVE r(x) AS (VALUES (1) UNION ALL SELECT x + value FROM r,"
    " echo(x) WHERE x < 5) SELECT * FROM r",
    "SELECT value FROM echo(1) GROUP BY value",
    "SELECT * FROM echo(1), t",
    "SELECT * FROM json_each('[1,2]')",
    "SELECT * FROM echo(1), json_each('[1,2]')",
    "SELECT * FROM t",
    "SELECT 1",
    "INSERT INTO t SELECT value, arg FROM echo(1)",
    "SELECT nonsense FROM echo(1)",
    "",
};

START_TEST(a_single_read_is_proved_and_true) {
  sqlite3 *db = open_db();

  ck_assert_msg(hp_program_reads_once(db, once[_i], &the_echo->base), "%s",
                once[_i]);
  the_echo->n_filters = 0;
  test_db_exec(db, "%s", once[_i]);
  ck_assert_int_le(the_echo->n_filters, 1);
  test_db_close(db);
}
END_TEST

START_TEST(anything_else_is_not) {
  sqlite3 *db = open_db();

  ck_assert_msg(!hp_program_reads_once(db, not_once[_i], &the_echo->base), "%s",
                not_once[_i]);
  test_db_close(db);
}
END_TEST

START_TEST(another_table_is_not_ours) {
  sqlite3 *db = open_db();
  sqlite3_vtab stranger = {0};

  ck_assert(!hp_program_reads_once(db, once[0], &stranger));
  test_db_close(db);
}
END_TEST

static bool attempt(void *db) {
  return hp_program_reads_once(db, once[5], &the_echo->base);
}

START_TEST(without_memory_the_answer_is_no) {
  sqlite3 *db = open_db();

  ck_assert_int_gt(test_heap_each_failure(attempt, db), 5);
  test_db_close(db);
}
END_TEST

Suite *schema_flow_suite(void) {
  Suite *s = suite_create("schema_flow");
  TCase *c = tcase_create("flow");

  tcase_add_loop_test(c, a_single_read_is_proved_and_true, 0,
                      sizeof once / sizeof *once);
  tcase_add_loop_test(c, anything_else_is_not, 0,
                      sizeof not_once / sizeof *not_once);
  tcase_add_test(c, another_table_is_not_ours);
  tcase_add_test(c, without_memory_the_answer_is_no);
  suite_add_tcase(s, c);
  return s;
}
