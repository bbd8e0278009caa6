/* SPDX-License-Identifier: MIT */
#include "cache/policy.h"

#include <string.h>

static const hp_policy_methods *const all[] = {
    &hp_policy_hot, &hp_policy_s3fifo, &hp_policy_wtinylfu, &hp_policy_lru,
    &hp_policy_lfu, &hp_policy_fifo,   &hp_policy_ttl};

const hp_policy_methods *hp_policy_at(int i) {
  return i >= 0 && (size_t)i < sizeof all / sizeof *all ? all[i] : NULL;
}

const hp_policy_methods *hp_policy_find(const char *name) {
  const hp_policy_methods *m;

  for (int i = 0; (m = hp_policy_at(i)) != NULL; i++) {
    if (strcmp(m->name, name) == 0) return m;
  }
  return NULL;
}
