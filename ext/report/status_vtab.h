/* SPDX-License-Identifier: MIT
**
** hotpath_status(name, value, unit, comment): how hotpath is doing.
*/
#ifndef HP_REPORT_STATUS_VTAB_H
#define HP_REPORT_STATUS_VTAB_H

#include "base/conn.h"

/* Registers the table on c. Returns an SQLite result code. */
int hp_status_register(hp_conn *c);

#endif
