/* SPDX-License-Identifier: MIT
**
** What the detectors of all connections have found (query/nplus1.h), added up
** per kind, statement, source and database. Of fixed size: when it is full,
** the suspect that has cost least makes room, and is counted.
**
** Thread-safe. No function here runs SQL or allocates.
*/
#ifndef HP_QUERY_SUSPECTS_H
#define HP_QUERY_SUSPECTS_H

#include "query/nplus1.h"

#define HP_SUSPECTS 512 /* places */

typedef struct hp_suspect {
  hp_nplus1_burst sum; /* calls, cost_ns, rows, n_prepared, n_autocommit and
                          source_rows added up (-1 once one is unknown);
                          distinct, end_ns: of the last burst; confidence:
                          the highest; is_inside: in any of them */
  int64_t bursts;
} hp_suspect;

/* Adds a burst: of type hp_nplus1_on_burst, arg is not used. */
void hp_suspects_add(void *arg, const hp_nplus1_burst *burst);

/* Copies up to n suspects to out, in no order; returns how many. */
int hp_suspects_list(hp_suspect *out, int n);

/* Suspects that had to make room since the start or the last reset. */
int64_t hp_suspects_dropped(void);

/* A burst that could be this much cheaper is worth fixing: nanoseconds, 1 ms
** unless set. */
int64_t hp_suspects_benign_ns(void);
void hp_suspects_set_benign(int64_t ns);

/* Forgets all. */
void hp_suspects_reset(void);

/* Around fork(), as for the statistics. */
void hp_suspects_before_fork(void);
void hp_suspects_after_fork(void);

#endif
