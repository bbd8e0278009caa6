/* SPDX-License-Identifier: MIT
**
** What recorded statements do, worked out when the table is read:
**
**     query_plans     the plan of each, a row per line and warning
**     query_access    the tables and columns each reads and writes
**
** Both cover the statements of the connection's own database file.
*/
#ifndef HP_QUERY_PLANS_VTAB_H
#define HP_QUERY_PLANS_VTAB_H

#include "base/conn.h"

/* Registers the tables on c. Returns an SQLite result code. */
int hp_plans_vtab_register(hp_conn *c);

#endif
