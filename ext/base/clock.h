/* SPDX-License-Identifier: MIT
**
** The one place that reads time. Everything else takes time as an argument.
** All functions are thread-safe and cannot fail.
*/
#ifndef HP_BASE_CLOCK_H
#define HP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of the monotonic clock: for durations. */
int64_t hp_clock_ns(void);

/*
** The same, cheaper: from the processor's time-stamp counter where that runs
** at a constant rate (x86-64), otherwise hp_clock_ns() itself. Not to be mixed
** with hp_clock_ns() in one difference: the rate is known to within 0.1 % at
** first, and better the longer the process runs.
*/
int64_t hp_clock_fast_ns(void);

/* Compares the fast clock with the monotonic one and sets its rate; gives the
** counter up for good if it turns out not to be constant (a virtual machine
** that moved). Call it now and then; the first call takes some 50 µs. */
void hp_clock_tune(void);

/* Milliseconds of the monotonic clock, cheap and coarse (a few ms): for ages
** and expiry. */
int64_t hp_clock_ms(void);

/* Milliseconds since 1970 UTC: for showing a time to a person. */
int64_t hp_clock_wall_ms(void);

/* The moment in ms from now, for pthread_cond_timedwait(). */
struct timespec hp_clock_deadline(int64_t in_ms);

#endif
