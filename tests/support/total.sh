#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the make targets given and adds up what they say: each prints a line
# "NAME: N passed, M failed". A target that fails without a failed test, or
# that says nothing, counts as one failure. The last line is the sum.
#
#     total.sh unit sql ...
set -u
out=$(mktemp)
trap 'rm -f "$out"' EXIT
all_passed=0
all_failed=0

for target in "$@"; do
  { "${MAKE:-make}" --no-print-directory -s "$target" 2>&1
    echo "exit status $?"; } | tee "$out" | grep -v '^exit status [0-9]*$'
  # shellcheck disable=SC2046 # two numbers and a status
  set -- $(awk '
    /^[a-z0-9_-]+: [0-9]+ passed, [0-9]+ failed$/ { p += $2; f += $4 }
    /^exit status / { status = $3 }
    END { print p + 0, f + 0, status }' "$out")
  if [ "$2" = 0 ] && { [ "$3" != 0 ] || [ "$1" = 0 ]; }; then
    echo "$target: failed (exit status $3) without a count"
    set -- "$1" 1
  fi
  all_passed=$((all_passed + $1))
  all_failed=$((all_failed + $2))
done
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" = 0 ]
