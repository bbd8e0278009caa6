/* SPDX-License-Identifier: MIT */
#include "schema/clone.h"

#include "base/clock.h"
#include "schema/stubs.h"
#include "schema/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* Prepares the formatted statement on db. An SQLite code. */
static int prepare(sqlite3 *db, sqlite3_stmt **out, const char *fmt, ...) {
  va_list args;
  char *sql;
  int rc;

  *out = NULL;
  va_start(args, fmt);
  sql = sqlite3_vmprintf(fmt, args);
  va_end(args);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc;
}

static const char *text(sqlite3_stmt *row, int i) {
  return (const char *)sqlite3_column_text(row, i);
}

/* Notes what could not be cloned. Only a lack of memory is passed on. */
static int leave_out(hp_clone *c, int rc, const char *database,
                     const char *name) {
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM) return rc;
  sqlite3_str_appendf(c->missing, "%s.%s: %s\n", database, name,
                      rc == SQLITE_INTERRUPT ? "there was no time to clone it"
                                             : sqlite3_errmsg(c->to));
  return SQLITE_OK;
}

/* Compiles and runs exactly one statement on the clone, as mode allows. */
static int run_one(hp_clone *c, hp_gate_mode mode, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  const char *tail = NULL;
  int rc;

  c->gate->mode = mode;
  rc = sqlite3_prepare_v2(c->to, sql, -1, &stmt, &tail);
  if (rc == SQLITE_OK && (!stmt || *hp_text_skip(tail))) rc = SQLITE_MISUSE;
  if (rc == SQLITE_OK) {
    sqlite3_step(stmt);
    rc = sqlite3_finalize(stmt);
  } else {
    sqlite3_finalize(stmt);
  }
  c->gate->mode = HP_GATE_OPEN;
  return rc;
}

/* ---- stand-ins */

/* What the application defined; and what SQLite does not count as innocuous,
** such as json_valid() in some versions: the clone does not trust its schema,
** where a CHECK may use it. */
static int clone_functions(hp_clone *c) {
  sqlite3_stmt *list;
  int rc = prepare(c->from, &list,
                   "SELECT name, narg, type, flags FROM pragma_function_list"
                   " WHERE builtin = 0 OR (flags & 0x200000) = 0");

  if (rc != SQLITE_OK) return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
  while (rc == SQLITE_OK && (rc = sqlite3_step(list)) == SQLITE_ROW) {
    rc = hp_stubs_function(c->to, text(list, 0), sqlite3_column_int(list, 1),
                           text(list, 2), sqlite3_column_int(list, 3));
    rc = leave_out(c, rc, "function", text(list, 0));
  }
  sqlite3_finalize(list);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A column type may be any text; only plain ones can be repeated. */
static bool is_plain_type(const char *type) {
  return type && type[strspn(type, "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_ ")] == '\0';
}

/* CREATE TABLE text with the columns of the host's virtual table, "" when the
** host cannot tell them. database NULL: a table-valued function. Caller
** frees; NULL when out of memory. */
static char *declaration_of(hp_clone *c, const char *database,
                            const char *table) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  sqlite3_stmt *list;
  int n = 0;
  int rc = prepare(c->from, &list, "PRAGMA \"%w\".table_xinfo(\"%w\")",
                   database ? database : "main", table);

  sqlite3_str_appendall(sql, "CREATE TABLE x(");
  while (rc == SQLITE_OK && sqlite3_step(list) == SQLITE_ROW) {
    sqlite3_str_appendf(sql, "%s\"%w\" %s%s", n++ ? ", " : "", text(list, 1),
                        is_plain_type(text(list, 2)) ? text(list, 2) : "",
                        sqlite3_column_int(list, 6) == 1 ? " HIDDEN" : "");
  }
  sqlite3_finalize(list);
  sqlite3_str_appendall(sql, ")");
  if (n == 0) sqlite3_str_reset(sql);
  if (n == 0 && rc != SQLITE_NOMEM) {
    sqlite3_free(sqlite3_str_finish(sql));
    return sqlite3_mprintf("");
  }
  return sqlite3_str_finish(sql);
}

static int clone_module(hp_clone *c, const char *name) {
  char *declaration = declaration_of(c, NULL, name);
  int rc = SQLITE_OK;

  if (!declaration) return SQLITE_NOMEM;
  if (*declaration) rc = hp_stubs_module(c->to, name, declaration);
  sqlite3_free(declaration);
  return rc;
}

