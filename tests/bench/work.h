/* SPDX-License-Identifier: MIT
**
** The work that the benches time: statements that give one row.
*/
#ifndef TESTS_BENCH_WORK_H
#define TESTS_BENCH_WORK_H

#include <sqlite3.h>
#include <stdint.h>

/* bench_side.run: executes the prepared statement arg n times with ?1 = 500,
** reading both columns of its one row. */
void bench_one_row(void *stmt, int64_t n);

/* The same, ?1 running through 1..1000. */
void bench_many_keys(void *stmt, int64_t n);

#endif
