INSERT INTO "users" ("id", "name") VALUES (1, "bob");
INSERT INTO 'users' ('id', 'name') VALUES (1, 'bob');
UPDATE "users" SET "name" = 'x', "a"=5 WHERE "users"."id" = 4;
UPDATE users SET 'name' = 'x', 'a' = -5;
UPDATE users SET (a,b) = (1,2) WHERE a IS NULL AND b IS NOT NULL AND c NOT NULL;
UPDATE users SET ('a',"b") = (SELECT 1,2), c=NULL;
SELECT "name", [First Name], `select`, "First Name" FROM "users" WHERE "name" = "bob" AND email = "bob@x.com";
SELECT "hello";
