/* SPDX-License-Identifier: MIT
**
** Tags: names for groups of cache entries. A tag is a 64-bit version counter,
** interned by name for the life of the process. An entry keeps the (tag,
** version) pairs it saw before it was computed and is right as long as they
** have not moved; so invalidating a tag is one atomic add, however many
** entries carry it, and an entry computed while its tag was invalidated is
** born stale. All functions are thread-safe.
**
** Hierarchy: invalidating `deck:*` invalidates every tag that begins with
** `deck:`. Segments end at a colon; a tag watches its own counter and that of
** each of its prefixes (`a:b:c` watches `a:*`, `a:b:*`, `a:b:c`).
*/
#ifndef HP_CACHE_TAGS_H
#define HP_CACHE_TAGS_H

#include "base/sqlite_api.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct hp_tag {
  _Atomic uint64_t version;
  _Atomic uint64_t n_hits; /* served entries that carried it */
  _Atomic uint64_t n_invalidations;
  uint32_t n_name;
  char name[]; /* zero-terminated; constant */
} hp_tag;

/* What an entry remembers of one counter it depends on. */
typedef struct hp_tag_seen {
  hp_tag *tag;
  uint64_t version;
} hp_tag_seen;

#define HP_TAG_MAX_NAME 200 /* bytes */
#define HP_TAG_MAX_SEEN 16  /* counters per entry, prefixes included */

/*
** The counters that a tag named name (n bytes) watches, with their versions
** now, appended to seen[*n_seen..HP_TAG_MAX_SEEN). SQLITE_OK; SQLITE_NOMEM;
** SQLITE_RANGE if the name is empty, too long or ends with `*`, or if seen is
** full: *n_seen is then as before. Tags live as long as the process.
*/
int hp_tags_see(const char *name, int n, hp_tag_seen *seen, int *n_seen);

/* True if none of the counters has moved since it was seen. Any section. */
static inline bool hp_tags_hold(const hp_tag_seen *seen, int n_seen) {
  for (int i = 0; i < n_seen; i++) {
    if (atomic_load(&seen[i].tag->version) != seen[i].version) return false;
  }
  return true;
}

/* Invalidates one tag, or with a final `*` all tags that begin with what
** stands before it (which must end with a colon, or be empty: all tags).
** A name that no entry has carried is no error. SQLITE_OK, or SQLITE_RANGE for
** a name that cannot be. */
int hp_tags_invalidate(const char *name, int n);

/* Calls visit for every tag known; stops when it is false. */
void hp_tags_each(bool (*visit)(const hp_tag *tag, void *arg), void *arg);

/* After fork(), in the child. */
void hp_tags_after_fork(void);

#endif
