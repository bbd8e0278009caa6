/* SPDX-License-Identifier: MIT */
#include "advisor/subject.h"

#include "advisor/binding.h"
#include "advisor/outline.h"

#include <string.h>

enum {
  FIRST_CAP = 60 * 1000 * 1000, /* steps: about half a second */
  LEAST_CAP = 100 * 1000        /* any plan may take these */
};

/* What a row costs in an index that has to be kept up: a search of three or
** four pages and a handful of steps. */
static const int64_t steps_per_entry = 7, pages_per_entry = 4;

/* ---- upkeep */

static bool has(const uint64_t *bits, int i) {
  return bits[i / 64] >> (i % 64) & 1;
}

/* Adds (sign 1) or takes off (-1) what the indexes of the set cost a write. */
static void add_upkeep(const hp_setting *t, const hp_subject *s,
                       const uint64_t *set, int sign, hp_cost *cost) {
  for (int i = 0; i < t->n_indexes; i++) {
    int64_t entries = cost->n_changed;

    if (!has(set, i) || !has(s->upkeep, i)) continue;
    if (hp_lab_index_at(t->lab, i)->is_partial) entries = entries / 8;
    cost->steps += sign * entries * steps_per_entry;
    cost->pages += sign * entries * pages_per_entry;
  }
  if (cost->steps < 0) cost->steps = 0;
  if (cost->pages < 0) cost->pages = 0;
}

/* ---- running */

static int skip(hp_subject *s, int rc, char **err) {
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM) return rc;
  s->skipped = *err ? *err : sqlite3_mprintf("%s", sqlite3_errstr(rc));
  *err = NULL;
  return s->skipped ? SQLITE_OK : SQLITE_NOMEM;
}

/* A plan that takes more than the best so far need not be run to its end, and
** while the first one is the best, one must be much better to be found quickly:
** patience is for the second search. */
static int64_t cap_of(const hp_setting *t, const hp_subject *s) {
  int64_t cap = s->least_steps + s->least_steps / 5;

  if (s->n_plans == 0) return FIRST_CAP;
  if (s->is_doubted && cap < 2 * s->first.steps) cap = 2 * s->first.steps;
  if (s->first.is_capped && !s->least_steps) {
    cap = t->is_patient ? FIRST_CAP : FIRST_CAP / 10;
  }
  return cap > LEAST_CAP ? cap : LEAST_CAP;
}

/* What did not come to an end counts as no better than the first plan, and if
** that did end as much worse than it was seen to be: nobody knows how much. */
static void assume_worst(const hp_subject *s, hp_cost *cost) {
  if (!s->first.is_capped) {
    cost->steps *= 8;
    cost->pages *= 8;
    cost->compares *= 8;
  }
  if (cost->steps < s->first.steps) cost->steps = s->first.steps;
  if (cost->pages < s->first.pages) cost->pages = s->first.pages;
  if (cost->compares < s->first.compares) cost->compares = s->first.compares;
  if (cost->ns < s->first.ns) cost->ns = s->first.ns;
}

static int run(hp_setting *t, hp_subject *s, hp_cost *cost, char **err) {
  sqlite3_stmt *stmt;
  int rc = hp_lab_prepare(t->lab, s->sql, &stmt, err);

  if (rc == SQLITE_OK) {
    rc = hp_binding_fill(hp_lab_db(t->lab), t->tables, s->reach.touches, stmt,
                         err);
  }
  if (rc == SQLITE_OK) rc = hp_lab_run(t->lab, stmt, cap_of(t, s), cost, err);
  sqlite3_finalize(stmt);
  t->n_runs++;
  t->spent += hp_cost_model(cost);
  if (rc == SQLITE_OK && !cost->is_capped &&
      (!s->least_steps || cost->steps < s->least_steps)) {
    s->least_steps = cost->steps;
  }
  if (rc == SQLITE_OK && s->n_plans > 0 && cost->is_capped) {
    assume_worst(s, cost);
  }
  if (s->n_plans == 0) s->first = *cost;
  return skip(s, rc, err);
}

