/* SPDX-License-Identifier: MIT
**
** Is a statement about hotpath itself, or about the settings of SQLite? Then
** it is not the application's work, and no advice is for it. Decided by its
** text. Thread-safe.
*/
#ifndef HP_SCHEMA_OWN_H
#define HP_SCHEMA_OWN_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/* True if sql asks a table of hotpath's or a pragma table, or calls a function
** of hotpath's that reads or sets something, reading no table. */
bool hp_own_is_asked(const char *sql);

/* True if sql is of a kind that reads or writes rows of tables. */
bool hp_own_has_rows(const char *sql);

#endif
