-- SPDX-License-Identifier: MIT
-- Cached tables from the shell, on a file in WAL mode.
PRAGMA journal_mode=wal;
CREATE TABLE cards(id INTEGER PRIMARY KEY, deck INTEGER, front TEXT);
INSERT INTO cards VALUES (1, 7, 'neko'), (2, 7, 'inu'), (3, 8, 'tori');
CREATE VIRTUAL TABLE temp.card USING cached(
  (SELECT id, front FROM cards WHERE id = :id));
CREATE VIRTUAL TABLE temp.deck USING cached(
  (SELECT id, front FROM cards WHERE deck = :deck ORDER BY id),
  tags='deck:' || :deck);

SELECT 'the first answer is computed',
  (SELECT front || _source FROM card(1)) IS 'nekocomputed';
SELECT 'the second one comes from memory',
  (SELECT front || _source FROM card(1)) IS 'nekol1';
SELECT 'another parameter is another answer',
  (SELECT front || _source FROM card(2)) IS 'inucomputed';
SELECT 'the parameter is a hidden column',
  (SELECT front FROM deck WHERE deck = 8) IS 'tori';
SELECT 'all rows come in order',
  (SELECT group_concat(front) FROM deck(7)) IS 'neko,inu'
  AND (SELECT group_concat(front) FROM deck(7)) IS 'neko,inu';
SELECT 'no row is an answer too',
  (SELECT count(*) FROM card(99)) IS 0 AND (SELECT count(*) FROM card(99)) IS 0;

UPDATE cards SET front = 'saru' WHERE id = 1;
SELECT 'a write is seen at once',
  (SELECT front || _source FROM card(1)) IS 'sarucomputed';
BEGIN;
UPDATE cards SET front = 'kani' WHERE id = 1;
SELECT 'a transaction sees its own writes, uncached',
  (SELECT front || _source FROM card(1)) IS 'kanibypass';
ROLLBACK;
SELECT 'what was rolled back is gone',
  (SELECT front FROM card(1)) IS 'saru';

SELECT 'an answer is there before its tag is invalidated',
  (SELECT min(_source) FROM deck(7)) IS 'computed'
  AND (SELECT min(_source) FROM deck(7)) IS 'l1';
SELECT 'a tag can be invalidated', cache_invalidate('deck:7') IS NOT NULL;
SELECT 'an invalidated tag takes its answers along',
  (SELECT min(_source) FROM deck(7)) IS 'computed';
SELECT 'statistics add up',
  (SELECT hits_l1 + misses + bypasses FROM cache_stats WHERE name = 'deck')
  > 4;

-- error: SELECT
CREATE VIRTUAL TABLE temp.bad USING cached((DELETE FROM cards));
-- error: random
CREATE VIRTUAL TABLE temp.bad USING cached((SELECT random()));
-- error: colour
CREATE VIRTUAL TABLE temp.bad USING cached((SELECT 1), colour='red');
-- error: a value for each of its parameters (_id)
SELECT * FROM card;

DROP TABLE cards;
-- error: no such table: cards
SELECT * FROM card(1);
