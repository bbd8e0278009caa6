/* SPDX-License-Identifier: MIT */
#include "base/watchdog.h"
#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>

#define REPEAT_MS 10
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t is_ready = PTHREAD_ONCE_INIT;
static pthread_cond_t changed; /* by the monotonic clock */
static hp_watch *watches;      /* guarded by lock, like all below */
static bool is_running;

static void make_ready(void) {
  pthread_condattr_t attr;

  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&changed, &attr);
  pthread_condattr_destroy(&attr);
}

/* Again and again until the watch ends: SQLite forgets an interrupt when the
** first statement of a connection begins, and that may be the one meant. */
static void fire_due(int64_t now_ns) {
  for (hp_watch *w = watches; w; w = w->next) {
    if (w->due_ns > now_ns) continue;
    w->is_fired = true;
    w->due_ns = now_ns + REPEAT_MS * NS_PER_MS;
    sqlite3_interrupt(w->db);
  }
}

/* When something is due; with nothing to wait for, when the thread ends. */
static int64_t wake_ns(int64_t now_ns) {
  int64_t at_ns = now_ns + HP_WATCHDOG_IDLE_MS * NS_PER_MS;

  for (const hp_watch *w = watches; w; w = w->next) {
    if (w->due_ns < at_ns) at_ns = w->due_ns;
  }
  return at_ns;
}

/* False after a whole wait without a watch. */
static bool wait_for_watch(void) {
  int64_t at_ns = wake_ns(hp_clock_ns());
  struct timespec until = {.tv_sec = at_ns / NS_PER_S,
                           .tv_nsec = at_ns % NS_PER_S};

  return pthread_cond_timedwait(&changed, &lock, &until) == 0 || watches;
}

static void *watch(void *unused) {
  pthread_mutex_lock(&lock);
  do fire_due(hp_clock_ns());
  while (wait_for_watch());
  is_running = false;
  pthread_mutex_unlock(&lock);
  return unused;
}

bool hp_watchdog_begin(hp_watch *w, sqlite3 *db, int64_t after_ms) {
  bool ok;

  *w = (hp_watch){.db = db, .due_ns = hp_clock_ns() + after_ms * NS_PER_MS};
  pthread_once(&is_ready, make_ready);
  pthread_mutex_lock(&lock);
  ok = is_running;
  if (!ok && hp_thread_is_possible()) ok = is_running = hp_thread_start(watch);
  if (ok) {
    w->next = watches;
    watches = w;
    pthread_cond_signal(&changed);
  }
  pthread_mutex_unlock(&lock);
  return ok;
}

bool hp_watchdog_end(hp_watch *w) {
  hp_watch **at = &watches;
  bool is_fired;

  pthread_mutex_lock(&lock);
  while (*at && *at != w) at = &(*at)->next;
  if (*at) *at = w->next;
  is_fired = w->is_fired;
  pthread_mutex_unlock(&lock);
  return is_fired;
}

void hp_watchdog_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  make_ready();
  watches = NULL;
  is_running = false;
}
