/* SPDX-License-Identifier: MIT
**
** Writes the normal form that query/fingerprint.h describes. Pure, no
** allocation.
*/
#ifndef HP_QUERY_NORMAL_H
#define HP_QUERY_NORMAL_H

#include <stddef.h>

/* Enough bytes for the normal form of n bytes. A token of length 1 becomes at
** most a space and one byte, a longer one at most twice as long (a quoted
** name made of quotes), and the few fixed texts fit the slack. */
#define HP_NORMAL_CAP(n) (2 * (n) + 16)

/* Writes the normal form of the n bytes at sql to out, which has room for
** HP_NORMAL_CAP(n) bytes; returns its length. No NUL is appended. */
size_t hp_normal_write(const char *sql, size_t n, char *out);

#endif
