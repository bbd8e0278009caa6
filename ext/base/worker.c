/* SPDX-License-Identifier: MIT */
#include "base/worker.h"
#include "base/clock.h"
#include "base/sqlite_api.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

#define STACK_BYTES (512 * 1024)

typedef struct job {
  void (*run)(void *arg);
  void *arg;
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* All below is guarded by lock. Jobs first to n_submitted - 1 wait, in a ring.
 */
static job ring[HP_WORKER_QUEUE];
static uint64_t n_taken, n_submitted, n_done;
static bool is_running;

bool hp_worker_is_possible(void) {
  sqlite3_mutex *m;
  bool is_real;

  if (!HP_HAS_API(mutex_alloc) || !sqlite3_threadsafe()) return false;
  m = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
  /* SQLite configured for a single thread hands out the address 8. */
  is_real = m && m != (sqlite3_mutex *)8;
  sqlite3_mutex_free(m);
  return is_real;
}

static bool wait_for_job(void) {
  struct timespec until = hp_clock_deadline(HP_WORKER_IDLE_MS);

  while (n_taken == n_submitted) {
    if (pthread_cond_timedwait(&changed, &lock, &until)) break;
  }
  return n_taken != n_submitted;
}

static void *work(void *unused) {
  pthread_mutex_lock(&lock);
  while (wait_for_job()) {
    job j = ring[n_taken++ % HP_WORKER_QUEUE];
    pthread_mutex_unlock(&lock);
    j.run(j.arg);
    pthread_mutex_lock(&lock);
    n_done++;
    pthread_cond_broadcast(&changed);
  }
  is_running = false;
  pthread_mutex_unlock(&lock);
  return unused;
}

/* The thread takes no signals: they are for the application. */
static bool start(void) {
  sigset_t all, before;
  pthread_attr_t attr;
  pthread_t thread;
  int rc;

  if (pthread_attr_init(&attr)) return false;
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  rc = pthread_create(&thread, &attr, work, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
  return rc == 0;
}

bool hp_worker_submit(void (*run)(void *arg), void *arg) {
  bool ok;

  pthread_mutex_lock(&lock);
  ok = n_submitted - n_taken < HP_WORKER_QUEUE;
  if (ok && !is_running) ok = is_running = start();
  if (ok) {
    ring[n_submitted++ % HP_WORKER_QUEUE] = (job){run, arg};
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&lock);
  return ok;
}

void hp_worker_drain(void) {
  uint64_t until;

  pthread_mutex_lock(&lock);
  until = n_submitted;
  while (n_done < until) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

void hp_worker_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&changed, NULL);
  n_taken = n_submitted = n_done = 0;
  is_running = false;
}
