/* SPDX-License-Identifier: MIT
**
** A cached table on one connection: its SELECT, what that reads, and the one
** function that matters, hp_table_answer(): served if proved right, computed
** otherwise. Belongs to the connection's thread; the entries it makes are
** shared by the process.
*/
#ifndef HP_CACHE_TABLE_H
#define HP_CACHE_TABLE_H

#include "base/conn.h"
#include "cache/answer.h"
#include "cache/definition.h"

typedef struct hp_table hp_table;

/*
** Makes the table of definition d; takes ownership of d even on failure.
** SQLITE_OK or another code, with *err a sentence where there is one (caller
** frees with sqlite3_free).
*/
int hp_table_new(hp_conn *c, hp_definition *d, hp_table **out, char **err);

/* Finds out now, not at the first call, whether answers of the SELECT can be
** cached; if the table is_new also whether consistency=tracked is possible. The
** codes of hp_table_new(). */
int hp_table_check(hp_table *t, bool is_new, char **err);

/* NULL is allowed. */
void hp_table_free(hp_table *t);

const hp_definition *hp_table_definition(const hp_table *t);

/*
** Makes sure that this connection could run the SELECT itself, now, and looks
** whether its program is still the same: called whenever an outer statement is
** planned. The codes of hp_table_new().
*/
int hp_table_plan(hp_table *t, char **err);

/* Rows that a call is expected to return, from experience, at least 1. */
int64_t hp_table_expected_rows(const hp_table *t);

/*
** Answers one call: argv are the parameters' values, as many as the definition
** has, and args the same as one row. once is the running statement if it is
** proved to read cached tables only once (once.h); with NULL its snapshot is
** pinned first. The answer must be empty (hp_answer_clear). The codes of
** hp_table_new().
*/
int hp_table_answer(hp_table *t, sqlite3_stmt *once, sqlite3_value **argv,
                    const hp_builder *args, hp_answer *a, char **err);

/*
** Says that somebody refreshes answers of this table when hp_answer's
** wants_refresh is set: only then is it set, and only then are stale ones
** served meanwhile.
*/
void hp_table_set_refreshed(hp_table *t, bool on);

/* True if a connection of ours could compute the same answers: they depend on
** one database file and nothing of this connection. */
bool hp_table_is_portable(const hp_table *t);

/*
** Computes the answer to a call again and publishes it, for the connection
** that computes ahead; it must not be in a transaction. SQLITE_OK, also if the
** answer was not worth publishing; SQLITE_MISMATCH if this table's answers
** have other keys than `key`; or a code with *err set.
*/
int hp_table_refresh(hp_table *t, const hp_key *key, sqlite3_value **argv,
                     const hp_builder *args, char **err);

/*
** Computes the answer to a call, args being argv as one row, and publishes it
** in place of the one that is there; with only_missing nothing is done if that
** one is right. *is_kept: an answer was computed and published. In a write
** transaction, and where nothing can be proved, none is. The codes of
** hp_table_new().
*/
int hp_table_renew(hp_table *t, sqlite3_value **argv, const hp_builder *args,
                   bool only_missing, bool *is_kept, char **err);

/* Adds to a count of the table's: what cache_warm() has done. */
void hp_table_count_warmed(hp_table *t, int64_t wanted, int64_t done);

/* Process-wide switch (cache_config 'enabled'): off means compute always. */
void hp_table_enable(bool on);
bool hp_table_is_enabled(void);

#endif
