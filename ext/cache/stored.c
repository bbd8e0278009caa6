/* SPDX-License-Identifier: MIT */
#include "cache/stored.h"
#include "base/hook.h"
#include "base/statement.h"

#include <string.h>

/* Is there a cached table of this name in temp? Another table is an error. */
static int find(hp_conn *c, const char *name, bool *is_there, char **err) {
  sqlite3_stmt *stmt;
  int rc = hp_statement_prepare(
      c->db,
      sqlite3_mprintf("SELECT sql LIKE '%%USING cached(%%' FROM "
                      "temp.sqlite_schema WHERE name = %Q COLLATE"
                      " NOCASE",
                      name),
      &stmt, err);
  bool is_other = false;

  *is_there = !rc && sqlite3_step(stmt) == SQLITE_ROW;
  if (*is_there) is_other = !sqlite3_column_int(stmt, 0);
  if (!rc) rc = sqlite3_finalize(stmt);
  if (!is_other) return rc;
  *err = sqlite3_mprintf("temp.%s is there, and is not a cached table", name);
  return SQLITE_ERROR;
}

static int make(hp_conn *c, const char *name, const char *sql,
                const char *options, char **err) {
  return hp_statement_run(
      c->db, err, "CREATE VIRTUAL TABLE temp.\"%w\" USING cached((%s)%s%s)",
      name, sql, options && *options ? ", " : "", options ? options : "");
}

static int drop(hp_conn *c, const char *name, char **err) {
  bool is_there;
  int rc = find(c, name, &is_there, err);

  return rc || !is_there
             ? rc
             : hp_statement_run(c->db, err, "DROP TABLE temp.\"%w\"", name);
}

static int keep(hp_conn *c, const char *name, const char *sql,
                const char *options, char **err) {
  int rc = hp_statement_run(
      c->db, err,
      "CREATE TABLE IF NOT EXISTS main.hotpath_definitions("
      "name TEXT PRIMARY KEY COLLATE NOCASE, sql TEXT NOT NULL,"
      " options TEXT)");

  if (rc) return rc;
  return hp_statement_run(c->db, err,
                          "INSERT OR REPLACE INTO main.hotpath_definitions"
                          " VALUES (%Q, %Q, %Q)",
                          name, sql, options);
}

/* Gives the sentence about `probe` the name that the user knows. */
static void rename_in(char **err, const char *probe, const char *name) {
  size_t n = strlen(probe);
  char *renamed;

  if (!*err || strncmp(*err, probe, n)) return;
  renamed = sqlite3_mprintf("%s%s", name, *err + n);
  sqlite3_free(*err);
  *err = renamed;
}

/* Makes it under another name, for a moment: a definition that is no good must
** not cost the one that is there. */
static int try(hp_conn *c, const char *name, const char *sql,
               const char *options, char **err) {
  char *probe = sqlite3_mprintf("%s.new", name);
  int rc = probe ? drop(c, probe, err) : SQLITE_NOMEM;

  if (!rc) rc = make(c, probe, sql, options, err);
  if (!rc) rc = drop(c, probe, err);
  if (rc && probe) rename_in(err, probe, name);
  sqlite3_free(probe);
  return rc;
}

/* Made before it is kept: what cannot be kept is not left behind. */
static int define(hp_conn *c, const char *name, const char *sql,
                  const char *options, char **err) {
  char *ignored = NULL;
  int rc = try(c, name, sql, options, err);

  if (!rc) rc = drop(c, name, err);
  if (!rc) rc = make(c, name, sql, options, err);
  if (rc) return rc;
  rc = keep(c, name, sql, options, err);
  if (rc) drop(c, name, &ignored);
  sqlite3_free(ignored);
  return rc;
}

int hp_stored_define(hp_conn *c, const char *name, const char *sql,
                     const char *options, char **err) {
  int rc;

  hp_hook_mute(c);
  rc = define(c, name, sql, options, err);
  hp_hook_unmute(c);
  return rc;
}

static bool has_definitions(hp_conn *c) {
  return sqlite3_table_column_metadata(c->db, "main", "hotpath_definitions",
                                       "options", NULL, NULL, NULL, NULL,
                                       NULL) == SQLITE_OK;
}

int hp_stored_undefine(hp_conn *c, const char *name, int64_t *n, char **err) {
  int rc;

  *n = 0;
  hp_hook_mute(c);
  rc = drop(c, name, err);
  if (!rc && has_definitions(c)) {
    rc = hp_statement_run(
        c->db, err, "DELETE FROM main.hotpath_definitions WHERE name = %Q",
        name);
    if (!rc) *n = sqlite3_changes(c->db);
  }
  hp_hook_unmute(c);
  return rc;
}

static const char *text(sqlite3_stmt *row, int i) {
  return (const char *)sqlite3_column_text(row, i);
}

static int load_one(hp_conn *c, sqlite3_stmt *row, int64_t *n, char **err) {
  const char *name = text(row, 0), *sql = text(row, 1);
  bool is_there;
  char *why = NULL;
  int rc;

  if (!name || !sql) return SQLITE_NOMEM;
  rc = find(c, name, &is_there, &why);
  if (!rc && !is_there) {
    rc = make(c, name, sql, text(row, 2), &why);
    *n += !rc;
  }
  if (rc && why) *err = sqlite3_mprintf("%s: %s", name, why);
  sqlite3_free(why);
  return rc;
}

static int load(hp_conn *c, int64_t *n, char **err) {
  sqlite3_stmt *rows = NULL;
  int rc;

  if (!has_definitions(c)) return SQLITE_OK;
  rc = hp_statement_prepare(
      c->db,
      sqlite3_mprintf("SELECT name, sql, options FROM"
                      " main.hotpath_definitions ORDER BY rowid"),
      &rows, err);
  while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = load_one(c, rows, n, err);
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(c->db));
  }
  sqlite3_finalize(rows);
  return rc;
}

int hp_stored_load(hp_conn *c, int64_t *n, char **err) {
  int rc;

  *n = 0;
  hp_hook_mute(c);
  rc = load(c, n, err);
  hp_hook_unmute(c);
  return rc;
}
