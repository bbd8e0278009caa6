/* SPDX-License-Identifier: MIT
**
** The list of findings: what could be better, what shows it, what to do, and
** what that would save. For one thread.
*/
#ifndef HP_QUERY_FINDING_H
#define HP_QUERY_FINDING_H

#include "base/sqlite_api.h"

#include <stdint.h>

#define HP_FINDING_UNKNOWN (-1.0) /* saves_ms: cannot be told */

typedef struct hp_finding {
  const char *kind;     /* static: "scan", "slow" … */
  uint64_t fingerprint; /* of the statement, 0 if it is about none */
  double saves_ms;      /* of the time recorded, or HP_FINDING_UNKNOWN */
  const char *basis;    /* static: "measured", "estimate", or NULL */
  char *what;           /* owned by the list, as the next two */
  char *evidence;
  char *fix; /* a statement that runs, or a sentence; may be NULL */
  int n;     /* findings merged into this one */
} hp_finding;

/* Errors are sticky: after SQLITE_NOMEM adding is a no-op. */
typedef struct hp_findings {
  hp_finding *at;
  int n;
  int rc;
} hp_findings;

/* Adds f; takes ownership of its texts, even on failure. what and evidence of
** NULL are an out-of-memory error. A finding of the same kind with the same
** fix, or of any kind with the same index to create, is merged: what is saved
** adds up. */
void hp_findings_add(hp_findings *list, hp_finding f);

/* True if there is one about this statement. */
int hp_findings_has(const hp_findings *list, uint64_t fingerprint);

/* Sorts: what saves most first; what cannot be told last, in the order in
** which it was added. */
void hp_findings_sort(hp_findings *list);

void hp_findings_term(hp_findings *list);

#endif