/* Stands in for the table-valued functions that only the host has. */
static int clone_modules(hp_clone *c) {
  sqlite3_stmt *theirs, *ours = NULL;
  int rc = prepare(c->from, &theirs, "SELECT name FROM pragma_module_list");

  if (rc == SQLITE_OK) {
    rc = prepare(c->to, &ours,
                 "SELECT 1 FROM pragma_module_list WHERE name = ?");
  }
  if (rc != SQLITE_OK) {
    sqlite3_finalize(theirs);
    return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
  }
  while (rc == SQLITE_OK && (rc = sqlite3_step(theirs)) == SQLITE_ROW) {
    bool known;

    rc = sqlite3_bind_text(ours, 1, text(theirs, 0), -1, SQLITE_TRANSIENT);
    known = sqlite3_step(ours) == SQLITE_ROW;
    sqlite3_reset(ours);
    if (rc == SQLITE_OK && !known) rc = clone_module(c, text(theirs, 0));
  }
  sqlite3_finalize(theirs);
  sqlite3_finalize(ours);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- objects */

/* Creates the stand-in of a virtual table. */
static int clone_vtab(hp_clone *c, const char *database, const char *name) {
  char *declaration = declaration_of(c, database, name);
  char *sql = NULL;
  int rc = SQLITE_NOMEM;

  if (declaration && *declaration) {
    sql = sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\""
                          " USING " HP_STUB_MODULE "(%s)",
                          database, name, declaration);
    if (sql) rc = run_one(c, HP_GATE_REPLAY, sql);
    sqlite3_free(sql);
  } else if (declaration) {
    sqlite3_str_appendf(c->missing, "%s.%s: its columns cannot be read: %s\n",
                        database, name, sqlite3_errmsg(c->from));
    rc = SQLITE_OK;
  }
  sqlite3_free(declaration);
  return rc;
}

/* Where the name of the created object stands in sql, or NULL if sql does not
** begin with one of the four CREATEs. */
static const char *name_in(const char *sql) {
  const char *s;

  if (!hp_text_begins(sql, "CREATE")) return NULL;
  s = hp_text_skip(sql);
  s = hp_text_skip(s + hp_text_token(s));
  if (hp_text_begins(s, "UNIQUE")) s = hp_text_skip(s + hp_text_token(s));
  if (!hp_text_begins(s, "TABLE") && !hp_text_begins(s, "INDEX") &&
      !hp_text_begins(s, "VIEW") && !hp_text_begins(s, "TRIGGER")) {
    return NULL;
  }
  return hp_text_skip(s + hp_text_token(s));
}

/* Replays one row (name, sql) of a schema, with the database's name put
** before that of the object. */
static int clone_object(hp_clone *c, const char *database, const char *name,
                        const char *sql) {
  const char *at = name_in(sql);
  char *qualified;
  int rc;

  if (hp_clock_ms() >= c->deadline_ms) {
    return leave_out(c, SQLITE_INTERRUPT, database, name);
  }
  if (!at && hp_text_begins(sql, "CREATE")) {
    return leave_out(c, clone_vtab(c, database, name), database, name);
  }
  if (!at) {
    sqlite3_str_appendf(c->missing, "%s.%s: not a CREATE statement\n", database,
                        name);
    return SQLITE_OK;
  }
  qualified =
      sqlite3_mprintf("%.*s\"%w\".%s", (int)(at - sql), sql, database, at);
  if (!qualified) return SQLITE_NOMEM;
  rc = run_one(c, HP_GATE_REPLAY, qualified);
  sqlite3_free(qualified);
  return leave_out(c, rc, database, name);
}

