SELECT a FROM users WHERE a IS NOT DISTINCT FROM 5;
SELECT a FROM users WHERE a IS 5 OR a IS NOT 'x' OR a ISNULL OR a NOTNULL;
SELECT a FROM users WHERE name LIKE 'a%' ESCAPE '\' AND email GLOB 'x*' AND name NOT LIKE "b%";
SELECT a->'$.x', b->>'$.y' , a - > b FROM users;
SELECT a -> '$.x' FROM users;
SELECT strftime("%Y", created_at), date("now"), count("id"), count(DISTINCT "id") FROM posts;
SELECT p.title FROM posts AS p JOIN "users" AS "u" ON "u"."id" = p.user_id, users 'v' WHERE u.name = 'x';
SELECT * FROM posts p LEFT JOIN users u ON u.id=p.user_id AND u.a=5 , users b;
