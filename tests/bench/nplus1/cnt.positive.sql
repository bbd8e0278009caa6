SELECT "books".* FROM "books";
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1000 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1003 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1006 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1009 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1012 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1015 LIMIT 3) subquery_for_count;
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "reviews" WHERE "reviews"."book_id" = 1018 LIMIT 3) subquery_for_count;
