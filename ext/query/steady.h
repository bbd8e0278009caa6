/* SPDX-License-Identifier: MIT
**
** Whether a cached table would do for a statement.
*/
#ifndef HP_QUERY_STEADY_H
#define HP_QUERY_STEADY_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/* True if a cached table of this SELECT would always answer as it does, from
** memory: it depends on the rows of files only, and is not cached already.
** False also if it cannot be compiled on db. Runs no statement of the
** application's. */
bool hp_steady_select(sqlite3 *db, const char *select);

#endif
