/* SPDX-License-Identifier: MIT */
#include "query/findings.h"

#include "base/clock.h"
#include "query/cacheable.h"
#include "query/explain.h"
#include "query/facts.h"
#include "query/habit.h"
#include "query/plan_log.h"
#include "query/shape.h"
#include "query/slow.h"
#include "query/stats.h"
#include "query/steady.h"
#include "query/trace.h"
#include "query/warning.h"
#include "schema/own.h"

#include <string.h>

#define LOOKUP_MS     0.01 /* an indexed statement, generously: for estimates */
#define HIT_MS        0.001 /* an answer from the cache, generously */
#define MIN_CALLS     20    /* before a statement is worth caching */
#define MIN_SAVING_MS 1

/* What is looked at. */
typedef struct look {
  hp_conn *c;
  hp_explain *explain;
  hp_facts facts;
  hp_stat_view *views;
  int n_views;
  int64_t n_writes; /* calls that changed rows */
  hp_findings *out;
} look;

static double total_ms(const hp_stat_view *v) {
  return (double)v->tally.total_ns / 1e6;
}

static bool is_here(const look *l, const hp_stat_view *v) {
  return hp_explain_covers(l->explain, v->stat->database) &&
         !hp_own_is_asked(v->stat->query);
}

static bool has_price(hp_warning_kind kind) {
  return kind != HP_WARNING_SORT && kind != HP_WARNING_CORRELATED &&
         kind != HP_WARNING_STATISTICS && kind != HP_WARNING_STALE &&
         kind != HP_WARNING_ORDER;
}

static double saving_of(const hp_stat_view *v) {
  double left = (double)v->tally.calls * LOOKUP_MS +
                (double)v->tally.sum.rows * LOOKUP_MS / 10;

  return total_ms(v) > left ? total_ms(v) - left : 0;
}

/* share: what is saved if all is done, over the warnings that it takes. */
static void add_warning(look *l, const hp_stat_view *v, const hp_warning *w,
                        const char *detail, double share) {
  double saves = has_price(w->kind) ? share : HP_FINDING_UNKNOWN;

  if (saves >= 0 && saves < MIN_SAVING_MS) return;
  hp_findings_add(
      l->out, (hp_finding){
                  .kind = w->kind == HP_WARNING_SCAN ? "scan"
                                                     : hp_warning_name(w->kind),
                  .fingerprint = v->stat->fingerprint,
                  .saves_ms = saves,
                  .basis = saves >= 0 ? "estimate" : NULL,
                  .what = sqlite3_mprintf("%s", v->stat->query),
                  .evidence = sqlite3_mprintf(
                      "%s: %lld rows a call, %lld calls took %.1f ms", detail,
                      (sqlite3_int64)w->rows, (sqlite3_int64)v->tally.calls,
                      total_ms(v)),
                  .fix = w->fix ? sqlite3_mprintf("%s", w->fix) : NULL});
}

/* A scan that no index helps is worth telling only if nothing better is. */
static bool is_worth(const hp_warnings *ws, int i) {
  const hp_warning *w = &ws->at[i];

  if (w->fix) return true;
  for (int k = 0; k < ws->n; k++) {
    if (k != i && ws->at[k].fix) return false;
  }
  return true;
}

static double share_of(const hp_stat_view *v, const hp_warnings *ws) {
  int n = 0;

  for (int i = 0; i < ws->n; i++)
    n += is_worth(ws, i) && has_price(ws->at[i].kind);
  return n ? saving_of(v) / n : 0;
}

static void add_plan(look *l, const hp_stat_view *v) {
  hp_shadow *shadow = hp_explain_shadow(l->explain);
  hp_warnings ws = {0};
  hp_plan plan;
  char *err;
  int rc = hp_plan_read(shadow, v->stat->sample, &plan, &err);

  if (!rc) rc = hp_plan_log_see(v, &plan, hp_clock_wall_ms());
  if (!rc) rc = hp_warnings_find(l->explain, &l->facts, v, &plan, &ws);
  for (int i = 0; i < ws.n && !rc; i++) {
    if (is_worth(&ws, i))
      add_warning(l, v, &ws.at[i], plan.at[ws.at[i].line].detail,
                  share_of(v, &ws));
  }
  if (rc == SQLITE_NOMEM) l->out->rc = rc;
  hp_warnings_term(&ws);
  hp_plan_term(&plan);
  sqlite3_free(err);
}

static hp_shape_class class_of(const hp_stat *s) {
  return hp_shape_of(s->sample, strlen(s->sample)).what;
}

static bool is_query(hp_shape_class what) {
  return what == HP_SHAPE_LIST || what == HP_SHAPE_LOOKUP;
}

