/* SPDX-License-Identifier: MIT */
#include "advisor/binding.h"

#include "schema/text.h"

#include <string.h>

enum { PAGE_ROWS = 20, MAX_LIST = 128 };

typedef struct place {
  int table, column; /* column -1: none */
} place;

/* What stands before a parameter. */
typedef struct context {
  place last;           /* the last name of a column of a table in use */
  bool limit, offset;   /* the last word was one of these */
  bool values;          /* within VALUES of an INSERT */
  place list[MAX_LIST]; /* the INSERT's columns, n_list of them */
  int n_list, i_value;  /* and which value is next */
} context;

static bool word_is(const char *s, size_t n, const char *word) {
  return n == strlen(word) && sqlite3_strnicmp(s, word, (int)n) == 0;
}

/* Finds the column that the token at s names, among the tables in use. */
static int note_name(const hp_tables *tables, const bool *touches,
                     const char *s, context *c) {
  char *name = hp_text_word(s, 0);

  if (!name) return SQLITE_NOMEM;
  for (int t = 0; t < tables->n; t++) {
    int column = touches[t] ? hp_table_find(&tables->at[t], name) : -1;

    if (column < 0) continue;
    c->last = (place){t, column};
    if (!c->values && c->n_list < MAX_LIST) c->list[c->n_list++] = c->last;
    break;
  }
  sqlite3_free(name);
  return SQLITE_OK;
}

static int note_token(const hp_tables *tables, const bool *touches,
                      const char *s, size_t n, context *c) {
  bool is_word = n > 1 || (*s | 32) >= 'a';

  if (word_is(s, n, "VALUES")) {
    c->values = true;
    c->i_value = 0;
  } else if (c->values && *s == ',') {
    c->i_value++;
  } else if (c->values && *s == '(') {
    c->i_value = 0;
  } else if (is_word && *s != '\'' && (*s < '0' || *s > '9')) {
    c->limit = word_is(s, n, "LIMIT");
    c->offset = word_is(s, n, "OFFSET");
    return note_name(tables, touches, s, c);
  }
  return SQLITE_OK;
}

/* A value that the column has, from another row for each parameter, so that a
** BETWEEN is not empty. */
static int bind_sample(sqlite3 *db, const hp_table *t, int column,
                       sqlite3_stmt *stmt, int i) {
  const char *name = t->columns[column].name;
  char *sql = sqlite3_mprintf("SELECT \"%w\" FROM main.\"%w\" WHERE \"%w\""
                              " IS NOT NULL LIMIT 1 OFFSET %lld",
                              name, t->name, name,
                              t->n_rows / 3 + t->n_rows / 7 * (i % 3));
  sqlite3_stmt *row = NULL;
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    rc = sqlite3_bind_value(stmt, i, sqlite3_column_value(row, 0));
  }
  sqlite3_finalize(row);
  return rc;
}

static int bind_one(sqlite3 *db, const hp_tables *tables, const context *c,
                    sqlite3_stmt *stmt, int i, char **err) {
  place p = c->last;
  bool listed = c->values && c->i_value < c->n_list;

  if (listed) p = c->list[c->i_value];
  if (c->limit) return sqlite3_bind_int(stmt, i, PAGE_ROWS);
  if (c->offset) return sqlite3_bind_int(stmt, i, 0);
  if (p.column < 0) {
    *err = sqlite3_mprintf("there is no value to try for its parameter %d", i);
    return *err ? SQLITE_MISMATCH : SQLITE_NOMEM;
  }
  /* A new row gets a rowid of its own. */
  if (listed && p.column == tables->at[p.table].rowid_alias) return SQLITE_OK;
  return bind_sample(db, &tables->at[p.table], p.column, stmt, i);
}

/* The number of the parameter of n bytes at s. */
static int number_of(sqlite3_stmt *stmt, const char *s, size_t n, int *last) {
  char *name;
  int i;

  if (n == 1) return ++*last;
  name = sqlite3_mprintf("%.*s", (int)n, s);
  i = name ? sqlite3_bind_parameter_index(stmt, name) : 0;
  sqlite3_free(name);
  if (i > *last) *last = i;
  return i;
}

static bool is_parameter(char c) {
  return c == '?' || c == ':' || c == '@' || c == '$' || c == '#';
}

static size_t length_of(const char *s) {
  bool named = is_parameter(*s) && s[1] && !strchr(" \t\r\n,)(;=<>+-*/|", s[1]);

  return named              ? 1 + hp_text_token(s + 1)
         : is_parameter(*s) ? 1
                            : hp_text_token(s);
}

int hp_binding_fill(sqlite3 *db, const hp_tables *tables, const bool *touches,
                    sqlite3_stmt *stmt, char **err) {
  const char *s = hp_text_skip(sqlite3_sql(stmt));
  context c = {.last = {-1, -1}};
  int last = 0, rc = SQLITE_OK;

  *err = NULL;
  if (sqlite3_bind_parameter_count(stmt) == 0) return SQLITE_OK;
  while (*s && rc == SQLITE_OK) {
    size_t n = length_of(s);

    if (is_parameter(*s)) {
      int i = number_of(stmt, s, n, &last);

      if (i > 0) rc = bind_one(db, tables, &c, stmt, i, err);
    } else {
      rc = note_token(tables, touches, s, n, &c);
    }
    s = hp_text_skip(s + n);
  }
  return rc;
}
