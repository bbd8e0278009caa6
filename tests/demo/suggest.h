/* SPDX-License-Identifier: MIT
**
** Cached tables for a user's own statements: made, measured, and printed
** ready to copy if they are worth it.
*/
#ifndef DEMO_SUGGEST_H
#define DEMO_SUGGEST_H

#include "demo/workload.h"

/* For each read of w: creates a cached table in temp, reads it until it hits,
** and compares the hit with the plain statement, both prepared, in this
** process, now. Prints the measurements, and the statements to create the
** best ones. Returns 0, or 1 after a sentence on stderr. */
int demo_suggest(sqlite3 *db, const demo_workload *w);

#endif
