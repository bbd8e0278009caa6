/* SPDX-License-Identifier: MIT */
#include "query/stats_vtab.h"

#include "base/clock.h"
#include "base/iso.h"
#include "base/rowtab.h"
#include "query/explain.h"
#include "query/slow.h"
#include "query/stats.h"
#include "query/trace.h"

typedef struct reading {
  hp_builder *out;
  int64_t wall_ms; /* now, by both clocks */
  int64_t fast_ns;
} reading;

static reading begin(hp_conn *c, hp_builder *out) {
  hp_trace_settle(c);
  return (reading){
      .out = out, .wall_ms = hp_clock_wall_ms(), .fast_ns = hp_clock_fast_ns()};
}

static void put_ms(hp_builder *out, double ns) {
  hp_builder_real(out, (double)(int64_t)(ns + 0.5) / 1e6);
}

static void put_time(const reading *r, int64_t ns) {
  char iso[HP_ISO_SIZE];

  hp_iso_format(r->wall_ms - (r->fast_ns - ns) / 1000000, iso);
  hp_builder_text(r->out, iso, -1);
}

static void put_fingerprint(hp_builder *out, uint64_t fingerprint) {
  char hex[17];

  sqlite3_snprintf(sizeof hex, hex, "%016llx", (sqlite3_uint64)fingerprint);
  hp_builder_text(out, hex, -1);
}

/* Interpolation may leave the range of the values seen. */
static void put_quantile(hp_builder *out, const hp_histogram *h,
                         const hp_tally *t, double q) {
  int64_t ns = hp_histogram_quantile(h, q);

  if (ns < t->min_ns) ns = t->min_ns;
  if (ns > t->max_ns) ns = t->max_ns;
  put_ms(out, (double)ns);
}

static void put_times(hp_builder *out, const hp_tally *t,
                      const hp_histogram *h) {
  put_ms(out, (double)t->total_ns);
  put_ms(out, (double)t->min_ns);
  put_ms(out, (double)t->max_ns);
  put_ms(out, hp_tally_mean_ns(t));
  put_ms(out, hp_tally_stddev_ns(t));
  put_quantile(out, h, t, 0.5);
  put_quantile(out, h, t, 0.95);
  put_quantile(out, h, t, 0.99);
}

static void put_work(hp_builder *out, const hp_tally *t) {
  hp_builder_int(out, t->sum.vm_steps);
  hp_builder_int(out, t->sum.fullscan_steps);
  hp_builder_int(out, t->sum.sorts);
  hp_builder_int(out, t->sum.autoindexes);
  hp_builder_int(out, t->pages_hit);
  hp_builder_int(out, t->pages_missed);
  hp_builder_int(out, t->prepares);
  hp_builder_int(out, t->sum.reprepares);
}

static void put_tally(const reading *r, const hp_tally *t,
                      const hp_histogram *h) {
  hp_builder *out = r->out;

  hp_builder_int(out, t->calls);
  hp_builder_int(out, t->errors);
  hp_builder_int(out, t->sum.rows);
  hp_builder_int(out, t->sum.changes);
  put_times(out, t, h);
  put_work(out, t);
  put_time(r, t->first_ns);
  put_time(r, t->last_ns);
}

static int put_stat(const hp_stat *s, void *arg) {
  const reading *r = arg;

  if (!s->tally.calls) return SQLITE_OK; /* its first run is not over yet */
  put_fingerprint(r->out, s->fingerprint);
  hp_builder_text(r->out, s->query, -1);
  hp_builder_text(r->out, s->database, -1);
  put_tally(r, &s->tally, &s->times);
  return r->out->rc;
}

static void put_other(const reading *r) {
  hp_stats_totals totals;

  hp_stats_totals_get(&totals);
  if (!totals.other.calls) return;
  hp_builder_null(r->out);
  hp_builder_text(r->out, "other", -1);
  hp_builder_null(r->out);
  put_tally(r, &totals.other, &totals.other_times);
}

static int fill_stats(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                      hp_builder *out, char **err) {
  reading r = begin(c, out);
  int rc = hp_stats_each(put_stat, &r);

  (void)table, (void)args, (void)err;
  if (!rc) put_other(&r);
  return rc;
}

static void put_slow(hp_builder *out, const hp_slow *e, char *plan) {
  char iso[HP_ISO_SIZE];

  hp_iso_format(e->wall_ms, iso);
  hp_builder_text(out, iso, -1);
  put_ms(out, (double)e->ns);
  hp_builder_text(out, e->text, -1);
  hp_builder_text(out, plan, -1);
  hp_builder_int(out, e->counters.rows);
  hp_builder_int(out, e->counters.changes);
  hp_builder_int(out, e->counters.vm_steps);
  hp_builder_int(out, e->counters.fullscan_steps);
  hp_builder_int(out, e->counters.sorts);
  hp_builder_int(out, e->counters.autoindexes);
  put_fingerprint(out, e->fingerprint);
  hp_builder_text(out, e->database, -1);
}

static int fill_slow(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                     hp_builder *out, char **err) {
  hp_explain *plans;
  hp_slow **list;
  int n, rc = hp_slow_list(&list, &n);

  (void)table, (void)args;
  if (!rc) rc = hp_explain_open(c, &plans, err);
  for (int i = 0; i < n && !rc; i++) {
    char *plan = hp_explain_text(plans, list[i]->sample, list[i]->database);
    if (plan)
      put_slow(out, list[i], plan);
    else
      rc = SQLITE_NOMEM;
    sqlite3_free(plan);
  }
  hp_slow_list_free(list, n);
  return rc;
}

static const hp_rowtab tables[] = {
    {.name = "query_stats",
     .columns =
         "fingerprint TEXT, query TEXT, database TEXT, calls INT, errors INT,"
         " rows_returned INT, rows_changed INT, total_ms REAL, min_ms REAL,"
         " max_ms REAL, mean_ms REAL, stddev_ms REAL, p50_ms REAL,"
         " p95_ms REAL, p99_ms REAL, vm_steps INT, fullscan_steps INT,"
         " sorts INT, autoindexes INT, pages_hit INT, pages_missed INT,"
         " prepares INT, reprepares INT, first_seen TEXT, last_seen TEXT",
     .fill = fill_stats},
    {.name = "slow_queries",
     .columns = "at TEXT, ms REAL, query TEXT, plan TEXT, rows_returned INT,"
                " rows_changed INT, vm_steps INT, fullscan_steps INT,"
                " sorts INT, autoindexes INT, fingerprint TEXT,"
                " database TEXT",
     .fill = fill_slow},
};

int hp_stats_vtab_register(hp_conn *c) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof tables / sizeof *tables && !rc; i++)
    rc = hp_rowtab_register(c, &tables[i]);
  return rc;
}
