/* SPDX-License-Identifier: MIT */
#include "query/stats.h"

#include "query/fingerprint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define N_CHAINS         4096       /* of the index; a power of two */
#define MAX_SAMPLE_BYTES (16 << 20) /* beyond it new texts are not kept */

static struct {
  pthread_mutex_t lock;
  hp_stat **chains; /* N_CHAINS, made with the first entry */
  hp_stats_source *sources;
  hp_stats_totals totals;
  uint32_t era; /* counts changes of schemas */
} store = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .totals = {.max_entries = HP_STATS_MAX_ENTRIES}};

void hp_stats_lock(void) {
  pthread_mutex_lock(&store.lock);
}

void hp_stats_unlock(void) {
  pthread_mutex_unlock(&store.lock);
}

static hp_stat **chain_of(uint64_t fingerprint) {
  return &store.chains[fingerprint & (N_CHAINS - 1)];
}

static hp_stat *find(uint64_t fingerprint, const char *database) {
  hp_stat *s = store.chains ? *chain_of(fingerprint) : NULL;

  while (s && (s->fingerprint != fingerprint || strcmp(s->database, database)))
    s = s->next;
  return s;
}

static void free_stat(hp_stat *s) {
  store.totals.n_bytes -= (int64_t)s->n_bytes;
  sqlite3_free(s);
}

static void unlink_stat(hp_stat *s) {
  hp_stat **at = chain_of(s->fingerprint);

  while (*at != s) at = &(*at)->next;
  *at = s->next;
  store.totals.n_entries--;
  s->is_evicted = true;
  if (s->n_refs == 0) free_stat(s);
}

static void fold_into_other(hp_stat *s) {
  hp_tally_merge(&store.totals.other, &s->tally);
  hp_histogram_merge(&store.totals.other_times, &s->times);
  s->tally = (hp_tally){0};
  store.totals.n_evicted++;
  unlink_stat(s);
}

/* An entry whose first calls are still with a recorder goes last. */
static double worth(const hp_stat *s) {
  return s->n_refs && s->tally.calls == 0 ? 1e300 : s->cost;
}

static int by_worth(const void *a, const void *b) {
  double x = worth(*(hp_stat *const *)a), y = worth(*(hp_stat *const *)b);

  return (x > y) - (x < y);
}

/* All entries in that order, or NULL; caller frees with sqlite3_free(). */
static hp_stat **sorted(int (*order)(const void *a, const void *b)) {
  int64_t n = 0;
  hp_stat **all =
      sqlite3_malloc64((uint64_t)(store.totals.n_entries + 1) * sizeof *all);

  if (!all) return NULL;
  for (int i = 0; store.chains && i < N_CHAINS; i++) {
    for (hp_stat *s = store.chains[i]; s; s = s->next) all[n++] = s;
  }
  qsort(all, (size_t)n, sizeof(hp_stat *), order);
  return all;
}

/* Folds the n cheapest entries into other and halves the cost of the rest. */
static int evict(int64_t n) {
  int64_t n_all = store.totals.n_entries;
  hp_stat **all = sorted(by_worth);

  if (!all) return SQLITE_NOMEM;
  for (int64_t i = 0; i < n_all; i++) {
    if (i < n)
      fold_into_other(all[i]);
    else
      all[i]->cost /= 2;
  }
  sqlite3_free(all);
  return SQLITE_OK;
}

static int make_room(void) {
  int64_t max = store.totals.max_entries;
  uint64_t n_bytes = N_CHAINS * sizeof(hp_stat *);

  if (!store.chains) {
    store.chains = sqlite3_malloc64(n_bytes);
    if (!store.chains) return SQLITE_NOMEM;
    memset(store.chains, 0, n_bytes);
    store.totals.n_bytes += (int64_t)n_bytes;
  }
  if (store.totals.n_entries < max) return SQLITE_OK;
  return evict(store.totals.n_entries - max + 1 + max / 20);
}

/* Cuts a text at the limit, not inside of a character. */
static size_t cut(const char *z, size_t n) {
  if (n <= HP_STATS_MAX_TEXT) return n;
  n = HP_STATS_MAX_TEXT;
  while (n && ((unsigned char)z[n] & 0xc0) == 0x80) n--;
  return n;
}

static char *append(char *at, const char *z, size_t n) {
  memcpy(at, z, n);
  at[n] = 0;
  return at + n + 1;
}

