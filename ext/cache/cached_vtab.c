/* SPDX-License-Identifier: MIT */
#include "cache/cached_vtab.h"
#include "base/clock.h"
#include "base/hook.h"
#include "base/calm.h"
#include "cache/once.h"
#include "cache/refresh.h"
#include "cache/table.h"
#include "cache/roster.h"
#include "schema/refresh.h"

#include <string.h>

#define POOLED_CURSORS 4 /* kept for the next statement */

typedef struct cursor cursor;

typedef struct vtab {
  sqlite3_vtab base;
  hp_conn *conn;
  hp_table *table;
  hp_line *line; /* computes ahead, or NULL */
  int n_cols;    /* result columns, then parameters, then the hidden ones */
  int n_params;
  cursor *pool; /* closed cursors, ready for use */
  int n_pooled;
} vtab;

struct cursor {
  sqlite3_vtab_cursor base;
  hp_answer answer;
  hp_builder args; /* the call's arguments, as one row */
  bool is_static;  /* values may be handed out without a copy */
  cursor *next;    /* in the pool */
};

/* idxNum: the constraint on _source is passed, as the last argument. */
enum { IDX_SOURCE = 1 };

static void free_cursor(vtab *v, cursor *c) {
  hp_answer_clear(&c->answer);
  hp_pin_remove(v->conn->reader, &c->answer.pin);
  hp_builder_term(&c->args);
  sqlite3_free(c);
}

static int x_disconnect(sqlite3_vtab *base) {
  vtab *v = (vtab *)base;

  while (v->pool) {
    cursor *c = v->pool;
    v->pool = c->next;
    free_cursor(v, c);
  }
  hp_line_close(v->line);
  hp_roster_remove(v->conn, v->table);
  hp_table_free(v->table);
  sqlite3_free(v);
  return SQLITE_OK;
}

static int new_vtab(hp_conn *conn, hp_table *table, sqlite3_vtab **out) {
  const hp_definition *d = hp_table_definition(table);
  vtab *v = sqlite3_malloc64(sizeof *v);

  if (!v) return SQLITE_NOMEM;
  *v = (vtab){.conn = conn,
              .table = table,
              .n_cols = d->n_cols,
              .n_params = d->n_params};
  *out = &v->base;
  return SQLITE_OK;
}

static int declare(sqlite3 *db, const hp_definition *d, char **err) {
  int rc = sqlite3_declare_vtab(db, d->declaration);

  if (rc) *err = sqlite3_mprintf("%s: %s", d->name, sqlite3_errmsg(db));
  return rc ? rc : sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

/* Without a line answers are not refreshed, and no stale ones are served. */
static void open_line(vtab *v, int argc, const char *const *argv) {
  if (!hp_freshness_uses_refresh(
          &hp_table_definition(v->table)->options.fresh)) {
    return;
  }
  v->line = hp_line_open(v->conn->db, v->table, argc, argv);
  hp_table_set_refreshed(v->table, v->line != NULL);
}

/* The arguments of xCreate on their way. */
typedef struct creation {
  hp_conn *conn;
  int argc;
  const char *const *argv;
  bool is_new;
  char **err;
  hp_table *table;
} creation;

static int make_table(void *arg) {
  creation *x = arg;
  hp_definition *d;
  int rc = hp_definition_new(x->conn->db, x->argc, x->argv, &d, x->err);

  if (!rc) rc = hp_table_new(x->conn, d, &x->table, x->err);
  return rc ? rc : hp_table_check(x->table, x->is_new, x->err);
}

/* The schema could not be read: names are not at hand any more. */
static int refuse_to_read(int rc, char **err) {
  if (rc == SQLITE_SCHEMA || rc == SQLITE_NOMEM) return rc;
  *err = sqlite3_mprintf("the schema cannot be read: %s", sqlite3_errstr(rc));
  return *err ? rc : SQLITE_NOMEM;
}

/* Nothing is stored but the CREATE statement. Answers can show all that the
** SELECT can read, so only top-level SQL may ask. */
static int make(hp_conn *c, bool is_new, int argc, const char *const *argv,
                sqlite3_vtab **out, char **err) {
  creation x = {
      .conn = c, .is_new = is_new, .argc = argc, .argv = argv, .err = err};
  int rc;

  *out = NULL;
  hp_hook_mute(c);
  rc = hp_calm_run(c, make_table, &x);
  hp_hook_unmute(c);
  if (rc && !*err) rc = refuse_to_read(rc, err);
  if (!rc) rc = declare(c->db, hp_table_definition(x.table), err);
  if (!rc) rc = new_vtab(c, x.table, out);
  if (rc) {
    hp_table_free(x.table);
    return rc;
  }
  hp_roster_add(c, x.table);
  open_line((vtab *)*out, argc, argv);
  return SQLITE_OK;
}

static int x_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                     sqlite3_vtab **out, char **err) {
  (void)db;
  return make(aux, false, argc, argv, out, err);
}

