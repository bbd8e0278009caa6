/* SPDX-License-Identifier: MIT */
#include "cache/cache_vtab.h"
#include "base/clock.h"
#include "base/rowtab.h"
#include "cache/entry.h"

#include <string.h>

/* Entries and bytes of one score in L1. */
typedef struct holding {
  const hp_score *score;
  int64_t entries;
  uint64_t bytes;
} holding;

typedef struct holdings {
  holding *list;
  int n, cap;
  int rc;
} holdings;

static holding *find_holding(holdings *h, const hp_score *t) {
  for (int i = 0; i < h->n; i++) {
    if (h->list[i].score == t) return &h->list[i];
  }
  return NULL;
}

static holding *add_holding(holdings *h, const hp_score *t) {
  if (h->n == h->cap) {
    int cap = h->cap ? h->cap * 2 : 16;
    holding *grown = sqlite3_realloc64(h->list, sizeof *grown * (size_t)cap);
    if (!grown) {
      h->rc = SQLITE_NOMEM;
      return NULL;
    }
    h->list = grown;
    h->cap = cap;
  }
  h->list[h->n] = (holding){.score = t};
  return &h->list[h->n++];
}

static bool count_entry(const hp_l1_node *n, void *arg) {
  holdings *h = arg;
  const hp_entry *e = hp_entry_of(n);
  const hp_score *t = e ? e->score : NULL;
  holding *x = find_holding(h, t);

  if (!x) x = add_holding(h, t);
  if (!x) return false;
  x->entries++;
  x->bytes += n->bytes;
  return true;
}

/* What one reading of cache_stats gathers. */
typedef struct stats_reader {
  hp_builder *out;
  holdings held;
  uint64_t total[HP_N_COUNTS];
} stats_reader;

static uint64_t sum_of(const uint64_t *c, hp_count first, hp_count last) {
  uint64_t sum = 0;

  for (hp_count i = first; i <= last; i++) sum += c[i];
  return sum;
}

static void add_counts(hp_builder *b, const uint64_t *c) {
  uint64_t hits = sum_of(c, HP_COUNT_hits_l1, HP_COUNT_hits_stale);
  uint64_t misses = sum_of(c, HP_COUNT_miss_cold, HP_COUNT_miss_snapshot);
  uint64_t calls = hits + misses + c[HP_COUNT_bypasses];

  hp_builder_int(b, (int64_t)c[HP_COUNT_hits_l1]);
  hp_builder_int(b, (int64_t)c[HP_COUNT_hits_l2]);
  hp_builder_int(b, (int64_t)c[HP_COUNT_hits_stale]);
  hp_builder_int(b, (int64_t)misses);
  for (hp_count i = HP_COUNT_miss_cold; i <= HP_COUNT_bypasses; i++) {
    hp_builder_int(b, (int64_t)c[i]);
  }
  if (calls)
    hp_builder_real(b, (double)hits / (double)calls);
  else
    hp_builder_null(b);
  for (hp_count i = HP_COUNT_computations; i <= HP_COUNT_warm_left; i++) {
    hp_builder_int(b, (int64_t)c[i]);
  }
  hp_builder_real(b, (double)c[HP_COUNT_saved_ns] / 1e6);
  hp_builder_real(b, (double)c[HP_COUNT_compute_ns] / 1e6);
}

static bool add_score(const hp_score *t, const uint64_t *sums, void *arg) {
  stats_reader *r = arg;
  const holding *h = find_holding(&r->held, t);

  hp_builder_text(r->out, hp_score_name(t), -1);
  add_counts(r->out, sums);
  hp_builder_int(r->out, h ? h->entries : 0);
  hp_builder_int(r->out, h ? (int64_t)h->bytes : 0);
  hp_builder_null(r->out);
  hp_builder_null(r->out);
  for (int i = 0; i < HP_N_COUNTS; i++) r->total[i] += sums[i];
  return r->out->rc == SQLITE_OK;
}

static void add_total(stats_reader *r, hp_l1 *l1) {
  hp_l1_stats s;

  hp_l1_read_stats(l1, &s);
  hp_builder_text(r->out, "total", -1);
  add_counts(r->out, r->total);
  hp_builder_int(r->out, s.entries);
  hp_builder_int(r->out, (int64_t)s.bytes);
  hp_builder_int(r->out, (int64_t)s.cap_bytes);
  hp_builder_int(r->out, (int64_t)s.evictions);
}

