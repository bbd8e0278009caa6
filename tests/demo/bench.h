/* SPDX-License-Identifier: MIT
**
** The pipeline as a benchmark: each step from naive to hotpath, several runs,
** medians, all compared with the first for equal results.
*/
#ifndef DEMO_BENCH_H
#define DEMO_BENCH_H

#include "demo/options.h"

/* Prints one line a step and the ratio naive / hotpath. Returns 0, or 1 after
** a sentence on stderr. */
int demo_bench(const demo_options *options);

#endif
