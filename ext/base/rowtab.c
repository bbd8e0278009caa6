/* SPDX-License-Identifier: MIT */
#include "base/rowtab.h"

#include <stdatomic.h>
#include <string.h>

#define MAX_ARGS 16

typedef struct vtab {
  sqlite3_vtab base;
  const hp_rowtab *table;
  hp_conn *conn;
  int n_cols; /* visible columns */
  int n_args;
} vtab;

typedef struct cursor {
  sqlite3_vtab_cursor base;
  hp_builder rows;
  int64_t n_rows;
  int64_t at;
  sqlite3_value *args[MAX_ARGS]; /* copies; NULL where not given */
} cursor;

/* What a registration carries: freed with the module. */
typedef struct client {
  const hp_rowtab *table;
  hp_conn *conn;
} client;

/* Number of column definitions: commas outside of parentheses, plus one. */
static int count_columns(const char *list) {
  int n = 1, depth = 0;

  if (!list) return 0;
  for (; *list; list++) {
    if (*list == '(') depth++;
    if (*list == ')') depth--;
    if (*list == ',' && depth == 0) n++;
  }
  return n;
}

/* `a TEXT, b` -> `, a TEXT HIDDEN, b HIDDEN` */
static void append_hidden(sqlite3_str *out, const char *list) {
  while (list && *list) {
    size_t n = strcspn(list, ",");
    sqlite3_str_appendf(out, ", %.*s HIDDEN", (int)n, list);
    list += n + (list[n] == ',');
  }
}

static int declare(sqlite3 *db, const hp_rowtab *t) {
  sqlite3_str *s = sqlite3_str_new(db);
  char *sql;
  int rc;

  sqlite3_str_appendf(s, "CREATE TABLE x(%s", t->columns);
  append_hidden(s, t->args);
  sqlite3_str_appendall(s, ")");
  sql = sqlite3_str_finish(s);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_declare_vtab(db, sql);
  sqlite3_free(sql);
  return rc;
}

static int x_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                     sqlite3_vtab **out, char **err) {
  client *cl = aux;
  vtab *v;
  int rc = declare(db, cl->table);

  (void)argc, (void)argv, (void)err;
  if (rc) return rc;
  v = sqlite3_malloc64(sizeof *v);
  if (!v) return SQLITE_NOMEM;
  *v = (vtab){.table = cl->table,
              .conn = cl->conn,
              .n_cols = count_columns(cl->table->columns),
              .n_args = count_columns(cl->table->args)};
  sqlite3_vtab_config(db, cl->table->is_innocuous ? SQLITE_VTAB_INNOCUOUS
                                                  : SQLITE_VTAB_DIRECTONLY);
  *out = &v->base;
  return SQLITE_OK;
}

static int x_disconnect(sqlite3_vtab *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

static int refuse_missing(vtab *v) {
  sqlite3_free(v->base.zErrMsg);
  v->base.zErrMsg =
      sqlite3_mprintf("%s() takes its arguments in parentheses: %s(%s)",
                      v->table->name, v->table->name, v->table->args);
  return SQLITE_ERROR;
}

/* idxNum: bit i is set if argument i is given; values come in that order. */
static int x_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  vtab *v = (vtab *)base;
  int at[MAX_ARGS], n_used = 0;
  unsigned seen = 0, usable = 0;

  for (int i = 0; i < info->nConstraint; i++) {
    int arg = info->aConstraint[i].iColumn - v->n_cols;
    if (arg < 0 || arg >= MAX_ARGS) continue;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    seen |= 1u << arg;
    if (!info->aConstraint[i].usable || (usable >> arg & 1)) continue;
    usable |= 1u << arg;
    at[arg] = i;
  }
  if (seen != usable) return SQLITE_CONSTRAINT;
  for (int arg = 0; arg < v->n_args; arg++) {
    if (!(usable >> arg & 1)) {
      if (arg < v->table->n_required) return refuse_missing(v);
      continue;
    }
    info->aConstraintUsage[at[arg]].argvIndex = ++n_used;
    info->aConstraintUsage[at[arg]].omit = 1;
  }
  info->idxNum = (int)usable;
  info->estimatedCost = 1000;
  info->estimatedRows = 100;
  return SQLITE_OK;
}