/* SQLite calls xCreate in the midst of CREATE and does not expect that it
** loads a schema again, as preparing the SELECT does when another connection
** has changed one: the table being made would be freed under SQLite's feet. So
** that is provoked first, and if it happens SQLite runs the CREATE once more.
** The transactions it opened last until then. */
static int x_create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                    sqlite3_vtab **out, char **err) {
  bool was_stale = false;
  int rc;

  *out = NULL;
  hp_hook_mute(aux);
  rc = hp_schemas_refresh(db, &was_stale);
  hp_hook_unmute(aux);
  if (rc) return refuse_to_read(rc, err);
  if (was_stale) return SQLITE_SCHEMA;
  return make(aux, true, argc, argv, out, err);
}

static void set_error(vtab *v, char *sentence) {
  if (!sentence) return;
  sqlite3_free(v->base.zErrMsg);
  v->base.zErrMsg = sentence;
}

static int refuse_missing(vtab *v) {
  const hp_definition *d = hp_table_definition(v->table);

  set_error(v, sqlite3_mprintf("%s needs a value for each of its parameters "
                               "(%s): FROM %s(…), or WHERE parameter = …",
                               d->name, d->params, d->name));
  return SQLITE_ERROR;
}

/* The constraint to use for each parameter, and for _source after them. */
typedef struct choice {
  int at;       /* index of the constraint */
  bool is_seen; /* there is one, usable or not */
  bool is_usable;
} choice;

/* IS and IS NULL give a parameter its value as = does, NULL included. */
static bool gives_value(int op, bool is_source) {
  if (op == SQLITE_INDEX_CONSTRAINT_EQ) return true;
  return !is_source && (op == SQLITE_INDEX_CONSTRAINT_IS ||
                        op == SQLITE_INDEX_CONSTRAINT_ISNULL);
}

static void choose(const vtab *v, const sqlite3_index_info *info,
                   choice *of_param) {
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    int param = c->iColumn - v->n_cols;

    if (param < 0 || param > v->n_params) continue;
    if (!gives_value(c->op, param == v->n_params)) continue;
    of_param[param].is_seen = true;
    if (!c->usable || of_param[param].is_usable) continue;
    of_param[param].is_usable = true;
    of_param[param].at = i;
  }
}

static void use(sqlite3_index_info *info, const choice *c, int argv_index,
                bool omit) {
  info->aConstraintUsage[c->at].argvIndex = argv_index;
  info->aConstraintUsage[c->at].omit = omit;
}

/* All parameters must have a value: missing is an error, not usable in this
** order of tables is "try another". */
static int use_params(vtab *v, sqlite3_index_info *info, const choice *chosen) {
  for (int p = 0; p < v->n_params; p++) {
    if (!chosen[p].is_seen) return refuse_missing(v);
  }
  for (int p = 0; p < v->n_params; p++) {
    if (!chosen[p].is_usable) return SQLITE_CONSTRAINT;
    use(info, &chosen[p], p + 1, true);
  }
  if (chosen[v->n_params].is_usable) {
    use(info, &chosen[v->n_params], v->n_params + 1, false);
    info->idxNum |= IDX_SOURCE;
  }
  return SQLITE_OK;
}

static int x_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  vtab *v = (vtab *)base;
  size_t n_bytes = sizeof(choice) * (size_t)(v->n_params + 1);
  choice *chosen = sqlite3_malloc64(n_bytes);
  char *err = NULL;
  int rc;

  if (!chosen) return SQLITE_NOMEM;
  memset(chosen, 0, n_bytes);
  choose(v, info, chosen);
  rc = use_params(v, info, chosen);
  sqlite3_free(chosen);
  if (rc) return rc;
  rc = hp_table_plan(v->table, &err);
  /* Whatever xBestIndex returns becomes SQLITE_ERROR: what is passing is left
  ** to xFilter, whose code reaches the application. */
  if (hp_rc_is_passing(rc) && rc != SQLITE_NOMEM) {
    sqlite3_free(err);
    err = NULL;
    rc = SQLITE_OK;
  }
  set_error(v, err);
  if (rc) return rc;
  info->idxStr = (char *)hp_plan_note_new();
  if (!info->idxStr) return SQLITE_NOMEM;
  info->needToFreeIdxStr = 1;
  info->estimatedRows = hp_table_expected_rows(v->table);
  info->estimatedCost = 1.0 + (double)info->estimatedRows / 10;
  return SQLITE_OK;
}

static int new_cursor(vtab *v, cursor **out) {
  cursor *c = sqlite3_malloc64(sizeof *c);

  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  hp_builder_init(&c->args, v->n_params);
  hp_pin_add(v->conn->reader, &c->answer.pin);
  *out = c;
  return SQLITE_OK;
}

static int x_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  vtab *v = (vtab *)base;
  cursor *c = v->pool;
  int rc = SQLITE_OK;

  if (c) {
    v->pool = c->next;
    v->n_pooled--;
  } else {
    rc = new_cursor(v, &c);
  }
  if (!rc) *out = &c->base;
  return rc;
}

static int x_close(sqlite3_vtab_cursor *base) {
  cursor *c = (cursor *)base;
  vtab *v = (vtab *)base->pVtab;

  if (v->n_pooled == POOLED_CURSORS) {
    free_cursor(v, c);
    return SQLITE_OK;
  }
  hp_answer_clear(&c->answer);
  c->next = v->pool;
  v->pool = c;
  v->n_pooled++;
  return SQLITE_OK;
}

