/* SPDX-License-Identifier: MIT */
#include "cache/args.h"

static int prepare(hp_args *a, sqlite3 *db) {
  sqlite3_str *s = sqlite3_str_new(db);
  char *sql;
  int rc;

  for (int i = 1; i <= a->n; i++) {
    sqlite3_str_appendf(s, "%s?%d", i == 1 ? "SELECT " : ", ", i);
  }
  sql = sqlite3_str_finish(s);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, &a->stmt, NULL);
  sqlite3_free(sql);
  return rc;
}

int hp_args_init(hp_args *a, sqlite3 *db, int n) {
  *a = (hp_args){.n = n};
  hp_builder_init(&a->row, n);
  a->argv = sqlite3_malloc64(sizeof *a->argv * ((size_t)n + 1));
  if (!a->argv) return SQLITE_NOMEM;
  return n ? prepare(a, db) : SQLITE_OK;
}

static int bind_cell(sqlite3_stmt *stmt, int i, const hp_block *k,
                     const hp_cell *c) {
  switch (c->type) {
  case SQLITE_INTEGER: return sqlite3_bind_int64(stmt, i + 1, c->as.i);
  case SQLITE_FLOAT: return sqlite3_bind_double(stmt, i + 1, c->as.r);
  case SQLITE_TEXT:
    return sqlite3_bind_text(stmt, i + 1, hp_block_bytes_of(k, c), (int)c->n,
                             SQLITE_STATIC);
  case SQLITE_BLOB:
    return sqlite3_bind_blob(stmt, i + 1, hp_block_bytes_of(k, c), (int)c->n,
                             SQLITE_STATIC);
  default: return sqlite3_bind_null(stmt, i + 1);
  }
}

static int step(hp_args *a) {
  int rc = sqlite3_step(a->stmt);

  if (rc == SQLITE_ROW) return SQLITE_OK;
  return rc == SQLITE_DONE ? SQLITE_ERROR : rc;
}

int hp_args_read(hp_args *a, const hp_block *k, int64_t row) {
  int rc = SQLITE_OK;

  hp_args_reset(a);
  hp_builder_term(&a->row);
  hp_builder_init(&a->row, a->n);
  for (int i = 0; i < a->n && !rc; i++) {
    rc = bind_cell(a->stmt, i, k, hp_block_cell(k, row, i));
  }
  if (!rc && a->n) rc = step(a);
  for (int i = 0; i < a->n && !rc; i++) {
    a->argv[i] = sqlite3_column_value(a->stmt, i);
    rc = hp_builder_value(&a->row, a->argv[i]);
  }
  return rc;
}

void hp_args_reset(hp_args *a) {
  sqlite3_reset(a->stmt);
}

void hp_args_term(hp_args *a) {
  sqlite3_finalize(a->stmt);
  sqlite3_free(a->argv);
  hp_builder_term(&a->row);
  *a = (hp_args){.n = 0};
}
