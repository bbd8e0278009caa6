#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Switches off each rule of tests/oracle/mutations.txt in turn and requires
# that a test then fails: the oracle or the coherence test or, for a rule with
# a fourth column, that suite of the unit tests.
#
#     mutate.sh BIN [NAME]      BIN: where the test programs are
#
# Environment: UNIT_OBJ, the object files of the unit tests, relative to the
# checkout.
set -u
bin=$1 only=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cc="${CC:-cc} -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -O1 -g -w"
caught=0 missed=0

# Object files in $dir/o of all sources, relative to the current directory.
objects() {
  for f in $(cd "$root" && echo ext/*.c ext/*/*.c); do
    printf '%s ' "$dir/o/$(echo "$f" | tr / _).o"
  done
}
compile() { # source directory, file
  $cc -I"$1/ext" -I"$root/ext" -c -o "$dir/o/$(echo "$2" | tr / _).o" "$1/$2"
}
link_so() {
  # shellcheck disable=SC2046 # one word for each object
  $cc -shared -Wl,-z,nodelete -pthread -o "$dir/hotpath.so" $(objects)
}
# A few seeds, each in both journal modes, until one fails.
oracle_fails() {
  for seed in ${SEEDS:-1 2 3 4 5 6 7 8}; do
    for run in "wal 12000 $seed 1 1 3" "delete 4000 $seed 1 1 3" \
               "wal 3000 $seed 2 2 2"; do
      rm -f "$dir"/*.db*
      "$bin/oracle/oracle" "$dir/hotpath.so" "$dir" $run >"$dir/out" 2>&1 ||
        { grep -m1 -o 'seed .*' "$dir/out" | cut -c1-150; return 0; }
    done
    for mode in wal delete; do
      rm -f "$dir"/*.db*
      "$bin/coherence/coherence" "$dir/hotpath.so" "$dir" $mode 1 $seed \
        >"$dir/out" 2>&1 ||
        { grep -m1 -o 'seed .*' "$dir/out" | cut -c1-150; return 0; }
    done
  done
  return 1
}
# The mutated file $1 in place of the sound one, against the suite $2.
unit_fails() {
  $cc -DSQLITE_CORE -I"$dir/m/ext" -I"$root/ext" -c -o "$dir/unit.o" \
    "$dir/m/$1" || return 1
  objs=
  for o in $UNIT_OBJ; do
    case $o in */"${1%.c}.o") objs="$objs $dir/unit.o" ;;
    *) objs="$objs $root/$o" ;; esac
  done
  # shellcheck disable=SC2086,SC2046
  $cc -o "$dir/unit" $objs $(pkg-config --libs check) -lsqlite3 -pthread ||
    return 1
  if (cd "$dir" && CK_RUN_SUITE=$2 timeout 300 ./unit) >"$dir/out" 2>&1; then
    return 1
  fi
  grep -m1 -oE '[EF]:[a-z_0-9]+:[a-z_0-9]+' "$dir/out" || tail -n 1 "$dir/out"
}
# Fails if the line's rule, switched off, goes unnoticed.
is_caught() { # file, suite or nothing
  if [ -n "$2" ]; then
    unit_fails "$1" "$2"
  else
    compile "$dir/m" "$1" && link_so && oracle_fails
  fi
}

mkdir "$dir/o"
for f in $(cd "$root" && echo ext/*.c ext/*/*.c); do
  compile "$root" "$f" || exit 1
done
link_so || exit 1
if [ -z "$only" ] && why=$(oracle_fails); then
  echo "mutate: the tests fail with nothing switched off: $why"
  exit 1
fi
while IFS= read -r line; do
  case $line in '#'* | '') continue ;; esac
  name=${line%% | *} rest=${line#* | }
  file=${rest%% | *} rest=${rest#* | }
  expr=${rest%% | *} suite=
  [ "$expr" = "$rest" ] || suite=${rest##* | }
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  mkdir -p "$dir/m/$(dirname "$file")"
  sed -E "$expr" "$root/$file" >"$dir/m/$file"
  if cmp -s "$root/$file" "$dir/m/$file" || ! compile "$dir/m" "$file"; then
    echo "mutate: $name: does not fit the source any more"
    missed=$((missed + 1))
  elif why=$(is_caught "$file" "$suite"); then
    echo "mutate: $name: caught: $why"
    caught=$((caught + 1))
  else
    echo "mutate: $name: NOT caught"
    missed=$((missed + 1))
  fi
  compile "$root" "$file" || exit 1
done <"${LIST:-$root/tests/oracle/mutations.txt}"
echo "mutate: $caught passed, $missed failed"
[ "$missed" = 0 ]
