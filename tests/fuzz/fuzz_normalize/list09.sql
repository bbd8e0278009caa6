SELECT * FROM users LIMIT 5;
SELECT * FROM users LIMIT 5, 10;
DELETE FROM users WHERE id = 5 RETURNING id, 'x';
REPLACE INTO users(id) VALUES (1);
SELECT replace(name, 'a', 'b') FROM users;
VALUES (1,2),(3,4);
VALUES (1,2),(3);
PRAGMA busy_timeout = 5000;
