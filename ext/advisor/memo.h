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
  hp_cost *costs; /* n of them */
  uint64_t *bits; /* of each: the set, and what of it the plan uses */
  uint64_t *keys; /* of each: a hash of the set */
} hp_memo;

/* Words for sets of n indexes, at least one. */
size_t hp_memo_words(int n);

/* Makes bits of n bools. */
void hp_memo_bits(const bool *set, int n, uint64_t *bits);

/* Empties m, for sets of n indexes from now on; at first m must be zero. */
void hp_memo_clear(hp_memo *m, int n);

/* Adds a cost. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_memo_put(hp_memo *m, const uint64_t *set,
                              const uint64_t *uses, const hp_cost *cost);

/* The cost that was put for this very set, or NULL. Borrowed until the next
** put. */
const hp_cost *hp_memo_find(const hp_memo *m, const uint64_t *set);

/* Or for one that has all of these indexes, and more that its plan does not
** use. */
const hp_cost *hp_memo_infer(const hp_memo *m, const uint64_t *set);

/* Forgets the costs that are lower bounds. */
void hp_memo_forget_capped(hp_memo *m);

void hp_memo_term(hp_memo *m);

#endif
