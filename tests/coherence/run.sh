#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The coherence test on the real hotpath.so: COHERENCE_S seconds per mode (2).
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
for mode in wal checkpoint delete persist; do
  if $HOST_WRAP "$BIN/coherence" "$SO" "$dir" $mode "${COHERENCE_S:-2}" \
      ${COHERENCE_SEED:+"$COHERENCE_SEED"}; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "coherence: $passed passed, $failed failed"
[ "$failed" = 0 ]
