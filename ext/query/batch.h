/* SPDX-License-Identifier: MIT
**
** Rewrites a lookup by one value as a statement that answers many at once:
**
**   SELECT title FROM books WHERE shelf_id = 7
**   SELECT title FROM books WHERE shelf_id IN (SELECT value FROM json_each(?))
**
**   SELECT count(*) FROM books WHERE shelf_id = 7
**   SELECT batch.value, (SELECT count(*) FROM books
**     WHERE shelf_id = batch.value) FROM json_each(?) AS batch
**
**   SELECT 1 FROM books WHERE shelf_id = 7 LIMIT 1
**   SELECT batch.value FROM json_each(?) AS batch WHERE EXISTS (SELECT 1 ...)
**
** The first gives the rows of all lookups (a value given twice counts once),
** the second each value with its result, the third the values that were found.
** Only what is certain is rewritten: one SELECT, its conditions joined by AND,
** one of them a column = value; no DISTINCT, GROUP BY, ORDER BY, OFFSET,
** compound or window. A LIMIT must be superfluous (lookup by a unique column).
**
** Pure; thread-safe.
*/
#ifndef HP_QUERY_BATCH_H
#define HP_QUERY_BATCH_H

#include <stdbool.h>
#include <stddef.h>

/* The parts of a lookup. All strings belong to it; hp_batch_term() frees. */
typedef struct hp_batch {
  char *one;  /* the lookup with ? for the value; other values stay */
  char *many; /* the rewrite; NULL if a LIMIT may be needed */
  char
      *many_unlimited; /* the rewrite without the LIMIT; NULL if none had one */
  char *values; /* SELECT of up to ? values of the column, found in the data */
  char *table;  /* the only table, unquoted; NULL if there are several */
  char *column; /* the column, unquoted, without its table */
  bool has_parameters; /* beside the value: cannot be run without bindings */
} hp_batch;

/*
** Takes apart the n bytes at sql. SQLITE_OK, SQLITE_NOMEM, or SQLITE_NOTFOUND
** if it is not a lookup that can be rewritten; *out is zeroed unless OK.
*/
int hp_batch_init(hp_batch *out, const char *sql, size_t n);

/* Frees what b owns; b may be zeroed. */
void hp_batch_term(hp_batch *b);

#endif
