/* SPDX-License-Identifier: MIT
**
** What one use of a table could be helped with: the terms it is searched,
** sorted and filtered by. Filled by the lens and by what the text tells.
*/
#ifndef HP_ADVISOR_NEED_H
#define HP_ADVISOR_NEED_H

#include "advisor/table.h"

enum { HP_NEED_TERMS = 10 };

typedef struct hp_term {
  int column;
  char *expression; /* SQL text of what is compared, column being one of those
                    ** in it; NULL: the column itself */
  char *literal;    /* the constant it is compared with, as SQL, several in
                    ** parentheses; NULL: not known to be constant */
  char *collation;  /* of the comparison; NULL: the column's own */
  bool is_desc;     /* in an order */
  bool is_list;     /* IN: compared with several values, or it may be */
} hp_term;

/* Zero-initialised. Owns the texts of its terms. */
typedef struct hp_need {
  int table;                      /* position in hp_tables */
  hp_term eq[HP_NEED_TERMS];      /* column = value, IS value, IN, IS NULL */
  hp_term range[HP_NEED_TERMS];   /* < <= > >=, BETWEEN, LIKE, GLOB */
  hp_term order[HP_NEED_TERMS];   /* ORDER BY, GROUP BY, DISTINCT */
  hp_term present[HP_NEED_TERMS]; /* IS NOT NULL */
  int n_eq, n_range, n_order, n_present;
  bool by_rowid;       /* the row is found by its rowid */
  bool in_rowid_order; /* the order begins with the rowid, behind which nothing
                       ** counts; it is not in `order` */
  uint64_t used;       /* bit i: column i is read; bit 63: some
                       ** column from 63 on */
} hp_need;

/* Zero-initialised. */
typedef struct hp_needs {
  hp_need *at; /* n of them, without repeats */
  int n;
} hp_needs;

/* True if both are about the same column or expression. */
bool hp_term_is(const hp_term *a, const hp_term *b);

/* Adds t to the *n terms, unless there is one about the same already or they
** are HP_NEED_TERMS. Takes ownership of t's texts. */
void hp_terms_add(hp_term *terms, int *n, hp_term t);

void hp_term_free(hp_term *t);

/* Adds need unless there is one like it. Takes ownership. SQLITE_OK or
** SQLITE_NOMEM. */
HP_MUST_CHECK int hp_needs_add(hp_needs *n, hp_need *need);

void hp_need_free(hp_need *n);

/* Frees what n owns; may be called again. */
void hp_needs_term(hp_needs *n);

#endif
