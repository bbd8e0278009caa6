CREATE VIRTUAL TABLE ft USING fts5(a, tokenize = 'porter ascii');
ALTER TABLE users ADD COLUMN z DEFAULT 5;
DROP TABLE "users";
EXPLAIN QUERY PLAN SELECT * FROM users WHERE id = 5;
EXPLAIN SELECT 1;
SELECT t.key, t."key", t.select, t."select" FROM users t;
SELECT t.a FROM users t WHERE t . a = 5 AND t.b IN ("x", "y");
SELECT * FROM users INDEXED BY 'ex' WHERE name = 'x';