/* Clones the objects of one type: "table", "index", "view" or "trigger". */
static int clone_type(hp_clone *c, const char *database, const char *type,
                      char **err) {
  sqlite3_stmt *rows;
  int rc = prepare(c->from, &rows,
                   "SELECT name, sql FROM \"%w\".sqlite_schema"
                   " WHERE type = %Q AND sql IS NOT NULL ORDER BY rowid",
                   database, type);

  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    const char *name = text(rows, 0), *sql = text(rows, 1);

    rc = SQLITE_OK;
    if (!name || !sql || sqlite3_strnicmp(name, "sqlite_", 7) == 0) continue;
    rc = clone_object(c, database, name, sql);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("the schema of %s cannot be read: %s", database,
                           sqlite3_errmsg(c->from));
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- statistics */

static bool has_table(sqlite3 *db, const char *database, const char *table) {
  sqlite3_stmt *found;
  bool has = prepare(db, &found,
                     "SELECT 1 FROM \"%w\".sqlite_schema"
                     " WHERE type = 'table' AND name = %Q",
                     database, table) == SQLITE_OK &&
             sqlite3_step(found) == SQLITE_ROW;

  sqlite3_finalize(found);
  return has;
}

static int copy_rows(sqlite3_stmt *from, sqlite3_stmt *to) {
  int rc;

  while ((rc = sqlite3_step(from)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(from); i++) {
      rc = sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
      if (rc != SQLITE_OK) return rc;
    }
    sqlite3_step(to);
    rc = sqlite3_reset(to);
    if (rc != SQLITE_OK) return rc;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Copies a statistics table that both have; a damaged one is left out. */
static int copy_statistics(hp_clone *c, const char *database, const char *table,
                           const char *columns, const char *places) {
  sqlite3_stmt *from = NULL, *to = NULL;
  int rc;

  if (!has_table(c->from, database, table) ||
      !has_table(c->to, database, table)) {
    return SQLITE_OK;
  }
  rc = prepare(c->from, &from, "SELECT %s FROM \"%w\".%s", columns, database,
               table);
  if (rc == SQLITE_OK) {
    rc = prepare(c->to, &to, "INSERT INTO \"%w\".%s(%s) VALUES(%s)", database,
                 table, columns, places);
  }
  if (rc == SQLITE_OK) rc = copy_rows(from, to);
  sqlite3_finalize(from);
  sqlite3_finalize(to);
  return leave_out(c, rc, database, table);
}

static int run_own(hp_clone *c, const char *fmt, const char *database) {
  char *sql = sqlite3_mprintf(fmt, database);
  int rc = sql ? run_one(c, HP_GATE_OPEN, sql) : SQLITE_NOMEM;

  sqlite3_free(sql);
  return rc;
}

/* ANALYZE makes the (empty) statistics tables; loading them is what ANALYZE of
** the schema table does. */
static int clone_statistics(hp_clone *c, const char *database, char **err) {
  int rc;

  (void)err;
  if (!has_table(c->from, database, "sqlite_stat1")) return SQLITE_OK;
  rc = run_own(c, "ANALYZE \"%w\"", database);
  if (rc == SQLITE_OK) {
    rc = copy_statistics(c, database, "sqlite_stat1", "tbl, idx, stat",
                         "?, ?, ?");
  }
  if (rc == SQLITE_OK) {
    rc =
        copy_statistics(c, database, "sqlite_stat4",
                        "tbl, idx, neq, nlt, ndlt, sample", "?, ?, ?, ?, ?, ?");
  }
  if (rc == SQLITE_OK)
    rc = run_own(c, "ANALYZE \"%w\".sqlite_master", database);
  return leave_out(c, rc, database, "sqlite_stat1");
}

/* ---- everything */

static int attach(hp_clone *c, const char *database, char **err) {
  int rc;

  (void)err;
  if (sqlite3_stricmp(database, "main") == 0 ||
      sqlite3_stricmp(database, "temp") == 0) {
    return SQLITE_OK;
  }
  rc = run_own(c, "ATTACH ':memory:' AS \"%w\"", database);
  return leave_out(c, rc, database, "*");
}

static int clone_tables(hp_clone *c, const char *database, char **err) {
  return clone_type(c, database, "table", err);
}

static int clone_indexes(hp_clone *c, const char *database, char **err) {
  return clone_type(c, database, "index", err);
}

static int clone_views(hp_clone *c, const char *database, char **err) {
  return clone_type(c, database, "view", err);
}

static int clone_triggers(hp_clone *c, const char *database, char **err) {
  return clone_type(c, database, "trigger", err);
}

/* Does step for each database of the host. */
static int each_database(hp_clone *c, char **err,
                         int (*step)(hp_clone *, const char *, char **)) {
  sqlite3_stmt *list;
  int rc = prepare(c->from, &list, "PRAGMA database_list");

  while (rc == SQLITE_OK && (rc = sqlite3_step(list)) == SQLITE_ROW) {
    rc = text(list, 1) ? step(c, text(list, 1), err) : SQLITE_NOMEM;
  }
  if (rc != SQLITE_DONE && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("the list of databases cannot be read: %s",
                           sqlite3_errmsg(c->from));
  }
  sqlite3_finalize(list);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hp_clone_run(hp_clone *c, char **err) {
  int rc = each_database(c, err, attach);

  if (rc == SQLITE_OK) rc = run_own(c, "BEGIN", "");
  if (rc == SQLITE_OK) rc = clone_functions(c);
  if (rc == SQLITE_OK) rc = clone_modules(c);
  if (rc == SQLITE_OK) rc = each_database(c, err, clone_tables);
  if (rc == SQLITE_OK) rc = each_database(c, err, clone_indexes);
  if (rc == SQLITE_OK) rc = each_database(c, err, clone_views);
  if (rc == SQLITE_OK) rc = each_database(c, err, clone_triggers);
  if (rc == SQLITE_OK) rc = run_own(c, "COMMIT", "");
  if (rc == SQLITE_OK) rc = each_database(c, err, clone_statistics);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(c->missing);
  return rc;
}
