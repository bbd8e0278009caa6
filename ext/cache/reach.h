/* SPDX-License-Identifier: MIT
**
** Which tables of `main` the statements of a connection write, and which a
** cached SELECT reads: for the ledger. Worked out on the shadow, where foreign
** keys and triggers are always on, so that it is never less than what the
** host does; remembered by the statement's exact text.
**
** The shadow is a picture of the schema as it was at some commit. What was
** worked out on it is good for a commit as long as the ledger knows every
** commit in between: a change of the schema is never in the ledger.
**
** Finding is quick and runs no SQL, so that it can be done in the trace hook;
** what is not known yet is worked out by hp_reach_work(), elsewhere. Belongs
** to one connection and its thread.
*/
#ifndef HP_CACHE_REACH_H
#define HP_CACHE_REACH_H

#include "cache/snapshot.h"

#define HP_REACH_TABLES 12

typedef struct hp_reach hp_reach;

/* Tables of main, as hp_ledger_table() numbers; n is -1 for "any". */
typedef struct hp_tables {
  int n;
  uint32_t at[HP_REACH_TABLES];
} hp_tables;

#define HP_REACH_BUDGET_MS 100 /* for cloning a schema */

/* Of connection c; NULL when out of memory. A schema that cannot be cloned
** within budget_ms, or not as a whole, is never pictured: of a part nothing
** follows, for what is missing may be a trigger. It is tried twice, then not
** until it changes. */
hp_reach *hp_reach_new(hp_conn *c, int budget_ms);
void hp_reach_free(hp_reach *r);

/* The tables a statement of this text writes, nothing else being written
** (no temp or attached table); or NULL if that is not known. A text that is
** seen again unknown is noted for hp_reach_work(). Borrowed until then. */
const hp_tables *hp_reach_writes(hp_reach *r, const char *sql);

/* The tables of main that a SELECT reads; in *out
** (n is -1 if it cannot be told). Compiles it on the shadow. SQLITE_OK,
** SQLITE_NOMEM, or SQLITE_NOTFOUND while the shadow pictures no known commit:
** let hp_reach_work() go first. */
int hp_reach_reads(hp_reach *r, const char *sql, hp_tables *out);

/* The connection changed its own schema, or may have: the shadow must be
** compared with the host again. */
void hp_reach_doubt(hp_reach *r);

/* Is the shadow known to picture the schema at this commit? f is main's file.
** False leaves a wish for hp_reach_work(). */
bool hp_reach_is_at(hp_reach *r, hp_dbfile *f, hp_commit at);

/* May what hp_reach_reads() gave be used? False when temp may be another one
** than that of the shadow, which leaves a wish for hp_reach_work(). */
bool hp_reach_may_read(hp_reach *r);

/* It pictured the schema at the commit before `at`, which changed rows only. */
void hp_reach_follow(hp_reach *r, hp_commit at);

/* Counts up whenever what hp_reach_reads() gave must be asked for again. */
int hp_reach_version(const hp_reach *r);

/* Does what is wished for: brings the shadow up to date with the host, whose
** main is snapshot s, and looks up the noted texts. Nothing to do costs
** nothing. Runs SQL on the host, outside of sections and not in a hook. */
void hp_reach_work(hp_reach *r, hp_snapshot *s);

#endif
