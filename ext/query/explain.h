/* SPDX-License-Identifier: MIT
**
** A connection's shadow (schema/shadow.h), opened when the first plan is asked
** for and kept up to date: what the tables of plans and accesses work with.
** For the connection's own thread. Runs SQL: call nothing here with a lock
** held.
*/
#ifndef HP_QUERY_EXPLAIN_H
#define HP_QUERY_EXPLAIN_H

#include "base/conn.h"
#include "schema/shadow.h"

#include <stdbool.h>

typedef struct hp_explain hp_explain;

/* The connection's, refreshed; borrowed until the connection closes.
** SQLITE_OK, or a code with *err set to a sentence (caller frees with
** sqlite3_free; NULL: out of memory) and *out NULL. */
HP_MUST_CHECK int hp_explain_open(hp_conn *c, hp_explain **out, char **err);

hp_shadow *hp_explain_shadow(const hp_explain *e);

/* True if statements recorded for this database file belong to the schema at
** hand. */
bool hp_explain_covers(const hp_explain *e, const char *database);

/*
** The plan of sql, a line per step, indented by two spaces per level; or a
** sentence in parentheses that says why there is none. NULL: out of memory.
** sql may be NULL: its text was not kept. Caller frees with sqlite3_free().
*/
char *hp_explain_text(hp_explain *e, const char *sql, const char *database);

#endif
