/* SPDX-License-Identifier: MIT
**
** One statement on trial: it is run once for each plan it gets, and what it
** costs under sets of indexes is remembered. What a write pays for each index
** on its table is reckoned from the rows it changes, so that it need not be run
** for every set.
**
** Sets of indexes are hp_memo_words() words of bits, narrowed to those that
** matter to the statement.
*/
#ifndef HP_ADVISOR_SUBJECT_H
#define HP_ADVISOR_SUBJECT_H

#include "advisor/memo.h"
#include "advisor/reach.h"
#include "advisor/statement.h"

/* What all statements on trial have in common. */
typedef struct hp_setting {
  hp_lab *lab;
  const hp_tables *tables;
  int n_indexes;   /* of the lab, when last looked at */
  bool is_patient; /* caps are high */
  int n_runs;
  double spent; /* cost of all of them by the model, in ns */
} hp_setting;

/* Of a plan; without upkeep. */
typedef struct hp_seen {
  uint64_t plan;
  hp_cost cost;
} hp_seen;

typedef struct hp_subject {
  const char *sql; /* borrowed */
  double calls;
  char *skipped; /* why it cannot be run, or NULL */
  hp_reach reach;
  hp_seen *plans; /* n_plans of them */
  int n_plans;
  hp_memo sets;        /* costs without upkeep */
  uint64_t *matters;   /* the indexes that a plan can use */
  uint64_t *upkeep;    /* the indexes that its changes change */
  int64_t least_steps; /* of the plans run to the end; 0: none yet */
  hp_cost first;       /* of the first plan; n_plans says whether it was run */
  bool is_doubted;     /* a chosen set has a plan that was given up: wait */
} hp_subject;

/* SQLITE_OK or SQLITE_NOMEM; terminate in both cases. */
HP_MUST_CHECK int hp_subject_init(hp_subject *s, const hp_statement *statement,
                                  hp_shadow *shadow, const hp_tables *tables);

/* Looks at the indexes of the lab and forgets the costs of sets. SQLITE_OK or
** SQLITE_NOMEM. */
HP_MUST_CHECK int hp_subject_meet(hp_subject *s, const hp_setting *t);

/* Gives what is known of the cost for sure, or else, if that is allowed, what
** can be inferred; false: nothing. */
bool hp_subject_knows(const hp_subject *s, const hp_setting *t,
                      const uint64_t *set, bool may_infer, hp_cost *out);

/* The least that it is expected to cost (hp_memo_least()). */
hp_cost hp_subject_hope(const hp_subject *s, const hp_setting *t,
                        const uint64_t *set);

/* The cost under the set, which the lab shows and of which nothing is known;
** uses is scratch. A statement that cannot be run is skipped from then on and
** costs 0. SQLITE_OK, or a code with *err set to a sentence (caller frees with
** sqlite3_free; NULL: out of memory). */
HP_MUST_CHECK int hp_subject_plan(hp_subject *s, hp_setting *t,
                                  const uint64_t *set, uint64_t *uses,
                                  hp_cost *out, char **err);

/* Forgets what was given up, but for the first plan: it is what the others are
** compared with. */
void hp_subject_forget_capped(hp_subject *s);

/* Frees what s owns; may be called again. */
void hp_subject_term(hp_subject *s);

#endif
