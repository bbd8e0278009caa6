/* SPDX-License-Identifier: MIT
**
** What is in a database: a table of its tables.
*/
#ifndef DEMO_CONTENTS_H
#define DEMO_CONTENTS_H

#include <sqlite3.h>

/* Prints the largest tables of db with rows, columns, indexes, MB and whether
** ANALYZE has been run on them. MB is a dash where SQLite was built without
** dbstat. Keeps its notes in a temp table. *n takes how many tables there
** are. Returns 0, or 1 after a sentence on stderr. */
int demo_contents_print(sqlite3 *db, int *n);

#endif
