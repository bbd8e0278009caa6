/* SPDX-License-Identifier: MIT
**
** The ledger of a database file: which tables the last commits wrote, as far
** as it is known. It answers whether what was read at one commit is still
** right at another: yes, if every commit between the two is known and none of
** them wrote one of the tables.
**
** A commit is a stamp (stamp.h): its change number and its checksum, which
** never comes back. The ledger is a chain: each commit is put in together with
** the one it followed, so a commit that nobody put in breaks the chain, and
** nothing from before the break is covered any more.
**
** Tables are numbers, by hp_ledger_table(); two tables with the same number
** count as one, which costs an answer but never spoils one.
**
** Readers take no lock (a sequence lock tells them to give up); writers do.
** All functions are thread-safe. Knows no time, no files, no SQL.
*/
#ifndef HP_CACHE_LEDGER_H
#define HP_CACHE_LEDGER_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_ledger hp_ledger;

/* A commit: life of the sentinel, change number and checksum of its stamp. */
typedef struct hp_commit {
  uint32_t life;
  uint32_t change;
  uint64_t checksum;
} hp_commit;

/* New and empty; NULL when out of memory. Free when no reader can have it. */
hp_ledger *hp_ledger_new(void);
void hp_ledger_free(hp_ledger *l);

/* Number of a table of this file: by name, ASCII case ignored. */
uint32_t hp_ledger_table(const char *name);

/* Puts in that commit `after` followed `before` directly (its change number is
** one more) and wrote no other tables than these n. */
void hp_ledger_put(hp_ledger *l, hp_commit before, hp_commit after,
                   const uint32_t *tables, int n);

/* True if it is known that none of the n tables was written between the two
** commits, in whatever order they are given; also if they are the same. False
** if it is not known. */
bool hp_ledger_covers(const hp_ledger *l, hp_commit x, hp_commit y,
                      const uint32_t *tables, int n);

/* The youngest commit of the chain, if there is one in this life. */
bool hp_ledger_last(const hp_ledger *l, uint32_t life, hp_commit *out);

/* After fork(), in the child: makes the lock usable again. */
void hp_ledger_after_fork(hp_ledger *l);

#endif
