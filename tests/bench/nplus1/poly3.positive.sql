SELECT "comments".* FROM "comments";
SELECT "images".* FROM "images" WHERE "images"."id" = 1000 LIMIT 1;
SELECT "posts".* FROM "posts" WHERE "posts"."id" = 1003 LIMIT 1;
SELECT "images".* FROM "images" WHERE "images"."id" = 1006 LIMIT 1;
SELECT "posts".* FROM "posts" WHERE "posts"."id" = 1009 LIMIT 1;
SELECT "images".* FROM "images" WHERE "images"."id" = 1012 LIMIT 1;
SELECT "posts".* FROM "posts" WHERE "posts"."id" = 1015 LIMIT 1;
