/* SPDX-License-Identifier: MIT */
#include "query/plans_vtab.h"

#include "base/clock.h"
#include "base/iso.h"
#include "base/rowtab.h"
#include "query/explain.h"
#include "query/facts.h"
#include "query/plan_log.h"
#include "query/shape.h"
#include "query/stats.h"
#include "query/trace.h"
#include "query/warning.h"
#include "schema/footprint.h"
#include "schema/plan.h"

#include <string.h>

/* One reading of a table. */
typedef struct reading {
  hp_explain *explain;
  hp_facts facts;
  hp_stat_view *views;
  int n_views;
  hp_builder *out;
} reading;

static int begin(hp_conn *c, hp_builder *out, reading *r, char **err) {
  int rc = hp_explain_open(c, &r->explain, err);

  r->out = out;
  if (rc) return rc;
  hp_trace_settle(c);
  rc = hp_stats_view(&r->views, &r->n_views);
  hp_facts_open(&r->facts, c);
  return rc;
}

static void end(reading *r) {
  if (!r->explain) return;
  hp_facts_close(&r->facts);
  hp_stats_view_free(r->views, r->n_views);
}

/* True for statements that the shadow can compile. */
static bool is_wanted(const reading *r, const hp_stat *s) {
  hp_shape_class what;

  if (!hp_explain_covers(r->explain, s->database)) return false;
  what = hp_shape_of(s->sample, strlen(s->sample)).what;
  return what == HP_SHAPE_LIST || what == HP_SHAPE_LOOKUP ||
         what == HP_SHAPE_INSERT || what == HP_SHAPE_CHANGE;
}

static void put_key(hp_builder *out, const hp_stat *s) {
  char hex[17];

  sqlite3_snprintf(sizeof hex, hex, "%016llx", (sqlite3_uint64)s->fingerprint);
  hp_builder_text(out, hex, -1);
  hp_builder_text(out, s->query, -1);
}

static int put_line(reading *r, const hp_stat_view *v, const hp_plan *plan,
                    int line, const hp_warning *w) {
  char *detail = sqlite3_mprintf("%*s%s", plan->at[line].depth * 2, "",
                                 plan->at[line].detail);

  put_key(r->out, v->stat);
  hp_builder_int(r->out, v->tally.calls);
  hp_builder_int(r->out, line + 1);
  hp_builder_text(r->out, detail, -1);
  hp_builder_text(r->out, w ? hp_warning_name(w->kind) : NULL, -1);
  if (w && w->rows >= 0)
    hp_builder_int(r->out, w->rows);
  else
    hp_builder_null(r->out);
  if (w)
    hp_builder_int(r->out, w->weight);
  else
    hp_builder_null(r->out);
  hp_builder_text(r->out, w ? w->fix : NULL, -1);
  sqlite3_free(detail);
  return detail ? r->out->rc : SQLITE_NOMEM;
}

static int put_lines(reading *r, const hp_stat_view *v, const hp_plan *plan,
                     const hp_warnings *ws) {
  int rc = SQLITE_OK;

  for (int line = 0; line < plan->n && !rc; line++) {
    int n = 0;
    for (int i = 0; i < ws->n && !rc; i++) {
      if (ws->at[i].line != line) continue;
      rc = put_line(r, v, plan, line, &ws->at[i]);
      n++;
    }
    if (!n && !rc) rc = put_line(r, v, plan, line, NULL);
  }
  return rc;
}

/* A statement that cannot be planned (any more) has no plan: no row. */
static int put_plan(reading *r, const hp_stat_view *v) {
  hp_plan plan;
  hp_warnings ws = {0};
  char *err;
  int rc =
      hp_plan_read(hp_explain_shadow(r->explain), v->stat->sample, &plan, &err);

  if (rc == SQLITE_OK) rc = hp_plan_log_see(v, &plan, hp_clock_wall_ms());
  if (rc == SQLITE_OK) {
    rc = hp_warnings_find(r->explain, &r->facts, v, &plan, &ws);
    if (!rc) rc = put_lines(r, v, &plan, &ws);
  } else if (rc != SQLITE_NOMEM) {
    rc = SQLITE_OK;
  }
  hp_warnings_term(&ws);
  hp_plan_term(&plan);
  sqlite3_free(err);
  return rc;
}

static void put_access(reading *r, const hp_stat *s, const hp_access *a,
                       const char *note) {
  put_key(r->out, s);
  hp_builder_text(r->out, a ? a->database : NULL, -1);
  hp_builder_text(r->out, a ? a->table : NULL, -1);
  hp_builder_text(r->out, a && *a->column ? a->column : NULL, -1);
  hp_builder_text(r->out, a ? hp_access_mode_name(a->mode) : NULL, -1);
  hp_builder_text(r->out, a && *a->through ? a->through : NULL, -1);
  hp_builder_text(r->out, note, -1);
}

