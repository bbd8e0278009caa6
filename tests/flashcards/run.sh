#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The flashcards example from outside: its migrations in the sqlite3 shell,
# and the demo program on a made-up vocabulary, small and whole.
#
# Environment: SO (hotpath.so), ROOT (the checkout), BIN (programs; the demo
# is two folders above them), HOST_WRAP (a command to run the shell under).
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
SO=${SO:-$ROOT/build/hotpath.so}
BIN=${BIN:-$ROOT/build/bin/tests/flashcards}
HOST_WRAP=${HOST_WRAP:-}
demo=${BIN%/tests/flashcards}/demo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

# Counts a test: $1 is its sentence, the rest a command that must succeed.
check() {
  sentence=$1
  shift
  if "$@" >out 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "flashcards: failed: $sentence"
    sed 's/^/  /' out | tail -n 12
  fi
}

# Runs SQL text in the shell on a database; prints what it answers.
query() {
  sqlite3 -batch -bail -list "$1" "$2"
}

migrate_all() {
  for file in "$ROOT"/migrations/[0-9]*.sql; do
    sqlite3 -batch -bail new.db <"$file" || return 1
  done
}

numbers_are_a_row() {
  wanted=1
  for file in "$ROOT"/migrations/*.sql; do
    case $(basename "$file") in
    "$(printf %03d $wanted)"_*) wanted=$((wanted + 1)) ;;
    *) echo "$file is not number $wanted" && return 1 ;;
    esac
  done
  [ "$wanted" -gt 9 ]
}

is_sound() {
  [ "$(query new.db 'PRAGMA integrity_check')" = ok ] &&
    [ -z "$(query new.db 'PRAGMA foreign_key_check')" ]
}

only_indexes() {
  sed -e 's/--.*//' "$ROOT/migrations/009_performance_indexes.sql" |
    tr '\n' ' ' | tr ';' '\n' | grep '[^ ]' >statements
  [ -s statements ] && ! grep -v '^ *CREATE INDEX ' statements
}

# An index whose columns begin another one of the same table is redundant.
none_is_redundant() {
  query new.db "
    WITH ix AS (
      SELECT m.name AS t, i.name AS i, i.partial AS p,
             (SELECT group_concat(coalesce(c.name, '?') || c.desc, ',')
              FROM pragma_index_xinfo(i.name) AS c WHERE c.key) || ',' AS k
      FROM sqlite_schema AS m JOIN pragma_index_list(m.name) AS i
      WHERE m.type = 'table')
    SELECT a.i || ' repeats ' || b.i FROM ix AS a JOIN ix AS b
    ON a.t = b.t AND a.i <> b.i AND a.p = b.p
    WHERE substr(b.k, 1, length(a.k)) = a.k" >redundant
  cat redundant
  [ ! -s redundant ]
}

# The clock in an index makes a table read-only; every table takes a row.
every_table_takes_rows() {
  sqlite3 -batch -bail new.db <<'END'
INSERT INTO import_batches (id, source, created_at) VALUES (1, 's', 'now');
INSERT INTO vocabulary (id, batch_id, headword, gloss) VALUES (1, 1, '猫', 'cat');
INSERT INTO decks (id, name, created_at) VALUES (1, 'd', 'now');
INSERT INTO cards VALUES (1, 1, 1, 1, 'f', 'b', 'now');
INSERT INTO tags VALUES (1, 'noun'), (2, 'common');
INSERT INTO card_tags VALUES (1, 1), (1, 2);
INSERT INTO reviews VALUES (1, 1, 3, 2, '2026-01-01', '2026-01-03');
INSERT INTO processing_queue (batch_id, vocabulary_id, queued_at)
  VALUES (1, 1, 'now');
INSERT INTO stage_results (stage, cache_key, vocabulary_id, response, tokens,
  created_at) VALUES (1, 'k', 1, '{}', 5, 'now');
INSERT INTO api_usage (request_id, model, stage, tokens, cost_microusd,
  created_at) VALUES ('r', 'm', 1, 5, 15, '2026-01-01T00:00:00Z');
END
}

views_answer() {
  [ "$(query new.db 'SELECT * FROM deck_statistics')" = \
    "1|d|1|1|0|3.0|2026-01-01" ] &&
    [ "$(query new.db 'SELECT * FROM batch_progress')" = "1|pending|1" ] &&
    [ "$(query new.db 'SELECT * FROM daily_usage')" = \
      "2026-01-01|m|1|1|5|15" ] &&
    [ "$(query new.db 'SELECT * FROM card_export')" = "1|d|1|f|b|common noun" ]
}

# Prints the plan of the statement $2; it has to name the index $1.
uses() {
  query new.db "EXPLAIN QUERY PLAN $2" | tee plan
  grep -q "INDEX $1" plan
}

every_index_is_used() {
  uses vocabulary_by_word "SELECT id FROM vocabulary WHERE headword = ?1
    AND reading = ?2 ORDER BY id LIMIT 1" &&
    uses queue_pending "SELECT id FROM processing_queue WHERE batch_id = ?1
      AND status = 'pending' AND retry_count < max_retries
      ORDER BY priority DESC, id LIMIT 1" &&
    ! grep -q B-TREE plan &&
    uses queue_by_status "SELECT status, words FROM batch_progress
      WHERE batch_id = ?1 ORDER BY status" &&
    uses usage_by_time "SELECT sum(tokens) FROM api_usage
      WHERE created_at >= ?1" &&
    uses cards_by_deck "SELECT id FROM cards WHERE deck_id = ?1
      AND position > ?2 ORDER BY position LIMIT ?3" &&
    uses reviews_by_card "SELECT * FROM deck_statistics WHERE deck_id = ?1"
}

