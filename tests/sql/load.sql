-- SPDX-License-Identifier: MIT
-- The extension loads, also twice, and leaves the shell as it was.
SELECT 'a plain statement runs', 1 IS 1;
.load ./hotpath
SELECT 'loaded twice, statements still run', 1 IS 1;
CREATE TABLE t(x);
INSERT INTO t VALUES (1), (2);
SELECT 'loading leaves no table behind',
  (SELECT group_concat(name) FROM sqlite_schema) IS 't';
SELECT 'loading changes no setting',
  (SELECT journal_mode FROM pragma_journal_mode) IS 'delete'
  AND (SELECT query_only FROM pragma_query_only) IS 0;

-- error: no such table: nowhere
SELECT * FROM nowhere;
