-- SPDX-License-Identifier: MIT
-- A tour of cached tables, on a new database:
--
--     sqlite3 -box tour.db -cmd '.load ./hotpath' '.read sql/examples/cached_tables.sql'

CREATE TABLE decks (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE cards (id INTEGER PRIMARY KEY, deck_id INTEGER NOT NULL,
                    front TEXT NOT NULL);
INSERT INTO decks VALUES (1, 'Animals'), (2, 'Food');
INSERT INTO cards (deck_id, front) VALUES (1, '猫'), (1, '犬'), (2, '米');

-- Any SELECT becomes a table; its parameters are the table's arguments.
CREATE VIRTUAL TABLE temp.deck_size USING cached(
  (SELECT d.name, count(*) AS cards
   FROM decks AS d JOIN cards AS c ON c.deck_id = d.id
   WHERE d.id = :deck
   GROUP BY d.id),
  tags = 'decks');

-- The first read computes, the second one does not.
SELECT 'first read', name, cards, _source FROM temp.deck_size(1);
SELECT 'second read', name, cards, _source FROM temp.deck_size(1);

-- Every argument has an answer of its own; both ways of giving it are one.
SELECT 'another deck', name, cards, _source FROM temp.deck_size(2);
SELECT 'the same deck', name, cards, _source FROM temp.deck_size
WHERE deck = 2;

-- A commit, by whomever, and the answer is a new one: never a wrong row.
INSERT INTO cards (deck_id, front) VALUES (1, '鳥');
SELECT 'after a commit', name, cards, _source FROM temp.deck_size(1);

-- What a transaction has not committed yet is seen by itself alone.
BEGIN;
DELETE FROM cards WHERE front = '鳥';
SELECT 'inside BEGIN', name, cards FROM temp.deck_size(1);
ROLLBACK;
SELECT 'after ROLLBACK', name, cards FROM temp.deck_size(1);

-- A tag names answers that depend on something outside the database.
SELECT 'warm', name, cards, _source FROM temp.deck_size(1);
SELECT 'invalidated', cache_invalidate('decks') IS NOT NULL;
SELECT 'computed anew', name, cards, _source FROM temp.deck_size(1);

SELECT 'statistics', hits_l1, misses, bypasses FROM cache_stats
WHERE name LIKE '%deck_size';
