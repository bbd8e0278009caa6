/* SPDX-License-Identifier: MIT
**
** The runs of a connection's statements: which are open now, and what their
** counters said before. Found by the address of the statement, which SQLite
** may give to another one later: a run's figures count only together with its
** text. For one thread.
*/
#ifndef HP_QUERY_RUN_H
#define HP_QUERY_RUN_H

#include "base/sqlite_api.h"
#include "query/tally.h"

#include <stdbool.h>
#include <stdint.h>

/* A statement's counters at one moment, as sqlite3_stmt_status() gives them:
** they wrap, and the application may reset them. */
typedef struct hp_run_marks {
  uint32_t vm_steps;
  uint32_t fullscan_steps;
  uint32_t sorts;
  uint32_t autoindexes;
  uint32_t reprepares;
} hp_run_marks;

typedef struct hp_run {
  sqlite3_stmt *stmt;   /* NULL: free */
  const char *sql;      /* its text; an address only */
  uint64_t text;        /* hash of it */
  struct hp_slot *slot; /* the recorder's for text, or NULL: not looked up */
  uint32_t slots;       /* the recorder's version when it was */
  int64_t start_ns;     /* monotonic */
  int64_t rows;         /* returned so far */
  int64_t changes;      /* the connection's total at its start */
  hp_run_marks marks;   /* at the end of the run before, which is its start */
  bool is_active;
  bool is_first; /* of its statement */
  bool is_write; /* may change rows */
} hp_run;

typedef struct hp_runs {
  hp_run *runs; /* n, a power of two; linear probing */
  uint32_t n;
  uint32_t n_used;
  int n_active;
} hp_runs;

/* SQLITE_OK or SQLITE_NOMEM. */
int hp_runs_init(hp_runs *rs);
void hp_runs_term(hp_runs *rs);

/* The run of stmt, or NULL. Borrowed until hp_runs_put(). */
static inline hp_run *hp_runs_get(const hp_runs *rs, const sqlite3_stmt *stmt) {
  uint32_t mask = rs->n - 1;
  uint64_t hash = (uint64_t)(uintptr_t)stmt * UINT64_C(0x9e3779b97f4a7c15);

  for (uint32_t i = (uint32_t)(hash >> 32) & mask;; i = (i + 1) & mask) {
    if (rs->runs[i].stmt == stmt) return &rs->runs[i];
    if (!rs->runs[i].stmt) return NULL;
  }
}

/* Makes the run of stmt, which has none; forgets inactive ones when the table
** is full. NULL when out of memory. */
hp_run *hp_runs_put(hp_runs *rs, sqlite3_stmt *stmt);

/* The active run that started last, or NULL. */
const hp_run *hp_runs_latest(const hp_runs *rs);

/* Makes all runs inactive: how they end will not be known. */
void hp_runs_end(hp_runs *rs);

/* What a statement counted between two moments, into the members of *out that
** marks have. */
void hp_run_difference(const hp_run_marks *start, const hp_run_marks *end,
                       hp_counters *out);

#endif
