/* SPDX-License-Identifier: MIT
**
** Hashing, by XXH3 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
** The only user of xxHash; header-only, so that no symbol of it is exported.
** Pure and thread-safe. Not for hostile collisions: where a wrong match would
** be a wrong answer use the 128-bit hash with hp_hash_secret().
*/
#ifndef HP_BASE_HASH_H
#define HP_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hp_hash128 {
  uint64_t lo, hi;
} hp_hash128;

static inline bool hp_hash128_equal(hp_hash128 x, hp_hash128 y) {
  return x.lo == y.lo && x.hi == y.hi;
}

/* 64-bit hash of n bytes at data. */
uint64_t hp_hash64(const void *data, size_t n);

/* 128-bit hash of n bytes at data under a seed. */
hp_hash128 hp_hash128_of(const void *data, size_t n, uint64_t seed);

/* A number drawn once per process, from the system's randomness where it can
** be had: as a seed it keeps outsiders from constructing collisions. */
uint64_t hp_hash_secret(void);

#endif
