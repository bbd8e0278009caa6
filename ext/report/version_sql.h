/* SPDX-License-Identifier: MIT
**
** hotpath_version() and hotpath_debug(): usable everywhere, views included.
*/
#ifndef HP_REPORT_VERSION_SQL_H
#define HP_REPORT_VERSION_SQL_H

#include "base/sqlite_api.h"

/* Registers the functions on db. Returns an SQLite result code. */
int hp_version_register(sqlite3 *db);

#endif
