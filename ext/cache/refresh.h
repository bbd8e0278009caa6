/* SPDX-License-Identifier: MIT
**
** Computing ahead: answers of cached tables with `refresh_ahead` or
** `stale_while_revalidate` are computed again in the background, on a
** connection of our own to the same file, so that nobody waits for them.
**
** A *line* is one definition over one file. All tables of that definition, on
** whatever connections of the process, share it, and with it the connection,
** which is opened by the first refresh and closed with the last table.
** The answers are published under the line's own keys: if these differ from
** the asking connection's (another authorizer, another function under the same
** name), the line gives up and that table is computed in the foreground.
** All functions are thread-safe and must be called outside of sections.
*/
#ifndef HP_CACHE_REFRESH_H
#define HP_CACHE_REFRESH_H

#include "cache/table.h"

typedef struct hp_line hp_line;

/*
** The line for a table that was created on db with these xCreate arguments
** (copied). NULL if its answers cannot be computed elsewhere, no thread can be
** had, or memory ran out: then nothing is refreshed. Ends with hp_line_close().
*/
hp_line *hp_line_open(sqlite3 *db, const hp_table *t, int argc,
                      const char *const *argv);

/* Asks for the refresh of one call: the key and the arguments, as one row
** (copied). Dropped without a word when the queue is full. */
void hp_line_submit(hp_line *line, const hp_key *key, const hp_builder *args);

/* Drops a reference; the last stops a running refresh and closes the
** connection before it returns. NULL is allowed. */
void hp_line_close(hp_line *line);

/* After fork(), in the child: abandons all lines. */
void hp_line_after_fork(void);

#endif
