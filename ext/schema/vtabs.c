/* SPDX-License-Identifier: MIT */
#include "schema/vtabs.h"

#include "schema/text.h"

#include <string.h>

static const char *const plain_modules[] = {
    "fts3",    "fts4",      "fts5",      "rtree",           "rtree_i32",
    "geopoly", "json_each", "json_tree", "generate_series",
};

/* Modules that can be named in FROM without a CREATE, with arguments that
** each of them accepts. */
static const char *const eponymous[][2] = {
    {"json_each", "json_each('0')"},
    {"json_tree", "json_tree('0')"},
    {"generate_series", "generate_series(1,2)"},
};

int hp_vtabs_add(hp_vtabs *v, const char *address) {
  hp_vtab *grown;
  char *copy;

  for (int i = 0; i < v->n; i++) {
    if (strcmp(v->at[i].address, address) == 0) return SQLITE_OK;
  }
  copy = sqlite3_mprintf("%s", address);
  if (!copy) return SQLITE_NOMEM;
  grown = sqlite3_realloc64(v->at, ((size_t)v->n + 1) * sizeof *grown);
  if (!grown) {
    sqlite3_free(copy);
    return SQLITE_NOMEM;
  }
  v->at = grown;
  v->at[v->n++] = (hp_vtab){.address = copy};
  return SQLITE_OK;
}

/* Ends a question about the schema, of which rc came so far. That something
** cannot be told is no failure: then it is not known. */
static int end(sqlite3_stmt *rows, int rc) {
  int last = sqlite3_finalize(rows);

  if (rc == SQLITE_OK) rc = last;
  return hp_rc_is_passing(rc) ? rc : SQLITE_OK;
}

/* The address that the program of `SELECT 1 FROM from_term` opens, or NULL
** when it cannot be prepared or opens none. Caller frees. */
static int address_of(sqlite3 *db, const char *from_term, char **out) {
  char *sql = sqlite3_mprintf("EXPLAIN SELECT 1 FROM %s", from_term);
  sqlite3_stmt *program = NULL;
  int rc;

  *out = NULL;
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, &program, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && sqlite3_step(program) == SQLITE_ROW) {
    const char *opcode = (const char *)sqlite3_column_text(program, 1);
    const char *p4 = (const char *)sqlite3_column_text(program, 5);

    if (!opcode || !p4 || strcmp(opcode, "VOpen") != 0) continue;
    *out = sqlite3_mprintf("%s", p4);
    if (!*out) rc = SQLITE_NOMEM;
    break;
  }
  return end(program, rc);
}

static bool is_unresolved(const hp_vtabs *v) {
  for (int i = 0; i < v->n; i++) {
    if (!v->at[i].module) return true;
  }
  return false;
}

/* Where from_term has one of the addresses of v, fills that one in; names may
** be NULL, module not. */
static int settle(hp_vtabs *v, sqlite3 *db, const char *from_term,
                  const hp_vtab *names) {
  char *address;
  int rc = address_of(db, from_term, &address);

  for (int i = 0; address && i < v->n; i++) {
    hp_vtab *at = &v->at[i];

    if (at->module || strcmp(at->address, address) != 0) continue;
    at->module = sqlite3_mprintf("%s", names->module);
    if (names->table) {
      at->database = sqlite3_mprintf("%s", names->database);
      at->table = sqlite3_mprintf("%s", names->table);
      at->sql = sqlite3_mprintf("%s", names->sql);
      if (!at->database || !at->table || !at->sql) rc = SQLITE_NOMEM;
    }
    if (!at->module) rc = SQLITE_NOMEM;
  }
  sqlite3_free(address);
  return rc;
}

/* A cached table in a FROM clause: it must be given its arguments, and takes
** NULL for each hidden column. NULL when it cannot be told. Caller frees. */
static int call_of(sqlite3 *db, const char *database, const char *table,
                   char **out) {
  sqlite3_stmt *row = NULL;
  const char *nulls;
  int rc = sqlite3_prepare_v2(db,
                              "SELECT group_concat('NULL')"
                              " FROM pragma_table_xinfo(?1, ?2)"
                              " WHERE hidden = 1",
                              -1, &row, NULL);

  *out = NULL;
  if (rc == SQLITE_OK) {
    sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, database, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    nulls = (const char *)sqlite3_column_text(row, 0);
    *out = sqlite3_mprintf("\"%w\".\"%w\"(%s)", database, table,
                           nulls ? nulls : "");
    if (!*out) rc = SQLITE_NOMEM;
  }
  return end(row, rc);
}

/* One row (name, sql) of a schema's virtual tables. */
static int try_row(hp_vtabs *v, sqlite3 *db, const char *database,
                   sqlite3_stmt *row, const char *mentions) {
  const char *table = (const char *)sqlite3_column_text(row, 0);
  const char *sql = (const char *)sqlite3_column_text(row, 1);
  char *module, *from_term;
  int rc = SQLITE_OK;

  if (!table || !sql || !hp_text_mentions(mentions, table)) return SQLITE_OK;
  module = hp_text_word(sql, 5); /* CREATE VIRTUAL TABLE name USING module */
  if (module && sqlite3_stricmp(module, "cached") == 0) {
    rc = call_of(db, database, table, &from_term);
  } else {
    from_term = sqlite3_mprintf("\"%w\".\"%w\"", database, table);
    if (!module || !from_term) rc = SQLITE_NOMEM;
  }
  if (rc == SQLITE_OK && from_term) {
    rc = settle(v, db, from_term,
                &(hp_vtab){.module = module,
                           .database = (char *)database,
                           .table = (char *)table,
                           .sql = (char *)sql});
  }
  sqlite3_free(module);
  sqlite3_free(from_term);
  return rc;
}

