SELECT iif(a,'x','y') FROM users;
SELECT like('a', name), glob('a', name) FROM users;
SELECT ("name") FROM users WHERE ("a" = 5) AND NOT ("b" = 'x');
SELECT * FROM users WHERE name IN ("x", "y");
SELECT DISTINCT "name" FROM users ORDER BY "name" ASC, "a" DESC NULLS LAST;
