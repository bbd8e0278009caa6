/* SPDX-License-Identifier: MIT
**
** index_usage: each index of the main database, and who uses it.
*/
#ifndef HP_ADVISOR_USAGE_VTAB_H
#define HP_ADVISOR_USAGE_VTAB_H

#include "base/conn.h"

/* Registers the table on c. An SQLite code. */
int hp_usage_register(hp_conn *c);

#endif
