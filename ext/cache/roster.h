/* SPDX-License-Identifier: MIT
**
** The cached tables that a connection has open, by name. For the connection's
** thread.
*/
#ifndef HP_CACHE_ROSTER_H
#define HP_CACHE_ROSTER_H

#include "cache/table.h"

/* Prepares c for it, once. An SQLite code. */
int hp_roster_register(hp_conn *c);

/* Adds t, which must be removed before it is freed. */
void hp_roster_add(hp_conn *c, hp_table *t);
void hp_roster_remove(hp_conn *c, hp_table *t);

/*
** Finds the table of this name, in temp before others, with n_args parameters,
** and *hold, a statement that keeps it open (caller finalizes, and does not use
** the table after that). SQLITE_OK, or a code with *err a sentence (caller
** frees with sqlite3_free; NULL: out of memory).
*/
int hp_roster_open(hp_conn *c, const char *name, int n_args, hp_table **out,
                   sqlite3_stmt **hold, char **err);

#endif
