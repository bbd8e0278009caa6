/* SPDX-License-Identifier: MIT
**
** The databases that one cached SELECT reads, looked at together: the state
** of the whole is that of the worst. Belongs to one virtual table instance and
** its connection's thread.
*/
#ifndef HP_CACHE_DEPS_H
#define HP_CACHE_DEPS_H

#include "cache/entry.h"
#include "cache/snapshot.h"
#include "cache/witness.h"

typedef struct hp_deps {
  int n;
  bool is_main;                       /* main and nothing else */
  hp_snapshot *snapshot[HP_MAX_DEPS]; /* borrowed from the connection */
  sqlite3_stmt *pin[HP_MAX_DEPS];     /* hp_snapshot_pin()'s, owned */
  uint64_t id[HP_MAX_DEPS];           /* identities that keys were made of */
  hp_witness *witness; /* of main, if it is among them; borrowed; or NULL */
  hp_reading reading;  /* what is read of main */
} hp_deps;

/* What was seen at one look. */
typedef struct hp_look {
  hp_snapshot_state state; /* the worst of all */
  hp_snapshot_state each[HP_MAX_DEPS];
  hp_stamp stamps[HP_MAX_DEPS]; /* where FREE or HELD */
} hp_look;

/* Sets d to the databases whose bits are set in mask (0 main, 1 temp, 2…
** attached, as in PRAGMA database_list). d is zero-initialised or in use.
** SQLITE_OK; SQLITE_NOMEM; SQLITE_RANGE if they are more than HP_MAX_DEPS. */
int hp_deps_set(hp_deps *d, hp_conn *c, unsigned mask);

/* Finalizes the statements. */
void hp_deps_term(hp_deps *d);

/* Reads the identities into d->id, opening what must be open to watch the
** databases. Outside of sections. */
void hp_deps_read_ids(hp_deps *d);

/* True if each database can be watched now. */
bool hp_deps_are_known(const hp_deps *d);

/* The state now; or when the statement `run` began, see hp_snapshot_look_run().
** run is NULL, or the running statement if it reads only once. Inside a
** section. */
void hp_deps_look(hp_deps *d, sqlite3_stmt *run, hp_look *out);

/* Is e right at look's stamps and this time? Also if it is older, but no table
** that it depends on was written since. Inside a section. */
hp_verdict hp_deps_check(hp_deps *d, const hp_entry *e, const hp_look *look,
                         int64_t now_ms);

/* After hp_deps_check() said HP_VERDICT_STAMP of an answer to the SELECT sql:
** finds out what it will need the next time. Outside of sections; runs SQL on
** the host. */
void hp_deps_study(hp_deps *d, const char *sql);

/* Opens and proves the read transactions that `look` found FREE, and updates
** it. An SQLite code. Outside of sections. */
int hp_deps_pin(hp_deps *d, hp_look *look);

/* After the first step of a computation begun at `look` (FREE or HELD): true
** if the rows are proved to be those at look's stamps. Outside of sections. */
bool hp_deps_confirm(hp_deps *d, const hp_look *look);

/* True if look's stamps are the current ones. Outside of sections. */
bool hp_deps_are_current(hp_deps *d, const hp_look *look);

#endif
