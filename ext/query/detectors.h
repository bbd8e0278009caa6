/* SPDX-License-Identifier: MIT
**
** Detectors of N+1 patterns (query/nplus1.h) between connections. Some
** applications open a connection for every statement: what a thread runs one
** after the other on one file then goes on in the detector of the connection
** before, which was parked here.
**
** Invariant: at most HP_DETECTORS are parked, oldest first; each belongs to
** one thread and one file. Findings go to query/suspects.h. Thread-safe.
*/
#ifndef HP_QUERY_DETECTORS_H
#define HP_QUERY_DETECTORS_H

#include "query/nplus1.h"

#define HP_DETECTORS 16

/* The detector that this thread parked for the database file, or a new one.
** database is the hash of its name, 0 for a database that nobody can open
** again: always a new one. NULL when out of memory. Give it back with
** hp_detectors_give(). */
hp_nplus1 *hp_detectors_take(uint64_t database);

/* Parks d (NULL is allowed) for the next connection of this thread, or, for
** database 0, flushes and frees it. The oldest makes room. Takes ownership. */
void hp_detectors_give(uint64_t database, hp_nplus1 *d);

/* Flushes what is parked: before somebody reads the suspects. */
void hp_detectors_flush(void);

/* Around fork(): call the first before, the second after hp_suspects_'s. */
void hp_detectors_before_fork(void);
void hp_detectors_after_fork(void);

#endif
