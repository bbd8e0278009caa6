/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "base/sqlite_api.h"

#include <stdatomic.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hp_hash64(const void *data, size_t n) {
  return XXH3_64bits(data, n);
}

hp_hash128 hp_hash128_of(const void *data, size_t n, uint64_t seed) {
  XXH128_hash_t h = XXH3_128bits_withSeed(data, n, seed);

  return (hp_hash128){.lo = h.low64, .hi = h.high64};
}

uint64_t hp_hash_secret(void) {
  static _Atomic uint64_t secret;
  uint64_t s = atomic_load_explicit(&secret, memory_order_relaxed);
  uint64_t none = 0;

  if (s) return s;
  sqlite3_randomness(sizeof s, &s);
  s |= 1; /* zero means "not drawn yet" */
  return atomic_compare_exchange_strong(&secret, &none, s) ? s : none;
}
