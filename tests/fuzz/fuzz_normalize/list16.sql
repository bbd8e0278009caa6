SELECT a.5 FROM users;
SELECT 5 . a;
!;
SELECT a ! = 5;
SELECT a != 5, a <> 5, a == 5 FROM users;
éà = 5;
SELECT "é" FROM users;
SELECT * FROM users WHERE id = 1 AND rowid > 5 AND "rowid" < 9;
