/* SPDX-License-Identifier: MIT
**
** Which rows of a database stand for all of them, where it is too large to be
** tried as a whole: of small tables all, of the others a share by chance, but
** rows that name a row of another table come with that one, so that joins find
** what they find in the whole (for one join of each table: the one with the
** largest table; Chaudhuri, Motwani, Narasayya: On Random Sampling over Joins,
** SIGMOD 1999, tells why shares by chance of both sides would not do).
*/
#ifndef HP_ADVISOR_SAMPLE_H
#define HP_ADVISOR_SAMPLE_H

#include "advisor/joins.h"

/* Of one table. Tables and columns are positions in hp_tables, -1: none. */
typedef struct hp_share {
  double fraction;  /* of its rows, about; 1: all of them */
  int leader;       /* the table with whose rows these come */
  int column, key;  /* `column` here names a row there by its `key` */
  int leads_by;     /* the column by which rows of other tables come along */
  int64_t n_copied; /* rows that were copied, once they are */
} hp_share;

/* Zero-initialised. */
typedef struct hp_sample {
  hp_tables tables; /* of the whole */
  hp_share *at;     /* of each table */
  int *order;       /* tables, leaders before those that they lead */
  int64_t n_bytes;  /* of the whole database */
} hp_sample;

/* Plans a sample of about max_bytes of db's main database, for these
** statements; none if it is not larger: out->at is NULL then. Reads the number
** of rows of each table. SQLITE_OK, or a code with *err set to a sentence
** (caller frees with sqlite3_free; NULL: out of memory); free out in both
** cases. */
HP_MUST_CHECK int hp_sample_plan(sqlite3 *db, const hp_statement *statements,
                                 int n, int64_t max_bytes, hp_sample *out,
                                 char **err);

/* Fills in out->at and out->order for out->tables, the joins between them and a
** fraction (0 to 1) of the rows: what hp_sample_plan() does with what it
** reads. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_sample_divide(hp_sample *out, const hp_joins *joins,
                                   double fraction);

/* How many times as many rows the whole has as the copied rows of this table
** of the sample; 1 if s is NULL or does not know the table. */
double hp_sample_scale(const hp_sample *s, const char *table);

/* The share of all rows that was copied; 1 if s is NULL. */
double hp_sample_fraction(const hp_sample *s);

/* Frees what s owns; may be called again. */
void hp_sample_term(hp_sample *s);

#endif
