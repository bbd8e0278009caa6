/* SPDX-License-Identifier: MIT
**
** Databases for tests. Every function fails the running test, showing the
** SQL and SQLite's message, when something goes wrong; so their results need
** no check. For a statement that is meant to fail use test_db_error().
*/
#ifndef TESTS_SUPPORT_DB_H
#define TESTS_SUPPORT_DB_H

/* Under a sanitizer our code is slowed down and SQLite's is not: what compares
** the two by the clock is left out. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_TIMES_LIE 1
#else
#define TEST_TIMES_LIE 0
#endif

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* Opens name (in test_tmp_dir(), or as given if it begins with '/', ':' or
** "file:"), made if absent, busy timeout 5 s, in the journal mode given
** ("wal", "delete", "truncate", "persist", "memory", "off"); NULL leaves it
** as it is. Close with test_db_close(). */
sqlite3 *test_db_open(const char *name, const char *journal_mode);

/* The same, with all of hotpath registered on the connection. */
sqlite3 *test_db_open_hotpath(const char *name, const char *journal_mode);

/* Closes db (NULL is allowed); an unfinalized statement fails the test. */
void test_db_close(sqlite3 *db);

/* Runs all statements of a printf format (SQLite's: %Q, %w, %lld ...). */
void test_db_exec(sqlite3 *db, const char *format, ...);

/* First column of the first row; fails the test when there is no row. */
int64_t test_db_int(sqlite3 *db, const char *format, ...);

/* All rows as text: columns by '|', rows by newline, NULL as "NULL", blobs as
** x'hex'; "" for no row. Borrowed until the 8th next call. */
const char *test_db_text(sqlite3 *db, const char *format, ...);

/* Prepares sql; caller finalizes. */
sqlite3_stmt *test_db_prepare(sqlite3 *db, const char *sql);

/* Runs sql, which must fail: the message; borrowed like test_db_text(). */
const char *test_db_error(sqlite3 *db, const char *sql);

/* Is this SQLite of version 3038000 (for example) or later? What a test is
** about may be younger than 3.34, which hotpath still runs on. */
bool test_db_since(int version);

/* Does this SQLite know RETURNING (3.35) and unixepoch() (3.38), if sql (or
** NULL) has them? */
bool test_db_knows(const char *sql);

#endif
