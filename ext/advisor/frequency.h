/* SPDX-License-Identifier: MIT
**
** How often a column has a value, counted on the lab's copy and remembered.
*/
#ifndef HP_ADVISOR_FREQUENCY_H
#define HP_ADVISOR_FREQUENCY_H

#include "advisor/table.h"

typedef enum hp_frequency {
  HP_MIDDLING,
  HP_COMMON, /* more than a fifth of the rows have it */
  HP_RARE,   /* at most a fifth, and it is one of few values or stands for
             ** "none" or "some", and so is in the program's text rather than a
             ** value that varies */
} hp_frequency;

/* One count that was made. */
typedef struct hp_count {
  int table, column;
  char *literal;
  hp_frequency frequency;
} hp_count;

/* Zero-initialised but for db and tables, which are borrowed. */
typedef struct hp_frequencies {
  sqlite3 *db;
  const hp_tables *tables;
  hp_count *at; /* n of them */
  int n;
} hp_frequencies;

/* In how many rows the column IS this literal (SQL text; NOT NULL, too), or IN
** this list in parentheses; NULL: a value that is not known, taken for one of
** average frequency. What cannot be counted is middling. */
hp_frequency hp_frequency_of(hp_frequencies *f, int table, int column,
                             const char *literal);

/* Frees what f owns; may be called again. */
void hp_frequencies_term(hp_frequencies *f);

#endif
