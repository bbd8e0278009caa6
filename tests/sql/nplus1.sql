-- SPDX-License-Identifier: MIT
-- nplus1_suspects through the loaded extension, on a file.
CREATE TABLE shelves(id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE books(id INTEGER PRIMARY KEY, shelf_id INT, title TEXT);
BEGIN;
INSERT INTO shelves VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO books SELECT i, i % 5 + 1, 'book ' || i FROM n;
COMMIT;
SELECT 'nothing is suspected before anything is repeated',
  (SELECT count(*) FROM nplus1_suspects) IS 0;

.output /dev/null
SELECT id FROM shelves;
SELECT count(*) FROM books WHERE shelf_id = 1;
SELECT count(*) FROM books WHERE shelf_id = 2;
SELECT count(*) FROM books WHERE shelf_id = 3;
SELECT count(*) FROM books WHERE shelf_id = 4;
SELECT count(*) FROM books WHERE shelf_id = 5;
.output
SELECT 'a lookup per row of a list is an n+1',
  kind IS 'n+1' AND query IS 'SELECT count(*) FROM books WHERE shelf_id = ?'
  AND source_query IS 'SELECT id FROM shelves' AND bursts IS 1 AND calls IS 5
  FROM nplus1_suspects;
SELECT 'its index is priced by measurement and advised',
  remedy IS 'index: CREATE INDEX "books_shelf_id" ON "books"("shelf_id")'
  AND saving_ms > 0 AND saving_ms < cost_ms AND verdict IN ('fix', 'benign')
  FROM nplus1_suspects;
SELECT 'the rewrite is shown without values',
  rewrite IS 'SELECT batch.value, (SELECT count(*) FROM books WHERE shelf_id '
  || '= batch.value) FROM json_each(?) AS batch' FROM nplus1_suspects;
SELECT 'and gives the same rows',
  (SELECT group_concat(value || ':' || n) FROM (
    SELECT batch.value, (SELECT count(*) FROM books WHERE shelf_id
      = batch.value) AS n FROM json_each('[1,2,3,4,5]') AS batch))
  IS '1:4000,2:4000,3:4000,4:4000,5:4000';
SELECT 'the threshold is 1 ms', query_config('nplus1_ms', 100000) IS 1.0;
SELECT 'below it a burst is benign', verdict IS 'benign' FROM nplus1_suspects;
SELECT 'reset forgets', query_reset('nplus1') IS NOT NULL;
SELECT 'and nothing is left', (SELECT count(*) FROM nplus1_suspects) IS 0;

CREATE VIEW v AS SELECT * FROM nplus1_suspects;
-- error: unsafe use of virtual table "nplus1_suspects"
SELECT * FROM v;
