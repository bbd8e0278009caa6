/* SPDX-License-Identifier: MIT
**
** Watches what a connection commits to `main` and puts it into the file's
** ledger where it is proved which tables a commit wrote.
**
** That a commit is this connection's own is proved by counting. In WAL mode:
** between the header before and the header after lies exactly one commit in the
** same run of the WAL, with exactly as many frames as this connection wrote
** pages, none of them before the end of its transaction. The header before is
** taken at the start of a statement in autocommit mode, or under the write lock
** at the start of COMMIT. Success is told by the row counter or, for COMMIT, by
** the pager's data version and its cache being kept.
**
** With a rollback journal: the change counter before is that of a commit that
** is known, the counter after is one more, and this connection has committed
** pages in between; so its commit is the one that was counted. The file shows
** numbers that are not of a commit, too, or not yet, but such a number is in
** no ledger, and is too high at that.
**
** What it wrote is told by the text of its statements (reach.h). A transaction
** with anything that was not seen begin and end, or is not understood, proves
** nothing: statements run by functions, incremental blobs, virtual tables,
** DDL, more than one database, a hook that was away. Such a commit is missing
** from the ledger, and that is always allowed.
**
** Belongs to one connection and its thread.
*/
#ifndef HP_CACHE_WITNESS_H
#define HP_CACHE_WITNESS_H

#include "cache/reach.h"

typedef struct hp_witness hp_witness;

/* The tables a cached SELECT reads, asked for when first needed.
** Zero-initialised. */
typedef struct hp_reading {
  int version; /* of the reach it was asked of; 0: not yet */
  hp_tables tables;
} hp_reading;

/* The witness of c, made and set to work if need be; borrowed until the
** connection closes. SQLITE_OK, SQLITE_NOMEM, or SQLITE_FULL/SQLITE_NOTFOUND
** if there is no hook to watch by. */
int hp_witness_open(hp_conn *c, hp_witness **out);

/*
** Is what the SELECT of `reading` found in main at stamp `then` still what it
** would find at `now`? False if that is not known. Quick; inside a section.
*/
bool hp_witness_covers(hp_witness *w, const hp_reading *reading, hp_stamp then,
                       hp_stamp now);

/* Process-wide switch (cache_config 'precision'): off means that any commit
** makes every answer from its file uncertain. */
void hp_witness_set_precise(bool on);
bool hp_witness_is_precise(void);

/* Outside of sections and hooks, from time to time, best when covers() was
** false: does the work that was put off, and asks what `sql` reads, for
** `reading`. Runs SQL on the host. */
void hp_witness_work(hp_witness *w, const char *sql, hp_reading *reading);

/* How many commits were put into a ledger, and how many were not proved. */
void hp_witness_counts(const hp_witness *w, uint64_t *n_put,
                       uint64_t *n_unproved);

#endif
