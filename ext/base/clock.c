/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

#ifdef CLOCK_MONOTONIC_COARSE
#define COARSE CLOCK_MONOTONIC_COARSE
#else
#define COARSE CLOCK_MONOTONIC
#endif

static int64_t read_ns(clockid_t id) {
  struct timespec t;

  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t hp_clock_ns(void) {
  return read_ns(CLOCK_MONOTONIC);
}

int64_t hp_clock_ms(void) {
  return read_ns(COARSE) / 1000000;
}

int64_t hp_clock_wall_ms(void) {
  return read_ns(CLOCK_REALTIME) / 1000000;
}
