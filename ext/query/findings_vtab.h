/* SPDX-License-Identifier: MIT
**
** query_findings: one list of what could be better, ranked by what it would
** save; worked out when it is read.
*/
#ifndef HP_QUERY_FINDINGS_VTAB_H
#define HP_QUERY_FINDINGS_VTAB_H

#include "base/conn.h"

/* Registers the table on c. Returns an SQLite result code. */
int hp_findings_vtab_register(hp_conn *c);

#endif
