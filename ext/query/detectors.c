/* SPDX-License-Identifier: MIT */
#include "query/detectors.h"
#include "query/suspects.h"

#include <pthread.h>
#include <string.h>

typedef struct parked {
  hp_nplus1 *detector;
  uint64_t database;
  pthread_t thread;
} parked;

static struct {
  pthread_mutex_t lock;
  int n;
  parked all[HP_DETECTORS];
} park = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Takes out the i-th. */
static hp_nplus1 *take_out(int i) {
  hp_nplus1 *d = park.all[i].detector;

  park.n--;
  memmove(&park.all[i], &park.all[i + 1],
          (size_t)(park.n - i) * sizeof park.all[0]);
  return d;
}

static hp_nplus1 *find(uint64_t database) {
  hp_nplus1 *d = NULL;
  int i;

  pthread_mutex_lock(&park.lock);
  for (i = park.n - 1; i >= 0 && !d; i--)
    if (park.all[i].database == database &&
        pthread_equal(park.all[i].thread, pthread_self()))
      d = take_out(i);
  pthread_mutex_unlock(&park.lock);
  return d;
}

static void flush_and_free(hp_nplus1 *d) {
  if (d) hp_nplus1_flush(d);
  hp_nplus1_free(d);
}

hp_nplus1 *hp_detectors_take(uint64_t database) {
  hp_nplus1 *d = database ? find(database) : NULL;

  return d ? d : hp_nplus1_new(hp_suspects_add, NULL);
}

void hp_detectors_give(uint64_t database, hp_nplus1 *d) {
  hp_nplus1 *oldest = NULL;

  if (!d || database == 0) {
    flush_and_free(d);
    return;
  }
  pthread_mutex_lock(&park.lock);
  if (park.n == HP_DETECTORS) oldest = take_out(0);
  park.all[park.n++] = (parked){d, database, pthread_self()};
  pthread_mutex_unlock(&park.lock);
  flush_and_free(oldest);
}

void hp_detectors_flush(void) {
  int i;

  pthread_mutex_lock(&park.lock);
  for (i = 0; i < park.n; i++) hp_nplus1_flush(park.all[i].detector);
  pthread_mutex_unlock(&park.lock);
}

void hp_detectors_before_fork(void) {
  pthread_mutex_lock(&park.lock);
}

void hp_detectors_after_fork(void) {
  pthread_mutex_unlock(&park.lock);
}