static int remember(hp_subject *s, uint64_t plan, const hp_cost *cost) {
  hp_seen *grown =
      sqlite3_realloc64(s->plans, ((size_t)s->n_plans + 1) * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  s->plans = grown;
  grown[s->n_plans++] = (hp_seen){.plan = plan, .cost = *cost};
  return SQLITE_OK;
}

static const hp_cost *recall(const hp_subject *s, uint64_t plan) {
  for (int i = 0; i < s->n_plans; i++) {
    if (s->plans[i].plan == plan) return &s->plans[i].cost;
  }
  return NULL;
}

/* The cost without upkeep. */
static int work_out(hp_subject *s, hp_setting *t, const uint64_t *set,
                    uint64_t *uses, hp_cost *out, char **err) {
  const hp_cost *known;
  uint64_t plan = 0;
  int rc = hp_outline_read(t->lab,
                           s->reach.writes ? HP_OUTLINE_PLAN : HP_OUTLINE_ALL,
                           s->sql, &plan, uses, err);

  rc = skip(s, rc, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  known = recall(s, plan);
  if (known) {
    *out = *known;
    return SQLITE_OK;
  }
  rc = run(t, s, out, err);
  if (rc != SQLITE_OK || s->skipped) return rc;
  if (s->reach.writes) add_upkeep(t, s, set, -1, out);
  return remember(s, plan, out);
}

int hp_subject_plan(hp_subject *s, hp_setting *t, const uint64_t *set,
                    uint64_t *uses, hp_cost *out, char **err) {
  int rc;

  *out = (hp_cost){0};
  rc = work_out(s, t, set, uses, out, err);
  if (s->skipped) *out = (hp_cost){0};
  if (rc != SQLITE_OK || s->skipped) return rc;
  rc = hp_memo_put(&s->sets, set, uses, out);
  if (s->reach.writes) add_upkeep(t, s, set, 1, out);
  return rc;
}

/* ---- what is known */

bool hp_subject_knows(const hp_subject *s, const hp_setting *t,
                      const uint64_t *set, bool may_infer, hp_cost *out) {
  const hp_cost *known;

  *out = (hp_cost){0};
  if (s->skipped) return true;
  known = hp_memo_find(&s->sets, set);
  if (!known && may_infer) known = hp_memo_infer(&s->sets, set);
  if (!known) return false;
  *out = *known;
  if (s->reach.writes) add_upkeep(t, s, set, 1, out);
  return true;
}

hp_cost hp_subject_hope(const hp_subject *s, const hp_setting *t,
                        const uint64_t *set) {
  const hp_cost *least = hp_memo_least(&s->sets, set);
  hp_cost cost = least ? *least : (hp_cost){0};

  if (s->reach.writes) add_upkeep(t, s, set, 1, &cost);
  return cost;
}

void hp_subject_forget_capped(hp_subject *s) {
  int kept = 0;

  for (int i = 0; i < s->n_plans; i++) {
    if (i == 0 || !s->plans[i].cost.is_capped) s->plans[kept++] = s->plans[i];
  }
  s->n_plans = kept;
  hp_memo_forget_capped(&s->sets);
}

/* ---- life */

int hp_subject_init(hp_subject *s, const hp_statement *statement,
                    hp_shadow *shadow, const hp_tables *tables) {
  *s = (hp_subject){.sql = statement->sql, .calls = statement->calls};
  return hp_reach_read(shadow, tables, s->sql, &s->reach);
}

int hp_subject_meet(hp_subject *s, const hp_setting *t) {
  size_t n_bytes = hp_memo_words(t->n_indexes) * sizeof(uint64_t);
  bool has_statistics = hp_lab_has_statistics(t->lab);

  hp_memo_clear(&s->sets, t->n_indexes);
  sqlite3_free(s->matters);
  sqlite3_free(s->upkeep);
  s->matters = sqlite3_malloc64(n_bytes);
  s->upkeep = sqlite3_malloc64(n_bytes);
  if (!s->matters || !s->upkeep) return SQLITE_NOMEM;
  memset(s->matters, 0, n_bytes);
  memset(s->upkeep, 0, n_bytes);
  for (int i = 0; i < t->n_indexes; i++) {
    const hp_lab_index *x = hp_lab_index_at(t->lab, i);
    uint64_t bit = (uint64_t)1 << (i % 64);

    if (hp_reach_matters(&s->reach, t->tables, x, has_statistics)) {
      s->matters[i / 64] |= bit;
    }
    if (hp_reach_keeps_up(&s->reach, t->tables, x)) s->upkeep[i / 64] |= bit;
  }
  return SQLITE_OK;
}

void hp_subject_term(hp_subject *s) {
  sqlite3_free(s->skipped);
  sqlite3_free(s->plans);
  sqlite3_free(s->matters);
  sqlite3_free(s->upkeep);
  hp_reach_term(&s->reach);
  hp_memo_term(&s->sets);
  *s = (hp_subject){0};
}
