/* SPDX-License-Identifier: MIT */
#include "query/recorder.h"

#include <sched.h>
#include <string.h>

#define FEWEST_SLOTS 16
#define MOST_SLOTS   1024

/* Somebody reading the statistics holds a recorder's lock for microseconds;
** yielding matters only if that thread was put to sleep meanwhile. */
static void lock(hp_recorder *r) {
  for (int i = 1;
       atomic_flag_test_and_set_explicit(&r->lock, memory_order_acquire); i++) {
    if (i % 64 == 0) sched_yield();
  }
}

static void unlock(hp_recorder *r) {
  atomic_flag_clear_explicit(&r->lock, memory_order_release);
}

static hp_slot *new_slots(uint32_t n) {
  hp_slot *slots = sqlite3_malloc64(n * sizeof *slots);

  if (slots) memset(slots, 0, n * sizeof *slots);
  return slots;
}

static void collect(hp_stats_source *s) {
  hp_recorder_collect((hp_recorder *)s);
}

static void drop(hp_stats_source *s) {
  hp_recorder_drop((hp_recorder *)s);
}

static void after_fork(hp_stats_source *s) {
  hp_recorder_after_fork((hp_recorder *)s);
}

static const hp_stats_methods methods = {collect, drop, after_fork};

hp_recorder *hp_recorder_new(const char *database) {
  size_t n = strlen(database) + 1;
  hp_recorder *r = sqlite3_malloc64(sizeof *r + n);

  if (!r) return NULL;
  *r = (hp_recorder){.source = {.methods = &methods},
                     .lock = ATOMIC_FLAG_INIT,
                     .slots = new_slots(FEWEST_SLOTS),
                     .n_slots = FEWEST_SLOTS,
                     .database = (char *)(r + 1)};
  memcpy(r->database, database, n);
  if (!r->slots) {
    sqlite3_free(r);
    return NULL;
  }
  hp_stats_attach(&r->source);
  return r;
}

void hp_recorder_free(hp_recorder *r) {
  if (!r) return;
  hp_stats_detach(&r->source);
  for (uint32_t i = 0; i < r->n_slots; i++) {
    if (r->slots[i].stat) hp_stats_release(r->slots[i].stat);
  }
  sqlite3_free(r->slots);
  sqlite3_free(r);
}

/* Pages may be pending without calls. */
static void hand_over(hp_slot *s) {
  const hp_tally *t = &s->pending;

  if (!t->calls && !t->pages_hit && !t->pages_missed) return;
  hp_stats_add(&s->stat, t, s->buckets, s->n_pending);
  s->pending = (hp_tally){0};
  s->n_pending = 0;
}

void hp_recorder_collect(hp_recorder *r) {
  lock(r);
  for (uint32_t i = 0; i < r->n_slots; i++) {
    if (r->slots[i].text) hand_over(&r->slots[i]);
  }
  unlock(r);
}

void hp_recorder_drop(hp_recorder *r) {
  lock(r);
  for (uint32_t i = 0; i < r->n_slots; i++) {
    r->slots[i].pending = (hp_tally){0};
    r->slots[i].n_pending = 0;
  }
  unlock(r);
}

void hp_recorder_after_fork(hp_recorder *r) {
  unlock(r);
}

/* The place for a text that is not in the table, which is not full. */
static hp_slot *free_slot(hp_slot *slots, uint32_t n_slots, uint64_t text) {
  uint32_t at = (uint32_t)text & (n_slots - 1);

  while (slots[at].text) at = (at + 1) & (n_slots - 1);
  return &slots[at];
}

/* Moves r's slots to a table of n; those not used since max_age new texts are
** handed over and left out. */
static int rebuild(hp_recorder *r, uint32_t n, uint32_t max_age) {
  hp_slot *slots = new_slots(n), *old = r->slots;
  uint32_t n_old = r->n_slots;

  if (!slots) return SQLITE_NOMEM;
  hp_stats_lock();
  lock(r);
  r->n_used = 0;
  for (uint32_t i = 0; i < n_old; i++) {
    if (!old[i].text || r->clock - old[i].used_at >= max_age) {
      if (old[i].text) hand_over(&old[i]);
      continue;
    }
    *free_slot(slots, n, old[i].text) = old[i];
    old[i].stat = NULL;
    r->n_used++;
  }
  r->slots = slots;
  r->n_slots = n;
  r->version++;
  unlock(r);
  hp_stats_unlock();
  for (uint32_t i = 0; i < n_old; i++) {
    if (old[i].stat) hp_stats_release(old[i].stat);
  }
  sqlite3_free(old);
  return SQLITE_OK;
}

