/* SPDX-License-Identifier: MIT
**
** The table nplus1_suspects: what the detectors of the process have found,
** dearest first, priced when it is read.
**
**   kind             n+1, n+1 interleaved, duplicate, autocommit writes,
**                    reprepared (query/nplus1.h)
**   query            the repeated statement, values redacted
**   source_query     the query whose rows it is run for; NULL: none
**   bursts, calls, calls_per_burst
**   cost_ms          time of all calls; where they were prepared anew, with
**                    what preparing costs now
**   saving_ms        what the remedy would save of it; NULL: could not be
**                    measured
**   remedy           one transaction, statement reuse, index, batch, join,
**                    cached table; NULL: none saves anything, or none was
**                    measured
**   rewrite          SQL for the remedy: for lookups one statement that
**                    answers many (query/batch.h, query/join.h), for
**                    duplicates the cached table; NULL: none is known
**   confidence       0 to 1: how sure it is that calls and source belong
**                    together
**   verdict          fix (saves at least nplus1_ms a burst), benign (saves or
**                    costs less), unpriced (costs more, nothing measured)
**   prices           JSON: milliseconds of a burst now and with each remedy;
**                    index: the DDL it was priced with
**
** Prices are measured on the reader's own database, by running the lookup
** with values found in it: only if it is the database of the suspect, at most
** for the 20 dearest. The price of a write is an estimate: an INSERT into a
** database in memory; so is that of a hit: a read of a virtual table.
*/
#ifndef HP_QUERY_NPLUS1_VTAB_H
#define HP_QUERY_NPLUS1_VTAB_H

#include "base/conn.h"

/* Registers the table on c. Returns an SQLite result code. */
int hp_nplus1_vtab_register(hp_conn *c);

#endif
