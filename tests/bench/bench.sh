#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the benches built below directory $1 against its hotpath.so:
#
#     BENCH=hit bench.sh build      one of them
#     BENCH_MS=100 bench.sh build   longer runs
#
# Figures are medians of runs by turns in one process; a missed target is
# shown, not an error. Fails if a bench cannot run.
set -u
SO=$1/hotpath.so
export SO
failed=0
[ -r /proc/loadavg ] &&
  echo "machine: $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)" \
    "(a busy machine spoils ratios, that of threads most)"
for program in "$1"/bin/tests/bench/bench_${BENCH:-*}; do
  [ -x "$program" ] || continue
  "$program"
  status=$?
  if [ $status != 0 ] && [ $status != 3 ]; then
    echo "bench: $(basename "$program") ended with $status" >&2
    failed=1
  fi
done
exit $failed
