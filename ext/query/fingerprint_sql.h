/* SPDX-License-Identifier: MIT
**
** The SQL functions of query/fingerprint.h:
**
**     query_normalize(sql)    the normal form, NULL for NULL
**     query_fingerprint(sql)  16 hexadecimal digits, NULL for NULL
*/
#ifndef HP_QUERY_FINGERPRINT_SQL_H
#define HP_QUERY_FINGERPRINT_SQL_H

#include "base/sqlite_api.h"

/* Registers the functions on db. Returns an SQLite result code. */
int hp_fingerprint_register(sqlite3 *db);

#endif
