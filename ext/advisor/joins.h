/* SPDX-License-Identifier: MIT
**
** Which rows belong together: pairs of columns of which one names rows of
** another table, as a foreign key does. Found in what is declared and in what
** the statements compare, for many schemas declare nothing.
*/
#ifndef HP_ADVISOR_JOINS_H
#define HP_ADVISOR_JOINS_H

#include "advisor/statement.h"
#include "advisor/table.h"

/* Column `column` of table `child` holds values of column `key` of table
** `parent`, each of which at most one row of the parent has. Tables and columns
** are positions in hp_tables; the two tables differ. */
typedef struct hp_join {
  int child, column;
  int parent, key;
} hp_join;

/* Zero-initialised. */
typedef struct hp_joins {
  hp_join *at; /* n of them, without repeats; declared ones first */
  int n;
} hp_joins;

/* Reads the foreign keys of db's main database and the n statements' joins. A
** statement that cannot be compiled has none. SQLITE_OK, or a code with *err
** set to a sentence (caller frees with sqlite3_free; NULL: out of memory); free
** out in both cases. */
HP_MUST_CHECK int hp_joins_find(sqlite3 *db, const hp_tables *tables,
                                const hp_statement *statements, int n,
                                hp_joins *out, char **err);

/* Frees what j owns; may be called again. */
void hp_joins_term(hp_joins *j);

#endif
