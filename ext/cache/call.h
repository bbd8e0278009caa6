/* SPDX-License-Identifier: MIT
**
** One call of a cached table on its way, and the table as its parts see it:
** table.c (life, computing), lookup.c (finding). For these files only; to all
** others a table is what table.h says.
*/
#ifndef HP_CACHE_CALL_H
#define HP_CACHE_CALL_H

#include "cache/generation.h"
#include "cache/identity.h"
#include "cache/tagging.h"

typedef struct hp_table hp_table;

struct hp_table {
  hp_conn *conn;
  hp_definition *d;
  hp_sheet *sheet;
  hp_l1 *l1;
  hp_identity id;
  hp_tagging tagging;
  hp_generation generation;
  bool is_refreshed; /* somebody computes ahead for us */
  uint64_t random;   /* state of chance() */
  int64_t last_rows; /* rows of the latest answer */
  hp_table *next;    /* of the connection: roster.h */
};

/* One call on its way. Set field by field: clearing it costs too much. */
typedef struct hp_call {
  sqlite3_value **argv;
  const hp_builder *args; /* the same, as one row */
  sqlite3_stmt *once;     /* the running statement if it reads only once */
  hp_key key;
  hp_look look;
  bool has_key;
  bool may_keep;       /* its answer may be published */
  bool is_outdated;    /* an entry was there, of another stamp */
  bool has_generation; /* at this snapshot: `generation` */
  bool should_ask;     /* the generation, before an entry is given up */
  bool is_asked;       /* it was asked for */
  hp_stamp generation;
  bool is_refresh;  /* asked by hp_table_refresh() */
  bool is_shared;   /* published: others who wait find it */
  hp_source source; /* of rows that are computed */
} hp_call;

/* Uniform in (0, 1]: xorshift64 (G. Marsaglia, 2003). */
static inline double hp_table_chance(hp_table *t) {
  t->random ^= t->random << 13;
  t->random ^= t->random >> 7;
  t->random ^= t->random << 17;
  return (double)((t->random >> 11) + 1) / 9007199254740992.0;
}

#endif
