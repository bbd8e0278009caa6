#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The sqlite3 shell with hotpath, ended in the way the argument names.
end=.quit
[ "$1" = exit ] && end='.exit 0'
# shellcheck disable=SC2086 # HOST_WRAP is several words
got=$($HOST_WRAP sqlite3 -batch -cmd ".load $HOTPATH" work.db <<END
CREATE TABLE cards(id INTEGER PRIMARY KEY, front TEXT);
INSERT INTO cards VALUES (1, 'a'), (2, 'b');
CREATE VIRTUAL TABLE temp.card USING
  cached((SELECT front FROM cards WHERE id = :id));
SELECT front, _source FROM card(2);
SELECT front, _source FROM card(2);
$end
END
) || exit 1
[ "$got" = "b|computed
b|l1" ]
