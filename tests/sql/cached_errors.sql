-- SPDX-License-Identifier: MIT
-- What cannot be cached, or not be asked: one sentence each.
CREATE TABLE t(id INTEGER PRIMARY KEY, v);
INSERT INTO t VALUES (1, 'a'), (2, -9223372036854775808);
CREATE VIRTUAL TABLE temp.x USING cached((SELECT v FROM t WHERE id = :id));

-- error: x needs a value for each of its parameters (id)
SELECT * FROM x;
-- error: x takes 1 argument (id); more were given
SELECT * FROM x(1, 2);
-- error: too many arguments
SELECT * FROM x(1, 2, 3, 4);
-- error: _source is one of l1, l2, computed, stale, bypass
SELECT * FROM x(1) WHERE _source = 'memory';
-- error: may not be modified
DELETE FROM x;
-- error: the first argument is a SELECT in its own parentheses
CREATE VIRTUAL TABLE temp.y USING cached(SELECT 1);
-- error: the first argument is a SELECT in its own parentheses
CREATE VIRTUAL TABLE temp.y USING cached;
-- error: only a single SELECT can be cached
CREATE VIRTUAL TABLE temp.y USING cached((PRAGMA table_info(t)));
-- error: only a single SELECT can be cached
CREATE VIRTUAL TABLE temp.y USING cached((EXPLAIN SELECT 1));
-- error: only a single SELECT can be cached
CREATE VIRTUAL TABLE temp.y USING cached((INSERT INTO t VALUES (9, 9)));
-- error: what follows is: SELECT 2
CREATE VIRTUAL TABLE temp.y USING cached((SELECT 1; SELECT 2));
-- error: near ")"
CREATE VIRTUAL TABLE temp.y USING cached((SELECT 1) UNION SELECT (2));
-- error: no such table: nowhere
CREATE VIRTUAL TABLE temp.y USING cached((SELECT * FROM nowhere));
-- error: random() is not deterministic
CREATE VIRTUAL TABLE temp.y USING cached((SELECT random()));
-- error: reads the clock
CREATE VIRTUAL TABLE temp.y USING cached((SELECT datetime('now')));
-- error: is not possible
CREATE VIRTUAL TABLE temp.y USING cached((SELECT 1), ttl=soon);
-- error: unknown option "colour"; allowed are
CREATE VIRTUAL TABLE temp.y USING cached((SELECT 1), colour=red);
-- error: consistency=ttl needs ttl=seconds
CREATE VIRTUAL TABLE temp.y USING cached((SELECT 1), consistency=ttl);
-- error: tags uses the parameter :b, which the SELECT does not have
CREATE VIRTUAL TABLE temp.y USING cached((SELECT :a), tags='t:' || :b);
-- error: recursively
CREATE VIRTUAL TABLE temp.y USING cached((SELECT * FROM y));
SELECT 'nothing of all that was created',
  (SELECT group_concat(name) FROM sqlite_temp_schema) IS 'x';

CREATE TEMP VIEW v AS SELECT * FROM t;
CREATE VIRTUAL TABLE temp.self USING cached((SELECT id FROM v));
DROP VIEW v;
CREATE TEMP VIEW v AS SELECT * FROM self;
-- error: self: its SELECT reads self itself; a cached table cannot be recursive
SELECT * FROM self;

CREATE VIRTUAL TABLE temp.a USING cached((SELECT abs(v) AS a FROM t WHERE id >= :id));
-- error: a: integer overflow
SELECT * FROM a(1);
SELECT 'a failed computation leaves nothing',
  (SELECT count(*) FROM cache_entries) IS 0;
UPDATE t SET v = 5 WHERE id = 2;
SELECT 'and works when it can', (SELECT sum(a) FROM a(1)) IS 5;

-- error: cannot be a tag
SELECT cache_invalidate('');
-- error: unknown setting "nope"
SELECT cache_config('nope');
-- error: cap_bytes cannot be 'much'
SELECT cache_config('cap_bytes', 'much');

DROP TABLE t;
-- error: x: no such table: t
SELECT * FROM x(1);
CREATE TABLE t(v, id INTEGER PRIMARY KEY);
INSERT INTO t VALUES ('again', 1);
SELECT 'a table that is back is read again', (SELECT v FROM x(1)) IS 'again';
DROP TABLE x;
-- error: no such table: x
SELECT * FROM x(1);
