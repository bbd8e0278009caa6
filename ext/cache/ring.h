/* SPDX-License-Identifier: MIT
**
** The ring: what the ledgers of several processes tell each other. A ledger
** (ledger.h) learns of other processes' commits from the ring, which lies in
** memory shared by all processes that have cached tables on one database file.
**
** It has a place for each of the last HP_RING_COMMITS change numbers. What
** stands there is one link of the chain: that this commit followed that one
** directly, both named by checksums over their WAL frames, and the tables it
** wrote. A link is believed if the checksum over itself is right, and used if
** its commits are those that are asked for: what is torn, overwritten, left
** from an earlier WAL, or damaged is a gap, and a gap is always allowed.
**
** Layout of the memory, in words of 64 bits in the machine's own order:
**   0          HP_RING_MAGIC, which names this layout's version
**   1 to 15    zero
**   16 + 16 i  place i: [0] before.checksum, [1] after.checksum,
**              [2] after.change << 32 | number of tables, [3 to 8] tables, two
**              to a word, the first low, [9] XXH3 of words 0 to 8,
**              [10 to 15] zero
**
** Thread-safe, across processes too. Pure: knows no file.
*/
#ifndef HP_CACHE_RING_H
#define HP_CACHE_RING_H

#include "cache/ledger.h"

#include <stdatomic.h>

#define HP_RING_COMMITS 2048 /* a power of two */
#define HP_RING_TABLES  12
#define HP_RING_MAGIC   UINT64_C(0x31676e6972706820) /* " hpring1" */

typedef struct hp_ring {
  _Atomic uint64_t head[16];
  _Atomic uint64_t place[HP_RING_COMMITS][16];
} hp_ring;

/* Takes n_bytes of shared memory as a ring, new ones of zeros being made one.
** NULL if it is too small or of another version: then there is none. */
hp_ring *hp_ring_use(void *memory, size_t n_bytes);

/* Tells that commit `after` followed `before` directly (their lives are this
** process's and are not told) and wrote no other tables than these n, at most
** HP_RING_TABLES; more are not told. */
void hp_ring_put(hp_ring *r, hp_commit before, hp_commit after,
                 const uint32_t *tables, int n);

/* Puts into l what the ring knows of the commits from `then` to `now`, if it
** is all of them: both of this process's present life, `then` the older one.
** True if now l covers them. */
bool hp_ring_pull(const hp_ring *r, hp_ledger *l, hp_commit then,
                  hp_commit now);

#endif
