/* SPDX-License-Identifier: MIT */
#include "cache/tags.h"
#include "base/hash.h"

#include <pthread.h>
#include <string.h>

#define MIN_PLACES 64

/* All tags, found by name: open addressing, never more than half full. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_tag **places; /* guarded by lock, like all below */
static uint64_t n_places, n_tags;

/* The place of this name: that of its tag, or the empty one it would get. */
static hp_tag **find_place(const char *name, int n) {
  uint64_t i = hp_hash64(name, (size_t)n);

  for (;; i++) {
    hp_tag *t = places[i & (n_places - 1)];

    if (!t) break;
    if (t->n_name == (uint32_t)n && !memcmp(t->name, name, (size_t)n)) break;
  }
  return &places[i & (n_places - 1)];
}

static int grow(void) {
  uint64_t n_old = n_places, n_new = n_old ? n_old * 2 : MIN_PLACES;
  hp_tag **old = places, **grown;

  if (n_old && (n_tags + 1) * 2 <= n_old) return SQLITE_OK;
  grown = sqlite3_malloc64(n_new * sizeof(hp_tag *));
  if (!grown) return SQLITE_NOMEM;
  memset(grown, 0, n_new * sizeof(hp_tag *));
  places = grown;
  n_places = n_new;
  for (uint64_t i = 0; i < n_old; i++) {
    hp_tag *t = old[i];
    if (t) *find_place(t->name, (int)t->n_name) = t;
  }
  sqlite3_free(old);
  return SQLITE_OK;
}

static hp_tag *new_tag(const char *name, int n) {
  hp_tag *t = sqlite3_malloc64(sizeof *t + (size_t)n + 1);

  if (!t) return NULL;
  atomic_init(&t->version, 0);
  atomic_init(&t->n_hits, 0);
  atomic_init(&t->n_invalidations, 0);
  t->n_name = (uint32_t)n;
  memcpy(t->name, name, (size_t)n);
  t->name[n] = 0;
  return t;
}

/* The tag of this name, made if need be. NULL when out of memory. */
static hp_tag *intern(const char *name, int n) {
  hp_tag **place, *t = NULL;

  pthread_mutex_lock(&lock);
  if (grow() == SQLITE_OK) {
    place = find_place(name, n);
    if (!*place && (*place = new_tag(name, n)) != NULL) n_tags++;
    t = *place;
  }
  pthread_mutex_unlock(&lock);
  return t;
}

static hp_tag *find(const char *name, int n) {
  hp_tag *t;

  pthread_mutex_lock(&lock);
  t = places ? *find_place(name, n) : NULL;
  pthread_mutex_unlock(&lock);
  return t;
}

static int see(const char *name, int n, hp_tag_seen *seen, int *n_seen) {
  hp_tag *t = intern(name, n);

  if (!t) return SQLITE_NOMEM;
  for (int i = 0; i < *n_seen; i++) {
    if (seen[i].tag == t) return SQLITE_OK;
  }
  if (*n_seen == HP_TAG_MAX_SEEN) return SQLITE_RANGE;
  seen[*n_seen].tag = t;
  seen[(*n_seen)++].version = atomic_load(&t->version);
  return SQLITE_OK;
}

/* Sees the counter of all tags that begin with the first n bytes of name. */
static int see_prefix(const char *name, int n, hp_tag_seen *seen, int *n_seen) {
  char wild[HP_TAG_MAX_NAME + 1];

  if (n) memcpy(wild, name, (size_t)n);
  wild[n] = '*';
  return see(wild, n + 1, seen, n_seen);
}

static int see_all(const char *name, int n, hp_tag_seen *seen, int *n_seen) {
  int rc = see_prefix(name, 0, seen, n_seen);

  for (int i = 0; i < n && !rc; i++) {
    if (name[i] == ':') rc = see_prefix(name, i + 1, seen, n_seen);
  }
  return rc ? rc : see(name, n, seen, n_seen);
}

int hp_tags_see(const char *name, int n, hp_tag_seen *seen, int *n_seen) {
  int n_before = *n_seen, rc;

  if (n <= 0 || n > HP_TAG_MAX_NAME || name[n - 1] == '*') return SQLITE_RANGE;
  rc = see_all(name, n, seen, n_seen);
  if (rc) *n_seen = n_before;
  return rc;
}

/* A tag that nobody has seen has no entries: there is nothing to do. An entry
** that is being computed saw its tags before. */
int hp_tags_invalidate(const char *name, int n) {
  hp_tag *t;

  if (n <= 0 || n > HP_TAG_MAX_NAME) return SQLITE_RANGE;
  if (name[n - 1] == '*' && n > 1 && name[n - 2] != ':') return SQLITE_RANGE;
  t = find(name, n);
  if (!t) return SQLITE_OK;
  atomic_fetch_add(&t->version, 1);
  atomic_fetch_add_explicit(&t->n_invalidations, 1, memory_order_relaxed);
  return SQLITE_OK;
}

void hp_tags_each(bool (*visit)(const hp_tag *tag, void *arg), void *arg) {
  pthread_mutex_lock(&lock);
  for (uint64_t i = 0; i < n_places; i++) {
    if (places[i] && !visit(places[i], arg)) break;
  }
  pthread_mutex_unlock(&lock);
}

void hp_tags_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}
