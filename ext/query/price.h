/* SPDX-License-Identifier: MIT
**
** What a lookup costs and what it would cost otherwise, measured by running
** it on the reader's own connection: never in a hook, only when somebody
** reads the suspects. Reads only; each measurement stops after a few
** milliseconds. The caller keeps the trace hook muted meanwhile.
*/
#ifndef HP_QUERY_PRICE_H
#define HP_QUERY_PRICE_H

#include "base/sqlite_api.h"
#include "query/batch.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_price {
  int n_values;      /* different ones, looked up */
  double lookup_ns;  /* one lookup, statement reused, in a transaction */
  double batch_ns;   /* the rewrite, for n_values; 0: there is none */
  double indexed_ns; /* one lookup of the column with an index, on a copy of
                        (a part of) the column; 0: it has an index, or more
                        than one table takes part */
  const char *many;  /* the rewrite that is right here; borrowed from the
                        batch; NULL: none */
} hp_price;

/*
** Measures the lookup b with up to n_wanted values found in the data.
** SQLITE_OK; SQLITE_NOTFOUND if there is nothing to measure with (no values,
** parameters besides the value); otherwise an SQLite code: the statement
** does not run on this connection. Unless OK, *out is zeroed.
*/
HP_MUST_CHECK int hp_price_measure(sqlite3 *db, const hp_batch *b, int n_wanted,
                                   hp_price *out);

/* Nanoseconds of the cheapest read of a virtual table on db, which is about
** what a hit of a cached table costs; 0 if it cannot be measured. */
double hp_price_virtual_read_ns(sqlite3 *db);

/* Nanoseconds of running sql, a SELECT without parameters, on db, the fastest
** of up to three times; 0 if it fails. */
double hp_price_run_ns(sqlite3 *db, const char *sql);

/* Nanoseconds of preparing and finalizing sql on db, without running it; 0 if
** it fails. */
double hp_price_prepare_ns(sqlite3 *db, const char *sql);

/* Nanoseconds of a small INSERT inside a transaction, on a private database in
** memory: the least that a write costs; 0 if it cannot be measured. */
double hp_price_write_ns(void);

#endif
