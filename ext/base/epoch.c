/* SPDX-License-Identifier: MIT */
#include "base/epoch.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* An object that waits for its last reader. */
typedef struct retired {
  void *p;
  void (*free_fn)(void *);
  uint64_t epoch; /* sections that began at or before this may see p */
  struct retired *next;
} retired;

_Atomic uint64_t hp_epoch_now = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_reader *readers; /* guarded by lock, like all below */
static retired *waiting;
static int n_waiting;
static int n_enough; /* to be worth looking which are free */

/* Records for when there is no memory; guarded by lock. */
#define N_SPARES 64
static retired spares[N_SPARES];
static bool is_taken[N_SPARES];

hp_reader *hp_reader_new(void) {
  hp_reader *r;

  /* Its own cache line: sqlite3_malloc aligns to 8 only. */
  if (posix_memalign((void **)&r, 64, sizeof *r)) return NULL;
  *r = (hp_reader){.epoch = 0};
  pthread_mutex_lock(&lock);
  r->next = readers;
  readers = r;
  pthread_mutex_unlock(&lock);
  return r;
}

void hp_reader_free(hp_reader *r) {
  hp_reader **at;

  if (!r) return;
  pthread_mutex_lock(&lock);
  for (at = &readers; *at != r; at = &(*at)->next) {
  }
  *at = r->next;
  pthread_mutex_unlock(&lock);
  free(r);
  hp_epoch_collect();
}

void hp_pin_add(hp_reader *r, hp_pin *pin) {
  pthread_mutex_lock(&lock);
  pin->next = r->pins;
  r->pins = pin;
  pthread_mutex_unlock(&lock);
}

void hp_pin_remove(hp_reader *r, hp_pin *pin) {
  hp_pin **at;

  pthread_mutex_lock(&lock);
  for (at = &r->pins; *at != pin; at = &(*at)->next) {
  }
  *at = pin->next;
  pthread_mutex_unlock(&lock);
}

/* True if a section that began at or before epoch is open. */
static bool is_entered(const hp_reader *r, uint64_t epoch) {
  uint64_t at = atomic_load_explicit(&r->epoch, memory_order_seq_cst);

  return at != 0 && at <= epoch;
}

static bool is_pinned(const hp_reader *r, const void *p) {
  for (const hp_pin *pin = r->pins; pin; pin = pin->next) {
    if (atomic_load_explicit(&pin->held, memory_order_acquire) == p) {
      return true;
    }
  }
  return false;
}

/* Sections before pins: a reader sets its pin before it leaves its section,
** so one that is seen outside has its pin visible. */
static bool is_in_use(const retired *x) {
  for (const hp_reader *r = readers; r; r = r->next) {
    if (is_entered(r, x->epoch) || is_pinned(r, x->p)) return true;
  }
  return false;
}

/* Moves what nobody uses from the waiting list to the returned one. */
static retired *take_free(void) {
  retired **at = &waiting, *out = NULL;

  while (*at) {
    retired *x = *at;
    if (is_in_use(x)) {
      at = &x->next;
      continue;
    }
    *at = x->next;
    x->next = out;
    out = x;
    n_waiting--;
  }
  return out;
}

static retired *take_spare(void) {
  retired *x = NULL;

  pthread_mutex_lock(&lock);
  for (int i = 0; i < N_SPARES && !x; i++) {
    if (is_taken[i]) continue;
    is_taken[i] = true;
    x = &spares[i];
  }
  pthread_mutex_unlock(&lock);
  return x;
}

static void free_record(retired *x) {
  if (x < spares || x >= spares + N_SPARES) {
    sqlite3_free(x);
    return;
  }
  pthread_mutex_lock(&lock);
  is_taken[x - spares] = false;
  pthread_mutex_unlock(&lock);
}

int hp_epoch_collect(void) {
  retired *done;
  int left;

  pthread_mutex_lock(&lock);
  done = take_free();
  left = n_waiting;
  n_enough = 2 * left;
  pthread_mutex_unlock(&lock);
  while (done) {
    retired *x = done;
    done = x->next;
    x->free_fn(x->p);
    free_record(x);
  }
  return left;
}

static void free_after_waiting(void *p, void (*free_fn)(void *)) {
  retired x = {.p = p, .epoch = 0};
  bool in_use;

  hp_epoch_synchronize();
  pthread_mutex_lock(&lock);
  in_use = is_in_use(&x);
  pthread_mutex_unlock(&lock);
  if (!in_use) free_fn(p);
}

void hp_epoch_retire(void *p, void (*free_fn)(void *)) {
  retired *x = sqlite3_malloc64(sizeof *x);
  bool is_time;

  if (!x) x = take_spare();
  if (!x) {
    free_after_waiting(p, free_fn);
    return;
  }
  *x = (retired){.p = p, .free_fn = free_fn};
  x->epoch = atomic_fetch_add_explicit(&hp_epoch_now, 1, memory_order_seq_cst);
  pthread_mutex_lock(&lock);
  x->next = waiting;
  waiting = x;
  /* Looking at them each time would be quadratic while a reader stays. */
  is_time = ++n_waiting > n_enough;
  pthread_mutex_unlock(&lock);
  if (is_time) hp_epoch_collect();
}

void hp_epoch_synchronize(void) {
  uint64_t epoch =
      atomic_fetch_add_explicit(&hp_epoch_now, 1, memory_order_seq_cst);

  pthread_mutex_lock(&lock);
  for (const hp_reader *r = readers; r; r = r->next) {
    while (is_entered(r, epoch)) sched_yield();
  }
  pthread_mutex_unlock(&lock);
}

/* What waited is leaked: its owners have forgotten it (it may be half way to
** being freed by a thread that is not here). */
void hp_epoch_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  waiting = NULL;
  n_waiting = n_enough = 0;
  memset(is_taken, 0, sizeof is_taken);
  for (hp_reader *r = readers; r; r = r->next) {
    atomic_store_explicit(&r->epoch, 0, memory_order_release);
  }
}
