/* SPDX-License-Identifier: MIT
**
** Runs the SELECT of a cached table on the host's connection. The trace hook
** is muted meanwhile: the application did not write these statements, and
** their work is in the figures of the statement that asked.
*/
#ifndef HP_CACHE_RUNNER_H
#define HP_CACHE_RUNNER_H

#include "base/conn.h"
#include "cache/answer.h"
#include "cache/definition.h"
#include "cache/patience.h"

typedef struct hp_runner {
  hp_conn *conn;
  const hp_definition *d; /* borrowed */
  sqlite3_stmt *stmt;     /* the prepared SELECT */
  int n_running;          /* runs now: > 1 is a table that reads itself */
  hp_patience patience;   /* with the run */
  bool is_timed_out;      /* the latest run was ended by compute_timeout */
} hp_runner;

/* How far one run may be collected. */
typedef struct hp_run_limits {
  int64_t rows; /* 0: any */
  uint64_t bytes;
} hp_run_limits;

/* Prepares the SELECT if it is not yet, or if afresh, again. An SQLite code;
** the message is in sqlite3_errmsg(). */
int hp_runner_prepare(hp_runner *r, bool afresh);
void hp_runner_term(hp_runner *r);

/* True if the host has made SQLite forget the program (new authorizer, new
** function, changed schema) since hp_runner_prepare(), as far as SQLite tells:
** where it cannot be told, true. */
bool hp_runner_is_expired(const hp_runner *r);

/* True if SQLite has prepared the SELECT again by itself since then. */
bool hp_runner_was_reprepared(const hp_runner *r);

/*
** Binds args and takes the first step. *has_row tells whether there is a row.
** SQLITE_OK, or an SQLite code with *err a sentence (caller frees), and then
** the run has ended. A run that compute_timeout has ended is SQLITE_ERROR: with
** SQLITE_INTERRUPT a statement that writes would lose its transaction.
** Otherwise hp_runner_collect() or hp_runner_end() must follow.
*/
int hp_runner_begin(hp_runner *r, sqlite3_value **args, bool *has_row,
                    char **err);

/*
** Takes the rows of the run into a->rows. *is_complete: all of them; otherwise
** a limit was reached and a->live has become the running statement. The codes
** of hp_runner_begin(). The run has ended in any case.
*/
int hp_runner_collect(hp_runner *r, bool has_row, const hp_run_limits *limits,
                      hp_answer *a, bool *is_complete, char **err);

void hp_runner_end(hp_runner *r);

#endif
