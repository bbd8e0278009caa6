/* SPDX-License-Identifier: MIT
**
** Who uses which index: the indexes of a connection's main database beside the
** plans of the statements that analysis has recorded for it.
**
** A plan is what the planner would choose now. What a trigger or a foreign
** key's check does is in no plan.
*/
#ifndef HP_ADVISOR_USAGE_H
#define HP_ADVISOR_USAGE_H

#include "base/conn.h"

#include <stdbool.h>
#include <stdint.h>

#define HP_USAGE_MAX_BYTES (INT64_C(256) << 20) /* databases to be measured */

typedef struct hp_index_use {
  char *name;
  char *table;
  char *columns;        /* "a, b DESC, c COLLATE NOCASE" */
  char *origin;         /* "c": CREATE INDEX, "u": UNIQUE, "pk": PRIMARY KEY */
  char *redundant_with; /* an index that begins with the same columns, "rowid",
                        ** or NULL */
  bool supports_fk;     /* begins with a column that refers to another table */
  int64_t calls;        /* recorded calls of statements whose plan names it */
  int64_t n_statements;
  int64_t last_ns; /* by hp_clock_fast_ns(), when one ended; 0: never */
  int64_t n_bytes; /* of its pages; -1: not measured */
} hp_index_use;

/* Zero-initialised. */
typedef struct hp_usage {
  hp_index_use *at; /* n of them, by table and name */
  int n;
} hp_usage;

/* SQLITE_OK, or a code with *err set to a sentence or NULL (caller frees with
** sqlite3_free). Free out in both cases. On the connection's thread. */
HP_MUST_CHECK int hp_usage_read(hp_conn *c, hp_usage *out, char **err);

/* Frees what u owns; may be called again. */
void hp_usage_term(hp_usage *u);

#endif