static bool has_plan(const look *l, const hp_stat_view *v) {
  hp_shape_class what;

  if (!is_here(l, v)) return false;
  what = class_of(v->stat);
  return is_query(what) || what == HP_SHAPE_CHANGE || what == HP_SHAPE_INSERT;
}

/* Of the dearest that have one: thousands of CREATE TABLE must not hide them.
 */
static void add_plans(look *l) {
  int n = 0;

  for (int i = 0; i < l->n_views && n < HP_FINDINGS_PLANS; i++) {
    if (!has_plan(l, &l->views[i])) continue;
    add_plan(l, &l->views[i]);
    n++;
  }
}

/* An answer is good until the next write: each may cost one computation. */
static double cache_saving(const look *l, const hp_stat_view *v) {
  double calls = (double)v->tally.calls;
  double hits = calls - 1 - (double)l->n_writes;

  return hits > 0 ? hits * (total_ms(v) / calls - HIT_MS) : 0;
}

static void add_cacheable(look *l, const hp_stat_view *v) {
  hp_cacheable c;
  int rc = hp_cacheable_init(&c, v->stat->sample, strlen(v->stat->sample),
                             v->stat->fingerprint);
  double saves = cache_saving(l, v);

  if (rc == SQLITE_NOMEM) l->out->rc = rc;
  if (rc) return;
  if (c.is_fixed && saves >= MIN_SAVING_MS &&
      hp_steady_select(l->c->db, c.select)) {
    hp_findings_add(
        l->out,
        (hp_finding){
            .kind = "cacheable",
            .fingerprint = v->stat->fingerprint,
            .saves_ms = saves,
            .basis = "estimate",
            .what = sqlite3_mprintf("%s", v->stat->query),
            .evidence = sqlite3_mprintf(
                "the same question %lld times, %lld writes in between; %.3f ms "
                "each",
                (sqlite3_int64)v->tally.calls, (sqlite3_int64)l->n_writes,
                total_ms(v) / (double)v->tally.calls),
            .fix = sqlite3_mprintf("%s", c.ddl)});
  }
  hp_cacheable_term(&c);
}

static void add_cacheables(look *l) {
  for (int i = 0; i < l->n_views; i++) {
    const hp_stat_view *v = &l->views[i];
    if (v->tally.calls < MIN_CALLS || !is_here(l, v)) continue;
    if (is_query(class_of(v->stat))) add_cacheable(l, v);
  }
}

/* The slow log, for statements about which nothing better is known. */
static void add_slow(look *l) {
  hp_slow **list;
  int n;

  if (hp_slow_list(&list, &n)) {
    l->out->rc = SQLITE_NOMEM;
    return;
  }
  for (int i = 0; i < n; i++) {
    const hp_slow *e = list[i];
    if (!hp_explain_covers(l->explain, e->database) ||
        hp_own_is_asked(e->text) || hp_findings_has(l->out, e->fingerprint))
      continue;
    hp_findings_add(
        l->out,
        (hp_finding){.kind = "slow",
                     .fingerprint = e->fingerprint,
                     .saves_ms = HP_FINDING_UNKNOWN,
                     .what = sqlite3_mprintf("%s", e->text),
                     .evidence = sqlite3_mprintf(
                         "took %.1f ms, %lld rows returned, %lld stepped over",
                         (double)e->ns / 1e6, (sqlite3_int64)e->counters.rows,
                         (sqlite3_int64)e->counters.fullscan_steps)});
  }
  hp_slow_list_free(list, n);
}

static void count_writes(look *l) {
  for (int i = 0; i < l->n_views; i++) {
    if (l->views[i].tally.sum.changes &&
        hp_explain_covers(l->explain, l->views[i].stat->database))
      l->n_writes += l->views[i].tally.calls;
  }
}

static void add_all(look *l) {
  hp_habit habit = {.facts = &l->facts,
                    .views = l->views,
                    .n_views = l->n_views,
                    .n_writes = l->n_writes,
                    .explain = l->explain,
                    .out = l->out};

  add_plans(l);
  add_cacheables(l);
  hp_habit_add_suspects(&habit);
  hp_habit_add_prepares(&habit);
  hp_habit_add_errors(&habit);
  hp_habit_add_settings(&habit);
  hp_habit_add_unused(&habit);
  add_slow(l);
}

int hp_findings_collect(hp_conn *c, hp_findings *out, char **err) {
  look l = {.c = c, .out = out};
  int rc;

  *out = (hp_findings){0};
  rc = hp_explain_open(c, &l.explain, err);
  if (rc) return rc;
  hp_trace_settle(c);
  rc = hp_stats_view(&l.views, &l.n_views);
  if (rc) return rc;
  hp_facts_open(&l.facts, c);
  count_writes(&l);
  add_all(&l);
  hp_facts_close(&l.facts);
  hp_stats_view_free(l.views, l.n_views);
  hp_findings_sort(out);
  return out->rc;
}
