/* SPDX-License-Identifier: MIT
**
** Values for the parameters of a statement whose real ones are not known: for
** `column = ?` a value that the column has, for LIMIT ? a page of 20. A guess
** from the text before each parameter; what was guessed is the same each time.
*/
#ifndef HP_ADVISOR_BINDING_H
#define HP_ADVISOR_BINDING_H

#include "advisor/table.h"

/* Binds every parameter of stmt. touches tells which of the tables it uses.
** SQLITE_OK, or a code with *err set to a sentence (caller frees with
** sqlite3_free; NULL: out of memory): SQLITE_MISMATCH if no column could be
** found for a parameter. */
HP_MUST_CHECK int hp_binding_fill(sqlite3 *db, const hp_tables *tables,
                                  const bool *touches, sqlite3_stmt *stmt,
                                  char **err);

#endif
