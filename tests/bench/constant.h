/* SPDX-License-Identifier: MIT
**
** The yardstick of a hit: a virtual table of the shape of the bench's cached
** table, (id, front, _id HIDDEN), that answers with one constant row and does
** nothing else. What it costs is SQLite's own part of a hit.
*/
#ifndef TESTS_BENCH_CONSTANT_H
#define TESTS_BENCH_CONSTANT_H

#include <sqlite3.h>

/* Registers the module `constant` on db and makes temp.constant of it. */
void bench_constant_register(sqlite3 *db);

#endif
