/* SPDX-License-Identifier: MIT */
#include "advisor/table.h"

#include <string.h>

static char *text_of(sqlite3_stmt *row, int i) {
  const char *text = (const char *)sqlite3_column_text(row, i);

  return sqlite3_mprintf("%s", text ? text : "");
}

/* A declared type may be any text; only plain words can be repeated. */
static bool is_plain(const char *type) {
  return type[strspn(type, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ")] == '\0';
}

static int read_column(sqlite3 *db, hp_table *t, sqlite3_stmt *row) {
  hp_column *grown =
      sqlite3_realloc64(t->columns, ((size_t)t->n_columns + 1) * sizeof *grown);
  hp_column c = {.name = text_of(row, 1),
                 .type = text_of(row, 2),
                 .is_hidden = sqlite3_column_int(row, 6) == 1};
  const char *collation = NULL;

  if (grown) t->columns = grown;
  if (c.name) {
    sqlite3_table_column_metadata(db, "main", t->name, c.name, NULL, &collation,
                                  NULL, NULL, NULL);
  }
  c.collation = sqlite3_mprintf("%s", collation ? collation : "BINARY");
  if (c.type && !is_plain(c.type)) c.type[0] = '\0';
  if (!grown || !c.name || !c.type || !c.collation) {
    sqlite3_free(c.name);
    sqlite3_free(c.type);
    sqlite3_free(c.collation);
    return SQLITE_NOMEM;
  }
  t->columns[t->n_columns++] = c;
  return SQLITE_OK;
}

/* Runs a formatted query, of which the first column of the first row, if there
** is one, becomes *out. */
static int query(sqlite3 *db, int64_t *out, const char *fmt, const char *name) {
  char *sql = sqlite3_mprintf(fmt, name);
  sqlite3_stmt *row = NULL;
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    *out = sqlite3_column_int64(row, 0);
  }
  return rc == SQLITE_OK ? sqlite3_finalize(row) : rc;
}

/* The INTEGER PRIMARY KEY: the one key column of type INTEGER for which there
** is no index of its own. (Before 3.39 HAVING needs a GROUP BY.) */
static int find_alias(sqlite3 *db, hp_table *t) {
  int64_t column = -1, has_index = 0;
  int rc = query(
      db, &column,
      "SELECT cid, count(*) FROM pragma_table_info(%Q, 'main') WHERE pk > 0"
      " GROUP BY pk > 0 HAVING count(*) = 1 AND upper(type) = 'INTEGER'",
      t->name);

  if (rc == SQLITE_OK) {
    rc =
        query(db, &has_index,
              "SELECT 1 FROM pragma_index_list(%Q, 'main') WHERE origin = 'pk'",
              t->name);
  }
  t->rowid_alias = has_index ? -1 : (int)column;
  return rc;
}

static int read_table(sqlite3 *db, hp_table *t) {
  sqlite3_stmt *rows = NULL;
  char *sql = sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", t->name);
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = read_column(db, t, rows);
  }
  sqlite3_finalize(rows);
  if (rc == SQLITE_DONE) rc = find_alias(db, t);
  if (rc != SQLITE_OK) return rc;
  return query(db, &t->n_rows, "SELECT count(*) FROM main.\"%w\"", t->name);
}

static int add_table(sqlite3 *db, hp_tables *out, sqlite3_stmt *row) {
  hp_table *grown =
      sqlite3_realloc64(out->at, ((size_t)out->n + 1) * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  out->at = grown;
  out->at[out->n] = (hp_table){.name = text_of(row, 0)};
  if (!out->at[out->n++].name) return SQLITE_NOMEM;
  return read_table(db, &out->at[out->n - 1]);
}

int hp_tables_read(sqlite3 *db, hp_tables *out) {
  sqlite3_stmt *rows = NULL;
  int rc;

  *out = (hp_tables){0};
  rc = sqlite3_prepare_v2(db,
                          "SELECT name FROM main.sqlite_schema WHERE type ="
                          " 'table' AND rootpage > 0"
                          " AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name",
                          -1, &rows, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = add_table(db, out, rows);
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hp_tables_find(const hp_tables *t, const char *name) {
  for (int i = 0; i < t->n; i++) {
    if (sqlite3_stricmp(t->at[i].name, name) == 0) return i;
  }
  return -1;
}

int hp_table_find(const hp_table *t, const char *column) {
  for (int i = 0; i < t->n_columns; i++) {
    if (sqlite3_stricmp(t->columns[i].name, column) == 0) return i;
  }
  return -1;
}

static void free_table(hp_table *t) {
  for (int i = 0; i < t->n_columns; i++) {
    sqlite3_free(t->columns[i].name);
    sqlite3_free(t->columns[i].type);
    sqlite3_free(t->columns[i].collation);
  }
  sqlite3_free(t->columns);
  sqlite3_free(t->name);
}

void hp_tables_term(hp_tables *t) {
  for (int i = 0; i < t->n; i++) free_table(&t->at[i]);
  sqlite3_free(t->at);
  *t = (hp_tables){0};
}
