/* SPDX-License-Identifier: MIT
**
** Keeps a copy of the statistics in an SQLite file of its own, so that other
** processes can read a running application's: the table
**
**   hotpath_statements(process, fingerprint, database, query, calls, errors,
**     rows_returned, rows_changed, total_ms, max_ms, saved_at, entry)
**
** where entry is the JSON of query/portable.h. Several processes may write the
** same file, each its own rows; the view hotpath_merged adds them up.
**
** Off until asked for. Then a thread writes what has changed every 2 seconds,
** and a connection that is closed writes at once. Values are redacted as in
** query_stats. Failures never reach the application: they are counted, and
** shown by hotpath_status. All functions are thread-safe.
*/
#ifndef HP_QUERY_PERSIST_H
#define HP_QUERY_PERSIST_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

/* Writes to path from now on; "" or NULL ends it. SQLITE_OK, or why the file
** cannot be used; then nothing has changed. */
int hp_persist_set(const char *path);

/* The path, "" if off. Caller frees with sqlite3_free(); NULL when out of
** memory. */
char *hp_persist_path(void);

/* Writes what has changed since the last time, if it is on. */
void hp_persist_flush(void);

/* Successful writes and failed ones, and the code of the last failure. */
void hp_persist_count(int64_t *n_written, int64_t *n_failed, int *last_rc);

/* Around fork(): in the child it is off, the file stays the parent's. */
void hp_persist_before_fork(void);
void hp_persist_after_fork(bool is_child);

#endif