static bool is_full(const hp_recorder *r) {
  return r->n_used >= r->n_slots / 4 * 3;
}

/* At most three quarters of the table are used. When it cannot grow, texts
** not seen for a while go, and if all were seen lately, all go. */
static int make_room(hp_recorder *r) {
  uint32_t n = r->n_slots;
  int rc;

  if (!is_full(r)) return SQLITE_OK;
  if (n < MOST_SLOTS) return rebuild(r, n * 2, UINT32_MAX);
  rc = rebuild(r, n, MOST_SLOTS / 4);
  return rc || !is_full(r) ? rc : rebuild(r, n, 0);
}

static bool begins_with(const char *sql, const char *word) {
  return sqlite3_strnicmp(sql, word, (int)strlen(word)) == 0;
}

/* Statements that may succeed in two steps of the virtual machine; all others
** have to open a transaction and halt. */
static bool is_short(const char *normal) {
  static const char *const words[] = {
      "BEGIN", "COMMIT", "END", "ROLLBACK", "RELEASE", "SAVEPOINT", "PRAGMA"};

  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (begins_with(normal, words[i])) return true;
  }
  return false;
}

hp_slot *hp_recorder_put(hp_recorder *r, uint64_t text, const char *sql,
                         size_t n) {
  hp_slot *s = hp_recorder_get(r, text);
  hp_shape shape;
  hp_stat *stat;

  if (s) return s;
  if (make_room(r)) return NULL;
  hp_stats_acquire(sql, n, r->database, &stat); /* NULL: counted in other */
  shape = hp_shape_of(sql, n);
  lock(r);
  s = free_slot(r->slots, r->n_slots, text);
  *s = (hp_slot){.text = text,
                 .stat = stat,
                 .fingerprint = stat ? stat->fingerprint : 0,
                 .shape = shape,
                 .used_at = ++r->clock,
                 .is_short = !stat || is_short(stat->query)};
  r->n_used++;
  unlock(r);
  return s;
}

static void hand_over_now(hp_recorder *r, hp_slot *s) {
  hp_stats_lock();
  lock(r);
  hand_over(s);
  unlock(r);
  hp_stats_unlock();
}

static void record(hp_tally *t, int64_t ns, int64_t now_ns,
                   const hp_counters *run, bool is_first_run, bool is_error) {
  hp_tally_record(t, ns, now_ns, run);
  if (is_first_run) t->prepares++;
  if (is_error) t->errors++;
}

/* Straight to the calls of nobody in particular. */
static void add_to_other(const hp_tally *t, const uint8_t *buckets, int n) {
  hp_stat *other = NULL;

  hp_stats_lock();
  hp_stats_add(&other, t, buckets, n);
  hp_stats_unlock();
}

void hp_recorder_record(hp_recorder *r, hp_slot *s, int64_t ns, int64_t now_ns,
                        const hp_counters *run, bool is_first_run,
                        bool is_error) {
  uint8_t bucket = hp_histogram_bucket(ns);
  bool is_complete;

  if (!s) {
    hp_tally t = {0};
    record(&t, ns, now_ns, run, is_first_run, is_error);
    add_to_other(&t, &bucket, 1);
    return;
  }
  lock(r);
  s->used_at = r->clock;
  record(&s->pending, ns, now_ns, run, is_first_run, is_error);
  s->buckets[s->n_pending++] = bucket;
  is_complete = s->n_pending == HP_PENDING;
  unlock(r);
  if (is_complete) hand_over_now(r, s);
}

void hp_recorder_add_pages(hp_recorder *r, hp_slot *s, int64_t hit,
                           int64_t missed) {
  hp_tally t = {.pages_hit = hit, .pages_missed = missed};

  if (!s) {
    add_to_other(&t, NULL, 0);
    return;
  }
  lock(r);
  hp_tally_merge(&s->pending, &t);
  unlock(r);
}
