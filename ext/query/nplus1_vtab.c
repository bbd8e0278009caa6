/* SPDX-License-Identifier: MIT */
#include "query/nplus1_vtab.h"

#include "base/hash.h"
#include "base/hook.h"
#include "base/rowtab.h"
#include "query/batch.h"
#include "query/fingerprint.h"
#include "query/join.h"
#include "query/remedy.h"
#include "query/stats.h"
#include "query/steady.h"
#include "query/suspects.h"
#include "query/trace.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PRICED = 20 };

/* A suspect with its texts. */
typedef struct row {
  hp_suspect suspect;
  char *query;         /* normal form; NULL: its statistics were evicted */
  char *sample;        /* a text with values, to measure with; never shown */
  char *source;        /* normal form of the source */
  char *source_sample; /* a text of it with values; never shown */
} row;

typedef struct reading {
  hp_conn *conn;
  hp_builder *out;
  row *rows;
  int n;
  uint64_t database; /* the reader's */
  double hit_ns, write_ns;
  bool is_out_of_memory;
} reading;

/* What is known about a row in the end. */
typedef struct finding {
  hp_batch batch;
  hp_remedy_prices prices;
  hp_remedy_plan plan;
  char *join; /* with values; never shown */
  char *rewrite;
  bool is_cacheable; /* a duplicate that a cached table could answer */
} finding;

/* As the detectors are told it: 0 for a database without a file. */
static uint64_t hash_of(const char *file) {
  return file && *file ? hp_hash64(file, strlen(file)) : 0;
}

static int dearest_first(const void *a, const void *b) {
  const row *x = a, *y = b;

  if (x->suspect.sum.cost_ns != y->suspect.sum.cost_ns)
    return x->suspect.sum.cost_ns < y->suspect.sum.cost_ns ? 1 : -1;
  return 0;
}

static int list_suspects(reading *r) {
  hp_suspect *list = sqlite3_malloc64(HP_SUSPECTS * sizeof *list);
  int i;

  if (!list) return SQLITE_NOMEM;
  r->n = hp_suspects_list(list, HP_SUSPECTS);
  r->rows = sqlite3_malloc64((sqlite3_uint64)(r->n + 1) * sizeof *r->rows);
  if (!r->rows) r->n = 0;
  for (i = 0; i < r->n; i++) r->rows[i] = (row){.suspect = list[i]};
  sqlite3_free(list);
  if (!r->rows) return SQLITE_NOMEM;
  qsort(r->rows, (size_t)r->n, sizeof *r->rows, dearest_first);
  return SQLITE_OK;
}

/* Copies a text once; sets is_out_of_memory if that fails. */
static void copy_text(reading *r, char **to, const char *text) {
  if (*to || !text) return;
  *to = sqlite3_mprintf("%s", text);
  if (!*to) r->is_out_of_memory = true;
}

static int copy_texts(const hp_stat *s, void *arg) {
  reading *r = arg;
  uint64_t database = hash_of(s->database);
  int i;

  for (i = 0; i < r->n; i++) {
    row *to = &r->rows[i];

    if (to->suspect.sum.source == s->fingerprint) {
      copy_text(r, &to->source, s->query);
      if (database == to->suspect.sum.database)
        copy_text(r, &to->source_sample, s->sample);
    }
    if (to->suspect.sum.fingerprint != s->fingerprint) continue;
    copy_text(r, &to->query, s->query);
    if (database == to->suspect.sum.database)
      copy_text(r, &to->sample, s->sample);
  }
  return 0;
}

static void free_rows(reading *r) {
  int i;

  for (i = 0; i < r->n; i++) {
    sqlite3_free(r->rows[i].query);
    sqlite3_free(r->rows[i].sample);
    sqlite3_free(r->rows[i].source);
    sqlite3_free(r->rows[i].source_sample);
  }
  sqlite3_free(r->rows);
}

static bool is_lookup(const row *from) {
  return from->suspect.sum.kind == HP_NPLUS1_LOOKUPS ||
         from->suspect.sum.kind == HP_NPLUS1_INTERLEAVED;
}

/* ---- Pricing ---- */

