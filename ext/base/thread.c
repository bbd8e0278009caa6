/* SPDX-License-Identifier: MIT */
#include "base/thread.h"
#include "base/sqlite_api.h"

#include <pthread.h>
#include <signal.h>

#define STACK_BYTES (512 * 1024)

bool hp_thread_is_possible(void) {
  sqlite3_mutex *m;
  bool is_real;

  if (!HP_HAS_API(mutex_alloc) || !sqlite3_threadsafe()) return false;
  m = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
  /* SQLite configured for a single thread hands out the address 8. */
  is_real = m && m != (sqlite3_mutex *)8;
  sqlite3_mutex_free(m);
  return is_real;
}

bool hp_thread_start(void *(*run)(void *unused)) {
  sigset_t all, before;
  pthread_attr_t attr;
  pthread_t thread;
  int rc;

  if (pthread_attr_init(&attr)) return false;
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  rc = pthread_create(&thread, &attr, run, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
  return rc == 0;
}
