/* SPDX-License-Identifier: MIT
**
** Which indexes are worth trying, given what the statements need: equalities
** first, then one range or the order, columns that filter or cover, and partial
** ones where a rare constant or IS NOT NULL is asked for. Generous, since each
** is tried afterwards; but no rowid alias and no column of a term that an index
** cannot help with. Pure.
*/
#ifndef HP_ADVISOR_CANDIDATES_H
#define HP_ADVISOR_CANDIDATES_H

#include "advisor/frequency.h"
#include "advisor/need.h"

/* Of which candidates of a statement together the planner chooses some. */
typedef enum hp_together {
  HP_TOGETHER_ALL = 1,   /* all that were made for it */
  HP_TOGETHER_PLAIN = 2, /* those that are neither covering nor partial */
} hp_together;

typedef struct hp_candidate {
  int table;         /* position in hp_tables */
  char *body;        /* "tbl"("a","b" DESC) WHERE "c" = 1 */
  char *name;        /* idx_tbl_a_b…: plain, not yet made unique */
  char *why;         /* its columns' purposes: a (equality), b (order) */
  bool *helps;       /* of n_statements: which ones it was made for; on the
                     ** shortlist: which ones use it without any other */
  double weight;     /* sum of the weights of the statements that it is for */
  uint8_t *together; /* of n_statements: sum of hp_together: it is one of those
                     ** that the planner chooses for this statement */
  int n_columns;
  bool is_partial;
  bool is_covering; /* has columns only so that less of the table is read */
} hp_candidate;

enum { HP_CHAIN = 6 }; /* indexes of one chain, at most */

/* Indexes, each on another table or all on one, all of which the planner uses
** for a statement when there are no others. */
typedef struct hp_chain {
  int statement;
  int n;                      /* from 2 on */
  const char *body[HP_CHAIN]; /* borrowed from the candidates */
} hp_chain;

/* Zero-initialised. */
typedef struct hp_candidates {
  hp_candidate *at; /* n of them */
  int n;
  int n_statements;
  hp_chain *chains; /* n_chains of them, found when the list is shortened */
  int n_chains;
} hp_candidates;

/* As hp_frequency_of(): what is rare is offered a partial index. */
typedef hp_frequency hp_frequency_fn(void *arg, int table, int column,
                                     const char *literal);

/* Makes the candidates for n_statements statements with these needs and
** weights (calls times cost of one). The same input gives the same list.
** SQLITE_OK or SQLITE_NOMEM; free out in both cases. */
HP_MUST_CHECK int hp_candidates_make(const hp_tables *tables,
                                     const hp_needs *needs,
                                     const double *weights, int n_statements,
                                     hp_frequency_fn *frequency_of, void *arg,
                                     hp_candidates *out);

/* Adds an index of this body for one statement of this weight, or credits the
** one that is there already; name is made a plain word, why is copied.
** SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_candidates_offer(hp_candidates *c, int table,
                                      const char *body, const char *name,
                                      const char *why, int statement,
                                      double weight);

/* Notes a chain. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_candidates_chain(hp_candidates *c, const hp_chain *chain);

/* Takes out candidate i, and the chains that it belongs to. */
void hp_candidates_drop(hp_candidates *c, int i);

/* Frees what c owns; may be called again. */
void hp_candidates_term(hp_candidates *c);

#endif
