/* SPDX-License-Identifier: MIT
**
** The header of a WAL index in shared memory: read without a transaction, as
** SQLite's own readers do. Source of the layout and of the rule "two equal
** copies with a right checksum": https://www.sqlite.org/walformat.html,
** section 2.1. Pure and thread-safe; the memory may change at any time.
*/
#ifndef HP_CACHE_WALINDEX_H
#define HP_CACHE_WALINDEX_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_walindex {
  uint32_t change;   /* iChange: +1 with every commit that wrote frames */
  uint32_t n_frames; /* mxFrame: valid frames in the WAL */
  uint32_t n_pages;  /* nPage: of the database */
  uint64_t checksum; /* aFrameCksum: of all frames up to the last commit */
  uint64_t salt;     /* aSalt: another one each time the WAL begins anew */
} hp_walindex;

/*
** Reads the header at p (at least 140 mapped bytes). False if it cannot be
** trusted at this moment: being written, left half-written by a killed process,
** of another version, or not initialised; also if no commit has been seen since
** the index was last rebuilt from an empty WAL although frames had been written
** before that, for then nothing tells the two states apart. (The slot that
** tells is zero for some nanoseconds more, while a writer begins a WAL anew; it
** would have to be read in them, after a process was killed while it reset the
** WAL, with no read of this header in between.)
*/
bool hp_walindex_read(const void *p, hp_walindex *out);

/*
** True if the header at p, read and found sound before, still stands for the
** commit {change, checksum}: two loads. A commit that is being published at
** this moment, or whose process was killed while publishing it, counts as not
** yet done: nobody can have seen it. False for a checksum of 0.
*/
bool hp_walindex_is_at(const void *p, uint32_t change, uint64_t checksum);

#endif