static int fill_stats(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                      hp_builder *out, char **err) {
  stats_reader r = {.out = out};
  hp_l1 *l1 = hp_l1_shared();

  (void)c, (void)table, (void)args, (void)err;
  if (!l1) return SQLITE_NOMEM;
  hp_l1_each(l1, count_entry, &r.held);
  hp_score_each(add_score, &r);
  add_total(&r, l1);
  sqlite3_free(r.held.list);
  return r.held.rc;
}

typedef struct entries_reader {
  hp_builder *out;
  int64_t now_ms;
} entries_reader;

static char *tag_list(const hp_entry *e) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < e->n_tags; i++) {
    sqlite3_str_appendf(s, "%s%s", i ? "," : "", hp_entry_tags(e)[i].tag->name);
  }
  return sqlite3_str_finish(s);
}

static void add_age(hp_builder *b, const hp_l1_node *n, int64_t now_ms) {
  hp_builder_int(b, now_ms - n->created_ms);
  if (n->expires_ms == HP_NEVER_MS)
    hp_builder_null(b);
  else
    hp_builder_int(b, n->expires_ms - now_ms);
}

static bool add_entry(const hp_l1_node *n, void *arg) {
  entries_reader *r = arg;
  const hp_entry *e = hp_entry_of(n);
  char key[33];
  char *tags;

  sqlite3_snprintf(sizeof key, key, "%016llx%016llx", n->key.hi, n->key.lo);
  hp_builder_text(r->out, e ? hp_score_name(e->score) : "kv", -1);
  hp_builder_text(r->out, key, -1);
  if (e)
    hp_builder_int(r->out, hp_entry_rows(e)->n_rows);
  else
    hp_builder_null(r->out);
  hp_builder_int(r->out, (int64_t)n->bytes);
  if (n->cost_ns)
    hp_builder_real(r->out, (double)n->cost_ns / 1e6);
  else
    hp_builder_null(r->out);
  hp_builder_int(r->out,
                 atomic_load_explicit(&n->n_hits, memory_order_relaxed));
  add_age(r->out, n, r->now_ms);
  tags = e && e->n_tags ? tag_list(e) : NULL;
  hp_builder_text(r->out, tags, -1);
  sqlite3_free(tags);
  return r->out->rc == SQLITE_OK;
}

static int fill_entries(hp_conn *c, const hp_rowtab *table,
                        sqlite3_value **args, hp_builder *out, char **err) {
  entries_reader r = {.out = out, .now_ms = hp_clock_ms()};
  hp_l1 *l1 = hp_l1_shared();

  (void)c, (void)table, (void)args, (void)err;
  if (!l1) return SQLITE_NOMEM;
  hp_l1_each(l1, add_entry, &r);
  return SQLITE_OK;
}

static bool add_tag(const hp_tag *tag, void *arg) {
  hp_builder *b = arg;

  hp_builder_text(b, tag->name, -1);
  hp_builder_int(b, (int64_t)atomic_load(&tag->version));
  hp_builder_int(b, (int64_t)atomic_load(&tag->n_hits));
  hp_builder_int(b, (int64_t)atomic_load(&tag->n_invalidations));
  return b->rc == SQLITE_OK;
}

static int fill_tags(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                     hp_builder *out, char **err) {
  (void)c, (void)table, (void)args, (void)err;
  hp_tags_each(add_tag, out);
  return SQLITE_OK;
}

static const hp_rowtab tables[] = {
    {.name = "cache_stats",
     .columns = "name TEXT, hits_l1 INT, hits_l2 INT, hits_stale INT, "
                "misses INT, miss_cold INT, miss_evicted INT, "
                "miss_expired INT, miss_stamp INT, miss_tag INT, "
                "miss_snapshot INT, bypasses INT, hit_ratio REAL, "
                "computations INT, joins INT, refreshes INT, "
                "wasted_refreshes INT, not_stored INT, errors INT, "
                "timeouts INT, warmed INT, warm_left INT, saved_ms REAL, "
                "compute_ms REAL, entries INT, bytes INT, cap_bytes INT, "
                "evictions INT",
     .fill = fill_stats},
    {.name = "cache_entries",
     .columns = "name TEXT, key TEXT, rows INT, bytes INT, cost_ms REAL, "
                "hits INT, age_ms INT, ttl_left_ms INT, tags TEXT",
     .fill = fill_entries},
    {.name = "cache_tags",
     .columns = "tag TEXT, version INT, hits INT, invalidations INT",
     .fill = fill_tags},
};

int hp_cache_vtab_register(hp_conn *c) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof tables / sizeof *tables && !rc; i++) {
    rc = hp_rowtab_register(c, &tables[i]);
  }
  return rc;
}
