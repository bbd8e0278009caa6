/* SPDX-License-Identifier: MIT */
#include "query/run.h"

#include <string.h>

#define FEWEST_RUNS 64

static hp_run *new_runs(uint32_t n) {
  hp_run *runs = sqlite3_malloc64(n * sizeof *runs);

  if (runs) memset(runs, 0, n * sizeof *runs);
  return runs;
}

int hp_runs_init(hp_runs *rs) {
  *rs = (hp_runs){.runs = new_runs(FEWEST_RUNS), .n = FEWEST_RUNS};
  return rs->runs ? SQLITE_OK : SQLITE_NOMEM;
}

void hp_runs_term(hp_runs *rs) {
  sqlite3_free(rs->runs);
  *rs = (hp_runs){.runs = NULL};
}

static hp_run *place(hp_runs *rs, sqlite3_stmt *stmt) {
  uint64_t hash = (uint64_t)(uintptr_t)stmt * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t i = (uint32_t)(hash >> 32) & (rs->n - 1);

  while (rs->runs[i].stmt) i = (i + 1) & (rs->n - 1);
  rs->n_used++;
  return &rs->runs[i];
}

/* Keeps the active runs only, in a table with twice the room they need. */
static int rebuild(hp_runs *rs) {
  uint32_t n = rs->n;
  hp_runs old = *rs;

  while ((uint32_t)rs->n_active * 2 >= n) n *= 2;
  if ((rs->runs = new_runs(n)) == NULL) {
    *rs = old;
    return SQLITE_NOMEM;
  }
  rs->n = n;
  rs->n_used = 0;
  for (uint32_t i = 0; i < old.n; i++) {
    if (old.runs[i].stmt && old.runs[i].is_active)
      *place(rs, old.runs[i].stmt) = old.runs[i];
  }
  sqlite3_free(old.runs);
  return SQLITE_OK;
}

hp_run *hp_runs_put(hp_runs *rs, sqlite3_stmt *stmt) {
  hp_run *r;

  if (rs->n_used >= rs->n / 4 * 3 && rebuild(rs)) return NULL;
  r = place(rs, stmt);
  *r = (hp_run){.stmt = stmt};
  return r;
}

const hp_run *hp_runs_latest(const hp_runs *rs) {
  const hp_run *latest = NULL;

  for (uint32_t i = 0; i < rs->n; i++) {
    const hp_run *r = &rs->runs[i];
    if (!r->stmt || !r->is_active) continue;
    if (!latest || r->start_ns > latest->start_ns) latest = r;
  }
  return latest;
}

void hp_runs_end(hp_runs *rs) {
  for (uint32_t i = 0; i < rs->n; i++) {
    rs->runs[i].is_active = false;
    rs->runs[i].sql = NULL; /* it may be another's by now */
  }
  rs->n_active = 0;
}

/* No counter rises faster than the steps: one that seems to was reset by the
** application, and what it shows now came after that. */
static int64_t since(uint32_t now, uint32_t before, int64_t steps) {
  uint32_t d = now - before;

  return (int64_t)d <= steps ? (int64_t)d : ((int64_t)now <= steps ? now : 0);
}

/* Nothing but steps in between, as with most runs? */
static bool has_same_rest(const hp_run_marks *a, const hp_run_marks *b) {
  return a->fullscan_steps == b->fullscan_steps && a->sorts == b->sorts &&
         a->autoindexes == b->autoindexes && a->reprepares == b->reprepares;
}

void hp_run_difference(const hp_run_marks *start, const hp_run_marks *end,
                       hp_counters *out) {
  int64_t steps = (int64_t)(uint32_t)(end->vm_steps - start->vm_steps);

  if (steps > INT32_MAX && start->vm_steps < INT32_MAX) steps = end->vm_steps;
  out->vm_steps = steps;
  if (has_same_rest(start, end)) {
    out->fullscan_steps = out->sorts = out->autoindexes = out->reprepares = 0;
    return;
  }
  out->fullscan_steps =
      since(end->fullscan_steps, start->fullscan_steps, steps);
  out->sorts = since(end->sorts, start->sorts, steps);
  out->autoindexes = since(end->autoindexes, start->autoindexes, steps);
  out->reprepares = since(end->reprepares, start->reprepares, steps);
}
