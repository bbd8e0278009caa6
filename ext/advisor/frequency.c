/* SPDX-License-Identifier: MIT */
#include "advisor/frequency.h"

#include <string.h>

enum { FEW_VALUES = 8, COMMON_VALUES = 4, FIFTH = 5 };

/* The number that sql (freed) gives; -1: it gives none. */
static int64_t number(sqlite3 *db, char *sql) {
  sqlite3_stmt *stmt = NULL;
  int64_t value = -1;

  if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    value = sqlite3_column_int64(stmt, 0);
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return value;
}

/* True if the column has at most max different values. */
static bool has_few(sqlite3 *db, const hp_table *t, int column, int max) {
  int64_t n =
      number(db, sqlite3_mprintf("SELECT count(*) FROM (SELECT DISTINCT \"%w\""
                                 " FROM main.\"%w\" LIMIT %d)",
                                 t->columns[column].name, t->name, max + 1));

  return n >= 0 && n <= max;
}

/* 0 may be the first of many. */
static bool is_sentinel(const char *literal) {
  static const char *const all[] = {"NULL", "NOT NULL", "-1", "''"};

  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (strcmp(literal, all[i]) == 0) return true;
  }
  return false;
}

static hp_frequency count(sqlite3 *db, const hp_table *t, int column,
                          const char *literal) {
  int64_t n;

  if (!literal) {
    return has_few(db, t, column, COMMON_VALUES) ? HP_COMMON : HP_MIDDLING;
  }
  n = number(db, sqlite3_mprintf("SELECT count(*) FROM main.\"%w\""
                                 " WHERE \"%w\" %s %s",
                                 t->name, t->columns[column].name,
                                 *literal == '(' ? "IN" : "IS", literal));
  if (n < 0) return HP_MIDDLING;
  if (n * FIFTH > t->n_rows) return HP_COMMON;
  if (is_sentinel(literal) || has_few(db, t, column, FEW_VALUES)) {
    return HP_RARE;
  }
  return HP_MIDDLING;
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* Without memory it is counted again. */
static void remember(hp_frequencies *f, hp_count c) {
  hp_count *grown =
      sqlite3_realloc64(f->at, ((size_t)f->n + 1) * sizeof *grown);

  if (grown) f->at = grown;
  if (!grown || (c.literal && !(c.literal = sqlite3_mprintf("%s", c.literal))))
    return;
  f->at[f->n++] = c;
}

hp_frequency hp_frequency_of(hp_frequencies *f, int table, int column,
                             const char *literal) {
  hp_count c = {.table = table, .column = column, .literal = (char *)literal};

  for (int i = 0; i < f->n; i++) {
    const hp_count *known = &f->at[i];

    if (known->table == table && known->column == column &&
        same_text(known->literal, literal)) {
      return known->frequency;
    }
  }
  c.frequency = count(f->db, &f->tables->at[table], column, literal);
  remember(f, c);
  return c.frequency;
}

void hp_frequencies_term(hp_frequencies *f) {
  for (int i = 0; i < f->n; i++) sqlite3_free(f->at[i].literal);
  sqlite3_free(f->at);
  *f = (hp_frequencies){0};
}
