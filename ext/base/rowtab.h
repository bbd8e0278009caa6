/* SPDX-License-Identifier: MIT
**
** Read-only tables whose rows are worked out when they are read: all of
** hotpath's statistics tables are this one virtual table with another filler.
** An eponymous table, usable in every schema without CREATE; for top-level
** SQL only (SQLITE_DIRECTONLY) unless is_innocuous.
*/
#ifndef HP_BASE_ROWTAB_H
#define HP_BASE_ROWTAB_H

#include "base/block.h"
#include "base/conn.h"

typedef struct hp_rowtab hp_rowtab;

/*
** Appends all rows to out, whose n_cols is the number of columns that are not
** arguments. args are the n_args hidden arguments (NULL where not given).
** On failure returns an SQLite code and sets *err to a sentence (the caller
** frees with sqlite3_free) or leaves it NULL for SQLite's own words.
*/
typedef int hp_rowtab_fill(hp_conn *c, const hp_rowtab *table,
                           sqlite3_value **args, hp_builder *out, char **err);

/* Constant; must live as long as the process. */
struct hp_rowtab {
  const char *name;    /* of the table */
  const char *columns; /* `a TEXT, b INT`: visible columns, in order */
  const char *args;    /* `dir TEXT, x`: arguments, in order; NULL for none */
  hp_rowtab_fill *fill;
  const void *data;  /* for fill */
  int n_required;    /* leading arguments that must be given */
  bool is_innocuous; /* may be used in views and triggers */
};

/* Registers table on c's connection. An SQLite code. */
int hp_rowtab_register(hp_conn *c, const hp_rowtab *table);

/* The i-th table that was ever registered in this process, from 0; NULL after
** the last. Thread-safe. */
const hp_rowtab *hp_rowtab_at(int i);

#endif
