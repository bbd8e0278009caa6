/* SPDX-License-Identifier: MIT */
#include "schema/stubs.h"

#include <stdbool.h>
#include <string.h>

/* ---- functions: compiled, never called in earnest (SQLite's planner may
** call a scalar on constants; NULL is an answer it can take) */

static void answer_null(sqlite3_context *context, int n, sqlite3_value **args) {
  (void)n;
  (void)args;
  sqlite3_result_null(context);
}

static void take_nothing(sqlite3_context *context, int n,
                         sqlite3_value **args) {
  (void)context;
  (void)n;
  (void)args;
}

static void finish_null(sqlite3_context *context) {
  sqlite3_result_null(context);
}

int hp_stubs_function(sqlite3 *db, const char *name, int n_args,
                      const char *type, int flags) {
  int how = SQLITE_UTF8 | SQLITE_INNOCUOUS | (flags & SQLITE_DETERMINISTIC);

  if (strcmp(type, "w") == 0) {
    return sqlite3_create_window_function(db, name, n_args, how, NULL,
                                          take_nothing, finish_null,
                                          finish_null, take_nothing, NULL);
  }
  if (strcmp(type, "a") == 0) {
    return sqlite3_create_function_v2(db, name, n_args, how, NULL, NULL,
                                      take_nothing, finish_null, NULL);
  }
  return sqlite3_create_function_v2(db, name, n_args, how, NULL, answer_null,
                                    NULL, NULL, NULL);
}

static int compare_bytes(void *arg, int n, const void *a, int m,
                         const void *b) {
  int order = memcmp(a, b, (size_t)(n < m ? n : m));

  (void)arg;
  return order ? order : n - m;
}

static void add_collation(void *arg, sqlite3 *db, int encoding,
                          const char *name) {
  (void)arg;
  /* A failure is reported by SQLite: "no such collation sequence". */
  sqlite3_create_collation(db, name, encoding, NULL, compare_bytes);
}

/* ---- virtual tables */

static int connect_stub(sqlite3 *db, void *declaration, int argc,
                        const char *const *argv, sqlite3_vtab **out,
                        char **err) {
  const char *sql = declaration ? declaration : argc > 3 ? argv[3] : "";
  sqlite3_vtab *v;
  int rc = sqlite3_declare_vtab(db, sql);

  if (rc != SQLITE_OK) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    return rc;
  }
  v = sqlite3_malloc64(sizeof *v);
  if (!v) return SQLITE_NOMEM;
  *v = (sqlite3_vtab){0};
  *out = v;
  return SQLITE_OK;
}

static int disconnect_stub(sqlite3_vtab *v) {
  sqlite3_free(v);
  return SQLITE_OK;
}

/* Takes each usable equality and MATCH, as table-valued functions and
** full-text tables do. */
static int plan_stub(sqlite3_vtab *v, sqlite3_index_info *info) {
  int n = 0;

  (void)v;
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];

    if (!c->usable || (c->op != SQLITE_INDEX_CONSTRAINT_EQ &&
                       c->op != SQLITE_INDEX_CONSTRAINT_MATCH)) {
      continue;
    }
    info->aConstraintUsage[i].argvIndex = ++n;
    info->aConstraintUsage[i].omit = 1;
  }
  info->estimatedCost = n ? 10.0 : 1e6;
  info->estimatedRows = n ? 10 : 1000000;
  return SQLITE_OK;
}

/* Nothing on a shadow is run; whatever tries is told so. */
static int open_stub(sqlite3_vtab *v, sqlite3_vtab_cursor **out) {
  *out = NULL;
  v->zErrMsg = sqlite3_mprintf("a stand-in cannot be read");
  return SQLITE_ERROR;
}

static int update_stub(sqlite3_vtab *v, int n, sqlite3_value **args,
                       sqlite3_int64 *rowid) {
  (void)n;
  (void)args;
  *rowid = 0;
  v->zErrMsg = sqlite3_mprintf("a stand-in cannot be written");
  return SQLITE_ERROR;
}

static int close_cursor(sqlite3_vtab_cursor *c) {
  (void)c;
  return SQLITE_ERROR;
}

static int filter_cursor(sqlite3_vtab_cursor *c, int num, const char *str,
                         int n, sqlite3_value **args) {
  (void)c, (void)num, (void)str, (void)n, (void)args;
  return SQLITE_ERROR;
}

static int next_row(sqlite3_vtab_cursor *c) {
  (void)c;
  return SQLITE_ERROR;
}

static int at_end(sqlite3_vtab_cursor *c) {
  (void)c;
  return 1;
}

static int column_of(sqlite3_vtab_cursor *c, sqlite3_context *context, int i) {
  (void)c, (void)context, (void)i;
  return SQLITE_ERROR;
}

static int rowid_of(sqlite3_vtab_cursor *c, sqlite3_int64 *out) {
  (void)c;
  *out = 0;
  return SQLITE_ERROR;
}

#define STUB_METHODS                                                           \
  .xConnect = connect_stub, .xBestIndex = plan_stub,                           \
  .xDisconnect = disconnect_stub, .xOpen = open_stub, .xClose = close_cursor,  \
  .xFilter = filter_cursor, .xNext = next_row, .xEof = at_end,                 \
  .xColumn = column_of, .xRowid = rowid_of, .xUpdate = update_stub

static const sqlite3_module created = {
    .xCreate = connect_stub, .xDestroy = disconnect_stub, STUB_METHODS};

/* Without xCreate it is usable only as a table-valued function. */
static const sqlite3_module eponymous = {STUB_METHODS};

int hp_stubs_module(sqlite3 *db, const char *name, const char *declaration) {
  char *copy = sqlite3_mprintf("%s", declaration);

  if (!copy) return SQLITE_NOMEM;
  return sqlite3_create_module_v2(db, name, &eponymous, copy, sqlite3_free);
}

int hp_stubs_init(sqlite3 *db) {
  int rc = sqlite3_create_module_v2(db, HP_STUB_MODULE, &created, NULL, NULL);

  if (rc == SQLITE_OK) rc = sqlite3_collation_needed(db, NULL, add_collation);
  return rc;
}

/* Flag of sqlite3_create_function_v2(), as pragma_function_list shows it. */
#define IS_DETERMINISTIC "(flags & 0x800)"

bool hp_stubs_remove_functions(sqlite3 *db) {
  enum { MANY = 10000 };
  int rc = SQLITE_ROW;

  for (int i = 0; i < MANY && rc == SQLITE_ROW; i++) {
    sqlite3_stmt *list = NULL;
    char *name = NULL;
    int n_args = 0;

    rc = sqlite3_prepare_v2(db,
                            "SELECT name, narg FROM pragma_function_list"
                            " WHERE NOT builtin AND NOT " IS_DETERMINISTIC
                            " LIMIT 1",
                            -1, &list, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(list);
    if (rc == SQLITE_ROW) {
      name = sqlite3_mprintf("%s", sqlite3_column_text(list, 0));
      n_args = sqlite3_column_int(list, 1);
    }
    sqlite3_finalize(list);
    if (name && sqlite3_create_function_v2(db, name, n_args, SQLITE_ANY, NULL,
                                           NULL, NULL, NULL, NULL)) {
      rc = SQLITE_ERROR;
    }
    sqlite3_free(name);
  }
  return rc == SQLITE_DONE;
}
