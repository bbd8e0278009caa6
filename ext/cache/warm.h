/* SPDX-License-Identifier: MIT
**
** Filling a cached table before anybody asks. On the connection's thread; runs
** SQL on it, with the hook muted.
**
** Nothing is kept inside a write transaction, nor where nothing can be proved:
** that is no error.
*/
#ifndef HP_CACHE_WARM_H
#define HP_CACHE_WARM_H

#include "base/conn.h"

#include <stdbool.h>
#include <stdint.h>

/*
** Computes the answer of table `name` to these n arguments now and puts it in
** place of the one that is there. *is_kept: whether it was kept. SQLITE_OK, or
** a code with *err a sentence or NULL (caller frees with sqlite3_free).
*/
int hp_warm_one(hp_conn *c, const char *name, int n, sqlite3_value **argv,
                bool *is_kept, char **err);

/*
** Makes sure that the answers to all rows of sql, a SELECT that gives the
** arguments, are there. *n_kept of them had to be computed and were kept.
** Shows how far it is in cache_stats; stops at the first failure, what was
** kept stays. The codes of hp_warm_one().
*/
int hp_warm_all(hp_conn *c, const char *name, const char *sql, int64_t *n_kept,
                char **err);

#endif
