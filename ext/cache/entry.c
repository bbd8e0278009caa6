/* SPDX-License-Identifier: MIT */
#include "cache/entry.h"

#include <string.h>

_Static_assert(sizeof(hp_stamp) % 8 == 0 && sizeof(hp_tag_seen) % 8 == 0 &&
                   sizeof(hp_entry) % 8 == 0,
               "the parts of an entry follow each other without padding");

static void free_entry(hp_l1_node *n) {
  hp_entry *e = (hp_entry *)n;

  if (e->is_refresh && !atomic_load(&e->is_served)) {
    hp_score_add(e->score, HP_COUNT_wasted_refreshes, 1);
  }
  sqlite3_free(e);
}

size_t hp_entry_overhead(const hp_entry_spec *spec) {
  return sizeof(hp_entry) +
         ((size_t)spec->n_deps + (spec->generation != NULL)) *
             sizeof(hp_stamp) +
         (size_t)spec->n_tags * sizeof(hp_tag_seen);
}

static hp_l1_node make_node(const hp_entry_spec *spec, void *memory) {
  return (hp_l1_node){
      .key = spec->key,
      .bytes = sqlite3_msize(memory),
      .cost_ns = spec->cost_ns,
      .created_ms = spec->now_ms,
      .expires_ms = spec->ttl_ms ? spec->now_ms + spec->ttl_ms : HP_NEVER_MS,
      .free_fn = free_entry,
  };
}

/* Writes everything but the rows. */
static hp_entry *fill_entry(const hp_entry_spec *spec, void *memory) {
  hp_entry *e = memory;
  hp_stamp *at;

  *e = (hp_entry){.node = make_node(spec, memory),
                  .score = spec->score,
                  .n_deps = (int16_t)spec->n_deps,
                  .n_tags = (int16_t)spec->n_tags,
                  .has_generation = spec->generation != NULL,
                  .is_refresh = spec->is_refresh};
  if (spec->n_deps) {
    memcpy(e->words, spec->stamps, (size_t)spec->n_deps * sizeof(hp_stamp));
  }
  at = (hp_stamp *)e->words + spec->n_deps;
  if (spec->generation) *at++ = *spec->generation;
  if (spec->n_tags) {
    memcpy(at, spec->tags, (size_t)spec->n_tags * sizeof(hp_tag_seen));
  }
  return e;
}

int hp_entry_new(const hp_entry_spec *spec, hp_builder *b, hp_entry **out) {
  void *memory;
  int rc = hp_builder_finish(b, hp_entry_overhead(spec), &memory);

  *out = rc ? NULL : fill_entry(spec, memory);
  return rc;
}

int hp_entry_copy(const hp_entry_spec *spec, const hp_block *rows,
                  hp_entry **out) {
  size_t n = hp_entry_overhead(spec);
  char *memory = sqlite3_malloc64(n + rows->n_bytes);

  *out = NULL;
  if (!memory) return SQLITE_NOMEM;
  memcpy(memory + n, rows, rows->n_bytes);
  *out = fill_entry(spec, memory);
  return SQLITE_OK;
}

const hp_entry *hp_entry_of(const hp_l1_node *n) {
  return n->free_fn == free_entry ? (const hp_entry *)n : NULL;
}

hp_verdict hp_entry_check(const hp_entry *e, const hp_stamp *stamps, int n_deps,
                          int64_t now_ms) {
  if (e->node.expires_ms != HP_NEVER_MS && now_ms >= e->node.expires_ms) {
    return HP_VERDICT_EXPIRED;
  }
  if (stamps) {
    const hp_stamp *seen = hp_entry_stamps(e);
    if (e->n_deps != n_deps) return HP_VERDICT_STAMP;
    for (int i = 0; i < n_deps; i++) {
      if (!hp_stamp_equal(seen[i], stamps[i])) return HP_VERDICT_STAMP;
    }
  }
  return hp_tags_hold(hp_entry_tags(e), e->n_tags) ? HP_VERDICT_HIT
                                                   : HP_VERDICT_TAG;
}
