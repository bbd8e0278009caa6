/* SPDX-License-Identifier: MIT
**
** The statements that advice is for: those that analysis has recorded for a
** connection's main database, or a list given by hand.
*/
#ifndef HP_ADVISOR_WORKLOAD_H
#define HP_ADVISOR_WORKLOAD_H

#include "advisor/trial.h"
#include "base/conn.h"

/* Statements of the workload at most: the ones that took the most time. */
#define HP_WORKLOAD_MAX 300

/* Zero-initialised. */
typedef struct hp_workload {
  hp_statement *at; /* n of them; the texts are owned */
  int n;
} hp_workload;

/* Appends one statement, whose text is copied. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_workload_add(hp_workload *w, const char *sql,
                                  double calls);

/* Appends what analysis has recorded for c's main database and advice could be
** for: statements about rows of the application's. SQLITE_OK or
** SQLITE_NOMEM. */
HP_MUST_CHECK int hp_workload_recorded(hp_workload *w, hp_conn *c);

/* Appends the statements of a JSON array of {"sql": text, "calls": number} or
** of plain texts. SQLITE_OK, or a code with *err set to a sentence (caller
** frees; NULL: out of memory). */
HP_MUST_CHECK int hp_workload_given(hp_workload *w, hp_conn *c,
                                    sqlite3_value *json, char **err);

/* Frees what w owns; may be called again. */
void hp_workload_term(hp_workload *w);

#endif
