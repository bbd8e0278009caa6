/* SPDX-License-Identifier: MIT
**
** Finding the answer to a call in the cache, at the snapshot that the caller
** reads. On the connection's thread, outside of sections.
*/
#ifndef HP_CACHE_LOOKUP_H
#define HP_CACHE_LOOKUP_H

#include "cache/call.h"

/* What a try to serve came to. */
typedef enum hp_trial {
  HP_TRIAL_HIT,     /* served */
  HP_TRIAL_MISS,    /* counted; compute */
  HP_TRIAL_UNKNOWN, /* the snapshot is not proved */
  HP_TRIAL_PIN,     /* the transaction must be opened first */
  HP_TRIAL_ASK,     /* the stamps do not tell; generations may */
  HP_TRIAL_BYPASS,  /* the connection's own writes */
} hp_trial;

/*
** Tries to serve k from L1: makes its key, looks at the snapshot, pins it where
** that is needed, searches, counts. *out is HIT, with the answer in a, or how
** to go on. SQLITE_OK, or the code for which the transaction could not be
** opened.
*/
int hp_lookup_try(hp_table *t, hp_call *k, hp_answer *a, hp_trial *out);

/* For a tracked table: reads the generation at k's snapshot, which is pinned
** for that if need be, unless it is known. SQLITE_OK, also if there is none, or
** the code for which the transaction could not be opened. */
int hp_lookup_generation(hp_table *t, hp_call *k);

/* True if the answer of k's key is there and right at this connection's
** snapshot. Counts nothing. */
bool hp_lookup_has(hp_table *t, hp_call *k);

/* The computation failed with rc: serves an older answer if the options allow
** it, frees *err and returns SQLITE_OK; otherwise rc stands. */
int hp_lookup_stand_in(hp_table *t, const hp_call *k, hp_answer *a, int rc,
                       char **err);

#endif
