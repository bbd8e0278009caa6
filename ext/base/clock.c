/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#define HAS_COUNTER 1
#else
#define HAS_COUNTER 0
#endif

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

#if HAS_COUNTER

#define FIRST_TUNING_NS 50000
#define SCALE_BITS      24

__extension__ typedef unsigned __int128 wide;

/* The time is at_ns + (counter - at) * rate >> SCALE_BITS. at and at_ns are
** set before the first rate and never again. */
static struct {
  atomic_flag is_started;
  uint64_t at;
  int64_t at_ns;
  int64_t tuned_ns;      /* age at the last tuning; the tuner's */
  atomic_flag is_tuning; /* one thread at a time */
  _Atomic uint64_t rate; /* 0: the counter is not used */
} fast = {.is_started = ATOMIC_FLAG_INIT, .is_tuning = ATOMIC_FLAG_INIT};

static bool is_constant(void) {
  unsigned a, b, c, d;

  return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

static int64_t scaled(uint64_t counter, uint64_t rate) {
  return fast.at_ns + (int64_t)((wide)(counter - fast.at) * rate >> SCALE_BITS);
}

int64_t hp_clock_fast_ns(void) {
  uint64_t rate = atomic_load_explicit(&fast.rate, memory_order_acquire);

  return rate ? scaled(__rdtsc(), rate) : hp_clock_ns();
}

static uint64_t measured_rate(int64_t now_ns, uint64_t counter) {
  return (uint64_t)(((wide)(uint64_t)(now_ns - fast.at_ns) << SCALE_BITS) /
                    (counter - fast.at));
}

static void start(void) {
  int64_t now_ns;

  if (atomic_flag_test_and_set(&fast.is_started) || !is_constant()) return;
  fast.at_ns = hp_clock_ns();
  fast.at = __rdtsc();
  do now_ns = hp_clock_ns();
  while (now_ns - fast.at_ns < FIRST_TUNING_NS);
  fast.tuned_ns = now_ns - fast.at_ns;
  atomic_store_explicit(&fast.rate, measured_rate(now_ns, __rdtsc()),
                        memory_order_release);
}

/* The rate is set again whenever the clock is four times as old. */
static void tune(uint64_t rate) {
  int64_t now_ns = hp_clock_ns(), age = now_ns - fast.at_ns;
  uint64_t counter = __rdtsc(), better = measured_rate(now_ns, counter);
  uint64_t off = better > rate ? better - rate : rate - better;

  if (off > rate / 100) {
    atomic_store_explicit(&fast.rate, 0, memory_order_release);
  } else if (age >= fast.tuned_ns * 4) {
    fast.tuned_ns = age;
    atomic_store_explicit(&fast.rate, better, memory_order_release);
  }
}

void hp_clock_tune(void) {
  uint64_t rate = atomic_load_explicit(&fast.rate, memory_order_acquire);

  if (!rate) {
    start();
    return;
  }
  if (atomic_flag_test_and_set(&fast.is_tuning)) return;
  tune(rate);
  atomic_flag_clear(&fast.is_tuning);
}

#else

int64_t hp_clock_fast_ns(void) {
  return hp_clock_ns();
}

void hp_clock_tune(void) {}

#endif

struct timespec hp_clock_deadline(int64_t in_ms) {
  int64_t at = read_ns(CLOCK_REALTIME) + in_ms * 1000000;

  return (struct timespec){.tv_sec = at / 1000000000,
                           .tv_nsec = at % 1000000000};
}
