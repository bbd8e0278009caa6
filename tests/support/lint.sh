#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The style of the house, checked: format, sizes, layers, doors, headers that
# stand alone, static analysis. Each check prints what it found and counts as
# one test; the last line is "lint: N passed, M failed".
#
#     lint.sh [CHECK ...]      all of them, or these
#
# Environment: CFLAGS, the compiler's flags (as the Makefile has them).
set -u
cd "$(dirname "$0")/../.." || exit 1
CFLAGS=$(printf '%s' "${CFLAGS:--std=c11 -D_GNU_SOURCE -Iext}" |
  sed 's/-MMD\|-MP\|-U_FORTIFY_SOURCE//g')
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0

ext_files() {
  find ext -name "$1" | sort
}

all_c() {
  find ext tests -name '*.[ch]' | sort
}

# Every file is formatted as .clang-format says.
check_format() {
  all_c | xargs clang-format --dry-run -Werror 2>&1 |
    sed -n 's/:[0-9]*:[0-9]*: error:.*/: not formatted (make format)/p' | sort -u
}

# Lines of 80 columns; in ext/ files of 500 lines and functions of 80.
check_size() {
  all_c | xargs awk '
    { long = length($0) > 80 && $0 !~ /http/ }
    long { print FILENAME ":" FNR ": longer than 80 columns" }
    FNR == 501 && FILENAME ~ /^ext/ { print FILENAME ": longer than 500 lines" }'
  ext_files '*.c' | xargs ctags -x --kinds-C=f \
    --fields=+e --_xformat='%{input} %{name} %{line} %{end}' |
    awk '$4 - $3 + 1 > 80 { print $1 ": " $2 "() is " $4 - $3 + 1 " lines" }'
}

# "user used" for each include inside ext/, without the suffixes.
include_pairs() {
  ext_files '*.[ch]' | xargs awk '
    /^#include "/ {
      split($0, part, "\"")
      user = substr(FILENAME, 5)
      sub(/\.[ch]$/, "", user)
      used = part[2]
      sub(/\.h$/, "", used)
      if (user != used && used != "hotpath") print user, used
    }'
}

# Includes go downward: base knows nobody; the files that register SQL are
# known by hotpath.c and by their module's facade (cache/cache.c) alone;
# neither files (x.c and x.h are one) nor modules form a cycle.
check_layers() {
  include_pairs | awk '
    function module(name) {
      return index(name, "/") ? substr(name, 1, index(name, "/") - 1) : name
    }
    { user = $1; used = $2 }
    used !~ /\// { print user ": \"" used ".h\" is not path-qualified" }
    user ~ /^base\// && used !~ /^base\// { print user " is of base and includes " used }
    function is_facade(name) { return name == module(name) "/" module(name) }
    used ~ /_(vtab|sql)$/ && user != "hotpath" && !(is_facade(user) && module(user) == module(used)) { print user " includes " used ", which only hotpath.c or the facade of its module may" }
    user == "hotpath" && used !~ /^base\/|_(vtab|sql)$/ && !is_facade(used) { print "hotpath.c includes " used ", which registers nothing" }'
  include_pairs | tsort 2>&1 >/dev/null | sed 's/^tsort: -: /files: /'
  include_pairs | awk '{
      sub(/\/.*/, "", $1); sub(/\/.*/, "", $2)
      if ($1 != $2) print $1, $2
    }' | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: -: /modules: /'
}

# door PATTERN FILES...: only these files of ext/ may have the pattern.
door() {
  pattern=$1
  shift
  allowed=$(printf '%s|' "$@")
  ext_files '*.[ch]' | grep -Ev "^ext/(${allowed%|})\$" |
    xargs grep -nE "$pattern" /dev/null | grep -Ev '^[^:]*:[0-9]+:(/?\*\*?| \*)' |
    sed "s|\$|    (only in: $*)|"
}

# What only some files may do.
check_doors() {
  door 'sqlite3_create_(module|function|window_function|collation)' \
    '.*_vtab.c' '.*_sql.c' base/rowtab.c base/calm.c hotpath.c schema/stubs.c \
    advisor/lens.c
  door '#include <xxhash.h>' base/hash.c
  door '#include <sqlite3(ext)?.h>' base/sqlite_api.h hotpath.h hotpath.c
  door '\b(clock_gettime|gettimeofday|time)\(' base/clock.c
  door '\bsqlite3_set_authorizer\(' 'schema/.*'
  door '\bsqlite3_trace_v2\(' base/hook.c 'query/.*'
  door '\bsqlite3_mutex_' base/thread.c
  door '(^|[^_a-z>.])(malloc|calloc|realloc|strdup|alloca)\(' none
}

# Each header compiles alone.
check_headers() {
  find ext tests -name '*.h' | sort | while read -r header; do
    # shellcheck disable=SC2086 # several flags
    echo "#include \"$PWD/$header\"" |
      ${CC:-cc} $CFLAGS -DSQLITE_CORE -Itests -fsyntax-only -x c - 2>&1
  done
}

# Every file says its licence; none says where it was written or what is left
# to be done.
check_texts() {
  git ls-files | grep -E '\.(c|h|sh|py|pl|rb|tcl|awk|sql)$' |
    grep -vE '^tests/(fuzz|bench)/.*/' |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
        echo "$file: no SPDX line"
    done
  git ls-files | grep -v '^tests/support/lint.sh$' |
    xargs grep -nEI '/(work|home|Users|root)/[a-z]|\b(TODO|FIXME|XXX)\b' |
    grep -v 'mktemp\|XXXXXX\|[a-z]/\(work\|home\)/'
}

# Compiler-grade analysis: .clang-tidy names the checks.
check_tidy() {
  # shellcheck disable=SC2086 # several flags
  ext_files '*.c' | xargs -P "$jobs" -n 3 sh -c '
    flags=$1; shift
    clang-tidy --quiet "$@" -- $flags 2>/dev/null' tidy \
    "$(printf '%s' "$CFLAGS" | tr '\n' ' ')" |
    grep -E ': (warning|error): '
}

check_cppcheck() {
  cppcheck -q -j "$jobs" --std=c11 --inline-suppr -Iext --library=posix \
    --enable=warning,performance,portability --template=gcc \
    --suppress=missingIncludeSystem --suppress=unknownMacro \
    ext 2>&1
}

# Shell scripts, where shellcheck is installed.
check_shell() {
  command -v shellcheck >/dev/null 2>&1 || return 0
  git ls-files '*.sh' .ci/run | xargs shellcheck -S warning 2>&1
}

[ $# -gt 0 ] ||
  set -- format size layers doors headers texts tidy cppcheck shell
for check in "$@"; do
  found=$("check_$check")
  if [ -z "$found" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'lint: %s\n%s\n' "$check" "$found"
  fi
done
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
