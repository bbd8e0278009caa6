#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One shell holds a cached table while other processes write to the database.
set -u

# shellcheck source=/dev/null # found at run time
. "$ROOT/tests/support/ask.sh"

for mode in wal delete; do
  sqlite3 "$mode.db" "PRAGMA journal_mode=$mode;
    CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT);
    INSERT INTO cards VALUES (1, 'neko')" >setup
  meet "$mode.db"
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
  bye
  check "$mode: the shell ends in order" 1 "$(($? <= 1))"
done
