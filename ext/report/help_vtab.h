/* SPDX-License-Identifier: MIT
**
** hotpath_help(name, kind, arguments, returns, purpose, example): the table of
** report/help.h in SQL.
*/
#ifndef HP_REPORT_HELP_VTAB_H
#define HP_REPORT_HELP_VTAB_H

#include "base/conn.h"

/* Registers the table on c. Returns an SQLite result code. */
int hp_help_register(hp_conn *c);

#endif
