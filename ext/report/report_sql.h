/* SPDX-License-Identifier: MIT
**
** hotpath_report(format).
*/
#ifndef HP_REPORT_REPORT_SQL_H
#define HP_REPORT_REPORT_SQL_H

#include "base/conn.h"

/* Registers the function on c. An SQLite code. */
int hp_report_sql_register(hp_conn *c);

#endif
