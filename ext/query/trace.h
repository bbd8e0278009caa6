/* SPDX-License-Identifier: MIT
**
** Watches what a connection runs and records it (recorder.h): listens to the
** trace hook (base/hook.h), reads the clock itself and SQLite's counters by
** difference, never resetting them.
**
** A call is counted when its run ends. Its time runs from its first step to
** its end, the application's own time between rows included. Errors are a
** lower bound: SQLite tells the hook of a run's end before its result code, so
** only a run that ended before it could begin is known to have failed (BUSY or
** LOCKED at its start or at COMMIT, refused by a read-only database). A run
** that SQLite silently repeated because the schema had changed is one call.
** Prepares are a lower bound too: a statement never run is not seen. Inner
** statements that functions or virtual tables run are part of the outer one.
**
** Pages are counted for the whole connection and given to the statement last
** begun; while several are open at once their shares are approximate, their
** sum is exact.
*/
#ifndef HP_QUERY_TRACE_H
#define HP_QUERY_TRACE_H

#include "base/conn.h"
#include "query/tally.h"

#include <stdbool.h>

/*
** Begins to watch c. SQLITE_OK, SQLITE_NOMEM, SQLITE_FULL, or SQLITE_NOTFOUND
** if this SQLite has no sqlite3_trace_v2: then there are no statistics.
** Calling it again does nothing.
*/
int hp_trace_begin(hp_conn *c);

/* The hook was off for a while: what c did meanwhile is not counted. */
void hp_trace_skip(hp_conn *c);

/* Gives pages read so far to their statement; before c's own thread reads the
** statistics. */
void hp_trace_settle(hp_conn *c);

/* Process-wide: records one of `every` statements, chosen by chance; 1 is all.
** While it is not 1 repetitions are not looked for: they do not show in a
** sample. */
#define HP_TRACE_MAX_SAMPLE 1000000
void hp_trace_set_sample(int every);
int hp_trace_sample(void);

/* What the hook itself costs: its mean time per call in ns over n_samples
** sampled calls of all connections; 0 if there were none. */
double hp_trace_overhead_ns(int64_t *n_samples);

#endif
