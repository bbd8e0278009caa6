/* SPDX-License-Identifier: MIT
**
** The one place that reads time. Everything else takes time as an argument.
** All functions are thread-safe and cannot fail.
*/
#ifndef HP_BASE_CLOCK_H
#define HP_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of the monotonic clock: for durations. */
int64_t hp_clock_ns(void);

/* Milliseconds of the monotonic clock, cheap and coarse (a few ms): for ages
** and expiry. */
int64_t hp_clock_ms(void);

/* Milliseconds since 1970 UTC: for showing a time to a person. */
int64_t hp_clock_wall_ms(void);

#endif
