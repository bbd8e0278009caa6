/* SPDX-License-Identifier: MIT */
#include "cache/flight.h"
#include "base/clock.h"
#include "base/sqlite_api.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define SLICE_MS        10 /* between two looks at is_cancelled */
#define DEFAULT_WAIT_MS 2000

/* Its address tells threads apart. */
static _Thread_local char self;

struct hp_flight {
  hp_key key;
  const void *leader; /* thread */
  bool is_over, is_doomed;
  hp_flight_outcome outcome; /* once over */
  int n_users;               /* the leader until the end, and who waits */
  pthread_cond_t over;
  hp_flight *next;
};

/* A thread that waits; lives on its stack. */
typedef struct waiter {
  const void *thread;
  const hp_flight *flight;
  struct waiter *next;
} waiter;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_flight *flights; /* not yet over; guarded by lock, like all below */
static waiter *waiters;

static _Atomic int64_t default_wait_ms = DEFAULT_WAIT_MS;

int64_t hp_flight_wait_ms(void) {
  return atomic_load_explicit(&default_wait_ms, memory_order_relaxed);
}

void hp_flight_set_wait_ms(int64_t wait_ms) {
  atomic_store_explicit(&default_wait_ms, wait_ms, memory_order_relaxed);
}

static hp_flight *find(const hp_key *key) {
  hp_flight *f = flights;

  while (f && (f->key.lo != key->lo || f->key.hi != key->hi)) f = f->next;
  return f;
}

static hp_flight *new_flight(const hp_key *key) {
  hp_flight *f = sqlite3_malloc64(sizeof *f);
  pthread_condattr_t attr;

  if (!f) return NULL;
  *f = (hp_flight){.key = *key, .leader = &self, .n_users = 1};
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&f->over, &attr);
  pthread_condattr_destroy(&attr);
  f->next = flights;
  flights = f;
  return f;
}

static void leave(hp_flight *f) {
  if (--f->n_users) return;
  pthread_cond_destroy(&f->over);
  sqlite3_free(f);
}

static const waiter *find_waiter(const void *thread) {
  const waiter *w = waiters;

  while (w && w->thread != thread) w = w->next;
  return w;
}

/* Does f's leader, directly or through others, wait for this thread? */
static bool is_circle(const hp_flight *f) {
  const waiter *w;

  while (f->leader != &self) {
    w = find_waiter(f->leader);
    if (!w) return false;
    f = w->flight;
  }
  return true;
}

static struct timespec time_in(int64_t ms) {
  int64_t ns = hp_clock_ns() + ms * 1000000;

  return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
                           .tv_nsec = (long)(ns % 1000000000)};
}

/* Asks without the lock: who answers may run SQL. */
static bool ask(bool (*is_cancelled)(void *arg), void *arg) {
  bool answer;

  if (!is_cancelled) return false;
  pthread_mutex_unlock(&lock);
  answer = is_cancelled(arg);
  pthread_mutex_lock(&lock);
  return answer;
}

/* Waits in slices, so that an interrupt is noticed soon. A flight that leads
** elsewhere in between may close a circle: that too is looked at each time. */
static void wait_for(hp_flight *f, int64_t wait_ms,
                     bool (*is_cancelled)(void *arg), void *arg) {
  while (!f->is_over && wait_ms > 0 && !is_circle(f)) {
    int64_t slice = wait_ms < SLICE_MS ? wait_ms : SLICE_MS;
    struct timespec until = time_in(slice);

    pthread_cond_timedwait(&f->over, &lock, &until);
    wait_ms -= slice;
    if (!f->is_over && ask(is_cancelled, arg)) return;
  }
}

static hp_flight_role role_after(const hp_flight *f) {
  if (!f->is_over || f->outcome == HP_FLIGHT_PRIVATE) return HP_FLIGHT_ALONE;
  return HP_FLIGHT_AGAIN;
}

static hp_flight_role join(hp_flight *f, int64_t wait_ms,
                           bool (*is_cancelled)(void *arg), void *arg) {
  waiter me = {.thread = &self, .flight = f, .next = waiters}, **at;
  hp_flight_role role;

  f->n_users++;
  waiters = &me;
  wait_for(f, wait_ms, is_cancelled, arg);
  for (at = &waiters; *at && *at != &me; at = &(*at)->next) {
  }
  if (*at) *at = me.next;
  role = role_after(f);
  leave(f);
  return role;
}

hp_flight_role hp_flight_begin(const hp_key *key, int64_t wait_ms,
                               bool (*is_cancelled)(void *arg), void *arg,
                               hp_flight **out) {
  hp_flight_role role;
  hp_flight *f;

  *out = NULL;
  pthread_mutex_lock(&lock);
  f = find(key);
  if (!f) {
    *out = new_flight(key);
    role = *out ? HP_FLIGHT_LEAD : HP_FLIGHT_ALONE;
  } else if (f->leader == &self) {
    role = HP_FLIGHT_CYCLE;
  } else {
    role = join(f, wait_ms, is_cancelled, arg);
  }
  pthread_mutex_unlock(&lock);
  return role;
}

int hp_flight_publish(hp_flight *f, int (*put)(void *arg), void *arg) {
  int rc;

  pthread_mutex_lock(&lock);
  rc = f->is_doomed ? SQLITE_ABORT : put(arg);
  pthread_mutex_unlock(&lock);
  return rc;
}

void hp_flight_end(hp_flight *f, hp_flight_outcome outcome) {
  hp_flight **at = &flights;

  pthread_mutex_lock(&lock);
  while (*at && *at != f) at = &(*at)->next;
  if (*at) *at = f->next;
  f->is_over = true;
  f->outcome = outcome;
  pthread_cond_broadcast(&f->over);
  leave(f);
  pthread_mutex_unlock(&lock);
}

void hp_flight_doom(const hp_key *key) {
  pthread_mutex_lock(&lock);
  for (hp_flight *f = flights; f; f = f->next) {
    if (!key || (f->key.lo == key->lo && f->key.hi == key->hi)) {
      f->is_doomed = true;
    }
  }
  pthread_mutex_unlock(&lock);
}

/* The parent's flights are leaked: their leaders and waiters are not here. */
void hp_flight_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  flights = NULL;
  waiters = NULL;
}
