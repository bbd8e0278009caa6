SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
SELECT * FROM settings WHERE name='x';
