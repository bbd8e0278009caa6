#!/bin/sh
# SPDX-License-Identifier: MIT
#
# For tests/sql/*.sh: shells that stay open and are asked one statement at a
# time. Sourced in an empty directory where ./hotpath is the extension.

# Starts a shell with hotpath on database $1; leave it with bye.
meet() {
  rm -f answer shell.in && mkfifo answer shell.in
  # shellcheck disable=SC2086 # HOST_WRAP is several words
  $HOST_WRAP sqlite3 -batch -cmd ".load ./hotpath" "$1" \
    <shell.in 2>>complaint &
  shell=$!
  exec 3>shell.in
}

# Asks the shell one statement: what it printed and complained about. (.once
# opens the pipe and closes it afterwards.)
ask() {
  : >complaint
  printf '.once answer\n%s\n' "$1" >&3
  cat answer complaint
}

# Ends the shell; its exit status.
bye() {
  exec 3>&-
  wait "$shell"
}

# check SENTENCE WANTED GOT
check() {
  [ "$2" = "$3" ] && echo "$1|1" && return
  echo "$1: wanted '$2', got '$3'|0"
}
