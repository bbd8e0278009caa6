#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One shell holds a cached table while other processes write, replace, lock
# and damage the database.
set -u

# Asks the long-lived shell behind descriptor 3 one statement: what it printed
# and complained about. (.once opens the pipe and closes it afterwards.)
ask() {
  : >complaint
  printf '.once answer\n%s\n' "$1" >&3
  cat answer complaint
}

check() {
  [ "$2" = "$3" ] && echo "$1|1" && return
  echo "$1: wanted '$2', got '$3'|0"
}

mkfifo answer
for mode in wal delete; do
  sqlite3 "$mode.db" "PRAGMA journal_mode=$mode;
    CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT);
    INSERT INTO cards VALUES (1, 'neko')" >setup
  mkfifo "$mode.in"
  # shellcheck disable=SC2086 # HOST_WRAP is several words
  $HOST_WRAP sqlite3 -batch -cmd ".load ./hotpath" "$mode.db" \
    <"$mode.in" 2>>complaint &
  exec 3>"$mode.in"
  echo "CREATE VIRTUAL TABLE temp.card USING cached(
    (SELECT front FROM cards WHERE id = :id));" >&3

  check "$mode: the first answer is computed" "neko|computed" \
    "$(ask 'SELECT front, _source FROM card(1);')"
  check "$mode: the second is not" "neko|l1" \
    "$(ask 'SELECT front, _source FROM card(1);')"
  sqlite3 "$mode.db" "UPDATE cards SET front = 'inu'"
  check "$mode: another process's write is seen" "inu|computed" \
    "$(ask 'SELECT front, _source FROM card(1);')"
  sqlite3 "$mode.db" "VACUUM"
  check "$mode: its VACUUM changes no answer" "inu" \
    "$(ask 'SELECT front FROM card(1);')"
  sqlite3 "$mode.db" "ALTER TABLE cards ADD COLUMN back TEXT;
    UPDATE cards SET front = 'tori'"
  check "$mode: its new column is no obstacle" "tori" \
    "$(ask 'SELECT front FROM card(1);')"
  sqlite3 "$mode.db" "DROP TABLE cards"
  check "$mode: its dropped table is an error" "no such table" \
    "$(ask 'SELECT front FROM card(1);' | grep -o 'no such table')"
  exec 3>&-
  wait $!
  check "$mode: the shell ends in order" 1 "$(($? <= 1))"
done