/* Runs `SELECT name, sql FROM database.sqlite_schema WHERE condition`. */
static int open_schema(sqlite3 *db, const char *database, const char *condition,
                       sqlite3_stmt **out) {
  char *sql =
      sqlite3_mprintf("SELECT name, sql FROM \"%w\".sqlite_schema WHERE %s",
                      database, condition);
  int rc;

  *out = NULL;
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc;
}

#define VIRTUAL "type = 'table' AND rootpage = 0"

static int try_database(hp_vtabs *v, sqlite3 *db, const char *database,
                        const char *mentions) {
  sqlite3_stmt *rows;
  int rc = open_schema(db, database, VIRTUAL, &rows);

  while (rc == SQLITE_OK && is_unresolved(v) &&
         sqlite3_step(rows) == SQLITE_ROW) {
    rc = try_row(v, db, database, rows, mentions);
  }
  return end(rows, rc);
}

/* Adds the text of the database's views to mentions. */
static int add_views(sqlite3 *db, const char *database, sqlite3_str *mentions) {
  sqlite3_stmt *rows;
  int rc = open_schema(db, database, "type = 'view'", &rows);

  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(rows, 1);

    if (sql) sqlite3_str_appendf(mentions, "\n%s", sql);
  }
  return end(rows, rc);
}

/* Calls visit for each database of the connection. */
static int each_database(sqlite3 *db, void *arg,
                         int (*visit)(void *arg, const char *database)) {
  sqlite3_stmt *list = NULL;
  int rc = sqlite3_prepare_v2(db, "PRAGMA database_list", -1, &list, NULL);

  while (rc == SQLITE_OK && sqlite3_step(list) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(list, 1);

    rc = name ? visit(arg, name) : SQLITE_NOMEM;
  }
  return end(list, rc);
}

typedef struct search {
  hp_vtabs *v;
  sqlite3 *db;
  sqlite3_str *views;
  const char *mentions;
} search;

static int visit_views(void *arg, const char *database) {
  search *s = arg;

  return add_views(s->db, database, s->views);
}

static int visit_tables(void *arg, const char *database) {
  search *s = arg;

  return try_database(s->v, s->db, database, s->mentions);
}

static int try_eponymous(search *s) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof eponymous / sizeof *eponymous; i++) {
    if (rc != SQLITE_OK || !is_unresolved(s->v)) break;
    if (!hp_text_mentions(s->mentions, eponymous[i][0])) continue;
    rc = settle(s->v, s->db, eponymous[i][1],
                &(hp_vtab){.module = (char *)eponymous[i][0]});
  }
  return rc;
}

/* True if a view or another virtual table of v's database is named by v's own
** text: a full-text table with content=view reads more than its own rows. */
static int look_for_sources(sqlite3 *db, hp_vtab *v) {
  sqlite3_stmt *rows;
  int rc =
      open_schema(db, v->database, "rootpage = 0 AND type <> 'trigger'", &rows);

  if (rc != SQLITE_OK) v->derived = true;
  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(rows, 0);

    if (!name || (sqlite3_stricmp(name, v->table) != 0 &&
                  hp_text_mentions(v->sql, name))) {
      v->derived = true;
    }
  }
  return end(rows, rc);
}

static int resolve(search *s) {
  int rc = each_database(s->db, s, visit_views);

  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(s->views);
  s->mentions = sqlite3_str_value(s->views);
  if (rc == SQLITE_OK) rc = each_database(s->db, s, visit_tables);
  if (rc == SQLITE_OK) rc = try_eponymous(s);
  for (int i = 0; rc == SQLITE_OK && i < s->v->n; i++) {
    if (s->v->at[i].table) rc = look_for_sources(s->db, &s->v->at[i]);
  }
  return rc;
}

int hp_vtabs_resolve(hp_vtabs *v, sqlite3 *db, const char *sql) {
  search s = {.v = v, .db = db};
  int rc;

  if (v->n == 0) return SQLITE_OK;
  s.views = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s.views, sql);
  rc = resolve(&s);
  sqlite3_free(sqlite3_str_finish(s.views));
  return rc;
}

bool hp_vtab_is(const hp_vtab *v, const char *module) {
  return v->module && sqlite3_stricmp(v->module, module) == 0;
}

bool hp_vtab_is_plain(const hp_vtab *v) {
  size_t n = sizeof plain_modules / sizeof *plain_modules;

  for (size_t i = 0; i < n; i++) {
    if (hp_vtab_is(v, plain_modules[i])) return !v->derived;
  }
  return false;
}

bool hp_vtab_is_fts(const hp_vtab *v) {
  return hp_vtab_is(v, "fts5") || hp_vtab_is(v, "fts4") ||
         hp_vtab_is(v, "fts3");
}

void hp_vtabs_term(hp_vtabs *v) {
  for (int i = 0; i < v->n; i++) {
    sqlite3_free(v->at[i].address);
    sqlite3_free(v->at[i].module);
    sqlite3_free(v->at[i].database);
    sqlite3_free(v->at[i].table);
    sqlite3_free(v->at[i].sql);
  }
  sqlite3_free(v->at);
  *v = (hp_vtabs){0};
}
