/* SPDX-License-Identifier: MIT */
#include "bench/constant.h"

#include "bench/bench.h"

#include <stdlib.h>

typedef struct constant_cursor {
  sqlite3_vtab_cursor base;
  int n_left; /* rows still to come: 1 or 0 */
} constant_cursor;

static int constant_connect(sqlite3 *db, void *aux, int argc,
                            const char *const *argv, sqlite3_vtab **out,
                            char **message) {
  (void)aux;
  (void)argc;
  (void)argv;
  (void)message;
  *out = calloc(1, sizeof(**out));
  if (*out == NULL) return SQLITE_NOMEM;
  return sqlite3_declare_vtab(
      db, "CREATE TABLE x(id INTEGER, front TEXT, _id HIDDEN)");
}

static int constant_disconnect(sqlite3_vtab *table) {
  free(table);
  return SQLITE_OK;
}

static int constant_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  (void)table;
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn != 2) continue;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
  }
  info->estimatedCost = 1;
  info->estimatedRows = 1;
  return SQLITE_OK;
}

static int constant_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  constant_cursor *cursor = calloc(1, sizeof(*cursor));

  (void)table;
  if (cursor == NULL) return SQLITE_NOMEM;
  *out = &cursor->base;
  return SQLITE_OK;
}

static int constant_close(sqlite3_vtab_cursor *base) {
  free(base);
  return SQLITE_OK;
}

static int constant_filter(sqlite3_vtab_cursor *base, int number,
                           const char *text, int argc, sqlite3_value **argv) {
  (void)number;
  (void)text;
  (void)argc;
  (void)argv;
  ((constant_cursor *)base)->n_left = 1;
  return SQLITE_OK;
}

static int constant_next(sqlite3_vtab_cursor *base) {
  ((constant_cursor *)base)->n_left = 0;
  return SQLITE_OK;
}

static int constant_eof(sqlite3_vtab_cursor *base) {
  return ((constant_cursor *)base)->n_left == 0;
}

static int constant_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx,
                           int column) {
  (void)base;
  if (column == 1) {
    sqlite3_result_text(ctx, "front of card 500", 17, SQLITE_STATIC);
  } else {
    sqlite3_result_int(ctx, 500);
  }
  return SQLITE_OK;
}

static int constant_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  (void)base;
  *out = 1;
  return SQLITE_OK;
}

void bench_constant_register(sqlite3 *db) {
  static const sqlite3_module module = {
      .xCreate = constant_connect,
      .xConnect = constant_connect,
      .xBestIndex = constant_best_index,
      .xDisconnect = constant_disconnect,
      .xDestroy = constant_disconnect,
      .xOpen = constant_open,
      .xClose = constant_close,
      .xFilter = constant_filter,
      .xNext = constant_next,
      .xEof = constant_eof,
      .xColumn = constant_column,
      .xRowid = constant_rowid,
  };

  bench_expect(db, sqlite3_create_module(db, "constant", &module, NULL),
               SQLITE_OK, "constant");
  bench_exec(db, "CREATE VIRTUAL TABLE temp.constant USING constant");
}
