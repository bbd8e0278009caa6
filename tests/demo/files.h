/* SPDX-License-Identifier: MIT
**
** Database files of the demo: opened, copied, migrated, compared.
** Every function returns 0, or 1 after a sentence on stderr.
*/
#ifndef DEMO_FILES_H
#define DEMO_FILES_H

#include <sqlite3.h>
#include <stdint.h>

/* Opens path with SQLite's own flags (SQLITE_OPEN_…). Caller closes *out. */
int demo_open(const char *path, int flags, sqlite3 **out);

/* Loads the extension at so (with or without ".so") into db. */
int demo_load(sqlite3 *db, const char *so);

/* Runs SQL text of any number of statements. */
int demo_exec(sqlite3 *db, const char *sql);

/* Creates every folder of path. */
int demo_make_dir(const char *path);

/* Makes to an exact copy of the database from, page by page, through the
** backup API; from is opened read-only and never changed. A file that stood
** at to, with its journals, is replaced. */
int demo_copy(const char *from, const char *to);

/* Removes a database file and its journals, if they are there. */
void demo_remove(const char *path);

/* Runs the files NNN_*.sql of dir in order, those with first <= NNN <= last.
** *digest (may be NULL) takes a hash of their text. With db NULL nothing is
** run. */
int demo_migrate(sqlite3 *db, const char *dir, int first, int last,
                 uint64_t *digest);

/* Reads a whole file. Caller frees *out with free(). */
int demo_read_file(const char *path, char **out);

#endif
