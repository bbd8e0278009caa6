/* SPDX-License-Identifier: MIT
**
** What the functions of a program mean for its answer: whether it changes by
** itself, and whether it is this connection's alone.
*/
#ifndef HP_SCHEMA_FUNCTIONS_H
#define HP_SCHEMA_FUNCTIONS_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/* One function as EXPLAIN prints it, "name(n_args)", and what the connection
** says about it. */
typedef struct hp_function {
  char *name;
  int n_args;         /* -1: any number */
  bool known;         /* pragma_function_list has it */
  bool builtin;       /* no application has defined or overridden it */
  bool deterministic; /* flagged so; aggregates of SQLite count as so */
  bool direct_only;   /* SQLITE_DIRECTONLY: not for what a schema stores */
  bool innocuous;     /* SQLITE_INNOCUOUS: also for an untrusted schema */
} hp_function;

/* Zero-initialised. */
typedef struct hp_functions {
  hp_function *at; /* n of them */
  int n;
} hp_functions;

/* Adds the function printed as "name(n_args)" unless it is there already; a
** text of another form is added as a function that is not known.
** SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_functions_add(hp_functions *f, const char *printed);

/* Asks db about each. SQLITE_OK, or a code that is passing (SQLITE_BUSY,
** SQLITE_NOMEM …): where db cannot tell (older than 3.30, or the pragma is
** denied) they stay "not known". */
HP_MUST_CHECK int hp_functions_look_up(hp_functions *f, sqlite3 *db);

/* NULL if f's answer depends on its arguments only; else a format for one %s,
** the name: "%s() reads the clock". The date and time functions count as
** readers of the clock whatever their arguments: a column may hold 'now'. */
const char *hp_function_doubt(const hp_function *f);

/* True for the auxiliary functions of the full-text modules (bm25 …), which
** act on the table's data only. */
bool hp_function_is_fts(const hp_function *f);

/* Frees what f owns; may be called again. */
void hp_functions_term(hp_functions *f);

#endif
