-- SPDX-License-Identifier: MIT
-- A tour of the analysis, on a new database:
--
--     sqlite3 -box tour.db -cmd '.load ./hotpath' '.read sql/examples/analysis.sql'

CREATE TABLE words (id INTEGER PRIMARY KEY, headword TEXT NOT NULL,
                    gloss TEXT NOT NULL);
INSERT INTO words (headword, gloss)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n
                        WHERE i < 50000)
SELECT 'word ' || i, 'meaning of ' || i FROM n;

-- Statements that differ only in their values have one normal form …
SELECT query_normalize('select ID from Words where headword = ''cat''');
SELECT 'one fingerprint',
  query_fingerprint('SELECT id FROM words WHERE headword = ''cat''') =
  query_fingerprint('select id from words where headword = ?');

-- … under which hotpath counts them, from now on above 1 ms as slow.
SELECT query_reset();
SELECT 'threshold', query_config('slow_ms', 1) IS NOT NULL;
SELECT id FROM words WHERE headword = 'word 49999';
SELECT id FROM words WHERE headword = 'word 25000';
SELECT id FROM words WHERE headword = 'no word';

SELECT 'look-ups', calls, rows_returned, fullscan_steps > 100000
FROM query_stats WHERE query LIKE '%FROM words WHERE headword%'
AND query NOT LIKE '%query_%' COLLATE NOCASE;

-- The slow ones with their plans: they read the whole table.
SELECT 'slow', count(*), plan FROM slow_queries
WHERE query LIKE '%FROM words WHERE headword%' GROUP BY plan;

-- What to look at first.
SELECT kind, what, fix FROM query_findings LIMIT 1;

-- The remedy, and the same statement again.
CREATE INDEX words_by_headword ON words (headword);
SELECT query_reset();
SELECT id FROM words WHERE headword = 'word 49999';
SELECT 'with the index', calls, fullscan_steps FROM query_stats
WHERE query LIKE '%FROM words WHERE headword%';
