-- SPDX-License-Identifier: MIT
-- Statements and schemas that nobody would write: the analysis reads on.
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT UNIQUE, deck INT);
WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO word SELECT i, 'w' || i, i % 10 FROM n;
SELECT 'statistics begin anew', query_reset('all') > 0;

SELECT 'text that is not UTF-8 has a normal form',
  query_normalize(CAST(x'53454c45435420ff' AS TEXT)) IS NOT NULL;
SELECT 'a quote that stays open has one',
  query_normalize('SELECT "open') IS 'SELECT "open'
  AND query_normalize('SELECT [open') IS 'SELECT [open';
SELECT 'a comment that stays open is left out',
  query_normalize('SELECT 1 /* open') IS 'SELECT ?';
SELECT 'there is no advice for what is no statement',
  (SELECT group_concat(action) FROM suggest_indexes('SELECT ''open'))
  IS 'skipped';
SELECT 'nor for text that is not UTF-8',
  (SELECT group_concat(action)
    FROM suggest_indexes(CAST(x'53454c45435420ff' AS TEXT))) IS 'skipped';
SELECT 'nor for no text at all',
  (SELECT group_concat(action) FROM suggest_indexes('')) IS 'skipped';
SELECT 'a statement of a million bytes is advised on',
  (SELECT ddl FROM suggest_indexes('SELECT id FROM word WHERE deck = 3'
    || replace(hex(zeroblob(250000)), '00', '/**/')))
  LIKE 'CREATE INDEX "idx_word_deck%';

-- error: UNIQUE constraint failed: word.text
INSERT INTO word(text) VALUES ('w7');
SELECT 'a statement that fails is counted', calls = 1 FROM query_stats
  WHERE query = 'INSERT INTO word(text) VALUES (?)';
-- error: syntax error
SELECT * FROM word WHERE (;
SELECT 'one that cannot be prepared was never called',
  (SELECT count(*) FROM query_stats WHERE query LIKE '%WHERE (%') = 0;

CREATE VIEW lost AS SELECT * FROM missing WHERE x = 1;
CREATE VIEW circular AS SELECT * FROM circular;
CREATE TRIGGER broken AFTER DELETE ON word BEGIN
  INSERT INTO missing VALUES (old.id);
END;
-- error: no such table: main.missing
SELECT * FROM lost;
SELECT text FROM word WHERE deck = 3 ORDER BY text LIMIT 1;
SELECT 'views over nothing do not hinder advice',
  (SELECT count(*) FROM suggest_indexes('SELECT id FROM word WHERE deck = 3')
    WHERE action = 'create') = 1;
SELECT 'and what reads them is named',
  (SELECT evidence FROM suggest_indexes('SELECT * FROM lost')
    WHERE action = 'skipped') LIKE '%no such table: main.missing%';
SELECT 'a view of itself too',
  (SELECT evidence FROM suggest_indexes('SELECT * FROM circular')
    WHERE action = 'skipped') LIKE '%circular%';
SELECT 'and a write whose trigger writes to nothing',
  (SELECT evidence FROM suggest_indexes('DELETE FROM word WHERE deck = 3')
    WHERE action = 'skipped') LIKE '%no such table: main.missing%';
SELECT 'plans are shown', count(*) > 0 FROM query_plans
  WHERE query LIKE 'SELECT text FROM word%';
SELECT 'findings are given', count(*) > 0 FROM query_findings
  WHERE what LIKE 'SELECT text FROM word%';
DROP TRIGGER broken;

.dbconfig defensive off
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema VALUES ('table', 'alien', 'alien', 0,
  'CREATE VIRTUAL TABLE alien USING nomodule(a, b)');
PRAGMA writable_schema = RESET;
BEGIN; CREATE TABLE reload(x); ROLLBACK; -- before 3.37 RESET alone is not enough
-- error: no such module: nomodule
SELECT * FROM alien;
SELECT 'a virtual table without its module does not hinder advice',
  (SELECT count(*) FROM suggest_indexes('SELECT id FROM word WHERE deck = 3')
    WHERE action = 'create') = 1;
SELECT 'what reads it is named',
  (SELECT evidence FROM suggest_indexes('SELECT * FROM alien')
    WHERE action = 'skipped') LIKE '%nomodule%';
SELECT 'and findings are given', count(*) > 0 FROM query_findings
  WHERE what LIKE 'SELECT text FROM word%';
SELECT 'and the usage of indexes',
  (SELECT group_concat("index") FROM index_usage)
  IS 'sqlite_autoindex_word_1';

ATTACH ':memory:' AS other;
CREATE TABLE other.far(x INT);
SELECT 'what reads an attached database is named',
  (SELECT count(*) FROM suggest_indexes('SELECT * FROM other.far')
    WHERE action = 'skipped' AND evidence LIKE '%other.far%') = 1;
CREATE TABLE empty(a, b);
SELECT 'an empty table needs no index',
  (SELECT count(*) FROM suggest_indexes('SELECT * FROM empty WHERE a = 1')) = 0;

.once many.sql
SELECT printf('CREATE TABLE m%d(id INTEGER PRIMARY KEY, a, b UNIQUE);', value)
  FROM generate_series(1, 1500);
BEGIN;
.read many.sql
COMMIT;
SELECT a FROM m77 WHERE b = 5;
SELECT text FROM word WHERE deck = 3 ORDER BY text LIMIT 1;
SELECT 'fifteen hundred tables are no obstacle to findings',
  count(*) > 0 FROM query_findings WHERE what LIKE 'SELECT text FROM word%';
SELECT 'nor to advice',
  (SELECT count(*) FROM suggest_indexes('SELECT id FROM word WHERE deck = 3')
    WHERE action = 'create') = 1;
SELECT 'nor to the usage of indexes', count(*) = 1501 FROM index_usage;
