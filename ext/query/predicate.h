/* SPDX-License-Identifier: MIT
**
** What a statement compares its columns with, as far as its normal form tells
** (query/fingerprint.h): enough to say why an index cannot be used, and which
** one could be. It sees `column op value`, not what AND, OR or NOT make of it.
** Pure and thread-safe.
*/
#ifndef HP_QUERY_PREDICATE_H
#define HP_QUERY_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#define HP_PREDICATES     24 /* what is beyond is not seen */
#define HP_PREDICATE_NAME 64 /* bytes of a name; longer ones are not seen */

typedef enum hp_predicate_kind {
  HP_PREDICATE_EQUAL,    /* column = value, IS, IN */
  HP_PREDICATE_RANGE,    /* <, <=, >, >=, BETWEEN */
  HP_PREDICATE_LIKE,     /* column LIKE value */
  HP_PREDICATE_FUNCTION, /* f(column) op value */
  HP_PREDICATE_COLUMN    /* column = other column */
} hp_predicate_kind;

typedef struct hp_predicate {
  hp_predicate_kind kind;
  char table[HP_PREDICATE_NAME]; /* table or alias before the dot, or "" */
  char column[HP_PREDICATE_NAME];
  char detail[HP_PREDICATE_NAME];    /* FUNCTION: its name; COLUMN: the other
                                        column; else "" */
  char other[HP_PREDICATE_NAME];     /* COLUMN: the other's table or alias */
  char collation[HP_PREDICATE_NAME]; /* of COLLATE after it, or "" */
} hp_predicate;

/* Finds up to HP_PREDICATES in the statement's normal form; returns how many.
** A COLUMN comparison is listed from both sides. */
int hp_predicates_find(const char *normal, hp_predicate *out);

/* The table that alias stands for in `FROM table [AS] alias`, written to out
** (HP_PREDICATE_NAME bytes); false if alias is not declared so. A table's own
** name in FROM stands for itself. */
bool hp_predicates_table(const char *normal, const char *alias, char *out);

#endif
