/* SPDX-License-Identifier: MIT
**
** Prints the answer of a query as a table: boxes, numbers to the right with
** a comma between thousands, at most DEMO_TABLE_WIDTH cells wide. Text that
** does not fit goes over several lines, then ends in "…".
*/
#ifndef DEMO_TABLE_H
#define DEMO_TABLE_H

#include <sqlite3.h>
#include <stdio.h>

#define DEMO_TABLE_WIDTH 96

/* Prints the rows of sql, run on db, under its column names; max_lines is
** what one row may take (at least 1). An answer without rows prints the
** sentence empty. Returns 0, or 1 after a sentence on stderr. */
int demo_table_print(FILE *out, sqlite3 *db, const char *sql, int max_lines,
                     const char *empty);

#endif