run_demo() {
  "$demo" --so "$SO" --dir demo --migrations "$ROOT/migrations" \
    --edict none "$@"
}

tells_the_story() {
  run_demo --cards 20 | tee story
  grep -q 'made-up vocabulary' story && grep -q '^  Equal: ' story &&
    grep -q ' times faster\.$' story
}

keeps_its_database() {
  run_demo --cards 20 | tee story
  grep -q 'the database of the last run' story && ! grep -q generating story
}

# fails SENTENCE ARGUMENT...: the demo ends with 1 and says so.
fails() {
  wanted=$1
  shift
  run_demo "$@" >said 2>&1
  status=$?
  cat said
  [ $status = 1 ] && grep -q "$wanted" said
}

# A database of a user's: a copy of the flashcards, its index dropped.
make_own() {
  cp new.db own.db && query own.db 'DROP INDEX cards_by_deck' &&
    echo "SELECT * FROM cards WHERE deck_id = 1; SELECT nowhere FROM cards;
          DELETE FROM reviews; SELECT count(*) FROM cards" >own.sql
}

shows_own() {
  make_own && sum_before=$(cksum <own.db) || return 1
  run_demo --db own.db | tee own
  grep -q '│ vocabulary ' own && grep -q '│ SELECT \* FROM ' own &&
    grep -q 'CREATE VIRTUAL TABLE temp.cached_\|needed' own &&
    [ "$(cksum <own.db)" = "$sum_before" ] && [ ! -e demo/own.db ]
}

runs_own_statements() {
  make_own && sum_before=$(cksum <own.db) || return 1
  run_demo --db own.db --sql own.sql >own 2>errors
  status=$?
  cat own errors
  [ $status = 0 ] && grep -q 'no such column: nowhere' errors &&
    grep -q '1 of the statements failed' own && grep -q 'FROM cards' own &&
    [ "$(cksum <own.db)" = "$sum_before" ]
}

own_in_wal_mode() {
  make_own && query own.db 'PRAGMA journal_mode = wal' &&
    run_demo --db own.db | grep '│ vocabulary '
}

# shows EXAMPLE LINE...: the example runs without error and prints the lines.
shows() {
  rm -f tour.db
  # shellcheck disable=SC2086 # HOST_WRAP is several words
  $HOST_WRAP sqlite3 -batch -bail tour.db -cmd ".load ${SO%.so}" \
    <"$ROOT/sql/examples/$1.sql" >tour 2>errors || { cat tour errors; return 1; }
  shift
  cat tour errors
  [ ! -s errors ] || return 1
  for line in "$@"; do
    grep -qxF "$line" tour || { echo "missing: $line"; return 1; }
  done
}

# Every report runs, and finds something after some work.
reports_run() {
  for file in "$ROOT"/sql/reports/*.sql; do
    # shellcheck disable=SC2086
    $HOST_WRAP sqlite3 -batch -bail new.db -cmd ".load ${SO%.so}" \
      -cmd "CREATE VIRTUAL TABLE temp.c USING cached((SELECT * FROM cards))" \
      -cmd "SELECT count(*) FROM temp.c, deck_statistics" \
      <"$file" >report 2>errors || { cat report errors; return 1; }
    [ ! -s errors ] || { cat errors; return 1; }
    case $file in
    */top.sql | */cache.sql) [ "$(wc -l <report)" -gt 1 ] || return 1 ;;
    esac
  done
}

check "the migrations are numbered 001, 002, …" numbers_are_a_row
check "they apply in order to a new database" migrate_all
check "every table takes a row" every_table_takes_rows
check "the database is sound" is_sound
check "009 holds nothing but indexes" only_indexes
check "no index repeats another" none_is_redundant
check "the views answer" views_answer
check "every index serves a statement of the pipeline" every_index_is_used
check "make demo tells its story, with equal results" tells_the_story
check "the second run takes the same database" keeps_its_database
check "a wrong number is refused with a sentence" \
  fails "takes a number from 1 to 5000, not 'many'" --cards many
check "a wrong word is refused with a sentence" \
  fails "'now' is no option" now
check "an extension that is not there is a sentence" \
  fails "cannot load the extension" --cards 20 --so nowhere.so
check "make demo DB= shows a copy and leaves the original" shows_own
check "make demo DB= SQL= runs a file and reports what fails" \
  runs_own_statements
check "a database in WAL mode can be shown" own_in_wal_mode
echo "this is prose, not a database, and it is long enough" >prose
check "what is no database is refused with a sentence" \
  fails "cannot copy prose: file is not a database" --db prose
check "a database that is not there is refused and not made" \
  fails "cannot open nowhere.db" --db nowhere.db
check "statements without a database are refused" \
  fails "needs a database" --sql own.sql
check "the tour of cached tables shows what it says" shows cached_tables \
  "first read|Animals|2|computed" "second read|Animals|2|l1" \
  "another deck|Food|1|computed" "the same deck|Food|1|l1" \
  "after a commit|Animals|3|computed" "inside BEGIN|Animals|2" \
  "after ROLLBACK|Animals|3" "computed anew|Animals|3|computed"
check "the tour of the analysis shows what it says" shows analysis \
  "one fingerprint|1" "look-ups|3|2|1" "slow|3|SCAN words" \
  'scan|SELECT id FROM words WHERE headword = ?|CREATE INDEX "words_headword" ON "words"("headword")' \
  "with the index|1|0"
check "every report runs" reports_run
echo "flashcards: $passed passed, $failed failed"
[ "$failed" = 0 ]
