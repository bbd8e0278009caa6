#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Hosts: programs in other languages load the real hotpath.so, work with it
# and end in every way a program can. Each case is "host file arguments",
# run in an empty directory with HOTPATH naming the extension; it passes when
# it exits with 0 and says nothing on stderr. A host that is not installed is
# skipped with a line.
#
# Environment: SO (hotpath.so), ROOT (the checkout), HOST_WRAP (a command to
# run the host under).
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
HOTPATH=${SO:-$ROOT/build/hotpath.so}
HOST_WRAP=${HOST_WRAP:-}
export HOTPATH HOST_WRAP
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
PYTHONDONTWRITEBYTECODE=1
export HOME PYTHONDONTWRITEBYTECODE
passed=0
failed=0

# host PROBE -- CASES...: each case is one argument, "command line".
host() {
  name=$1
  probe=$2
  shift 2
  if ! sh -c "$probe" >/dev/null 2>&1; then
    echo "hosts: $name is not installed here: skipped"
    return
  fi
  for case in "$@"; do
    rm -rf "$work/case" && mkdir "$work/case" && cd "$work/case" || exit 1
    # shellcheck disable=SC2086 # a command line, split on purpose
    timeout 120 $wrap $case >out 2>err </dev/null
    status=$?
    if [ $status = 0 ] && [ ! -s err ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "hosts: '$case' ended with $status and said:"
      sed 's/^/  /' err | head -n 20
    fi
  done
}

wrap=$HOST_WRAP
host python "/usr/bin/python3 -c 'import sqlite3'" \
  "/usr/bin/python3 $here/idle.py" \
  "/usr/bin/python3 $here/work.py close" \
  "/usr/bin/python3 $here/work.py exit" \
  "/usr/bin/python3 $here/work.py os_exit" \
  "/usr/bin/python3 $here/work.py thread" \
  "/usr/bin/python3 $here/work.py thread_left_running" \
  "/usr/bin/python3 $here/work.py fork" \
  "/usr/bin/python3 $here/work.py twice" \
  "/usr/bin/python3 $here/work.py reopen"
host perl "perl -MDBD::SQLite -e 1" \
  "perl $here/work.pl close" "perl $here/work.pl exit"
host tcl "echo 'package require sqlite3' | tclsh" \
  "tclsh $here/work.tcl close" "tclsh $here/work.tcl exit"
host ruby "ruby -rsqlite3 -e 1" \
  "ruby -W0 $here/work.rb close" "ruby -W0 $here/work.rb exit"
wrap= # the case wraps sqlite3 itself, not /bin/sh
host shell "command -v sqlite3" \
  "sh $here/work.sh close" "sh $here/work.sh exit"

echo "hosts: $passed passed, $failed failed"
[ "$failed" = 0 ]
