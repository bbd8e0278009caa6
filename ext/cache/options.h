/* SPDX-License-Identifier: MIT
**
** The options of a cached table: `ttl=60`, `tags='deck:' || :deck`, ….
** Parsed here, in one table that is also the list of what is allowed.
*/
#ifndef HP_CACHE_OPTIONS_H
#define HP_CACHE_OPTIONS_H

#include "cache/definition.h"

/*
** Reads one `name=value` into o. SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR with
** *err a sentence (caller frees with sqlite3_free). The options of one table
** are read into one o; hp_options_check() closes.
*/
int hp_options_read(hp_options *o, const char *text, char **err);

/* Checks what only the whole can tell. The same codes. */
int hp_options_check(const hp_options *o, char **err);

/* Frees what o holds. */
void hp_options_term(hp_options *o);

#endif
