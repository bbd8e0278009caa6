/* SPDX-License-Identifier: MIT */
#include "query/fingerprint.h"
#include "base/hash.h"
#include "base/sqlite_api.h"
#include "query/normal.h"

#include <string.h>

/* Texts up to this many bytes are normalized on the stack. */
enum { STACK_TEXT = 2048 };

static uint64_t hash_of(const char *normal, size_t n) {
  uint64_t hash = hp_hash64(normal, n);

  return hash ? hash : 1;
}

char *hp_fingerprint_normalize(const char *sql, size_t n) {
  char *full = sqlite3_malloc64(HP_NORMAL_CAP(n) + 1), *fit;
  size_t used;

  if (!full) return NULL;
  used = hp_normal_write(sql, n, full);
  full[used] = 0;
  fit = sqlite3_realloc64(full, used + 1);
  return fit ? fit : full;
}

uint64_t hp_fingerprint_of_normal(const char *normal) {
  return hash_of(normal, strlen(normal));
}

uint64_t hp_fingerprint(const char *sql, size_t n) {
  char small[HP_NORMAL_CAP(STACK_TEXT)];
  char *large;
  uint64_t hash;

  if (n <= STACK_TEXT) return hash_of(small, hp_normal_write(sql, n, small));
  large = sqlite3_malloc64(HP_NORMAL_CAP(n));
  if (!large) return 0;
  hash = hash_of(large, hp_normal_write(sql, n, large));
  sqlite3_free(large);
  return hash;
}
