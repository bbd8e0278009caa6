/* SPDX-License-Identifier: MIT
**
** What kind of access a statement is, as far as its text tells: what the
** detector of N+1 patterns (query/nplus1.h) wants to know. Worked out once
** per text, then remembered with it. Pure and thread-safe.
*/
#ifndef HP_QUERY_SHAPE_H
#define HP_QUERY_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hp_shape_class {
  HP_SHAPE_LIST,   /* a read that no single value selects, or a page of such:
                      ORDER BY with LIMIT after a key or an offset */
  HP_SHAPE_LOOKUP, /* a read with col = value, or IN with one value */
  HP_SHAPE_SCHEMA, /* a read of the schema: sqlite_schema, pragma_... */
  HP_SHAPE_INSERT, /* INSERT, REPLACE */
  HP_SHAPE_CHANGE, /* UPDATE, DELETE */
  HP_SHAPE_BEGIN,  /* BEGIN */
  HP_SHAPE_END,    /* COMMIT, END, ROLLBACK (but not TO) */
  HP_SHAPE_NESTED, /* SAVEPOINT, RELEASE, ROLLBACK TO */
  HP_SHAPE_ATTACH, /* ATTACH, DETACH */
  HP_SHAPE_PRAGMA, /* PRAGMA */
  HP_SHAPE_OTHER   /* DDL, EXPLAIN, ... */
} hp_shape_class;

typedef struct hp_shape {
  uint64_t values; /* hash of the literals in order; 0 if the text has a
                      parameter: then only the bindings tell */
  hp_shape_class what;
  bool is_single; /* has LIMIT 1: at most one row */
  bool is_range;  /* a list that values narrow down: by < and >, BETWEEN, LIKE
                  ** or GLOB. Not by one of < and >, as pollers do, nor with
                  ** LIMIT, as pages have */
} hp_shape;

/* The shape of the n bytes at sql. */
hp_shape hp_shape_of(const char *sql, size_t n);

/* Hash of the literals of the n bytes at sql in order, never 0, whether there
** are parameters or not: of an expanded text (sqlite3_expanded_sql) it is the
** hash of the values bound. */
uint64_t hp_shape_values(const char *sql, size_t n);

#endif
