SELECT * FROM json_each('[1,2]') WHERE value IN (SELECT value FROM json_each(?));
SELECT 1 2;
SELECT key 5 FROM users;
SELECT FROM WHERE;
foo bar 'x' 5;
1 . 5;
CREATE TABLE q(a DEFAULT 1 . 5);
SELECT a . 5 FROM users;
