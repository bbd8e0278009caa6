/* SPDX-License-Identifier: MIT
**
** Statements to watch on a user's own database: those of a file, or, without
** one, reads made from the schema: how many rows a table has, and look-ups by
** each index's first column and each foreign key.
*/
#ifndef DEMO_WORKLOAD_H
#define DEMO_WORKLOAD_H

#include <sqlite3.h>
#include <stdbool.h>

typedef struct demo_item {
  char *sql;             /* owned */
  sqlite3_value *sample; /* owned: its parameter, NULL if it takes none */
  bool is_read;          /* changes nothing and gives rows */
  int calls;             /* how often it ran */
  double total_s;        /* and how long that took */
} demo_item;

typedef struct demo_workload {
  demo_item *items; /* owned */
  int n;
  int failed; /* statements of the file that gave an error */
} demo_workload;

/* Frees what *w owns; a zeroed *w is fine. */
void demo_workload_term(demo_workload *w);

/* Runs every statement of the file at path on db once, parameters as NULL. A
** statement that fails is reported on stderr and counted, the others go on.
** Returns 0, or 1 after a sentence on stderr. */
int demo_workload_file(sqlite3 *db, const char *path, demo_workload *w);

/* Makes reads from the schema of db and runs them there, look-ups with up to
** 20 values that the table holds; plain is another connection to the same
** file, on which schema and values are read. Returns 0, or 1 as above. */
int demo_workload_made(sqlite3 *db, sqlite3 *plain, demo_workload *w);

#endif