static bool is_cacheable(const reading *r, const row *from) {
  return from->suspect.sum.kind == HP_NPLUS1_DUPLICATE && from->query &&
         hp_steady_select(r->conn->db, from->query);
}

/* Measured once per reading, when first needed. */
static void price_common(reading *r, const row *from, finding *f) {
  if (f->is_cacheable && r->hit_ns == 0)
    r->hit_ns = hp_price_virtual_read_ns(r->conn->db);
  if (from->suspect.sum.kind == HP_NPLUS1_AUTOCOMMIT && r->write_ns == 0)
    r->write_ns = hp_price_write_ns();
  f->prices.hit_ns = f->is_cacheable ? r->hit_ns : 0;
  f->prices.write_ns = r->write_ns;
}

static int price_join(sqlite3 *db, const row *from, int n, finding *f) {
  int rc;

  if (!f->prices.lookup.many || !from->source_sample) return SQLITE_OK;
  rc = hp_join_make(db, from->source_sample, &f->batch, f->prices.lookup.many,
                    n, &f->join);
  if (f->join) f->prices.join_ns = hp_price_run_ns(db, f->join);
  return rc;
}

/* Failing to measure is no error: the row says that it is unpriced. */
static int price(reading *r, const row *from, finding *f) {
  int n = (int)(from->suspect.sum.calls / from->suspect.bursts), rc;
  sqlite3 *db = r->conn->db;

  price_common(r, from, f);
  if (!from->sample || from->suspect.sum.database != r->database)
    return SQLITE_OK;
  f->prices.prepare_ns = hp_price_prepare_ns(db, from->sample);
  if (!f->batch.one) return SQLITE_OK;
  rc = hp_price_measure(db, &f->batch, n, &f->prices.lookup);
  return rc == SQLITE_OK ? price_join(db, from, n, f) : SQLITE_OK;
}

/* The rewrite of a lookup in its normal form, so that it shows no value. */
static char *lookup_rewrite(const finding *f) {
  const char *sql = f->prices.lookup.many;

  if (!sql) sql = f->batch.many;
  if (f->plan.best == HP_REMEDY_JOIN) sql = f->join;
  return sql ? hp_fingerprint_normalize(sql, strlen(sql)) : NULL;
}

static char *rewrite_of(const row *from, const finding *f) {
  const hp_nplus1_burst *sum = &from->suspect.sum;

  if (is_lookup(from)) return lookup_rewrite(f);
  if (!from->query) return NULL;
  if (f->is_cacheable)
    return sqlite3_mprintf(
        "CREATE VIRTUAL TABLE temp.cached_%08x USING cached((%s))",
        (unsigned)(sum->fingerprint >> 32), from->query);
  if (sum->kind == HP_NPLUS1_AUTOCOMMIT)
    return sqlite3_mprintf("BEGIN; %s; COMMIT", from->query);
  return NULL;
}

static int find_out(reading *r, const row *from, bool is_priced, finding *f) {
  int rc = SQLITE_NOTFOUND;

  *f = (finding){.is_cacheable = is_cacheable(r, from)};
  if (is_lookup(from) && from->sample)
    rc = hp_batch_init(&f->batch, from->sample, strlen(from->sample));
  if (rc == SQLITE_NOMEM) return rc;
  rc = is_priced ? price(r, from, f) : SQLITE_OK;
  f->plan = hp_remedy_choose(&from->suspect, &f->prices);
  f->rewrite = rewrite_of(from, f);
  return rc;
}

static void drop(finding *f) {
  hp_batch_term(&f->batch);
  sqlite3_free(f->join);
  sqlite3_free(f->rewrite);
}

/* ---- Showing ---- */

static double ms(double ns) {
  return (double)(int64_t)(ns + 0.5) / 1e6;
}

static const char *verdict_of(const finding *f) {
  double limit = (double)hp_suspects_benign_ns();

  if (f->plan.saving_ns >= limit && f->plan.best != HP_REMEDIES) return "fix";
  if (f->plan.best != HP_REMEDIES || f->plan.now_ns < limit) return "benign";
  return "unpriced";
}

static bool has_any_price(const finding *f) {
  int i;

  for (i = 0; i < HP_REMEDIES; i++)
    if (f->plan.with_ns[i] >= 0) return true;
  return false;
}

