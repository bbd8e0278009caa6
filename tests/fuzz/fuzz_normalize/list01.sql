SELECT * FROM users WHERE (a,b) = (1,2);
SELECT * FROM users WHERE id IN (1, a, -3);
SELECT * FROM users WHERE id IN (-1, +2, 'x', NULL, x'00', ?3, :a, @b, $c::d(e));
INSERT INTO users(id,name) VALUES (1,'a'),(2,'b'),(3,NULL) ON CONFLICT DO NOTHING;
INSERT INTO users VALUES (1,lower('A')),(2,'b');
INSERT INTO users(id,name) VALUES (1,lower('A')),(2,'b'),(3,lower('C')),(4,'d');
INSERT INTO users(email,flag) VALUES ('a',1) ON CONFLICT(email) WHERE flag=1 DO UPDATE SET name='x' WHERE flag = 5;
INSERT INTO users(email,name) VALUES ('a','b') ON CONFLICT(lower(name),substr(email,1,3)) DO UPDATE SET name=excluded.name||'x';
