/* SPDX-License-Identifier: MIT
**
** What one statement costs under sets of indexes, as far as it was seen. A plan
** that was chosen from many indexes is the best of fewer, too, while those that
** it uses are there; so most sets need not be planned (atomic configurations:
** S. Chaudhuri, V. Narasayya, "An efficient, cost-driven index selection tool
** for Microsoft SQL Server", VLDB 1997). Where a planner gives up alternatives
** on the way that is nearly always true, and not always.
*/
#ifndef HP_ADVISOR_MEMO_H
#define HP_ADVISOR_MEMO_H

#include "advisor/measure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets of indexes are n_words words of bits. */
typedef struct hp_memo {
  size_t n_words;
  int n, n_room;
  hp_cost *costs;    /* n of them */
  uint64_t *bits;    /* of each: the set, and what of it the plan uses */
  int *slots;        /* 2 * n_room, by hash of the set: one more than a position
                     ** in costs; 0: free */
  uint64_t *offered; /* all that was in some set */
  int n_plans;
  hp_cost *least;   /* n_plans of them: for each set that a plan uses, the least
                    ** cost that came to its end */
  uint64_t *chosen; /* of each: what it uses, and what it was chosen from */
} hp_memo;

/* Words for sets of n indexes, at least one. */
size_t hp_memo_words(int n);

/* Makes bits of n bools. */
void hp_memo_bits(const bool *set, int n, uint64_t *bits);

/* Empties m, for sets of n indexes from now on; at first m must be zero. */
void hp_memo_clear(hp_memo *m, int n);

/* Adds the cost of a set that is not there. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_memo_put(hp_memo *m, const uint64_t *set,
                              const uint64_t *uses, const hp_cost *cost);

/* The cost that was put for this very set, or NULL. Borrowed until the next
** put. */
const hp_cost *hp_memo_find(const hp_memo *m, const uint64_t *set);

/* Or for one that has all of these indexes, and more that its plan does not
** use. */
const hp_cost *hp_memo_infer(const hp_memo *m, const uint64_t *set);

/* The least cost of a plan that was seen and uses none but these, if each of
** them was there when one of those was chosen; otherwise the least cost there
** was with any indexes. The planner may choose another one. NULL: one of these
** was never there, or no plan came to its end. */
const hp_cost *hp_memo_least(const hp_memo *m, const uint64_t *set);

/* Forgets the costs that are lower bounds. */
void hp_memo_forget_capped(hp_memo *m);

void hp_memo_term(hp_memo *m);

#endif
