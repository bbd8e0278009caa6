/* SPDX-License-Identifier: MIT */
#include "base/calm.h"
#include "base/hook.h"

typedef struct task {
  int (*work)(void *arg); /* NULL: nothing to do */
  void *arg;
  int rc;
} task;

typedef struct vtab {
  sqlite3_vtab base;
  hp_conn *conn;
} vtab;

static const char part_key;

static int x_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                     sqlite3_vtab **out, char **err) {
  int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(unused)");
  vtab *v = rc ? NULL : sqlite3_malloc64(sizeof *v);

  (void)argc, (void)argv, (void)err;
  if (rc) return rc;
  if (!v) return SQLITE_NOMEM;
  *v = (vtab){.conn = aux};
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  *out = &v->base;
  return SQLITE_OK;
}

static int x_disconnect(sqlite3_vtab *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

/* SQLITE_SCHEMA if main's schema in memory is not that of the file; otherwise
** it cannot be changed as long as *held is open. By the older way of preparing,
** as a statement of sqlite3_prepare_v2() loads the schema anew and goes on.
** What is wrong with the file and leaves the schema alone shows in the work. */
static int hold_schema(sqlite3 *db, sqlite3_stmt **held) {
  int rc =
      sqlite3_prepare(db, "SELECT 1 UNION ALL SELECT 1 FROM main.sqlite_schema",
                      -1, held, NULL);

  if (rc == SQLITE_OK && sqlite3_step(*held) != SQLITE_ROW) {
    rc = sqlite3_finalize(*held);
    *held = NULL;
  }
  return rc == SQLITE_SCHEMA || hp_rc_rolls_back(rc) ? rc : SQLITE_OK;
}

static int x_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  hp_conn *c = ((vtab *)base)->conn;
  task *t = hp_conn_part(c, &part_key);
  int (*work)(void *) = t ? t->work : NULL;
  sqlite3_stmt *held = NULL;

  (void)info;
  if (!work) return SQLITE_OK;
  t->work = NULL;
  t->rc = hold_schema(c->db, &held);
  if (!t->rc) t->rc = work(t->arg);
  sqlite3_finalize(held);
  return SQLITE_OK;
}

/* The table has no rows. */
static int x_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  *out = sqlite3_malloc64(sizeof **out);
  return *out ? SQLITE_OK : SQLITE_NOMEM;
}

static int x_close(sqlite3_vtab_cursor *c) {
  sqlite3_free(c);
  return SQLITE_OK;
}

static int x_filter(sqlite3_vtab_cursor *c, int idx_num, const char *idx_str,
                    int argc, sqlite3_value **argv) {
  (void)c, (void)idx_num, (void)idx_str, (void)argc, (void)argv;
  return SQLITE_OK;
}

static int x_next(sqlite3_vtab_cursor *c) {
  (void)c;
  return SQLITE_OK;
}

static int x_eof(sqlite3_vtab_cursor *c) {
  (void)c;
  return 1;
}

static int x_column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int col) {
  (void)c, (void)ctx, (void)col;
  return SQLITE_OK;
}

static int x_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out) {
  (void)c;
  *out = 0;
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

int hp_calm_register(hp_conn *c) {
  task *t = hp_conn_part(c, &part_key);
  hp_conn *ref;
  int rc = SQLITE_OK;

  if (!t) {
    t = sqlite3_malloc64(sizeof *t);
    if (!t) return SQLITE_NOMEM;
    *t = (task){.work = NULL};
    rc = hp_conn_set_part(c, &part_key, t, sqlite3_free);
  }
  if (!rc) rc = hp_conn_open(c->db, &ref);
  if (rc) return rc;
  return sqlite3_create_module_v2(c->db, "hp_calm", &module, ref,
                                  hp_conn_close);
}

/* A nested constructor (a cached table in the SELECT of another) is inside of
** the outer one's xBestIndex already. */
int hp_calm_run(hp_conn *c, int (*work)(void *arg), void *arg) {
  task *t = hp_conn_part(c, &part_key);
  sqlite3_stmt *stmt = NULL;
  int rc;

  if (!t) return SQLITE_MISUSE;
  *t = (task){.work = work, .arg = arg, .rc = SQLITE_ERROR};
  hp_hook_mute(c);
  rc = sqlite3_prepare_v2(c->db, "SELECT 1 FROM hp_calm", -1, &stmt, NULL);
  hp_hook_unmute(c);
  sqlite3_finalize(stmt);
  if (t->work == NULL) rc = t->rc;
  t->work = NULL;
  return rc;
}
