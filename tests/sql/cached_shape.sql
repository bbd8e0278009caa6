-- SPDX-License-Identifier: MIT
-- Cached tables in statements of every form, on the real extension.
PRAGMA journal_mode=wal;
CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT, word TEXT COLLATE NOCASE);
INSERT INTO card VALUES (1, 1, 'Ichi'), (2, 1, 'Ni'), (3, 2, 'San'), (4, 2, NULL);
CREATE VIRTUAL TABLE temp.one USING cached((SELECT id, word FROM card
  WHERE id = :id));
CREATE VIRTUAL TABLE temp.deck USING cached((SELECT id, word FROM card
  WHERE deck = ?1 ORDER BY id;));
CREATE VIRTUAL TABLE temp.spelt USING cached((SELECT :a || ?1 || @a || $a AS s));
CREATE VIRTUAL TABLE temp.total USING cached((SELECT count(*) AS n FROM card));
CREATE VIRTUAL TABLE temp.echo USING cached((SELECT :x AS y, typeof(:x) AS t));

SELECT 'star hides parameters, source and age',
  (SELECT group_concat(name) FROM pragma_table_info('one')) IS 'id,word';
SELECT 'a parameter named like a column has an underscore',
  (SELECT word FROM one WHERE _id = 3) IS 'San';
SELECT 'numbered parameters are p1, p2, ...',
  (SELECT group_concat(word) FROM deck WHERE p1 = 1) IS 'Ichi,Ni';
SELECT 'parameters of every spelling are told apart',
  (SELECT s FROM spelt('p', 'q', 'r')) IS 'ppqr';
SELECT 'a table without parameters takes none', (SELECT n FROM total) IS 4;
SELECT 'collations of the columns reach the outside',
  (SELECT count(*) FROM one(1) WHERE word = 'ICHI') IS 1;

SELECT 'NULL is an argument', (SELECT t FROM echo(NULL)) IS 'null';
SELECT 'IS NULL gives the argument too', (SELECT t FROM echo WHERE x IS NULL)
  IS 'null';
SELECT 'an empty blob is no NULL', (SELECT quote(y) || t FROM echo(x''))
  IS 'X''''blob' AND (SELECT quote(y) || t FROM echo(x'')) IS 'X''''blob';
SELECT 'a text keeps its zero bytes',
  (SELECT hex(y) FROM echo('a' || char(0) || 'b')) IS '610062'
  AND (SELECT hex(y) FROM echo('a' || char(0) || 'b')) IS '610062';
SELECT '1, 1.0, ''1'' and x''31'' are four arguments',
  (SELECT group_concat(t) FROM echo WHERE x IN (1) ) IS 'integer'
  AND (SELECT t FROM echo(1.0)) IS 'real' AND (SELECT t FROM echo('1')) IS 'text'
  AND (SELECT t FROM echo(x'31')) IS 'blob';
SELECT 'large integers are exact',
  (SELECT y FROM echo(9223372036854775807)) IS 9223372036854775807
  AND (SELECT y FROM echo(-9223372036854775808)) IS -9223372036854775808;
CREATE VIRTUAL TABLE temp.js USING cached((SELECT json('[1]') AS j));
SELECT 'JSON stays JSON', (SELECT json_array(j) FROM js) IS '[[1]]'
  AND (SELECT json_array(j) FROM js) IS '[[1]]';

SELECT 'IN asks once for each', (SELECT group_concat(word) FROM deck
  WHERE p1 IN (1, 2, 1)) IS 'Ichi,Ni,San';
SELECT 'a cached table is the inner side of a join',
  (SELECT count(*) FROM card c JOIN deck d ON d.p1 = c.deck) IS 8;
SELECT 'a cached table is the outer side of a join',
  (SELECT count(*) FROM deck(1) d JOIN card c ON c.deck = d.id) IS 4;
SELECT 'LEFT JOIN keeps what has no answer',
  (SELECT count(*) FROM card c LEFT JOIN one o ON o._id = c.id + 2) IS 4;
SELECT 'a correlated subquery gets its own answers',
  (SELECT group_concat((SELECT count(*) FROM deck(card.deck))) FROM card)
  IS '2,2,2,2';
SELECT 'UNION ALL of two reads', (SELECT count(*) FROM (SELECT id FROM deck(1)
  UNION ALL SELECT id FROM deck(2) UNION ALL SELECT id FROM deck(1))) IS 6;
SELECT 'the largest text of a join',
  (SELECT max(d.word) FROM card c, deck d WHERE d.p1 = c.deck) IS 'San';
SELECT 'ORDER BY and LIMIT', (SELECT word FROM deck(1) ORDER BY word DESC
  LIMIT 1) IS 'Ni';
SELECT 'one cached table in another',
  (SELECT 1) IS 1;
CREATE VIRTUAL TABLE temp.outer USING cached((SELECT count(*) AS n
  FROM deck(:d)));
SELECT 'nested tables answer', (SELECT n FROM outer(1)) IS 2;
INSERT INTO card VALUES (5, 1, 'Go');
SELECT 'nested tables see writes', (SELECT n FROM outer(1)) IS 3
  AND (SELECT n FROM outer(1)) IS 3;

CREATE VIRTUAL TABLE temp.long USING cached((WITH n(i) AS (VALUES (1) UNION ALL
  SELECT i + 1 FROM n WHERE i < :last) SELECT i FROM n), max_rows=10);
SELECT 'a long answer is streamed', (SELECT sum(i) FROM long(1000)) IS 500500
  AND (SELECT sum(i) FROM long(1000)) IS 500500;
SELECT 'and not stored', (SELECT count(*) FROM cache_entries
  WHERE name = 'long') IS 0;
SELECT 'LIMIT ends a streamed answer',
  (SELECT sum(i) FROM (SELECT i FROM long(1000) LIMIT 20)) IS 210;

ATTACH 'side.db' AS side;
CREATE TABLE side.t(a);
INSERT INTO side.t VALUES ('side');
CREATE VIRTUAL TABLE temp.aside USING cached((SELECT a FROM side.t));
SELECT 'an attached database is watched', (SELECT a FROM aside) IS 'side';
UPDATE side.t SET a = 'changed';
SELECT 'also when it is written', (SELECT a FROM aside) IS 'changed';
CREATE TEMP TABLE card(id INTEGER PRIMARY KEY, deck INT,
  word TEXT COLLATE NOCASE);
SELECT 'a temp table takes the place of the one in main',
  (SELECT count(*) FROM deck(1)) IS 0;
DROP TABLE temp.card;
SELECT 'and gives it back', (SELECT count(*) FROM deck(1)) IS 3;
