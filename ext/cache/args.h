/* SPDX-License-Identifier: MIT
**
** The arguments of a call that were kept as a row of a block, as values again:
** SQLite makes values only of what a statement returns. On the thread of the
** connection; the hook sees the statement unless it is muted.
*/
#ifndef HP_CACHE_ARGS_H
#define HP_CACHE_ARGS_H

#include "base/block.h"

typedef struct hp_args {
  int n;
  sqlite3_stmt *stmt;   /* SELECT ?1, ?2, …; NULL without arguments */
  sqlite3_value **argv; /* n of them; borrowed until the next hp_args_read() */
  hp_builder row;       /* the same as one row */
} hp_args;

/* For n arguments on db. SQLITE_OK or an SQLite code; end with hp_args_term()
** in any case. */
int hp_args_init(hp_args *a, sqlite3 *db, int n);

/* Reads row `row` of k, which has n columns and must stay until the next call
** (NULL where n is 0). SQLITE_OK or an SQLite code. */
int hp_args_read(hp_args *a, const hp_block *k, int64_t row);

/* Lets go of the block. */
void hp_args_reset(hp_args *a);

/* A zero-initialised one is allowed. */
void hp_args_term(hp_args *a);

#endif
