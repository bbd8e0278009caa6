/* SPDX-License-Identifier: MIT */
#include "query/slow.h"

#include <pthread.h>
#include <string.h>

_Atomic int64_t hp_slow_ns = HP_SLOW_DEFAULT_NS;

static _Atomic bool keeps_values;

static struct {
  pthread_mutex_t lock;
  hp_slow *ring[HP_SLOW_ENTRIES]; /* the newest is at (n_put - 1) % size */
  int64_t n_put;
  int64_t n_lost;
} slow = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t hp_slow_set_threshold(int64_t ns) {
  return atomic_exchange(&hp_slow_ns, ns);
}

bool hp_slow_set_values(bool has_values) {
  return atomic_exchange(&keeps_values, has_values);
}

bool hp_slow_has_values(void) {
  return atomic_load(&keeps_values);
}

static char *append(char *at, const char *z, size_t n) {
  memcpy(at, z, n);
  at[n] = 0;
  return at + n + 1;
}

/* A copy of e with its texts, in one allocation. */
static hp_slow *copy(const hp_slow *e) {
  size_t n_text = strlen(e->text), n_db = strlen(e->database);
  size_t n_sample = e->sample ? strlen(e->sample) : 0;
  hp_slow *c = sqlite3_malloc64(sizeof *c + n_text + n_db + n_sample + 3);
  char *at;

  if (!c) return NULL;
  *c = *e;
  c->text = at = (char *)(c + 1);
  c->database = at = append(at, e->text, n_text);
  at = append(at, e->database, n_db);
  if (e->sample) append(at, e->sample, n_sample);
  c->sample = e->sample ? at : NULL;
  return c;
}

static size_t cut(const char *z) {
  return strnlen(z, HP_STATS_MAX_TEXT + 1);
}

void hp_slow_put(sqlite3_stmt *stmt, const hp_stat *s, const char *expanded,
                 int64_t wall_ms, int64_t ns, const hp_counters *counters) {
  const char *sql = sqlite3_sql(stmt);
  bool is_kept = expanded && cut(expanded) <= HP_STATS_MAX_TEXT;
  hp_slow *e = copy(
      &(hp_slow){.wall_ms = wall_ms,
                 .ns = ns,
                 .fingerprint = s->fingerprint,
                 .counters = *counters,
                 .text = is_kept ? expanded : s->query,
                 .has_values = is_kept,
                 .sample = sql && cut(sql) <= HP_STATS_MAX_TEXT ? sql : NULL,
                 .database = s->database});

  pthread_mutex_lock(&slow.lock);
  if (e) {
    hp_slow **place = &slow.ring[slow.n_put % HP_SLOW_ENTRIES];
    sqlite3_free(*place);
    *place = e;
    slow.n_put++;
  } else {
    slow.n_lost++;
  }
  pthread_mutex_unlock(&slow.lock);
}

static int count(void) {
  return slow.n_put < HP_SLOW_ENTRIES ? (int)slow.n_put : HP_SLOW_ENTRIES;
}

static int copy_all(hp_slow **list, int n) {
  for (int i = 0; i < n; i++) {
    list[i] = copy(slow.ring[(slow.n_put - 1 - i) % HP_SLOW_ENTRIES]);
    if (!list[i]) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int hp_slow_list(hp_slow ***out, int *n) {
  hp_slow **list = sqlite3_malloc64(HP_SLOW_ENTRIES * sizeof *list);
  int rc = SQLITE_NOMEM;

  *out = NULL;
  *n = 0;
  if (!list) return SQLITE_NOMEM;
  memset(list, 0, HP_SLOW_ENTRIES * sizeof *list);
  pthread_mutex_lock(&slow.lock);
  *n = count();
  rc = copy_all(list, *n);
  pthread_mutex_unlock(&slow.lock);
  if (!rc) {
    *out = list;
    return SQLITE_OK;
  }
  hp_slow_list_free(list, *n);
  *n = 0;
  return rc;
}

void hp_slow_list_free(hp_slow **list, int n) {
  for (int i = 0; i < n; i++) sqlite3_free(list[i]);
  sqlite3_free(list);
}

void hp_slow_count(int64_t *n, int64_t *n_lost) {
  pthread_mutex_lock(&slow.lock);
  *n = slow.n_put + slow.n_lost;
  *n_lost = slow.n_lost;
  pthread_mutex_unlock(&slow.lock);
}

void hp_slow_reset(void) {
  pthread_mutex_lock(&slow.lock);
  for (int i = 0; i < HP_SLOW_ENTRIES; i++) {
    sqlite3_free(slow.ring[i]);
    slow.ring[i] = NULL;
  }
  slow.n_put = slow.n_lost = 0;
  pthread_mutex_unlock(&slow.lock);
}

void hp_slow_before_fork(void) {
  pthread_mutex_lock(&slow.lock);
}

void hp_slow_after_fork(void) {
  pthread_mutex_unlock(&slow.lock);
}
