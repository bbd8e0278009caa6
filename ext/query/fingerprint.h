/* SPDX-License-Identifier: MIT
**
** The normal form of a statement, and its hash, the fingerprint: texts that
** differ only in values, case, white space, comments or quoting share them.
**
**   select * from Users where ID in (1,2,3) -- x
**   SELECT * FROM users WHERE id IN (?)
**
** What is made equal
**   values       literals, NULL as a value, parameters of any spelling and
**                signed numbers become ?; the text thereby loses its literals
**   IN lists     of values, of any length: IN (?)
**   VALUES       a row like the first or the last one written is dropped
**   words        keywords upper case, names lower case (ASCII), plain names
**                unquoted; other quoted names as "x"
**   the rest     one space, no comments, no trailing semicolons; names of
**                savepoints (often numbered) become s
** What is kept apart
**   everything else: LIMIT or not, ASC and DESC, IS NULL, collations, schema
**   names, positions in ORDER BY 2, types in CAST, the target of ON CONFLICT
**   (it must match an index), the number in likelihood(). TRUE and FALSE are
**   names (columns may be called so). DDL and PRAGMA keep their literals, but
**   for the key of an encrypted database, shown as '?'.
**
** A statement and its normal form prepare or fail alike, and the normal form
** of a normal form is itself. Exceptions: (1) SQLite reads "x" as a string
** where there is no such column. A double-quoted token is taken for a column
** in the select list, left of an operator and beside a dot (but not in a
** SELECT without FROM); as an operand or argument it keeps its quotes, or
** becomes ? when it does not read like a name ("%Y", "a@b.c", "2024-01-01").
** So WHERE "nonesuch" = 1 prepares and its normal form may not. (2) INDEXED
** BY a partial index needs the literal of its WHERE clause. (3) ORDER BY in a
** compound SELECT must repeat a result expression, values included.
**
** All functions are pure and thread-safe. The text ends at its first NUL byte,
** as it does for SQLite.
*/
#ifndef HP_QUERY_FINGERPRINT_H
#define HP_QUERY_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* The normal form of the n bytes at sql, NUL-terminated, "" if there is no
** token in it. NULL when out of memory. Caller frees with sqlite3_free(). */
char *hp_fingerprint_normalize(const char *sql, size_t n);

/* The fingerprint of the n bytes at sql: hash of the normal form, never 0.
** 0 means out of memory, which cannot happen below 2 KB of text. */
uint64_t hp_fingerprint(const char *sql, size_t n);

/* The fingerprint of a text that is a normal form already. */
uint64_t hp_fingerprint_of_normal(const char *normal);

#endif