/* Keeps the arguments for xColumn, reusing the memory of the last call. */
static int keep_args(cursor *c, int n, sqlite3_value **args) {
  c->args.n_cells = 0;
  c->args.n_heap = 0;
  c->args.rc = SQLITE_OK;
  for (int i = 0; i < n; i++) {
    if (hp_builder_value(&c->args, args[i])) break;
  }
  return c->args.rc;
}

static bool is_source_name(sqlite3_value *value) {
  const char *z = (const char *)sqlite3_value_text(value);

  for (int i = 0; z && i < HP_N_SOURCES; i++) {
    if (strcmp(z, hp_source_names[i]) == 0) return true;
  }
  return false;
}

/* An argument too many lands on _source, where it would silently match no
** row. */
static int check_source(vtab *v, sqlite3_value *value) {
  const hp_definition *d = hp_table_definition(v->table);

  if (is_source_name(value)) return SQLITE_OK;
  set_error(v, sqlite3_mprintf(
                   "%s takes %d argument%s%s%s%s; more were given "
                   "(_source is one of l1, l2, computed, stale, "
                   "bypass)",
                   d->name, d->n_params, d->n_params == 1 ? "" : "s",
                   d->n_params ? " (" : "", d->params, d->n_params ? ")" : ""));
  return SQLITE_ERROR;
}

static int x_filter(sqlite3_vtab_cursor *base, int idx_num, const char *idx_str,
                    int argc, sqlite3_value **argv) {
  cursor *c = (cursor *)base;
  vtab *v = (vtab *)base->pVtab;
  char *err = NULL;
  int rc = SQLITE_OK;
  /* The string is ours: hp_plan_note_new() made it for this statement. */
  sqlite3_stmt *once =
      hp_once_stmt((hp_plan_note *)(uintptr_t)idx_str, v->conn, &v->base);

  if (idx_num & IDX_SOURCE) rc = check_source(v, argv[argc - 1]);
  hp_answer_clear(&c->answer);
  if (!rc) rc = keep_args(c, v->n_params, argv);
  if (rc) return rc;
  rc = hp_table_answer(v->table, once, argv, &c->args, &c->answer, &err);
  set_error(v, err);
  if (!rc && c->answer.wants_refresh) {
    hp_line_submit(v->line, &c->answer.key, &c->args);
  }
  /* With one read per run the cursor, and so the pin, stays until the
  ** statement ends. Otherwise a value may outlive the rows it came from. */
  c->is_static = once != NULL;
  return rc;
}

static int x_next(sqlite3_vtab_cursor *base) {
  vtab *v = (vtab *)base->pVtab;
  int rc = hp_answer_next(&((cursor *)base)->answer);

  if (rc) {
    set_error(v, sqlite3_mprintf("%s: %s", hp_table_definition(v->table)->name,
                                 sqlite3_errmsg(v->conn->db)));
  }
  return rc;
}

static int x_eof(sqlite3_vtab_cursor *base) {
  return hp_answer_is_end(&((cursor *)base)->answer);
}

static void arg_result(cursor *c, int param, sqlite3_context *ctx) {
  const hp_cell *cell = hp_builder_cell(&c->args, 0, param);

  hp_cell_result(cell, hp_builder_bytes_of(&c->args, cell), ctx,
                 SQLITE_TRANSIENT);
}

static int x_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int col) {
  cursor *c = (cursor *)base;
  const vtab *v = (const vtab *)base->pVtab;
  int hidden = col - v->n_cols - v->n_params;

  if (col < v->n_cols) {
    hp_answer_column(&c->answer, col, ctx,
                     c->is_static ? SQLITE_STATIC : SQLITE_TRANSIENT);
  } else if (hidden < 0) {
    arg_result(c, col - v->n_cols, ctx);
  } else if (hidden == HP_HIDDEN_SOURCE) {
    sqlite3_result_text(ctx, hp_source_names[c->answer.source], -1,
                        SQLITE_STATIC);
  } else {
    sqlite3_result_int64(ctx, hp_clock_ms() - c->answer.created_ms);
  }
  return SQLITE_OK;
}

static int x_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((cursor *)base)->answer.at + 1;
  return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 0,
    .xCreate = x_create,
    .xConnect = x_connect,
    .xBestIndex = x_best_index,
    .xDisconnect = x_disconnect,
    .xDestroy = x_disconnect,
    .xOpen = x_open,
    .xClose = x_close,
    .xFilter = x_filter,
    .xNext = x_next,
    .xEof = x_eof,
    .xColumn = x_column,
    .xRowid = x_rowid,
};

int hp_cached_vtab_register(hp_conn *c) {
  hp_conn *ref;
  int rc = hp_calm_register(c);

  if (!rc) rc = hp_roster_register(c);
  if (!rc) rc = hp_conn_open(c->db, &ref);
  if (rc) return rc;
  return sqlite3_create_module_v2(c->db, "cached", &module, ref, hp_conn_close);
}
