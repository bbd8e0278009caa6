/* SPDX-License-Identifier: MIT
**
** Under which identity a cached table's answers are filed: what two tables, on
** whatever connections, must have in common to share answers. That is the
** text and the program of the SELECT, the options that change what is kept, and
** the databases it reads. A setting of the connection that changes what the
** text means shows in the program, or in that it cannot be prepared. Belongs to
** one virtual table instance and its connection's thread.
*/
#ifndef HP_CACHE_IDENTITY_H
#define HP_CACHE_IDENTITY_H

#include "cache/deps.h"
#include "cache/runner.h"

typedef struct hp_identity {
  hp_conn *conn;
  const hp_definition *d; /* borrowed */
  hp_runner runner;       /* whose program it is */
  hp_deps deps;           /* the databases */
  hp_hash128 code;        /* of the program that was read */
  hp_key program;         /* hash of all but the databases */
  hp_key seed;            /* of keys: program and databases */
  bool has_moved;         /* the program must be read (again) */
  bool has_seed;          /* seed belongs to deps.id */
  bool is_reading;        /* the program, now */
  bool is_storable;       /* answers may be kept at all */
  bool is_private;        /* for this connection only */
} hp_identity;

/* Zero-initialise but for conn, d and runner's conn and d; end with this. */
void hp_identity_term(hp_identity *id);

/*
** An outer statement is being planned: could this connection prepare the SELECT
** itself, now, and is its program still the one that was read? If not it will
** be read when it is next used. The program is looked at each time: the
** verdicts of an authorizer can change, or end, without SQLite telling.
** SQLITE_OK, or a code with *err a sentence (caller frees). Can be called from
** xBestIndex, where SQLite reloads no schema and so nothing can be read.
*/
int hp_identity_plan(hp_identity *id, char **err);

/*
** Reads the program unless it is known. SQLITE_OK, or a code with *err a
** sentence (caller frees): the SELECT cannot be prepared by this connection,
** or its answers cannot be cached. Not from xBestIndex; from xConnect a failure
** means nothing yet.
*/
int hp_identity_read(hp_identity *id, char **err);

/* Makes the seed, opening what must be open to watch the databases. False if
** one cannot be watched. Outside of sections. */
bool hp_identity_seed(hp_identity *id);

/* After a run of the SELECT began: notices if its program has moved. */
void hp_identity_note_run(hp_identity *id);

#endif
