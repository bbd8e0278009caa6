/* SPDX-License-Identifier: MIT
**
** L1: the cache in process memory, shared by all connections and threads. It
** knows keys, bytes, costs and expiry, not what the entries hold: an entry is
** any allocation that starts with an hp_l1_node.
**
** A lookup takes no lock and writes no shared memory except, now and then, the
** entry's use counter. Changes are made under one mutex: they come with a
** computation, which costs more. The cap counts every byte of the entries,
** also those unlinked but still being read, and of the index and the policy's
** memory; it is never exceeded. What is pinned narrows the room for the rest.
**
** Time is an argument. Which entries stay is decided by a policy (policy.h).
*/
#ifndef HP_CACHE_L1_H
#define HP_CACHE_L1_H

#include "base/epoch.h"
#include "cache/node.h"

#define HP_L1_CAP_BYTES (64ull << 20) /* of the shared cache at first */
#define HP_L1_PART      8 /* an entry larger than cap/8 is not stored */

typedef struct hp_l1_stats {
  uint64_t bytes;       /* counted: entries, also those waiting to be freed,
                        ** and the index and the policy's memory */
  uint64_t index_bytes; /* of these, the index and the policy's memory */
  uint64_t cap_bytes;
  int64_t cap_entries; /* 0: no limit */
  int64_t entries;
  uint64_t evictions; /* pushed out by others */
  uint64_t rejected;  /* not admitted: too large, or not worth it */
} hp_l1_stats;

/* The process's cache, made at the first call; NULL when out of memory. */
hp_l1 *hp_l1_shared(void);

/* A cache of its own, for tests and replay; NULL when out of memory. policy is
** a name of policy.h. Free it when no section or pin can hold its entries. */
hp_l1 *hp_l1_new(uint64_t cap_bytes, const char *policy);
void hp_l1_free(hp_l1 *l1);

/*
** The entry of this key or NULL, whatever its expiry. Call it inside a section
** (base/epoch.h): borrowed until hp_epoch_exit(), or longer when pinned. A hit
** that the caller serves is reported by hp_l1_hit().
*/
hp_l1_node *hp_l1_get(hp_l1 *l1, const hp_key *key);

/* Counts a served hit, for the policy and the statistics. Writes to the entry
** only while its counters are low, later one time in 32: many threads hitting
** one key do not fight for its cache line. Inside a section. */
void hp_l1_hit(hp_l1 *l1, hp_l1_node *n);

/*
** Puts n in, replacing an entry of the same key. Takes ownership even on
** failure. Outside of sections only. SQLITE_OK; SQLITE_FULL if n was not
** admitted (over the cap, or not worth a place); SQLITE_NOMEM.
*/
int hp_l1_put(hp_l1 *l1, hp_l1_node *n, int64_t now_ms);

/* The same, but only if the entry of the key is expected (NULL: none) at that
** moment; otherwise SQLITE_BUSY, and the caller looks again. expected must be
** pinned, so that no other can have its address. */
int hp_l1_swap(hp_l1 *l1, hp_l1_node *n, const hp_l1_node *expected,
               int64_t now_ms);

/* Takes out the entry of this key if there is one and, when expected is not
** NULL, if it is that very entry. Outside of sections only. True if it did. */
bool hp_l1_del(hp_l1 *l1, const hp_key *key, const hp_l1_node *expected);

/* Takes out every entry for which doomed(n, arg) is true (NULL: all). Returns
** how many; what nobody reads is free on return. Outside of sections only;
** doomed must not call back. */
int64_t hp_l1_clear(hp_l1 *l1, bool (*doomed)(const hp_l1_node *n, void *arg),
                    void *arg);

/* Calls visit for every entry, under L1's mutex; stops when it is false. */
void hp_l1_each(hp_l1 *l1, bool (*visit)(const hp_l1_node *n, void *arg),
                void *arg);

/* Settings, at any time. A smaller cap evicts at once. cap_entries 0 is no
** limit. SQLITE_OK, or SQLITE_NOTFOUND for an unknown policy. */
void hp_l1_set_cap(hp_l1 *l1, uint64_t cap_bytes, int64_t cap_entries);
int hp_l1_set_policy(hp_l1 *l1, const char *policy);
const char *hp_l1_policy(hp_l1 *l1);

void hp_l1_read_stats(hp_l1 *l1, hp_l1_stats *out);

/* After fork(), in the child: forgets all entries without freeing them and
** makes the mutex usable again. */
void hp_l1_after_fork(hp_l1 *l1);

#endif
