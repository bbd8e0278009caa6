/* SPDX-License-Identifier: MIT
**
** What the host's schema says about a table: how many rows, which columns its
** indexes begin with, statistics. Asked on the host connection; between
** hp_facts_open() and hp_facts_close() the hook is muted. What cannot be found
** out (the authorizer denies it, the table is locked) is unknown, not an error.
** For the connection's own thread.
*/
#ifndef HP_QUERY_FACTS_H
#define HP_QUERY_FACTS_H

#include "base/conn.h"

#include <stdbool.h>

#define HP_FACTS_NAME  64 /* bytes of a name */
#define HP_FACTS_COUNT 200000

#define HP_FACTS_COUNTS 16

typedef struct hp_facts_count {
  char table[HP_FACTS_NAME];
  int64_t rows;
} hp_facts_count;

typedef struct hp_facts {
  hp_conn *conn;
  hp_facts_count counts[HP_FACTS_COUNTS]; /* the latest ones */
  int n_counts;                           /* ever */
} hp_facts;

void hp_facts_open(hp_facts *f, hp_conn *c);
void hp_facts_close(hp_facts *f);

/* One integer that SQL (sqlite3_mprintf's format) answers; `otherwise` if it
** answers nothing or fails. */
int64_t hp_facts_int(const hp_facts *f, int64_t otherwise, const char *format,
                     ...);

/* Rows of the table: from its statistics, or else counted, up to
** HP_FACTS_COUNT; -1 if that is unknown. */
int64_t hp_facts_rows(hp_facts *f, const char *table);

/* True if ANALYZE has been run over the table. */
bool hp_facts_has_statistics(const hp_facts *f, const char *table);

/* True if the table has, by ANALYZE, ten times fewer or more rows than there
** are now; *now is then how many there are at least or at most. Counts no more
** than HP_FACTS_COUNT rows to find out. */
bool hp_facts_is_stale(const hp_facts *f, const char *table, int64_t *now);

/* Rows per value of the index's first column, by ANALYZE; -1 if unknown. */
int64_t hp_facts_rows_per_value(const hp_facts *f, const char *index);

bool hp_facts_has_column(const hp_facts *f, const char *table,
                         const char *column);

/* True if column is the first of an index of table: its name and collation
** (HP_FACTS_NAME bytes each). */
bool hp_facts_leads(const hp_facts *f, const char *table, const char *column,
                    char *index, char *collation);

/* The column's affinity: 't' TEXT, 'n' INTEGER, REAL or NUMERIC, 'b' BLOB or
** none, 0 unknown. */
char hp_facts_affinity(const hp_facts *f, const char *table,
                       const char *column);

#endif
