/* SPDX-License-Identifier: MIT
**
** What the advisor knows about the tables of a database, and what a statement
** needs from one of them. Indexes of columns are positions in hp_table.
*/
#ifndef HP_ADVISOR_TABLE_H
#define HP_ADVISOR_TABLE_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_column {
  char *name;
  char *type;      /* as declared; "" if it is not plain words */
  char *collation; /* "BINARY" … */
  bool is_hidden;  /* generated columns count as visible */
} hp_column;

typedef struct hp_table {
  char *name;
  hp_column *columns; /* n_columns */
  int n_columns;
  int rowid_alias; /* INTEGER PRIMARY KEY column, or -1 */
  int64_t n_rows;
} hp_table;

/* Zero-initialised. */
typedef struct hp_tables {
  hp_table *at; /* n of them */
  int n;
} hp_tables;

/* Reads the ordinary tables of db's main database, in order of their names.
** SQLITE_OK, or an SQLite code with db's message; free in both cases. */
HP_MUST_CHECK int hp_tables_read(sqlite3 *db, hp_tables *out);

/* Position of the table of this name (ASCII case is ignored), or -1. */
int hp_tables_find(const hp_tables *t, const char *name);

/* Position of t's column of this name, or -1. */
int hp_table_find(const hp_table *t, const char *column);

/* Frees what t owns; may be called again. */
void hp_tables_term(hp_tables *t);

#endif
