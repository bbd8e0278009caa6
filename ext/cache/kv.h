/* SPDX-License-Identifier: MIT
**
** Key/value entries in L1: what the functions cache_get, cache_set … do, for
** one connection. Keys and values are of any SQLite type, bit-exact; an entry
** is an hp_entry with one row of one column.
**
** Consistency is that of a time to live, not of snapshots: a value is shared
** by all connections of the process from the moment it is set, whatever their
** transactions do, and a ROLLBACK does not take it back.
**
** Namespaces part keys: every connection has one, at first the empty one. The
** entries and figures of namespace x go by the name `kv:x` in cache_stats,
** cache_entries and cache_clear(), those of the empty one by `kv`.
**
** An hp_kv belongs to one connection and its thread.
*/
#ifndef HP_CACHE_KV_H
#define HP_CACHE_KV_H

#include "base/conn.h"
#include "cache/entry.h"

typedef struct hp_kv {
  hp_conn *conn;
  hp_pin pin;      /* holds the entry of the last hp_kv_find() */
  hp_sheet *sheet; /* of the namespace's score */
  hp_key seed;     /* of keys, by the namespace */
  char *name;      /* of the score: kv or kv:namespace */
  int depth;       /* of computations that run within each other */
} hp_kv;

#define HP_KV_MAX_NAMESPACE 64 /* bytes */
#define HP_KV_MAX_DEPTH     16

/* The connection's, made at the first call: borrowed until it closes.
** SQLITE_OK, SQLITE_NOMEM or SQLITE_FULL. */
int hp_kv_of(hp_conn *c, hp_kv **out);

/* The namespace, and another one from now on. SQLITE_OK, SQLITE_NOMEM, or
** SQLITE_RANGE if name is longer than HP_KV_MAX_NAMESPACE. */
const char *hp_kv_namespace(const hp_kv *kv);
int hp_kv_set_namespace(hp_kv *kv, const char *name);

/* L1's key of v. SQLITE_OK or SQLITE_NOMEM. */
int hp_kv_key(const hp_kv *kv, sqlite3_value *v, hp_key *out);

/*
** The entry of key if it is still good, or NULL: borrowed until
** hp_kv_let_go(), or the next call. *stale, if not NULL, is whatever is in the
** cache, good or not. Counts nothing.
*/
const hp_entry *hp_kv_find(hp_kv *kv, const hp_key *key, int64_t now_ms,
                           const hp_entry **stale);
void hp_kv_let_go(hp_kv *kv);

/* The same, counted as a hit or a miss of its kind. */
const hp_entry *hp_kv_get(hp_kv *kv, const hp_key *key, int64_t now_ms);

/* The value of an entry; borrowed like the entry. */
static inline const hp_cell *hp_kv_cell(const hp_entry *e) {
  return hp_block_cell(hp_entry_rows(e), 0, 0);
}

/* Tags and life of a new value. */
typedef struct hp_kv_life {
  int64_t ttl_ms; /* 0: does not expire */
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags;
} hp_kv_life;

/*
** Sets the value of key to that of b, a builder of one row of one column,
** which is then empty; what is being computed for key is doomed. SQLITE_OK;
** SQLITE_FULL if it is too large to be stored (what was there is gone);
** SQLITE_NOMEM.
*/
int hp_kv_set(hp_kv *kv, const hp_key *key, hp_builder *b,
              const hp_kv_life *life, int64_t now_ms);

/* Takes out the value of key. True if there was a good one. */
bool hp_kv_del(hp_kv *kv, const hp_key *key, int64_t now_ms);

/*
** Gives the value of key another time to live from now on, or one more tag (n
** bytes at tag). *is_there is false if there is no good value. SQLITE_OK,
** SQLITE_NOMEM, SQLITE_FULL, SQLITE_RANGE for a tag that cannot be.
*/
int hp_kv_touch(hp_kv *kv, const hp_key *key, int64_t ttl_ms, int64_t now_ms,
                bool *is_there);
int hp_kv_tag(hp_kv *kv, const hp_key *key, const char *tag, int n,
              int64_t now_ms, bool *is_there);

/*
** Adds by to the integer at key, 0 if there is none, in one atomic step; tags
** and time to live stay. *out is the sum. SQLITE_OK; SQLITE_MISMATCH if the
** value is not an integer; SQLITE_RANGE on overflow; SQLITE_NOMEM;
** SQLITE_FULL.
*/
int hp_kv_add(hp_kv *kv, const hp_key *key, int64_t by, int64_t now_ms,
              int64_t *out);

#endif
