/* SPDX-License-Identifier: MIT
**
** FNV-1a, 64 bits: tells two runs' answers and tables apart. The demo links
** SQLite only, so it does not borrow the extension's hash.
*/
#ifndef DEMO_HASH_H
#define DEMO_HASH_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_HASH_START UINT64_C(14695981039346656037)

/* Folds n bytes into hash and returns the new hash. */
uint64_t demo_hash(uint64_t hash, const void *bytes, size_t n);

/* Folds the current row of stmt, types and lengths included. */
uint64_t demo_hash_row(uint64_t hash, sqlite3_stmt *stmt);

/* Hash of all rows of all tables of db, in the order of their columns; the
** tables SQLite keeps for itself are left out. *rows and *tables count what
** was read. Returns 0, or 1 after a sentence on stderr. */
int demo_hash_database(sqlite3 *db, uint64_t *hash, int64_t *rows, int *tables);

#endif
