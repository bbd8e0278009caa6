/* SPDX-License-Identifier: MIT
**
** Keys of cache entries: 128 bits over a table's identity and the arguments of
** one call, each by type tag and bytes, so that 1, 1.0, '1', x'31' and NULL
** all differ. Collisions are not checked for: at 128 bits under a secret seed
** (base/hash.h) they do not happen. Pure and thread-safe.
*/
#ifndef HP_CACHE_KEY_H
#define HP_CACHE_KEY_H

#include "base/block.h"
#include "base/hash.h"
#include "base/sqlite_api.h"

typedef hp_hash128 hp_key;

/*
** Key of the call of a table (whose identity is seed) with n_args arguments.
** Allocates nothing for arguments of up to about 200 bytes in all.
** SQLITE_OK or SQLITE_NOMEM.
*/
int hp_key_of(const hp_key *seed, int n_args, sqlite3_value **args,
              hp_key *out);

/*
** The same for arguments that are already in a builder, as one row; n_cols of
** them. Cannot fail. The two kinds of key are not comparable.
*/
hp_key hp_key_of_row(const hp_key *seed, const hp_builder *row);

#endif
