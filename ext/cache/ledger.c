/* SPDX-License-Identifier: MIT */
#include "cache/ledger.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define N_COMMITS 4096 /* remembered; a power of two */
#define N_TABLES  1024 /* places; a power of two */

/*
** The chain holds the commits from `first` to `last`, by change number;
** `checksums` names each of them. `written` is the youngest change number
** under which a table of this place was written, whether in the chain or
** before it. `old_first` and `old_last` are the chain before the last break:
** threads that commit one after the other may put their commits in the other
** way round, and then the missing link still comes.
*/
struct hp_ledger {
  pthread_mutex_t lock; /* of writers */
  _Atomic uint32_t seq; /* odd while one writes */
  _Atomic uint32_t life;
  _Atomic uint32_t first, last;
  uint32_t old_first, old_last; /* writers only */
  bool has_old;
  _Atomic bool is_empty;
  _Atomic uint64_t checksums[N_COMMITS];
  _Atomic uint32_t written[N_TABLES];
};

/* Change numbers wrap around: later means less than half the circle away. */
static bool is_after(uint32_t x, uint32_t y) {
  return (int32_t)(x - y) > 0;
}

static uint32_t load(const _Atomic uint32_t *at) {
  return atomic_load_explicit(at, memory_order_relaxed);
}

static void store(_Atomic uint32_t *at, uint32_t v) {
  atomic_store_explicit(at, v, memory_order_relaxed);
}

static bool is_in_use(const hp_ledger *l) {
  return !atomic_load_explicit(&l->is_empty, memory_order_relaxed);
}

static _Atomic uint64_t *checksum_at(hp_ledger *l, uint32_t change) {
  return &l->checksums[change % N_COMMITS];
}

hp_ledger *hp_ledger_new(void) {
  hp_ledger *l = sqlite3_malloc64(sizeof *l);

  if (!l) return NULL;
  memset(l, 0, sizeof *l);
  pthread_mutex_init(&l->lock, NULL);
  atomic_store_explicit(&l->is_empty, true, memory_order_relaxed);
  return l;
}

void hp_ledger_free(hp_ledger *l) {
  if (!l) return;
  pthread_mutex_destroy(&l->lock);
  sqlite3_free(l);
}

void hp_ledger_after_fork(hp_ledger *l) {
  pthread_mutex_init(&l->lock, NULL);
  atomic_store_explicit(&l->is_empty, true, memory_order_relaxed);
  store(&l->seq, (load(&l->seq) + 1) & ~1u);
}

