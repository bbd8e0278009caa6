/* SPDX-License-Identifier: MIT
**
** How a statement would be run: the lines of EXPLAIN QUERY PLAN, worked out on
** the shadow with the host's own planner and statistics. A host built with
** STAT4 may choose another plan for particular parameters.
*/
#ifndef HP_SCHEMA_PLAN_H
#define HP_SCHEMA_PLAN_H

#include "schema/shadow.h"

typedef struct hp_plan_line {
  int id;
  int parent;   /* id of the line it belongs to; 0: none */
  int depth;    /* 0 for a line without parent */
  char *detail; /* SQLite's words */
} hp_plan_line;

/* Zero-initialised by hp_plan_read(). */
typedef struct hp_plan {
  hp_plan_line *at; /* n of them, a parent before its children */
  int n;
} hp_plan;

/* Plans sql's first statement. SQLITE_OK, or a code with *err set to a
** sentence (caller frees with sqlite3_free; NULL: out of memory). Free out in
** both cases. */
HP_MUST_CHECK int hp_plan_read(hp_shadow *s, const char *sql, hp_plan *out,
                               char **err);

/* Frees what p owns; may be called again. */
void hp_plan_term(hp_plan *p);

#endif
