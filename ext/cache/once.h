/* SPDX-License-Identifier: MIT
**
** Does the statement that is running read cached tables only once? Then its
** answer needs no transaction to be of one snapshot. That is a property of
** the statement's program; it is worked out when a statement is seen to be
** used again, and remembered in the plan that xBestIndex leaves in it, as the
** string that SQLite keeps for us until the statement is finalized.
*/
#ifndef HP_CACHE_ONCE_H
#define HP_CACHE_ONCE_H

#include "base/conn.h"

#include <stdbool.h>

typedef enum hp_once {
  HP_ONCE_UNKNOWN, /* not asked yet, or could not be told this time */
  HP_ONCE_PROVED,  /* one read per run */
  HP_ONCE_NO,      /* several, or not provable */
} hp_once;

/* The plan of one use of a cached table in one statement. SQLite sees a
** zero-terminated string. */
typedef struct hp_plan_note {
  char text[8]; /* "cached" */
  int n_runs;   /* how often xFilter was called with it, at first */
  hp_once once;
  sqlite3_stmt *stmt; /* whose plan it is, once that is proved */
} hp_plan_note;

/* A new note; SQLite frees it (sqlite3_free). NULL when out of memory. */
hp_plan_note *hp_plan_note_new(void);

/*
** Counts a run. The running statement, if it is proved that it reads vtab, and
** nothing else of ours, once; otherwise NULL. May prepare an EXPLAIN on the
** connection the second time; afterwards it costs nothing.
*/
sqlite3_stmt *hp_once_stmt(hp_plan_note *note, hp_conn *c,
                           const sqlite3_vtab *vtab);

#endif