static int put_accesses(reading *r, const hp_stat_view *v) {
  hp_footprint f;
  int rc =
      hp_footprint_read(hp_explain_shadow(r->explain), v->stat->sample, &f);

  for (int i = 0; i < f.n && !rc; i++) put_access(r, v->stat, &f.at[i], NULL);
  if (f.unknown && !rc) put_access(r, v->stat, NULL, f.unknown);
  hp_footprint_term(&f);
  return rc ? rc : r->out->rc;
}

static int note_plan(reading *r, const hp_stat_view *v) {
  hp_plan plan;
  char *err;
  int rc =
      hp_plan_read(hp_explain_shadow(r->explain), v->stat->sample, &plan, &err);

  if (rc == SQLITE_OK) rc = hp_plan_log_see(v, &plan, hp_clock_wall_ms());
  hp_plan_term(&plan);
  sqlite3_free(err);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static void put_effort(hp_builder *out, hp_effort e) {
  hp_builder_int(out, e.calls > 0 ? e.calls : 0);
  if (e.calls > 0) {
    hp_builder_real(out, (double)e.ns / 1e6 / (double)e.calls);
    hp_builder_int(out, e.steps / e.calls);
  } else {
    hp_builder_null(out);
    hp_builder_null(out);
  }
}

/* What the statement of c has come to: until now if its plan is still that. */
static hp_effort end_of(const reading *r, const hp_plan_change *c) {
  for (int i = 0; i < r->n_views && c->to.calls < 0; i++) {
    const hp_stat *s = r->views[i].stat;
    if (s->fingerprint == c->fingerprint && !strcmp(s->database, c->database))
      return hp_tally_effort(&r->views[i].tally);
  }
  return c->to.calls < 0 ? c->from : c->to;
}

static int put_change(const hp_plan_change *c, void *arg) {
  reading *r = arg;
  hp_effort end = end_of(r, c);
  char iso[HP_ISO_SIZE], hex[17];

  hp_iso_format(c->wall_ms, iso);
  sqlite3_snprintf(sizeof hex, hex, "%016llx", (sqlite3_uint64)c->fingerprint);
  hp_builder_text(r->out, iso, -1);
  hp_builder_text(r->out, hex, -1);
  hp_builder_text(r->out, c->query, -1);
  hp_builder_text(r->out, c->database, -1);
  hp_builder_text(r->out, c->before, -1);
  hp_builder_text(r->out, c->after, -1);
  put_effort(r->out, c->spent);
  put_effort(r->out, (hp_effort){end.calls - c->from.calls, end.ns - c->from.ns,
                                 end.steps - c->from.steps});
  return r->out->rc;
}

static int fill_changes(hp_conn *c, const hp_rowtab *table,
                        sqlite3_value **args, hp_builder *out, char **err) {
  reading r = {.n_views = 0};
  int rc = begin(c, out, &r, err);

  (void)table, (void)args;
  for (int i = 0; i < r.n_views && !rc; i++) {
    if (is_wanted(&r, r.views[i].stat)) rc = note_plan(&r, &r.views[i]);
  }
  if (!rc) rc = hp_plan_log_each(put_change, &r);
  end(&r);
  return rc;
}

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  int (*const *put)(reading *, const hp_stat_view *) = table->data;
  reading r = {.n_views = 0};
  int rc = begin(c, out, &r, err);

  (void)args;
  for (int i = 0; i < r.n_views && !rc; i++) {
    if (is_wanted(&r, r.views[i].stat)) rc = (*put)(&r, &r.views[i]);
  }
  end(&r);
  return rc;
}

static int (*const plan_putter)(reading *, const hp_stat_view *) = put_plan;
static int (*const access_putter)(reading *,
                                  const hp_stat_view *) = put_accesses;

static const hp_rowtab tables[] = {
    {.name = "query_plans",
     .columns = "fingerprint TEXT, query TEXT, calls INT, line INT,"
                " detail TEXT, warning TEXT, rows INT, weight INT, fix TEXT",
     .fill = fill,
     .data = &plan_putter},
    {.name = "query_plan_changes",
     .columns = "at TEXT, fingerprint TEXT, query TEXT, database TEXT,"
                " plan_before TEXT, plan_after TEXT, calls_before INT,"
                " mean_ms_before REAL, vm_steps_before INT, calls_after INT,"
                " mean_ms_after REAL, vm_steps_after INT",
     .fill = fill_changes},
    {.name = "query_access",
     .columns = "fingerprint TEXT, query TEXT, database TEXT,"
                " \"table\" TEXT, \"column\" TEXT, mode TEXT, through TEXT,"
                " note TEXT",
     .fill = fill,
     .data = &access_putter},
};

int hp_plans_vtab_register(hp_conn *c) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof tables / sizeof *tables && !rc; i++)
    rc = hp_rowtab_register(c, &tables[i]);
  return rc;
}
