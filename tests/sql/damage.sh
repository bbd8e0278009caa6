#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One shell holds a cached table while its database is locked, deleted,
# replaced, read-only or damaged: it answers what SQLite itself would.
set -u
# shellcheck source=/dev/null # found at run time
. "$ROOT/tests/support/ask.sh"

create() { # file, journal mode, first card
  rm -f "$1" "$1"-*
  sqlite3 "$1" "PRAGMA journal_mode=$2;
    CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT);
    INSERT INTO cards VALUES (1, '$3');
    INSERT INTO cards(front) SELECT hex(zeroblob(400)) FROM json_each('[1,2,3,4,5,6,7,8,9]')" \
    >setup
}

# The card from the cached table, and the same from the table itself.
both() {
  ask 'SELECT front FROM card(1);' | sed 's/.*\(database is locked\|malformed\|not a database\).*/\1/'
  ask 'SELECT front FROM cards WHERE id = 1;' |
    sed 's/.*\(database is locked\|malformed\|not a database\).*/\1/'
}

two() {
  printf '%s\n%s' "$1" "$1"
}

know() {
  echo "CREATE VIRTUAL TABLE temp.card USING cached(
    (SELECT front FROM cards WHERE id = :id));" >&3
}

# Overwrites all but the first page.
damage() {
  pages=$(($(wc -c <"$1") / 4096 - 1))
  dd if=/dev/zero bs=4096 count=$pages 2>dd.log | tr '\0' '\377' |
    dd of="$1" bs=4096 seek=1 conv=notrunc 2>dd.log
}

for mode in wal delete; do
  create a.db $mode neko
  meet a.db
  know
  check "$mode: an intact database is read" "$(two neko)" "$(both)"

  mkfifo other.in locked
  sqlite3 -batch a.db <other.in &
  exec 4>other.in
  echo "BEGIN EXCLUSIVE;
UPDATE cards SET front = 'inu' WHERE id = 1;
.once locked
SELECT 'locked';" >&4
  check "$mode: another process locks it" locked "$(cat locked)"
  check "$mode: what is not committed is not seen" "" \
    "$(ask 'SELECT front FROM card(1);' | grep inu)"
  echo "COMMIT;" >&4
  exec 4>&-
  wait $!
  rm other.in locked
  check "$mode: what is committed is seen" "$(two inu)" "$(both)"

  rm a.db
  check "$mode: a deleted file stays readable where it is open" "$(two inu)" \
    "$(both)"
  create b.db $mode tori
  rm -f a.db-*
  mv b.db a.db
  check "$mode: a file put in its place is not taken for it" "$(two inu)" \
    "$(both)"
  bye
  meet a.db
  know
  check "$mode: a new shell reads the new file" "$(two tori)" "$(both)"
  bye

  create c.db $mode neko
  damage c.db
  meet c.db
  know
  check "$mode: a corrupt database is an error, as without hotpath" \
    "$(two malformed)" "$(both)"
  bye

  echo "this is no database, $(seq 1000)" >d.db
  meet d.db
  check "$mode: nor is a text file one" "not a database" \
    "$(ask 'SELECT * FROM query_findings;' | grep -o 'not a database')"
  check "$mode: and the shell goes on" 1 "$(ask '.print 1')"
  bye
done

create e.db delete neko
meet 'file:e.db?immutable=1'
know
check "an immutable database is read" "$(two neko)" "$(both)"
bye
create e.db wal neko
meet 'file:e.db?mode=ro'
know
check "a read-only connection is served" "$(two neko)" "$(both)"
sqlite3 e.db "UPDATE cards SET front = 'inu' WHERE id = 1"
check "and sees what others write" "$(two inu)" "$(both)"
bye
