/* SPDX-License-Identifier: MIT
**
** Cached tables for tests: a connection that has them, and short ways to ask
** where an answer came from. What fails, fails the running test.
*/
#ifndef TESTS_SUPPORT_CACHED_H
#define TESTS_SUPPORT_CACHED_H

#include "support/db.h"

/* test_db_open() with the module `cached`, its functions and tables. */
sqlite3 *test_cached_open(const char *name, const char *journal_mode);

/* The _source of the only row, or of all rows if they agree, of
** `SELECT DISTINCT _source FROM call`; "" without a row. */
const char *test_cached_source(sqlite3 *db, const char *call);

/* A column of cache_stats for a table of this name. */
int64_t test_cached_count(sqlite3 *db, const char *name, const char *column);

/* Two statements must return the same rows to the last bit: type, integer,
** double (the sign of zero too), bytes, subtype. */
void test_cached_same(sqlite3 *db, const char *cached, const char *direct);

/* A connection with `card(id, deck, word, n)`, four cards in decks 1 and 2,
** in the new WAL file test.db. */
sqlite3 *test_cached_cards(void);

#endif
