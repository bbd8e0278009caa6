/* SPDX-License-Identifier: MIT
**
** Looks for what could be better, everywhere: in the recorded statements of
** this connection's database, their plans, the slow log, the N+1 suspects, the
** schema and the connection's settings. For the connection's own thread.
*/
#ifndef HP_QUERY_FINDINGS_H
#define HP_QUERY_FINDINGS_H

#include "base/conn.h"
#include "query/finding.h"

#define HP_FINDINGS_PLANS 200 /* dearest statements whose plans are read */

/*
** Fills *out (free with hp_findings_term()), sorted. SQLITE_OK, or a code with
** *err set to a sentence or NULL (caller frees with sqlite3_free()).
*/
HP_MUST_CHECK int hp_findings_collect(hp_conn *c, hp_findings *out, char **err);

#endif
