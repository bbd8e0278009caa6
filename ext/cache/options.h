/* SPDX-License-Identifier: MIT
**
** The options of a cached table: `ttl=60`, `tags='deck:' || :deck`, ….
** Parsed here, in one table that is also the list of what is allowed.
*/
#ifndef HP_CACHE_OPTIONS_H
#define HP_CACHE_OPTIONS_H

#include "base/sqlite_api.h"
#include "cache/freshness.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum hp_consistency {
  HP_CONSISTENCY_SNAPSHOT, /* exactly the uncached rows, proved by the stamp */
  HP_CONSISTENCY_TRACKED,  /* the same, proved by generations, too */
  HP_CONSISTENCY_TTL,      /* at most ttl old; the user said so */
} hp_consistency;

typedef struct hp_options {
  hp_freshness fresh; /* ttl and what follows from it */
  hp_consistency consistency;
  char *tags;        /* SQL expression over the parameters, or NULL */
  int64_t max_rows;  /* larger results are served, not stored; 0: any */
  int64_t max_bytes; /* ditto */
  int64_t compute_timeout_ms; /* longer computations are ended; 0: none is */
} hp_options;

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