/* A new entry in the store without references. sample may be NULL. */
static hp_stat *make(uint64_t fingerprint, const char *query, size_t n_query,
                     const char *sample, size_t n_sample,
                     const char *database) {
  size_t n_db = strlen(database);
  size_t n_bytes = sizeof(hp_stat) + n_query + n_db + n_sample + 3;
  hp_stat *s;
  char *at;

  if (make_room()) return NULL;
  if ((s = sqlite3_malloc64(n_bytes)) == NULL) return NULL;
  memset(s, 0, sizeof *s);
  s->fingerprint = fingerprint;
  s->era = store.era;
  s->n_bytes = n_bytes;
  s->query = at = (char *)(s + 1);
  s->database = at = append(at, query, n_query);
  at = append(at, database, n_db);
  if (sample) append(at, sample, n_sample);
  s->sample = sample ? at : s->query;
  s->next = *chain_of(fingerprint);
  *chain_of(fingerprint) = s;
  store.totals.n_entries++;
  store.totals.n_bytes += (int64_t)n_bytes;
  return s;
}

static hp_stat *find_or_make(uint64_t fingerprint, const char *query,
                             const char *sample, size_t n_sample,
                             const char *database) {
  hp_stat *s = find(fingerprint, database);
  bool is_kept =
      sample && n_sample <= HP_STATS_MAX_TEXT &&
      store.totals.n_bytes <
          MAX_SAMPLE_BYTES + store.totals.n_entries * (int64_t)sizeof(hp_stat);

  if (!s) {
    s = make(fingerprint, query, cut(query, strlen(query)),
             is_kept ? sample : NULL, is_kept ? n_sample : 0, database);
  }
  if (s) s->n_refs++;
  return s;
}

static void release(hp_stat *s) {
  if (s && --s->n_refs == 0 && s->is_evicted) free_stat(s);
}

int hp_stats_acquire(const char *sql, size_t n, const char *database,
                     hp_stat **out) {
  char *normal = hp_fingerprint_normalize(sql, n);
  uint64_t fingerprint = normal ? hp_fingerprint_of_normal(normal) : 0;

  *out = NULL;
  if (fingerprint) {
    hp_stats_lock();
    *out = find_or_make(fingerprint, normal, sql, n, database);
    hp_stats_unlock();
  }
  sqlite3_free(normal);
  return *out ? SQLITE_OK : SQLITE_NOMEM;
}

int hp_stats_merge(const char *query, const char *database, const hp_tally *t,
                   const hp_histogram *times) {
  hp_stat *s;

  hp_stats_lock();
  s = find_or_make(hp_fingerprint_of_normal(query), query, NULL, 0, database);
  if (s) {
    hp_tally_merge(&s->tally, t);
    hp_histogram_merge(&s->times, times);
    s->cost += (double)t->total_ns;
    release(s);
  }
  hp_stats_unlock();
  return s ? SQLITE_OK : SQLITE_NOMEM;
}

void hp_stats_release(hp_stat *s) {
  hp_stats_lock();
  release(s);
  hp_stats_unlock();
}

/* The entry that takes the place of an evicted one; NULL when out of memory:
** then its calls go to other. */
static hp_stat *revive(hp_stat *s) {
  hp_stat *again = find_or_make(s->fingerprint, s->query, s->sample,
                                s->sample ? strlen(s->sample) : 0, s->database);

  release(s);
  return again;
}

static void enter_era(hp_stat *s) {
  if (s->era == store.era) return;
  s->at_change = hp_tally_effort(&s->tally);
  s->era = store.era;
}

void hp_stats_add(hp_stat **s, const hp_tally *t, const uint8_t *buckets,
                  int n) {
  hp_tally *tally = &store.totals.other;
  hp_histogram *times = &store.totals.other_times;

  if (*s && (*s)->is_evicted) *s = revive(*s);
  if (*s) {
    enter_era(*s);
    tally = &(*s)->tally;
    times = &(*s)->times;
    (*s)->cost += (double)t->total_ns;
  }
  hp_tally_merge(tally, t);
  for (int i = 0; i < n; i++) times->n[buckets[i]]++;
}

void hp_stats_attach(hp_stats_source *r) {
  hp_stats_lock();
  r->next = store.sources;
  store.sources = r;
  hp_stats_unlock();
}

void hp_stats_detach(hp_stats_source *r) {
  hp_stats_source **at = &store.sources;

  hp_stats_lock();
  r->methods->collect(r);
  while (*at != r) at = &(*at)->next;
  *at = r->next;
  hp_stats_unlock();
}

static void collect(void) {
  for (hp_stats_source *r = store.sources; r; r = r->next) {
    r->methods->collect(r);
  }
}

