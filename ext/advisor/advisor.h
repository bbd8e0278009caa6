/* SPDX-License-Identifier: MIT
**
** Index advice for a workload, verified by execution: the statements are run
** on a private copy of the database with and without each index proposed.
** Nothing is changed in the host's database.
*/
#ifndef HP_ADVISOR_ADVISOR_H
#define HP_ADVISOR_ADVISOR_H

#include "advisor/report.h"

/* The usual options. */
hp_advisor_options hp_advisor_defaults(void);

/* Advises on n statements for host's main database. SQLITE_OK, or a code with
** *err set to a sentence (caller frees with sqlite3_free; NULL: out of
** memory). Free out in both cases. Call on host's thread. */
HP_MUST_CHECK int hp_advisor_run(sqlite3 *host, const hp_statement *statements,
                                 int n, const hp_advisor_options *options,
                                 hp_report *out, char **err);

/* What one CREATE INDEX statement of somebody's own would do for the workload:
** a report with one piece of advice of action "create". Errors as above. */
HP_MUST_CHECK int hp_advisor_verify(sqlite3 *host,
                                    const hp_statement *statements, int n,
                                    const hp_advisor_options *options,
                                    const char *ddl, hp_report *out,
                                    char **err);

#endif
