#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What hotpath.so shows to the dynamic linker: one symbol out, none of SQLite
# in, nothing but libc needed, never unmapped, no fortified calls (they are
# missing in musl).
#
# Environment: SO (hotpath.so), ROOT (the checkout).
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
SO=${SO:-$ROOT/build/hotpath.so}
passed=0
failed=0

# check SENTENCE WANTED GOT
check() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "symbols: $1: wanted '$2', got '$3'"
  fi
}

undefined=$(nm -D --undefined-only "$SO" | awk '{print $NF}')
needed=$(readelf -d "$SO" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
undef() {
  printf '%s\n' "$undefined" | grep "$1" | tr '\n' ' '
}

check "exactly the symbols of tests/exports.txt are exported" \
  "$(sort "$ROOT/tests/exports.txt" | tr '\n' ' ')" \
  "$(nm -D --defined-only "$SO" | awk '{print $NF}' | sort | tr '\n' ' ')"
check "SQLite is called through the host's table only" \
  "" "$(undef '^sqlite3_')"
check "no fortified call is left" "" "$(undef '_chk\(@\|$\)')"
check "nothing but libc is needed" \
  "" "$(printf '%s\n' "$needed" | grep -Ev '^(libc|ld-linux.*|libpthread|libdl)\.so\.[0-9]+$' | tr '\n' ' ')"
check "the library is never unmapped" \
  "yes" "$(readelf -d "$SO" | grep -q NODELETE && echo yes || echo no)"
check "no executable stack" \
  "no" "$(readelf -lW "$SO" | awk '/GNU_STACK/ {print ($7 ~ /E/) ? "yes" : "no"}')"
check "no text relocation" \
  "no" "$(readelf -d "$SO" | grep -q TEXTREL && echo yes || echo no)"

echo "symbols: $passed passed, $failed failed"
[ "$failed" = 0 ]
