/* SPDX-License-Identifier: MIT
**
** A private copy of a host's main database and of its temp tables.
*/
#ifndef HP_ADVISOR_COPY_H
#define HP_ADVISOR_COPY_H

#include "advisor/sample.h"
#include "schema/gate.h"

/* Opens a temporary database, makes gate (which must outlive it) its
** authorizer, and copies the rows of host's main database (by the backup API,
** in one read transaction, without locking anybody out) and of its temp
** tables. sample: those of its rows only (extract.h); NULL: all. SQLITE_OK, or
** a code with *err set to a sentence (caller frees with sqlite3_free; NULL: out
** of memory) and *out NULL. */
HP_MUST_CHECK int hp_copy_open(sqlite3 *host, hp_sample *sample, hp_gate *gate,
                               sqlite3 **out, char **err);

#endif
