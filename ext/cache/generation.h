/* SPDX-License-Identifier: MIT
**
** Which generation of its tables (tracking.h) does a cached SELECT read in the
** transaction that is open now? Its value names, with the schema's version,
** the numbers of all tables; where two values are equal so are the answers,
** whatever was committed elsewhere. That costs two small reads, and so it is
** asked for only where the stamps do not tell; what was read at a proved stamp
** is remembered.
**
** There is none where the SELECT reads anything but tracked tables of main.
** The tables are found anew, inside the transaction, whenever the version of
** the schema or the program of the SELECT is another one. Belongs to one
** virtual table instance and its connection's thread; runs SQL on it.
*/
#ifndef HP_CACHE_GENERATION_H
#define HP_CACHE_GENERATION_H

#include "base/conn.h"
#include "base/hash.h"
#include "cache/stamp.h"

/* Zero-initialise but for conn and sql. */
typedef struct hp_generation {
  hp_conn *conn;
  const char *sql;       /* the SELECT; borrowed */
  sqlite3_stmt *version; /* of main's schema */
  sqlite3_stmt *numbers; /* of its tables; NULL: there is no generation */
  int n;                 /* tables */
  bool is_known;         /* at this version, for this program: */
  sqlite3_int64 at_version;
  hp_hash128 code;
  bool has_last; /* read last, at this stamp */
  hp_stamp last_at, last;
} hp_generation;

void hp_generation_term(hp_generation *g);

/* The value in the read transaction that is open on main. code is that of the
** SELECT's program as the caller knows it. False if there is none, or no such
** transaction. Outside of sections. */
bool hp_generation_read(hp_generation *g, hp_hash128 code, hp_stamp *out);

/* Notes that value is that of the stamp `at`, and recalls it. */
void hp_generation_note(hp_generation *g, hp_stamp at, hp_stamp value);
bool hp_generation_recall(const hp_generation *g, hp_hash128 code, hp_stamp at,
                          hp_stamp *out);

/* SQLITE_OK if the SELECT has a generation as things are now; SQLITE_ERROR with
** *err a sentence (caller frees) that says what is missing; or another code. */
int hp_generation_check(const hp_generation *g, char **err);

#endif