void hp_stats_schema_changed(void) {
  hp_stats_lock();
  collect();
  store.era++;
  hp_stats_unlock();
}

static bool is_empty(const hp_stat *s) {
  return !s->tally.calls && !s->tally.pages_hit && !s->tally.pages_missed;
}

static int by_total_time(const void *a, const void *b) {
  const hp_stat *x = *(hp_stat *const *)a, *y = *(hp_stat *const *)b;

  if (x->tally.total_ns != y->tally.total_ns)
    return x->tally.total_ns < y->tally.total_ns ? 1 : -1;
  return (x->fingerprint > y->fingerprint) - (x->fingerprint < y->fingerprint);
}

static int each(int (*visit)(const hp_stat *s, void *arg), void *arg) {
  hp_stat **all = sorted(by_total_time);
  int64_t n = store.totals.n_entries;
  int rc = 0;

  if (!all) return SQLITE_NOMEM;
  for (int64_t i = 0; i < n && !rc; i++) {
    if (!is_empty(all[i])) rc = visit(all[i], arg);
  }
  sqlite3_free(all);
  return rc;
}

int hp_stats_each(int (*visit)(const hp_stat *s, void *arg), void *arg) {
  int rc;

  hp_stats_lock();
  collect();
  rc = each(visit, arg);
  hp_stats_unlock();
  return rc;
}

typedef struct viewing {
  hp_stat_view *views;
  int n;
} viewing;

static int view(const hp_stat *s, void *arg) {
  viewing *v = arg;
  hp_stat *entry = (hp_stat *)(uintptr_t)s;

  if (!s->tally.calls) return 0;
  entry->n_refs++; /* the store is locked */
  enter_era(entry);
  v->views[v->n++] = (hp_stat_view){
      .stat = entry, .tally = s->tally, .at_change = s->at_change};
  return 0;
}

int hp_stats_view(hp_stat_view **out, int *n) {
  viewing v = {.n = 0};
  int rc = SQLITE_NOMEM;

  hp_stats_lock();
  collect();
  v.views = sqlite3_malloc64((uint64_t)(store.totals.n_entries + 1) *
                             sizeof *v.views);
  if (v.views) rc = each(view, &v);
  hp_stats_unlock();
  if (rc) hp_stats_view_free(v.views, v.n);
  *out = rc ? NULL : v.views;
  *n = rc ? 0 : v.n;
  return rc;
}

void hp_stats_view_free(hp_stat_view *views, int n) {
  hp_stats_lock();
  for (int i = 0; i < n; i++) release(views[i].stat);
  hp_stats_unlock();
  sqlite3_free(views);
}

void hp_stats_totals_get(hp_stats_totals *out) {
  hp_stats_lock();
  collect();
  *out = store.totals;
  hp_stats_unlock();
}

static void forget(hp_stat *s) {
  s->tally = (hp_tally){0};
  s->at_change = (hp_effort){0};
  s->times = (hp_histogram){{0}};
  s->cost = 0;
  if (s->n_refs == 0) unlink_stat(s);
}

void hp_stats_reset(int64_t now_ns) {
  hp_stats_lock();
  for (hp_stats_source *r = store.sources; r; r = r->next) {
    r->methods->drop(r);
  }
  for (int i = 0; store.chains && i < N_CHAINS; i++) {
    for (hp_stat *s = store.chains[i], *next; s; s = next) {
      next = s->next;
      forget(s);
    }
  }
  store.totals.other = (hp_tally){0};
  store.totals.other_times = (hp_histogram){{0}};
  store.totals.n_evicted = 0;
  store.totals.since_ns = now_ns;
  hp_stats_unlock();
}

int64_t hp_stats_set_max(int64_t max_entries) {
  int64_t old;

  hp_stats_lock();
  old = store.totals.max_entries;
  if (max_entries < HP_STATS_LOWEST_MAX) max_entries = HP_STATS_LOWEST_MAX;
  if (max_entries > HP_STATS_HIGHEST_MAX) max_entries = HP_STATS_HIGHEST_MAX;
  store.totals.max_entries = max_entries;
  /* Out of memory here only delays the eviction to the next new entry. */
  if (store.totals.n_entries > max_entries) {
    evict(store.totals.n_entries - max_entries);
  }
  hp_stats_unlock();
  return old;
}

void hp_stats_before_fork(void) {
  hp_stats_lock();
}

void hp_stats_after_fork(bool is_child) {
  for (hp_stats_source *r = store.sources; is_child && r; r = r->next) {
    r->methods->after_fork(r);
  }
  hp_stats_unlock();
}
