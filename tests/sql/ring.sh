#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Two processes with cached tables on one database in WAL mode tell each other
# which tables they write: an answer from a table that neither wrote stays.
set -u
# shellcheck source=/dev/null # found at run time
. "$ROOT/tests/support/ask.sh"

sqlite3 ring.db "PRAGMA journal_mode=wal;
  CREATE TABLE calm(x); INSERT INTO calm VALUES ('calm');
  CREATE TABLE busy(x)" >setup
meet ring.db
echo "CREATE VIRTUAL TABLE temp.c USING cached((SELECT x FROM calm));
CREATE VIRTUAL TABLE temp.b USING cached((SELECT count(*) AS n FROM busy));" >&3

mkfifo other.in other.out
# shellcheck disable=SC2086 # HOST_WRAP is several words
$HOST_WRAP sqlite3 -batch -cmd ".load ./hotpath" ring.db <other.in &
exec 4>other.in

# The other process runs a statement, and reads a cached table of its own.
other() {
  printf '%s;\n.once other.out\nSELECT n FROM b;\n' "$1" >&4
  cat other.out
}
echo "CREATE VIRTUAL TABLE temp.b USING cached((SELECT count(*) AS n FROM busy));" >&4

# What a text of a statement writes is known from its third run on.
for _ in 1 2 3 4; do
  other "INSERT INTO busy VALUES (1)" >count
  ask 'SELECT x FROM c; SELECT n FROM b;' >answers
done
check "the file between them is there" 1 "$([ -e ring.db-hotpath ] && echo 1)"
check "the other process commits" 5 "$(other 'INSERT INTO busy VALUES (1)')"
check "an answer from another table stays" "calm|l1" \
  "$(ask 'SELECT x, _source FROM c;')"
check "one from the table written does not" "5|computed" \
  "$(ask 'SELECT n, _source FROM b;')"
check "the table is written" 5 "$(other "UPDATE calm SET x = 'storm'")"
check "and then it is seen" "storm|computed" "$(ask 'SELECT x, _source FROM c;')"

sqlite3 ring.db "INSERT INTO busy VALUES (1)"
check "a process that tells nothing makes everything uncertain" \
  "storm|computed" "$(ask 'SELECT x, _source FROM c;')"
check "once" "storm|l1" "$(ask 'SELECT x, _source FROM c;')"

exec 4>&-
wait $!
check "who leaves first leaves the file" 1 "$([ -e ring.db-hotpath ] && echo 1)"
bye
check "who leaves last takes it along" 0 "$([ -e ring.db-hotpath ] && echo 1 || echo 0)"
