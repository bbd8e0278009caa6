#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Switches off each rule of tests/oracle/mutations.txt in turn and requires
# that the oracle, or the coherence test, then fails.
#
#     mutate.sh BIN [NAME]      BIN: where the test programs are
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
is_caught() {
  for seed in ${SEEDS:-1 2 3 4}; do
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

mkdir "$dir/o"
for f in $(cd "$root" && echo ext/*.c ext/*/*.c); do
  compile "$root" "$f" || exit 1
done
link_so || exit 1
if why=$(is_caught); then
  echo "mutate: the tests fail with nothing switched off: $why"
  exit 1
fi
while IFS= read -r line; do
  case $line in '#'* | '') continue ;; esac
  name=${line%% | *} rest=${line#* | }
  file=${rest%% | *} expr=${rest#* | }
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  mkdir -p "$dir/m/$(dirname "$file")"
  sed -E "$expr" "$root/$file" >"$dir/m/$file"
  if cmp -s "$root/$file" "$dir/m/$file" || ! compile "$dir/m" "$file"; then
    echo "mutate: $name: does not fit the source any more"
    missed=$((missed + 1))
  elif link_so && why=$(is_caught); then
    echo "mutate: $name: caught: $why"
    caught=$((caught + 1))
  else
    echo "mutate: $name: NOT caught"
    missed=$((missed + 1))
  fi
  compile "$root" "$file" || exit 1
done <"$root/tests/oracle/mutations.txt"
echo "mutate: $caught passed, $missed failed"
[ "$missed" = 0 ]