uint32_t hp_ledger_table(const char *name) {
  char lower[64];
  uint64_t h = 0;
  size_t n = 0;

  for (; *name; name++) {
    lower[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;
    if (n < sizeof lower) continue;
    h = h * 31 + hp_hash64(lower, n);
    n = 0;
  }
  h = h * 31 + hp_hash64(lower, n);
  return (uint32_t)(h ^ h >> 32);
}

/* ---- writing ---- */

static void write_begin(hp_ledger *l) {
  pthread_mutex_lock(&l->lock);
  store(&l->seq, load(&l->seq) + 1);
  atomic_thread_fence(memory_order_release);
}

static void write_end(hp_ledger *l) {
  atomic_store_explicit(&l->seq, load(&l->seq) + 1, memory_order_release);
  pthread_mutex_unlock(&l->lock);
}

static bool is_named(hp_ledger *l, hp_commit c) {
  return atomic_load_explicit(checksum_at(l, c.change), memory_order_relaxed) ==
         c.checksum;
}

static void name(hp_ledger *l, hp_commit c) {
  atomic_store_explicit(checksum_at(l, c.change), c.checksum,
                        memory_order_relaxed);
}

static void mark(hp_ledger *l, uint32_t change, const uint32_t *tables, int n) {
  for (int i = 0; i < n; i++) {
    _Atomic uint32_t *at = &l->written[tables[i] % N_TABLES];
    if (is_after(change, load(at))) store(at, change);
  }
}

/* Every table may have been written up to and with the first commit. */
static void forget(hp_ledger *l, hp_commit first) {
  store(&l->life, first.life);
  atomic_store_explicit(&l->is_empty, true, memory_order_relaxed);
  l->has_old = false;
  for (int i = 0; i < N_TABLES; i++) store(&l->written[i], first.change);
}

static void begin_chain(hp_ledger *l, hp_commit first) {
  l->has_old = is_in_use(l) && is_after(first.change, load(&l->last));
  l->old_first = load(&l->first);
  l->old_last = load(&l->last);
  store(&l->first, first.change);
  name(l, first);
  atomic_store_explicit(&l->is_empty, false, memory_order_relaxed);
}

static void append(hp_ledger *l, hp_commit after) {
  name(l, after);
  store(&l->last, after.change);
  if (after.change - load(&l->first) >= N_COMMITS) {
    store(&l->first, after.change - N_COMMITS + 1);
  }
}

static bool is_last(hp_ledger *l, hp_commit c) {
  return is_in_use(l) && load(&l->last) == c.change && is_named(l, c);
}

/* The missing link between the chain before the break and this one. */
static bool is_link(hp_ledger *l, hp_commit before, hp_commit after) {
  return l->has_old && l->old_last == before.change && is_named(l, before) &&
         load(&l->first) == after.change && is_named(l, after);
}

static void join(hp_ledger *l) {
  store(&l->first, l->old_first);
  if (load(&l->last) - l->old_first >= N_COMMITS) {
    store(&l->first, load(&l->last) - N_COMMITS + 1);
  }
  l->has_old = false;
}

void hp_ledger_put(hp_ledger *l, hp_commit before, hp_commit after,
                   const uint32_t *tables, int n) {
  write_begin(l);
  if (!is_in_use(l) || load(&l->life) != before.life) forget(l, before);
  mark(l, after.change, tables, n);
  if (is_link(l, before, after)) {
    join(l);
  } else {
    if (!is_last(l, before)) begin_chain(l, before);
    append(l, after);
  }
  write_end(l);
}

/* ---- reading ---- */

static bool holds(const hp_ledger *l, hp_commit c) {
  return !is_after(load(&l->first), c.change) &&
         !is_after(c.change, load(&l->last)) &&
         atomic_load_explicit(&l->checksums[c.change % N_COMMITS],
                              memory_order_relaxed) == c.checksum;
}

static bool is_untouched(const hp_ledger *l, uint32_t since,
                         const uint32_t *tables, int n) {
  for (int i = 0; i < n; i++) {
    if (is_after(load(&l->written[tables[i] % N_TABLES]), since)) return false;
  }
  return true;
}

static bool covers(const hp_ledger *l, hp_commit x, hp_commit y,
                   const uint32_t *tables, int n) {
  uint32_t since = is_after(x.change, y.change) ? y.change : x.change;

  return load(&l->life) == x.life && x.life == y.life && is_in_use(l) &&
         holds(l, x) && holds(l, y) && is_untouched(l, since, tables, n);
}

bool hp_ledger_covers(const hp_ledger *l, hp_commit x, hp_commit y,
                      const uint32_t *tables, int n) {
  uint32_t seq;
  bool is_covered;

  if (x.life == y.life && x.change == y.change && x.checksum == y.checksum) {
    return true;
  }
  seq = atomic_load_explicit(&l->seq, memory_order_acquire);
  if (seq & 1) return false;
  is_covered = covers(l, x, y, tables, n);
  atomic_thread_fence(memory_order_acquire);
  return is_covered && load(&l->seq) == seq;
}

static bool read_last(const hp_ledger *l, uint32_t life, hp_commit *out) {
  uint32_t change = load(&l->last);

  *out = (hp_commit){life, change,
                     atomic_load_explicit(&l->checksums[change % N_COMMITS],
                                          memory_order_relaxed)};
  return is_in_use(l) && load(&l->life) == life;
}

bool hp_ledger_last(const hp_ledger *l, uint32_t life, hp_commit *out) {
  uint32_t seq = atomic_load_explicit(&l->seq, memory_order_acquire);
  bool is_known;

  if (seq & 1) return false;
  is_known = read_last(l, life, out);
  atomic_thread_fence(memory_order_acquire);
  return is_known && load(&l->seq) == seq;
}
