/* SPDX-License-Identifier: MIT
**
** A cached answer: rows, and what proves them right. One allocation: the
** hp_entry, its stamps, its tags, then the hp_block of rows. Immutable once in
** L1; read inside a section or under a pin, by any thread.
*/
#ifndef HP_CACHE_ENTRY_H
#define HP_CACHE_ENTRY_H

#include "base/block.h"
#include "cache/l1.h"
#include "cache/stamp.h"
#include "cache/tags.h"
#include "cache/score.h"

#define HP_MAX_DEPS 4 /* databases that one SELECT may read and be cached */

typedef struct hp_entry {
  hp_l1_node node; /* must be first */
  hp_score *score; /* of its table; lives as long as the process */
  int16_t n_deps;
  int16_t n_tags;
  bool has_generation;     /* there is a value of generation.h */
  bool is_refresh;         /* computed ahead, in the background */
  _Atomic bool is_claimed; /* its refresh has been asked for */
  _Atomic bool is_served;  /* if is_refresh: somebody had use of it */
  uint64_t words[];        /* n_deps hp_stamp, one more if has_generation,
                           ** n_tags hp_tag_seen, hp_block */
} hp_entry;

/* What an entry is made of; all borrowed during the call. */
typedef struct hp_entry_spec {
  hp_key key;
  hp_score *score;
  const hp_stamp *stamps;
  int n_deps;
  const hp_stamp *generation; /* or NULL */
  const hp_tag_seen *tags;
  int n_tags;
  uint64_t cost_ns;
  int64_t now_ms;
  int64_t ttl_ms; /* 0: does not expire */
  bool is_refresh;
} hp_entry_spec;

static inline const hp_stamp *hp_entry_stamps(const hp_entry *e) {
  return (const hp_stamp *)e->words;
}
/* NULL if it has none. */
static inline const hp_stamp *hp_entry_generation(const hp_entry *e) {
  return e->has_generation ? hp_entry_stamps(e) + e->n_deps : NULL;
}
static inline const hp_tag_seen *hp_entry_tags(const hp_entry *e) {
  return (const hp_tag_seen *)(hp_entry_stamps(e) + e->n_deps +
                               e->has_generation);
}
static inline const hp_block *hp_entry_rows(const hp_entry *e) {
  return (const hp_block *)(hp_entry_tags(e) + e->n_tags);
}

/* Bytes an entry of this spec takes besides the block of its rows. */
size_t hp_entry_overhead(const hp_entry_spec *spec);

/* Makes an entry of spec with the rows of b, which is then empty. The caller
** frees it through its node.free_fn, or gives it to hp_l1_put(). SQLITE_OK or
** SQLITE_NOMEM. */
int hp_entry_new(const hp_entry_spec *spec, hp_builder *b, hp_entry **out);

/* The same with a copy of rows, those of another entry. */
int hp_entry_copy(const hp_entry_spec *spec, const hp_block *rows,
                  hp_entry **out);

/* The entry that starts with node n, or NULL if n is of another kind. */
const hp_entry *hp_entry_of(const hp_l1_node *n);

typedef enum hp_verdict {
  HP_VERDICT_HIT,
  HP_VERDICT_EXPIRED,
  HP_VERDICT_STAMP,
  HP_VERDICT_TAG,
} hp_verdict;

/*
** Is e right at these stamps and this time? stamps has n_deps elements, or is
** NULL where the table's consistency does not ask for them. now_ms matters
** only to entries that expire.
*/
hp_verdict hp_entry_check(const hp_entry *e, const hp_stamp *stamps, int n_deps,
                          int64_t now_ms);

#endif
