SELECT * FROM users LIMIT 1;
SELECT value FROM settings WHERE name='a';
SELECT value FROM settings WHERE name='b';
SELECT value FROM settings WHERE name='c';
SELECT value FROM settings WHERE name='d';
