-- SPDX-License-Identifier: MIT
-- query_normalize() and query_fingerprint() through the loaded extension.
SELECT 'values, case, quoting, lists and comments fold',
  query_normalize('select * from "Users" where ID in (1,2,''x'') -- c')
  IS 'SELECT * FROM users WHERE id IN (?)';
SELECT 'a fingerprint is 16 hexadecimal digits',
  query_fingerprint('SELECT 1') GLOB replace(hex(zeroblob(8)), '0', '[0-9a-f]');
SELECT 'same shape, same fingerprint',
  query_fingerprint('SELECT a FROM t WHERE b = 1')
  IS query_fingerprint('select A from [t] where b=:x;');
SELECT 'other shape, other fingerprint',
  query_fingerprint('SELECT a FROM t LIMIT 1')
  IS NOT query_fingerprint('SELECT a FROM t');
SELECT 'NULL gives NULL',
  query_normalize(NULL) IS NULL AND query_fingerprint(NULL) IS NULL;
SELECT 'numbers and blobs are taken as text',
  query_normalize(5) IS '5' AND query_normalize(x'31') IS '1';
SELECT 'any text has a normal form',
  query_normalize('SELECT ''open') IS 'SELECT ''open'
  AND query_normalize('') IS '' AND query_normalize(' ; -- ') IS '';
SELECT 'a million bytes are no trouble',
  length(query_normalize('SELECT ' || replace(hex(zeroblob(500000)), '0', '(')))
  IS 1000007;
CREATE TABLE t(sql TEXT,
  fingerprint TEXT GENERATED ALWAYS AS (query_fingerprint(sql)) STORED);
INSERT INTO t VALUES ('SELECT 1');
SELECT 'being deterministic they serve in generated columns',
  fingerprint IS query_fingerprint('SELECT 2') FROM t;

-- error: wrong number of arguments to function query_normalize()
SELECT query_normalize();
