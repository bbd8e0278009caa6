/* SPDX-License-Identifier: MIT
**
** All that one run of the advisor holds, and the steps up to the search.
*/
#ifndef HP_ADVISOR_SESSION_H
#define HP_ADVISOR_SESSION_H

#include "advisor/candidates.h"
#include "advisor/report.h"

/* All that one run of the advisor holds. */
typedef struct hp_session {
  const hp_statement *statements;
  int n;
  const hp_advisor_options *options;
  hp_report *out;
  hp_sample sample; /* of the host; `at` NULL: the lab has all rows */
  hp_lab *lab;
  hp_shadow *shadow;
  hp_tables tables;
  hp_trial *trial;
  hp_needs *needs; /* n of them */
  double *weights; /* ditto */
  double bare;     /* cost of the workload without any index to be dropped */
  hp_candidates candidates;
  hp_cost *costs;  /* scratch, n of them */
  int *made_of;    /* of the built indexes: position in candidates */
  int n_originals; /* the lab's indexes before the built ones */
  bool *repeats;   /* [i * n + k] of the lab's n indexes: k begins with all of
                   ** i; [i * n + i]: an index of the host's does */
  char **err;
} hp_session;

/* Copies host and puts the workload on trial. statements, n, options, out and
** err must be set, the rest be zero. For all of these: SQLITE_OK, or a code
** with *err set to a sentence or NULL (out of memory). */
HP_MUST_CHECK int hp_session_open(hp_session *s, sqlite3 *host);

/* Finds candidates and builds those that are worth it. */
HP_MUST_CHECK int hp_session_build(hp_session *s);

/* Frees all of s but what it borrows. */
void hp_session_close(hp_session *s);

/* The lab's indexes that the host has: true, of the others false. NULL when
** out of memory. Caller frees. */
bool *hp_session_originals(const hp_session *s);

/* True if index `in` should not be advised beside those of set but `out` (-1:
** none): it would repeat one, or one that is built would repeat it. */
bool hp_session_clashes(const hp_session *s, const bool *set, int in, int out);

/* True if the k-th built index was made for statement q and may be added to
** set: it is not there, and repeats nothing. */
bool hp_session_may_add(const hp_session *s, const bool *set, int k, int q);

/* Bytes of the database without the indexes that could be dropped, at least 1:
** so it is the same before and after the advice is followed. */
double hp_session_bytes(const hp_session *s);

/* What a byte of index must save, in ns of the workload, where the whole of it
** costs `base`. */
double hp_session_price(const hp_session *s, double base);

/* At least n items of size bytes, all zero. NULL when out of memory. Caller
** frees. */
void *hp_zeroed(size_t n, size_t size);

#endif
