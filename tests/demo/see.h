/* SPDX-License-Identifier: MIT
**
** What hotpath saw, printed: each function shows one of its tables, read
** through db, under a line that says what it is. Returns 0, or 1 after a
** sentence on stderr.
*/
#ifndef DEMO_SEE_H
#define DEMO_SEE_H

#include <sqlite3.h>
#include <stdbool.h>

/* Stops hotpath from watching db: what is asked from now on is our own. */
int demo_see_begin(sqlite3 *db);

/* query_findings: what to look at first, ranked, and under it what to do
** about each. Bursts of statements are left out if with_bursts is false. */
int demo_see_findings(sqlite3 *db, bool with_bursts);

/* query_stats: where the time went. */
int demo_see_stats(sqlite3 *db);

/* slow_queries: the slowest executions of the ring. */
int demo_see_slow(sqlite3 *db);

/* query_plans: plan lines with a warning; then the indexes that would help,
** ready to copy. */
int demo_see_plans(sqlite3 *db);

/* cache_stats: hits, misses and what they saved, by cached table. */
int demo_see_cache(sqlite3 *db);

/* Prints heading and under it the first column of each row of sql as a line
** of its own, ended by a semicolon; nothing at all when there is no row. *n
** takes how many there were. */
int demo_see_ddl(sqlite3 *db, const char *heading, const char *sql, int *n);

#endif
