/* SPDX-License-Identifier: MIT
**
** The lab: a private copy of a host's main database (and its temp tables) in
** which indexes are built, shown, hidden and measured. It lives in a temporary
** file of SQLite's own, which is gone when it is closed, also after a crash.
**
** Hiding is quick: the row of an index is taken out of the copy's schema while
** its pages stay; so each index is built once, and any set of them can be
** tried. What is written while an index is hidden is always rolled back, which
** keeps the hidden ones true to their tables.
**
** Statements are compiled under the allow-list of schema/gate.h: they can read
** and write rows of the copy, nothing else. Functions, collations and modules
** of the application are not there; statements that need them fail to compile.
**
** One thread at a time. The host is read once, in hp_lab_open().
*/
#ifndef HP_ADVISOR_LAB_H
#define HP_ADVISOR_LAB_H

#include "advisor/measure.h"
#include "advisor/sample.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_lab hp_lab;

typedef struct hp_lab_index {
  char *name;
  char *table;
  char *sql;     /* its CREATE INDEX statement */
  char *columns; /* in its order, those of the row's key last: "2 0 -1" are the
                 ** third and the first of the table and the rowid; -2: an
                 ** expression */
  int64_t root;  /* page */
  /* Of a sample these two are reckoned for all rows. */
  int64_t n_bytes; /* of its pages; 0: not known (no dbstat) */
  int64_t build_ns;
  bool is_original; /* the host has it */
  bool is_unique;
  bool is_partial;
} hp_lab_index;

/* Copies host's main database, or of it the sample (NULL: all), which is
** borrowed until hp_lab_close(). SQLITE_OK, or a code with *err set to a
** sentence (caller frees with sqlite3_free; NULL: out of memory) and *out
** NULL. */
HP_MUST_CHECK int hp_lab_open(sqlite3 *host, hp_sample *sample, hp_lab **out,
                              char **err);

/* Closes lab (NULL is allowed) and deletes its file. */
void hp_lab_close(hp_lab *lab);

/* The copy's connection; borrowed. */
sqlite3 *hp_lab_db(const hp_lab *lab);

/* The sample that the copy is; NULL: it has all rows. Borrowed. */
const hp_sample *hp_lab_sample(const hp_lab *lab);

/* Bytes of the copy's file, with all that was built. */
int64_t hp_lab_bytes(const hp_lab *lab);

/* True if the host has statistics (sqlite_stat1): then the copy's planner
** always has fresh ones for the indexes it is shown, otherwise none. */
bool hp_lab_has_statistics(const hp_lab *lab);

/* The indexes: those of the host that a CREATE INDEX made, then those built;
** borrowed until the next build. */
int hp_lab_count(const hp_lab *lab);
const hp_lab_index *hp_lab_index_at(const hp_lab *lab, int i);

/* ANALYZEs the copy, of which hp_lab_has_statistics() is false, with these
** indexes shown; *ns is how long that took. Indexes that are hidden stay
** without statistics. Errors as above. */
HP_MUST_CHECK int hp_lab_analyze(hp_lab *lab, const bool *shown, int64_t *ns,
                                 char **err);

/* Builds a new index by a CREATE INDEX statement, hidden; *out is its number.
** All indexes are hidden after it. Errors as above. */
HP_MUST_CHECK int hp_lab_build(hp_lab *lab, const char *sql, int *out,
                               char **err);

/* Shows the indexes i with shown[i] (NULL: none), hides the others. Errors as
** above. */
HP_MUST_CHECK int hp_lab_show(hp_lab *lab, const bool *shown, char **err);

/* True if sql begins like a statement on rows, or like its EXPLAIN. */
bool hp_lab_takes(const char *sql);

/* Compiles a statement on rows. Errors as above. Caller finalizes. */
HP_MUST_CHECK int hp_lab_prepare(hp_lab *lab, const char *sql,
                                 sqlite3_stmt **out, char **err);

/* hp_measure_run() under the allow-list. */
HP_MUST_CHECK int hp_lab_run(hp_lab *lab, sqlite3_stmt *stmt, int64_t cap_steps,
                             hp_cost *out, char **err);

#endif
