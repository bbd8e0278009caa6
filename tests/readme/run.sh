#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The sessions shown in README.md and docs/*.md are true: each fenced block
# of the kind `console` with lines "sqlite> ..." (continued by "   ...> ") is
# typed into the sqlite3 shell, and what it prints must be the block's other
# lines. The blocks of one document share a directory, so a later one can use
# what an earlier one made. A line "$ sqlite3 FILE" names the database; other
# "$" lines are not run.
#
# Environment: SO (hotpath.so), ROOT (the checkout), HOST_WRAP (a command to
# run the shell under).
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
SO=${SO:-$ROOT/build/hotpath.so}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
passed=0
failed=0

# Splits document $1 into 1.block, 2.block ... of the current directory.
split_blocks() {
  awk '
    /^```console$/ { inside = 1; n++; next }
    /^```$/ { inside = 0 }
    inside { print > (n ".block") }' "$1"
}

# Runs block file $1; true if it prints what it says.
is_true() {
  file=$(sed -n 's/^\$ sqlite3 //p' "$1" | head -n 1)
  sed -n 's/^sqlite> //p; s/^   \.\.\.> //p' "$1" >input
  grep -v '^sqlite> \|^   \.\.\.> \|^\$ ' "$1" >wanted
  # shellcheck disable=SC2086 # HOST_WRAP is several words
  ${HOST_WRAP:-} sqlite3 -batch "${file:-:memory:}" <input >got 2>&1
  diff wanted got >difference
}

for document in "$ROOT"/README.md "$ROOT"/docs/*.md; do
  name=$(basename "$document" .md)
  mkdir "$work/$name" && cd "$work/$name" && ln -s "$SO" hotpath.so || exit 1
  split_blocks "$document"
  for block in *.block; do
    grep -q '^sqlite> ' "$block" 2>/dev/null || continue
    if is_true "$block"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "readme: session ${block%.block} of $name.md (< shown, > printed):"
      cat difference
    fi
  done
done
echo "readme: $passed passed, $failed failed"
[ "$failed" = 0 ]
