/* SPDX-License-Identifier: MIT
**
** Why no index helps a statement, as far as its text tells, and, where that is
** mechanical, the statement put so that one can. What is mechanical is so for
** most data, not for all (`date(at) = '2026-01-31'` is also true of a Julian
** day number): the caller must run both. Pure and thread-safe.
*/
#ifndef HP_ADVISOR_REWRITE_H
#define HP_ADVISOR_REWRITE_H

#include "base/sqlite_api.h"

/* Zero-initialised by hp_rewrite_find(). */
typedef struct hp_rewrite {
  char *reason; /* a sentence that shows no values; NULL: nothing is known */
  char *sql;    /* the statement in other words, or NULL */
} hp_rewrite;

/* SQLITE_OK or SQLITE_NOMEM; free out in both cases. */
HP_MUST_CHECK int hp_rewrite_find(const char *sql, hp_rewrite *out);

/* Frees what r owns; may be called again. */
void hp_rewrite_term(hp_rewrite *r);

#endif
