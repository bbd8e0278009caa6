SELECT * FROM users NOT INDEXED WHERE name = 'x' COLLATE 'nocase';
SELECT CASE a WHEN 1 THEN 'x' ELSE NULL END, CASE WHEN "a" THEN "b" END FROM users;
SELECT TRUE, false, "true" FROM users;
SELECT group_concat(name, ', ') FROM users GROUP BY a HAVING count(*) > 5;
SELECT json_extract(body, "$.a.b"), printf("%d", 5) FROM posts;
SELECT a FROM users UNION SELECT b FROM users ORDER BY 1;
SELECT (SELECT max(id) FROM posts WHERE user_id = users.id AND title = 'x') FROM users;
SELECT * FROM pragma_table_info('users');
