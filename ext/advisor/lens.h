/* SPDX-License-Identifier: MIT
**
** The lens: finds out what a statement needs from each table by letting
** SQLite plan it over virtual tables of the same names and columns, whose
** xBestIndex is told the constraints, the order and the columns used. Views
** are resolved and subqueries flattened by SQLite itself.
**
** Not seen by it: expressions on columns, what is in a list, collations of
** ORDER BY, the order that min() and max() want, and what triggers do.
*/
#ifndef HP_ADVISOR_LENS_H
#define HP_ADVISOR_LENS_H

#include "advisor/need.h"

typedef struct hp_lens hp_lens;

/* A lens over copy's main and temp schemas. tables and copy are borrowed until
** hp_lens_close(). SQLITE_OK, or a code with *err set to a sentence (caller
** frees with sqlite3_free; NULL: out of memory) and *out NULL. */
HP_MUST_CHECK int hp_lens_open(sqlite3 *copy, const hp_tables *tables,
                               hp_lens **out, char **err);

void hp_lens_close(hp_lens *lens);

/* What sql's first statement needs. Errors as above; free out in any case. */
HP_MUST_CHECK int hp_lens_look(hp_lens *lens, const char *sql, hp_needs *out,
                               char **err);

/* Prepares EXPLAIN of sql's first statement over the lens. In it P4 of each
** VFilter names the table and the columns that its arguments are compared with:
** their positions, as "table,column,…" (column -1: rowid). Errors as above.
** Caller finalizes, before the lens is closed. */
HP_MUST_CHECK int hp_lens_program(hp_lens *lens, const char *sql,
                                  sqlite3_stmt **out, char **err);

#endif
