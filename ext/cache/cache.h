/* SPDX-License-Identifier: MIT
**
** The cache, as the entry point sees it.
*/
#ifndef HP_CACHE_CACHE_H
#define HP_CACHE_CACHE_H

#include "base/conn.h"

/* Registers the module `cached`, the cache_ functions and tables on c's
** connection. An SQLite code. */
int hp_cache_register(hp_conn *c);

/* After fork(), in the child: forgets what cannot be used any more. */
void hp_cache_after_fork(void);

#endif
