/* SPDX-License-Identifier: MIT */
#include "query/plan_log.h"

#include <pthread.h>
#include <string.h>

#define N_CHAINS 512

/* The plan of one statement as it was last read. */
typedef struct seen {
  uint64_t fingerprint;
  char *database;
  char *plan;
  hp_effort first; /* what the statement had come to when the plan began */
  hp_effort last;  /* ditto, when it was last read */
  struct seen *next;
} seen;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static seen *chains[N_CHAINS]; /* guarded by lock, like all below */
static int n_seen;
static hp_plan_change changes[HP_PLAN_LOG_CHANGES]; /* a ring */
static int64_t n_changes;                           /* ever */

static char *text_of(const hp_plan *plan) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < plan->n; i++) {
    sqlite3_str_appendf(s, "%s%*s%s", i ? "\n" : "", plan->at[i].depth * 2, "",
                        plan->at[i].detail);
  }
  if (!plan->n) sqlite3_str_appendall(s, "(no table is read)");
  return sqlite3_str_finish(s);
}

static seen **find(const hp_stat *s) {
  seen **at = &chains[s->fingerprint % N_CHAINS];

  while (*at && ((*at)->fingerprint != s->fingerprint ||
                 strcmp((*at)->database, s->database))) {
    at = &(*at)->next;
  }
  return at;
}

static hp_effort less(hp_effort x, hp_effort y) {
  return (hp_effort){x.calls - y.calls, x.ns - y.ns, x.steps - y.steps};
}

static void free_seen(seen *x) {
  if (!x) return;
  sqlite3_free(x->database);
  sqlite3_free(x->plan);
  sqlite3_free(x);
}

static void free_change(hp_plan_change *c) {
  sqlite3_free(c->query);
  sqlite3_free(c->database);
  sqlite3_free(c->before);
  sqlite3_free(c->after);
  *c = (hp_plan_change){0};
}

/* Takes ownership of plan. */
static int begin(seen **at, const hp_stat_view *v, char *plan) {
  seen *x;

  if (n_seen >= HP_PLAN_LOG_STATEMENTS) {
    sqlite3_free(plan);
    return SQLITE_OK;
  }
  x = sqlite3_malloc64(sizeof *x);
  if (x) {
    *x = (seen){.fingerprint = v->stat->fingerprint,
                .plan = plan,
                .database = sqlite3_mprintf("%s", v->stat->database),
                .first = v->at_change,
                .last = hp_tally_effort(&v->tally)};
  } else {
    sqlite3_free(plan);
  }
  if (!x || !x->database) {
    free_seen(x);
    return SQLITE_NOMEM;
  }
  *at = x;
  n_seen++;
  return SQLITE_OK;
}

/* The change before this one of the same statement ends here. */
static void end_former(const hp_stat *s, hp_effort at) {
  for (int i = 0; i < HP_PLAN_LOG_CHANGES; i++) {
    hp_plan_change *c = &changes[i];
    if (c->query && c->to.calls < 0 && c->fingerprint == s->fingerprint &&
        !strcmp(c->database, s->database)) {
      c->to = at;
    }
  }
}

static int log_change(const seen *x, const hp_stat_view *v, const char *after,
                      hp_effort end, hp_effort from, int64_t wall_ms) {
  hp_plan_change c = {.wall_ms = wall_ms,
                      .fingerprint = x->fingerprint,
                      .query = sqlite3_mprintf("%s", v->stat->query),
                      .database = sqlite3_mprintf("%s", x->database),
                      .before = sqlite3_mprintf("%s", x->plan),
                      .after = sqlite3_mprintf("%s", after),
                      .spent = less(end, x->first),
                      .from = from,
                      .to = {-1, 0, 0}};
  hp_plan_change *place = &changes[n_changes % HP_PLAN_LOG_CHANGES];

  if (!c.query || !c.database || !c.before || !c.after) {
    free_change(&c);
    return SQLITE_NOMEM;
  }
  end_former(v->stat, end);
  free_change(place);
  *place = c;
  n_changes++;
  return SQLITE_OK;
}

/* Takes ownership of plan. Where the schema was seen to change since the last
** reading, that is where the old plan ended and the new one began. */
static int follow(seen *x, const hp_stat_view *v, char *plan, int64_t wall_ms) {
  hp_effort now = hp_tally_effort(&v->tally), end = x->last, from = now;
  bool is_known = v->at_change.calls >= x->last.calls;
  int rc;

  if (is_known) end = from = v->at_change;
  rc = log_change(x, v, plan, end, from, wall_ms);
  if (rc) {
    sqlite3_free(plan);
    return rc;
  }
  sqlite3_free(x->plan);
  x->plan = plan;
  x->first = from;
  x->last = now;
  return SQLITE_OK;
}

static int see(const hp_stat_view *v, char *plan, int64_t wall_ms) {
  seen **at = find(v->stat), *x = *at;

  if (!x) return begin(at, v, plan);
  /* Evicted meanwhile, or forgotten: the counts have begun again. */
  if (v->tally.calls < x->last.calls) x->first = (hp_effort){0, 0, 0};
  if (strcmp(x->plan, plan)) return follow(x, v, plan, wall_ms);
  x->last = hp_tally_effort(&v->tally);
  sqlite3_free(plan);
  return SQLITE_OK;
}

int hp_plan_log_see(const hp_stat_view *v, const hp_plan *plan,
                    int64_t wall_ms) {
  char *text = text_of(plan);
  int rc;

  if (!text) return SQLITE_NOMEM;
  pthread_mutex_lock(&lock);
  rc = see(v, text, wall_ms);
  pthread_mutex_unlock(&lock);
  return rc;
}

int hp_plan_log_each(int (*visit)(const hp_plan_change *c, void *arg),
                     void *arg) {
  int64_t i;
  int rc = 0;

  pthread_mutex_lock(&lock);
  i = n_changes < HP_PLAN_LOG_CHANGES ? 0 : n_changes - HP_PLAN_LOG_CHANGES;
  for (; i < n_changes && !rc; i++) {
    rc = visit(&changes[i % HP_PLAN_LOG_CHANGES], arg);
  }
  pthread_mutex_unlock(&lock);
  return rc;
}

void hp_plan_log_reset(void) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < N_CHAINS; i++) {
    while (chains[i]) {
      seen *x = chains[i];
      chains[i] = x->next;
      free_seen(x);
    }
  }
  for (int i = 0; i < HP_PLAN_LOG_CHANGES; i++) free_change(&changes[i]);
  n_seen = 0;
  n_changes = 0;
  pthread_mutex_unlock(&lock);
}

void hp_plan_log_before_fork(void) {
  pthread_mutex_lock(&lock);
}

void hp_plan_log_after_fork(void) {
  pthread_mutex_unlock(&lock);
}