static int x_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  cursor *c = sqlite3_malloc64(sizeof *c);

  if (!c) return SQLITE_NOMEM;
  *c = (cursor){.at = 0};
  hp_builder_init(&c->rows, ((vtab *)base)->n_cols);
  *out = &c->base;
  return SQLITE_OK;
}

static void free_args(cursor *c) {
  for (int i = 0; i < MAX_ARGS; i++) {
    sqlite3_value_free(c->args[i]);
    c->args[i] = NULL;
  }
}

static int x_close(sqlite3_vtab_cursor *base) {
  cursor *c = (cursor *)base;

  free_args(c);
  hp_builder_term(&c->rows);
  sqlite3_free(c);
  return SQLITE_OK;
}

/* They are read back as columns, also long after this call. */
static int keep_args(cursor *c, int n_args, unsigned given, int argc,
                     sqlite3_value **argv) {
  int n = 0;

  free_args(c);
  for (int arg = 0; arg < n_args && n < argc; arg++) {
    if (!(given >> arg & 1)) continue;
    c->args[arg] = sqlite3_value_dup(argv[n++]);
    if (!c->args[arg]) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static int x_filter(sqlite3_vtab_cursor *base, int idx_num, const char *idx_str,
                    int argc, sqlite3_value **argv) {
  cursor *c = (cursor *)base;
  vtab *v = (vtab *)base->pVtab;
  char *err = NULL;
  int rc;

  (void)idx_str;
  rc = keep_args(c, v->n_args, (unsigned)idx_num, argc, argv);
  if (rc) return rc;
  hp_builder_term(&c->rows);
  hp_builder_init(&c->rows, v->n_cols);
  c->at = 0;
  rc = v->table->fill(v->conn, v->table, c->args, &c->rows, &err);
  if (!rc) rc = c->rows.rc;
  c->n_rows = c->rows.n_cells / v->n_cols;
  if (rc && err) {
    sqlite3_free(v->base.zErrMsg);
    v->base.zErrMsg = err;
  }
  return rc;
}

static int x_next(sqlite3_vtab_cursor *base) {
  ((cursor *)base)->at++;
  return SQLITE_OK;
}

static int x_eof(sqlite3_vtab_cursor *base) {
  cursor *c = (cursor *)base;

  return c->at >= c->n_rows;
}

static int x_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int col) {
  cursor *c = (cursor *)base;
  const hp_cell *cell;

  if (col >= c->rows.n_cols) {
    sqlite3_value *arg = c->args[col - c->rows.n_cols];
    if (arg) sqlite3_result_value(ctx, arg);
    return SQLITE_OK;
  }
  cell = hp_builder_cell(&c->rows, c->at, col);
  hp_cell_result(cell, hp_builder_bytes_of(&c->rows, cell), ctx,
                 SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int x_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((cursor *)base)->at + 1;
  return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 0,
    .xConnect = x_connect,
    .xBestIndex = x_best_index,
    .xDisconnect = x_disconnect,
    .xOpen = x_open,
    .xClose = x_close,
    .xFilter = x_filter,
    .xNext = x_next,
    .xEof = x_eof,
    .xColumn = x_column,
    .xRowid = x_rowid,
};

static void free_client(void *p) {
  client *cl = p;

  hp_conn_close(cl->conn);
  sqlite3_free(cl);
}

enum { MAX_TABLES = 64 };
static _Atomic(const hp_rowtab *) registered[MAX_TABLES];

/* One that finds no place is not listed. */
static void enlist(const hp_rowtab *table) {
  for (int i = 0; i < MAX_TABLES; i++) {
    const hp_rowtab *there = NULL;

    if (atomic_compare_exchange_strong(&registered[i], &there, table) ||
        there == table) {
      return;
    }
  }
}

const hp_rowtab *hp_rowtab_at(int i) {
  return i >= 0 && i < MAX_TABLES ? atomic_load(&registered[i]) : NULL;
}

int hp_rowtab_register(hp_conn *c, const hp_rowtab *table) {
  client *cl = sqlite3_malloc64(sizeof *cl);

  if (!cl) return SQLITE_NOMEM;
  enlist(table);
  *cl = (client){.table = table};
  hp_conn_open(c->db, &cl->conn); /* c exists: this only adds a reference */
  return sqlite3_create_module_v2(c->db, table->name, &module, cl, free_client);
}
