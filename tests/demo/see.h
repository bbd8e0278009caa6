/* SPDX-License-Identifier: MIT
**
** What hotpath saw, printed: each function shows one of its tables, read
** through db, under a line that says what it is. Returns 0, or 1 after a
** sentence on stderr.
*/
#ifndef DEMO_SEE_H
#define DEMO_SEE_H

#include <sqlite3.h>

/* query_stats: where the time went. */
int demo_see_stats(sqlite3 *db);

/* slow_queries: the slowest executions of the ring. */
int demo_see_slow(sqlite3 *db);

/* cache_stats: hits, misses and what they saved, by cached table. */
int demo_see_cache(sqlite3 *db);

#endif
