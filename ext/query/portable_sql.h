/* SPDX-License-Identifier: MIT
**
** The functions that carry statistics from process to process:
**
**     query_export()        all of them as a JSON array (query/portable.h)
**     query_import(json)    adds such an array, answers how many entries
*/
#ifndef HP_QUERY_PORTABLE_SQL_H
#define HP_QUERY_PORTABLE_SQL_H

#include "base/conn.h"

/* Registers the functions on c. Returns an SQLite result code. */
int hp_portable_register(hp_conn *c);

#endif
