/* SPDX-License-Identifier: MIT
**
** Needs of statements as lines that a test can compare.
*/
#ifndef TESTS_SUPPORT_NEED_H
#define TESTS_SUPPORT_NEED_H

#include "advisor/need.h"

/* Fails the running test, showing all needs, unless one of them reads like
** line: "t rowid eq:a=7 eq:lower(b) range:c~NOCASE order:d- present:e". */
void test_need_check(const hp_tables *tables, const hp_needs *needs,
                     const char *sql, const char *line);

#endif
