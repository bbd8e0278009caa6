#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Black-box tests: each tests/sql/NAME.sql runs in the stock sqlite3 shell
# with the real hotpath.so loaded, on the new file test.db, in an empty
# directory where ./hotpath is the extension and ./root this checkout. A test
# is a row that says what is expected and whether it is so:
#
#     SELECT 'a sentence', expr IS expected;
#
# Every line that begins with SELECT '...' must give at least one row, and
# each of its rows must end with |1. A statement that must fail is announced
# by the line above it, with a part of its message:
#
#     -- error: no such table: nowhere
#     SELECT * FROM nowhere;
#
# Lines without '|' are noise; any other error is a failure, and so is a
# crash. tests/sql/NAME.sh is the same in shell: it prints sentence|0 or |1.
#
#     run.sh [NAME ...]      all of them, or these
#
# Environment: SO (hotpath.so), ROOT (the checkout), and HOST_WRAP, a command
# to run the shell under (valgrind; env LD_PRELOAD=...).
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
SO=${SO:-$ROOT/build/hotpath.so}
HOST_WRAP=${HOST_WRAP:-}
export ROOT SO HOST_WRAP
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
passed=0
failed=0

# Runs case file $1; leaves out, err and status in the current directory.
run_case() {
  case $1 in
  *.sql) # shellcheck disable=SC2086 # HOST_WRAP is several words
    timeout 120 $HOST_WRAP sqlite3 -batch -list -cmd ".load ./hotpath" test.db \
      <"$1" >out 2>err
    ;;
  *) timeout 120 sh "$1" >out 2>err ;;
  esac
  echo $? >status
}

names=${*:-$(cd "$here" && printf "%s\n" *.sql *.sh |
  sed "/^run.sh$/d; /^\*/d; s/\.sql$//; s/\.sh$//")}
for name in $names; do
  mkdir "$work/$name" && cd "$work/$name" || exit 1
  ln -s "$SO" hotpath.so && ln -s "$ROOT" root || exit 1
  file=$here/$name.sql
  [ -e "$file" ] || file=$here/$name.sh
  run_case "$file"
  awk -v name="$name" -v status="$(cat status)" -f "$here/judge.awk" \
    "$file" out err >verdict
  sed '$d' verdict
  # shellcheck disable=SC2046 # the last line is two numbers
  set -- $(tail -n 1 verdict)
  passed=$((passed + $1))
  failed=$((failed + $2))
done
echo "sql: $passed passed, $failed failed"
[ "$failed" = 0 ]
