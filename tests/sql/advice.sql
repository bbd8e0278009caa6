-- SPDX-License-Identifier: MIT
-- Index advice through the loaded extension, on a file.
CREATE TABLE card(id INTEGER PRIMARY KEY, deck INT, due INT, word TEXT);
CREATE VIRTUAL TABLE doc USING fts4(body);
CREATE TEMP TABLE picked(deck INT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO card SELECT i, i % 20, i * 7919 % 20011, 'word ' || i FROM n;
ATTACH ':memory:' AS aside;
CREATE TABLE aside.far(a);

.output /dev/null
BEGIN;
PRAGMA user_version;
SELECT count(*) FROM card WHERE deck = 5;
SELECT count(*) FROM card WHERE deck = 6;
SELECT id FROM card WHERE deck = 7 ORDER BY due LIMIT 3;
SELECT * FROM picked JOIN card USING(deck);
SELECT * FROM aside.far WHERE a = 1;
SELECT * FROM doc WHERE doc MATCH 'x';
SELECT 1;
COMMIT;
SELECT * FROM query_stats;
.output

CREATE TEMP TABLE advice AS SELECT * FROM index_suggestions;
SELECT 'one index serves a search and its order',
  (SELECT group_concat(ddl) FROM advice WHERE action = 'create')
  IS 'CREATE INDEX "idx_card_deck_due" ON "card"("deck", "due");';
SELECT 'the gain was measured', gain > 0.5 AND before_ms > after_ms
  AND size_bytes > 100000 AND build_ms > 0 FROM advice WHERE action = 'create';
SELECT 'the statements it helps are named',
  json_array_length(helped) >= 2 AND json_valid(harmed)
  FROM advice WHERE action = 'create';
SELECT 'what could not be tried is named, and why',
  (SELECT group_concat(evidence, '; ') FROM advice WHERE action = 'skipped')
  LIKE '%not executed: no such table: aside.far. Statement: SELECT *%';
SELECT 'what no index is for is not mentioned',
  (SELECT count(*) FROM advice WHERE evidence LIKE '%BEGIN%'
    OR evidence LIKE '%PRAGMA%' OR evidence LIKE '%CREATE T%'
    OR evidence LIKE '%ATTACH%' OR evidence LIKE '%query_stats%'
    OR evidence LIKE '%SELECT ?') IS 0;
SELECT 'nothing was made in the database',
  (SELECT count(*) FROM sqlite_schema WHERE type = 'index'
    AND tbl_name = 'card') IS 0;

SELECT 'one statement gets advice',
  (SELECT ddl FROM suggest_indexes('SELECT id FROM card WHERE due = 5'))
  IS 'CREATE INDEX "idx_card_due" ON "card"("due");';
SELECT 'a budget of bytes is kept',
  (SELECT count(*) FROM suggest_indexes('SELECT id FROM card WHERE due = 5',
    4096)) IS 0;
SELECT 'also when it is large enough',
  (SELECT count(*) FROM suggest_indexes('SELECT id FROM card WHERE due = 5',
    100000000)) IS 1;
-- error: budget_bytes is a number of bytes from 1 on, not much
SELECT * FROM suggest_indexes('SELECT id FROM card WHERE due = 5', 'much');
-- error: copy_bytes is a number of bytes from 1 on, not -1
SELECT * FROM index_suggestions('["SELECT 1"]', NULL, -1);
SELECT 'of a database larger than copy_bytes a sample of the rows is tried',
  ddl = 'CREATE INDEX "idx_card_due" ON "card"("due");'
    AND evidence LIKE 'executed on a sample of __._ % of the rows (%'
  FROM suggest_indexes('SELECT id FROM card WHERE due = 5', NULL, 10);
SELECT 'a lookup by the primary key needs none',
  (SELECT count(*) FROM suggest_indexes('SELECT * FROM card WHERE id = 5'))
  IS 0;
SELECT 'where no index may be made, other words with the same rows are offered',
  (SELECT ddl FROM suggest_indexes('SELECT id FROM card WHERE '
    || 'substr(word, 1, 8) = ''word 777''', 4096) WHERE action = 'rewrite')
  IS 'SELECT id FROM card WHERE word >= ''word 777'' AND word < ''word 778''';
SELECT 'where there are none the reason is told',
  (SELECT ddl IS NULL AND evidence LIKE 'a LIKE pattern that begins%'
    FROM suggest_indexes('SELECT id FROM card WHERE word LIKE ''%7777''')
    WHERE action = 'rewrite');
SELECT 'an index of one''s own is measured',
  gain > 0.5 FROM index_verify('CREATE INDEX mine ON card(deck)')
  WHERE action = 'create';
SELECT 'also one that is of no use', abs(gain) < 0.01
  FROM index_verify('CREATE INDEX mine ON card(word)') WHERE action = 'create';
-- error: only a CREATE INDEX statement can be tried
SELECT * FROM index_verify('DROP TABLE card');
-- error: the workload must be a JSON array
SELECT * FROM index_suggestions('[7]');

SELECT 'the report is a migration with the figures',
  hotpath_report('migration') LIKE '%CREATE INDEX "idx_card_deck_due"%';
CREATE INDEX idx_card_deck_due ON card(deck, due);
CREATE INDEX twin ON card(deck, due);
SELECT 'an index that only repeats another one is to be dropped',
  (SELECT group_concat(ddl) FROM index_suggestions WHERE action = 'drop')
  LIKE '%DROP INDEX "twin"%';
SELECT 'usage says which one makes it superfluous',
  redundant_with IS 'idx_card_deck_due' FROM index_usage
  WHERE "index" = 'twin';

CREATE TABLE wide(id INTEGER PRIMARY KEY, k INT, pad TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO wide SELECT i, i % 500, hex(randomblob(40)) FROM n;
SELECT 'one statement alone is not answered with a copy of its table',
  (SELECT ddl FROM suggest_indexes('SELECT * FROM wide WHERE k = 7')
    WHERE action = 'create') IS 'CREATE INDEX "idx_wide_k" ON "wide"("k");';
CREATE INDEX idx_wide_k ON wide(k);
DROP INDEX twin;
SELECT 'nor is it, once the narrow one is there',
  (SELECT count(*) FROM suggest_indexes('SELECT * FROM wide WHERE k = 7')) IS 0;
SELECT 'of one statement nothing tells that an index is of no use',
  (SELECT count(*) FROM suggest_indexes('SELECT * FROM wide')
    WHERE action = 'drop') IS 0;
SELECT 'of a workload it does',
  (SELECT count(*) FROM index_suggestions('["SELECT * FROM wide",
    "SELECT * FROM wide WHERE k = 8"]') WHERE action = 'drop') IS 1;