/* {"now": 1.5, "batch": 0.2, ...} */
static void put_prices(hp_builder *out, const finding *f) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  char *json;
  int i;

  sqlite3_str_appendf(s, "{\"now\":%!.6g", ms(f->plan.now_ns));
  for (i = 0; i < HP_REMEDIES; i++)
    if (f->plan.with_ns[i] >= 0)
      sqlite3_str_appendf(s, ",\"%s\":%!.6g", hp_remedy_name((hp_remedy)i),
                          ms(f->plan.with_ns[i]));
  sqlite3_str_appendall(s, "}");
  json = sqlite3_str_finish(s);
  if (json)
    hp_builder_text(out, json, -1);
  else
    out->rc = SQLITE_NOMEM;
  sqlite3_free(json);
}

static void put_saving(hp_builder *out, const finding *f, double bursts) {
  if (has_any_price(f))
    hp_builder_real(out, ms(f->plan.saving_ns * bursts));
  else
    hp_builder_null(out);
}

/* The remedy's name; an index with its DDL. */
static void put_remedy(hp_builder *out, const finding *f) {
  char *text;

  if (f->plan.best == HP_REMEDIES) {
    hp_builder_null(out);
    return;
  }
  if (f->plan.best != HP_REMEDY_INDEX) {
    hp_builder_text(out, hp_remedy_name(f->plan.best), -1);
    return;
  }
  text = sqlite3_mprintf("index: CREATE INDEX \"%w_%w\" ON \"%w\"(\"%w\")",
                         f->batch.table, f->batch.column, f->batch.table,
                         f->batch.column);
  if (text)
    hp_builder_text(out, text, -1);
  else
    out->rc = SQLITE_NOMEM;
  sqlite3_free(text);
}

static void put_row(hp_builder *out, const row *from, const finding *f) {
  const hp_nplus1_burst *sum = &from->suspect.sum;
  double bursts = (double)from->suspect.bursts;

  hp_builder_text(out, hp_nplus1_kind_name(sum->kind), -1);
  hp_builder_text(out, from->query, -1);
  hp_builder_text(out, from->source, -1);
  hp_builder_int(out, from->suspect.bursts);
  hp_builder_int(out, sum->calls);
  hp_builder_real(out, (double)sum->calls / bursts);
  hp_builder_real(out, ms(f->plan.now_ns * bursts));
  put_saving(out, f, bursts);
  put_remedy(out, f);
  hp_builder_text(out, f->rewrite, -1);
  hp_builder_real(out, sum->confidence);
  hp_builder_text(out, verdict_of(f), -1);
  put_prices(out, f);
}

static int put_rows(reading *r) {
  int i, rc = SQLITE_OK;

  for (i = 0; i < r->n && rc == SQLITE_OK; i++) {
    finding f;

    rc = find_out(r, &r->rows[i], i < MAX_PRICED, &f);
    if (rc == SQLITE_OK) put_row(r->out, &r->rows[i], &f);
    drop(&f);
  }
  return rc;
}

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  reading r = {.conn = c, .out = out};
  int rc;

  (void)table, (void)args, (void)err;
  r.database = hash_of(sqlite3_db_filename(c->db, "main"));
  hp_trace_settle(c);
  rc = list_suspects(&r);
  if (rc == SQLITE_OK) hp_stats_each(copy_texts, &r);
  if (r.is_out_of_memory) rc = SQLITE_NOMEM;
  hp_hook_mute(c);
  if (rc == SQLITE_OK) rc = put_rows(&r);
  hp_hook_unmute(c);
  free_rows(&r);
  return rc;
}

static const hp_rowtab suspects = {
    .name = "nplus1_suspects",
    .columns = "kind TEXT, query TEXT, source_query TEXT, bursts INT,"
               " calls INT, calls_per_burst REAL, cost_ms REAL,"
               " saving_ms REAL, remedy TEXT, rewrite TEXT, confidence REAL,"
               " verdict TEXT, prices TEXT",
    .fill = fill};

int hp_nplus1_vtab_register(hp_conn *c) {
  return hp_rowtab_register(c, &suspects);
}
