SELECT "hello", 'a' 'b', 'c' AS 'd';
SELECT name 'the name', a AS 'x y', count(*) 'n' FROM users u GROUP BY 1, 2 ORDER BY 1 DESC, 2+1, -1;
SELECT name FROM users ORDER BY 1 LIMIT 10 OFFSET 5;
SELECT name FROM users ORDER BY 2;
SELECT name FROM users ORDER BY 2 COLLATE NOCASE;
SELECT name FROM users ORDER BY -1;
SELECT name FROM users ORDER BY 0x1;
SELECT key - 1, a-1, a - -1, - -1, -a, ~5, -(3), 2*-3 FROM users;
