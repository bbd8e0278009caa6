/* SPDX-License-Identifier: MIT */
#include "base/worker.h"
#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdint.h>

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

bool hp_worker_submit(void (*run)(void *arg), void *arg) {
  bool ok;

  pthread_mutex_lock(&lock);
  ok = n_submitted - n_taken < HP_WORKER_QUEUE;
  if (ok && !is_running) ok = is_running = hp_thread_start(work);
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
