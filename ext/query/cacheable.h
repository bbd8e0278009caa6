/* SPDX-License-Identifier: MIT
**
** Writes the cached table for a statement: its text with the values in WHERE
** as parameters, if it has no parameters of its own.
**
**   SELECT name FROM deck WHERE id = 7
**   CREATE VIRTUAL TABLE temp."cached_01234567" USING cached(
**     (SELECT name FROM deck WHERE id = ?1))
**
** Pure; thread-safe.
*/
#ifndef HP_QUERY_CACHEABLE_H
#define HP_QUERY_CACHEABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HP_CACHEABLE_PARAMETERS 16 /* at most */

typedef struct hp_cacheable {
  char *select;  /* the SELECT inside, on one line */
  char *ddl;     /* the whole statement */
  bool is_fixed; /* no value differs from call to call: it has none */
} hp_cacheable;

/* Writes it for the n bytes at sql, one SELECT. SQLITE_OK; SQLITE_NOTFOUND if
** it has too many values; SQLITE_NOMEM. *out is zeroed unless OK; free it with
** hp_cacheable_term(). */
int hp_cacheable_init(hp_cacheable *out, const char *sql, size_t n,
                      uint64_t fingerprint);

/* Frees what c owns; c may be zeroed. */
void hp_cacheable_term(hp_cacheable *c);

#endif
