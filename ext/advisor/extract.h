/* SPDX-License-Identifier: MIT
**
** Copies the rows of a sample, with the schema, into an empty database.
*/
#ifndef HP_ADVISOR_EXTRACT_H
#define HP_ADVISOR_EXTRACT_H

#include "advisor/sample.h"
#include "schema/gate.h"

/* Copies tables, rows, indexes, views and triggers of host's main database to
** the empty main database of `to`, whose authorizer is gate. Each table is read
** in a transaction of its own; which rows are taken depends on the rows alone.
** Sets n_copied in sample. What `to` cannot compile, such as a table with a
** function of the application in a CHECK, is left out. There are statistics in
** `to` if there are in host, but of no table. SQLITE_OK, or a code with *err
** set to a sentence (caller frees with sqlite3_free; NULL: out of memory). */
HP_MUST_CHECK int hp_extract_run(sqlite3 *host, hp_sample *sample,
                                 hp_gate *gate, sqlite3 *to, char **err);

#endif
