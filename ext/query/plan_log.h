/* SPDX-License-Identifier: MIT
**
** The history of plans: what a statement's plan was when it was last read, and
** where it became another one, with what its calls took before and after.
**
** Plans are read when somebody reads a table that shows them; that is when a
** change is noticed. Calls are told apart by the moment at which this process
** last saw the schema change (CREATE INDEX, ANALYZE …); where the change came
** from elsewhere, those between the two readings belong to neither.
**
** Process-wide and thread-safe. Bounded: HP_PLAN_LOG_CHANGES changes are kept,
** the plans of HP_PLAN_LOG_STATEMENTS statements are watched.
*/
#ifndef HP_QUERY_PLAN_LOG_H
#define HP_QUERY_PLAN_LOG_H

#include "query/stats.h"
#include "schema/plan.h"

#define HP_PLAN_LOG_CHANGES    200
#define HP_PLAN_LOG_STATEMENTS 5000

typedef struct hp_plan_change {
  int64_t wall_ms; /* when it was noticed */
  uint64_t fingerprint;
  char *query, *database;
  char *before, *after; /* a line per step */
  hp_effort spent;      /* with the plan before */
  hp_effort from;       /* what the statement had come to when the plan after
                        ** began */
  hp_effort to;         /* and when that ended; calls -1: it has not */
} hp_plan_change;

/* Notes the plan of v's statement as read now. SQLITE_OK or SQLITE_NOMEM. */
int hp_plan_log_see(const hp_stat_view *v, const hp_plan *plan,
                    int64_t wall_ms);

/* Calls visit for every change, oldest first, with the log locked: it must not
** come back here. Stops when it is not 0, and returns that. */
int hp_plan_log_each(int (*visit)(const hp_plan_change *c, void *arg),
                     void *arg);

/* Forgets everything. */
void hp_plan_log_reset(void);

/* Around fork(): locked before it and unlocked after it in both processes. */
void hp_plan_log_before_fork(void);
void hp_plan_log_after_fork(void);

#endif
