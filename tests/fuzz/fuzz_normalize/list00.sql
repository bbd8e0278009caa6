select * from Users where ID in (1,2,3) -- x;
SELECT * FROM users WHERE id IN ( ? );;
SELECT * FROM users WHERE id IN ();
SELECT * FROM users WHERE (a,b) IN ();
SELECT * FROM users WHERE (a,b) NOT IN ();
SELECT * FROM users WHERE (a,b) IN (VALUES (1,2),(3,4),(5,6));
SELECT * FROM users WHERE (a,b) IN ((1,2),(3,4));
SELECT * FROM users WHERE (a,b) IN ((1,2));
