#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The oracle on the real hotpath.so. OPS: operations in all (1000000);
# SEED: the first seed (1).
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
ops=${OPS:-1000000} seed=${SEED:-1}
passed=0 failed=0

# Share of the operations in percent, mode, processes, threads, connections.
check() {
  n=$((ops * $1 / 100 / ($3 * $4)))
  rm -f "$dir"/*.db*
  if $HOST_WRAP "$BIN/oracle" "$SO" "$dir" "$2" $n "$seed" "$3" "$4" "$5"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  seed=$((seed + 1))
}
check 50 wal 1 1 4
check 20 delete 1 1 4
check 25 wal 2 2 2
check 4 delete 2 1 2
STUTTER_MS=130
export STUTTER_MS
check 1 wal 2 2 2
echo "oracle: $passed passed, $failed failed"
[ "$failed" = 0 ]
