/* SPDX-License-Identifier: MIT */
#include "query/fingerprint.h"
#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *query_fingerprint_suite(void);

static const char schema[] =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, email TEXT,"
    " \"First Name\" TEXT, \"select\" TEXT, key TEXT, a, b, c, flag,"
    " UNIQUE(a, b));"
    "CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id, title, body,"
    " created_at);"
    "CREATE UNIQUE INDEX pi ON users(email) WHERE flag = 1;"
    "CREATE UNIQUE INDEX ex ON users(lower(name), substr(email, 1, 3));";

/* Every turn of the dialect, right and wrong, over that schema. */
static const char *const texts[] = {
    "select * from Users where ID in (1,2,3) -- x",
    "SELECT * FROM users WHERE id IN ( ? );",
    "SELECT * FROM users WHERE id IN ()",
    "SELECT * FROM users WHERE (a,b) IN ()",
    "SELECT * FROM users WHERE (a,b) NOT IN ()",
    "SELECT * FROM users WHERE (a,b) IN (VALUES (1,2),(3,4),(5,6))",
    "SELECT * FROM users WHERE (a,b) IN ((1,2),(3,4))",
    "SELECT * FROM users WHERE (a,b) IN ((1,2))",
    "SELECT * FROM users WHERE (a,b) = (1,2)",
    "SELECT * FROM users WHERE id IN (1, a, -3)",
    "SELECT * FROM users WHERE id IN (-1, +2, 'x', NULL, x'00', ?3, :a,"
    " @b, $c::d(e))",
    "INSERT INTO users(id,name) VALUES (1,'a'),(2,'b'),(3,NULL) ON "
    "CONFLICT DO NOTHING",
    "INSERT INTO users VALUES (1,lower('A')),(2,'b')",
    "INSERT INTO users(id,name) VALUES "
    "(1,lower('A')),(2,'b'),(3,lower('C')),(4,'d')",
    "INSERT INTO users(email,flag) VALUES ('a',1) ON CONFLICT(email) "
    "WHERE flag=1 DO UPDATE SET name='x' WHERE flag = 5",
    "INSERT INTO users(email,name) VALUES ('a','b') ON "
    "CONFLICT(lower(name),substr(email,1,3)) DO UPDATE SET "
    "name=excluded.name||'x'",
    "INSERT INTO \"users\" (\"id\", \"name\") VALUES (1, \"bob\")",
    "INSERT INTO 'users' ('id', 'name') VALUES (1, 'bob')",
    "UPDATE \"users\" SET \"name\" = 'x', \"a\"=5 WHERE "
    "\"users\".\"id\" = 4",
    "UPDATE users SET 'name' = 'x', 'a' = -5",
    "UPDATE users SET (a,b) = (1,2) WHERE a IS NULL AND b IS NOT NULL "
    "AND c NOT NULL",
    "UPDATE users SET ('a',\"b\") = (SELECT 1,2), c=NULL",
    "SELECT \"name\", [First Name], `select`, \"First Name\" FROM "
    "\"users\" WHERE \"name\" = \"bob\" AND email = \"bob@x.com\"",
    "SELECT \"hello\"",
    "SELECT \"hello\", 'a' 'b', 'c' AS 'd'",
    "SELECT name 'the name', a AS 'x y', count(*) 'n' FROM users u "
    "GROUP BY 1, 2 ORDER BY 1 DESC, 2+1, -1",
    "SELECT name FROM users ORDER BY 1 LIMIT 10 OFFSET 5",
    "SELECT name FROM users ORDER BY 2",
    "SELECT name FROM users ORDER BY 2 COLLATE NOCASE",
    "SELECT name FROM users ORDER BY -1",
    "SELECT name FROM users ORDER BY 0x1",
    "SELECT key - 1, a-1, a - -1, - -1, -a, ~5, -(3), 2*-3 FROM users",
    "SELECT a FROM users WHERE a = -1 AND b > +2.5e3 AND c BETWEEN -1 "
    "AND 5",
    "SELECT CAST(a AS VARCHAR(10)), CAST('5' AS DECIMAL(10,2)) FROM users",
    "SELECT likelihood(a = 5, 0.25), likely(b) FROM users",
    "SELECT \"likelihood\"(a = 5, 0.25) FROM users",
    "SELECT 0xFFFFFFFFFFFFFFFF, 0x10000000000000000",
    "SELECT -0x8000000000000000",
    "SELECT 0xFF, .5, 1., 1e3, 1E-5, 9223372036854775808",
    "SELECT 1_000",
    "SELECT 1abc",
    "SELECT x'ABC'",
    "SELECT x'ABCD', X''",
    "SELECT 'it''s', \"id\"\"x\", [a b], `c``d` FROM users",
    "SELECT ?0",
    "SELECT ?1, ?32766",
    "SELECT ?32767",
    "SELECT #1",
    "SELECT #a",
    "SELECT $a::b(c), :x, @y",
    "SELECT $a(b",
    "SELECT $a(b ) FROM users",
    "SELECT $a(b ;",
    "SELECT 'abc",
    "SELECT \"abc",
    "SELECT [abc",
    "SELECT 1 /* open",
    "SELECT 1 /*/ x */ + 1 /**/",
    "SELECT 1 -- c\n+ 2 --d",
    ";;SELECT 1;;",
    "SELECT 1; SELECT 2;",
    "SELECT a FROM users WHERE a IS NOT DISTINCT FROM 5",
    "SELECT a FROM users WHERE a IS 5 OR a IS NOT 'x' OR a ISNULL OR a "
    "NOTNULL",
    "SELECT a FROM users WHERE name LIKE 'a%' ESCAPE '\\' AND email "
    "GLOB 'x*' AND name NOT LIKE \"b%\"",
    "SELECT a->'$.x', b->>'$.y' , a - > b FROM users",
    "SELECT a -> '$.x' FROM users",
    "SELECT strftime(\"%Y\", created_at), date(\"now\"), count(\"id\"),"
    " count(DISTINCT \"id\") FROM posts",
    "SELECT p.title FROM posts AS p JOIN \"users\" AS \"u\" ON "
    "\"u\".\"id\" = p.user_id, users 'v' WHERE u.name = 'x'",
    "SELECT * FROM posts p LEFT JOIN users u ON u.id=p.user_id AND "
    "u.a=5 , users b",
    "SELECT * FROM 'posts' JOIN 'users' USING ('id')",
    "SELECT * FROM (VALUES (1),(2),(3)) AS t",
    "SELECT * FROM main.users",
    "WITH x(a,b) AS (VALUES (1,2),(3,4)), y AS MATERIALIZED (SELECT 5) "
    "SELECT * FROM x,y WHERE a = 4",
    "WITH 'x'('a') AS (SELECT 1) SELECT a FROM x",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE"
    " n < 10) SELECT n FROM c",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b DESC ROWS "
    "BETWEEN 2 PRECEDING AND CURRENT ROW) FROM users",
    "SELECT sum(a) FILTER (WHERE b > 5) OVER w FROM users WINDOW w AS "
    "(ORDER BY c)",
    "SELECT * FROM users LIMIT 5",
    "SELECT * FROM users LIMIT 5, 10",
    "DELETE FROM users WHERE id = 5 RETURNING id, 'x'",
    "REPLACE INTO users(id) VALUES (1)",
    "SELECT replace(name, 'a', 'b') FROM users",
    "VALUES (1,2),(3,4)",
    "VALUES (1,2),(3)",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA busy_timeout=5000;",
    "PRAGMA table_info('users')",
    "PRAGMA main.journal_mode = WAL",
    "PRAGMA key = 'secret'",
    "PRAGMA main . key('secret')",
    "PRAGMA key = "
    "x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'",
    "PRAGMA key = 1+1+1",
    "ATTACH 'file:secret.db' AS tenant1",
    "ATTACH DATABASE 'x.db' AS 'tenant1'",
    "DETACH tenant1",
    "DETACH DATABASE 'x'",
    "VACUUM",
    "VACUUM main INTO 'x.db'",
    "SAVEPOINT \"s123_x1\"",
    "RELEASE SAVEPOINT active_record_1",
    "ROLLBACK TO SAVEPOINT 'sp 1'",
    "ROLLBACK",
    "BEGIN IMMEDIATE TRANSACTION",
    "CREATE TABLE t1(a VARCHAR(10) DEFAULT 5, b DEFAULT 'x', c DEFAULT "
    "\"y\" CHECK (c IN (1,2,3)))",
    "CREATE TABLE t2 AS SELECT * FROM users WHERE id IN (1,2,3) AND "
    "name = 'x'",
    "CREATE TEMP TABLE IF NOT EXISTS t2 AS SELECT 1, 'x' AS b",
    "CREATE VIEW v AS SELECT * FROM users WHERE id = 5",
    "CREATE INDEX i2 ON users(a) WHERE b = 5",
    "CREATE TRIGGER tr AFTER INSERT ON users BEGIN INSERT INTO "
    "posts(id) VALUES (1); UPDATE users SET a=1; END;",
    "CREATE VIRTUAL TABLE ft USING fts5(a, tokenize = 'porter ascii')",
    "ALTER TABLE users ADD COLUMN z DEFAULT 5",
    "DROP TABLE \"users\"",
    "EXPLAIN QUERY PLAN SELECT * FROM users WHERE id = 5",
    "EXPLAIN SELECT 1",
    "SELECT t.key, t.\"key\", t.select, t.\"select\" FROM users t",
    "SELECT t.a FROM users t WHERE t . a = 5 AND t.b IN (\"x\", \"y\")",
    "SELECT * FROM users INDEXED BY 'ex' WHERE name = 'x'",
    "SELECT * FROM users NOT INDEXED WHERE name = 'x' COLLATE 'nocase'",
    "SELECT CASE a WHEN 1 THEN 'x' ELSE NULL END, CASE WHEN \"a\" THEN "
    "\"b\" END FROM users",
    "SELECT TRUE, false, \"true\" FROM users",
    "SELECT group_concat(name, ', ') FROM users GROUP BY a HAVING "
    "count(*) > 5",
    "SELECT json_extract(body, \"$.a.b\"), printf(\"%d\", 5) FROM posts",
    "SELECT a FROM users UNION SELECT b FROM users ORDER BY 1",
    "SELECT (SELECT max(id) FROM posts WHERE user_id = users.id AND "
    "title = 'x') FROM users",
    "SELECT * FROM pragma_table_info('users')",
    "SELECT * FROM json_each('[1,2]') WHERE value IN (SELECT value FROM"
    " json_each(?))",
    "SELECT 1 2",
    "SELECT key 5 FROM users",
    "SELECT FROM WHERE",
    "foo bar 'x' 5",
    "1 . 5",
    "CREATE TABLE q(a DEFAULT 1 . 5)",
    "SELECT a . 5 FROM users",
    "SELECT a.5 FROM users",
    "SELECT 5 . a",
    "!",
    "SELECT a ! = 5",
    "SELECT a != 5, a <> 5, a == 5 FROM users",
    "SELECT * FROM users WHERE id = 1 AND rowid > 5 AND \"rowid\" < 9",
    "SELECT iif(a,'x','y') FROM users",
    "SELECT like('a', name), glob('a', name) FROM users",
    "SELECT (\"name\") FROM users WHERE (\"a\" = 5) AND NOT (\"b\" = 'x')",
    "SELECT * FROM users WHERE name IN (\"x\", \"y\")",
    "SELECT DISTINCT \"name\" FROM users ORDER BY \"name\" ASC, \"a\" "
    "DESC NULLS LAST",
};

/* The normal form of a C string; borrowed until the 4th next call. */
static const char *normal_of(const char *sql) {
  static char *ring[4];
  static int at;
  char **slot = &ring[at++ % 4];

  sqlite3_free(*slot);
  *slot = hp_fingerprint_normalize(sql, strlen(sql));
  ck_assert_ptr_nonnull(*slot);
  return *slot;
}

static bool prepares(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

/* The two promises of every normal form. */
static void check_promises(sqlite3 *db, const char *sql) {
  const char *once = normal_of(sql), *twice = normal_of(once);

  ck_assert_msg(strcmp(once, twice) == 0, "%s\nonce  %s\ntwice %s", sql, once,
                twice);
  ck_assert_msg(prepares(db, sql) == prepares(db, once),
                "only one of these prepares:\n%s\n%s", sql, once);
}

START_TEST(texts_and_their_normal_forms_prepare_or_fail_alike) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  size_t i;

  test_db_exec(db, "%s", schema);
  for (i = 0; i < sizeof texts / sizeof *texts; i++)
    check_promises(db, texts[i]);
  test_db_close(db);
}
END_TEST

typedef struct pair {
  const char *a, *b;
} pair;

START_TEST(same_meaning_has_one_fingerprint) {
  static const pair pairs[] = {
      {"select * from t", "SELECT  *\n\tFROM T ; -- end"},
      {"SELECT \"a\" FROM \"t\"", "select [A] from `T`"},
      {"SELECT 1", "SELECT x'00' /* blob */"},
      {"SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = :name"},
      {"SELECT a FROM t WHERE b = -1", "SELECT a FROM t WHERE b = ?17"},
      {"SELECT a FROM t WHERE b == 1", "SELECT a FROM t WHERE b = 1.5e3"},
      {"SELECT a FROM t WHERE b <> 1", "SELECT a FROM t WHERE b != 2"},
      {"SELECT a FROM t WHERE b IN (1)",
       "SELECT a FROM t WHERE b IN ('x', NULL, -3, ?4, $e::f(g))"},
      {"SELECT a FROM t WHERE b IN ()", "SELECT a FROM t WHERE b IN (1, 2)"},
      {"INSERT INTO t VALUES (1, 'a')",
       "INSERT INTO t VALUES (?, ?), (2, NULL), (x'00', 3)"},
      {"SELECT * FROM t WHERE (a, b) IN (VALUES (1, 2))",
       "SELECT * FROM t WHERE (a, b) IN (VALUES (?, ?), (3, 4))"},
      {"UPDATE t SET a = NULL", "UPDATE t SET a = 'x'"},
      {"SELECT a FROM t LIMIT 5", "SELECT a FROM t LIMIT 50;"},
      {"SAVEPOINT s1_x1", "SAVEPOINT \"s1_x2\""},
      {"ATTACH 'a.db' AS x", "ATTACH 'b.db' AS x"},
      {"CREATE TABLE x AS SELECT 1", "CREATE TABLE x AS SELECT 2"},
      {"PRAGMA key = 'secret'", "PRAGMA key='other'"}};
  size_t i;

  for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ck_assert_str_eq(normal_of(pairs[i].a), normal_of(pairs[i].b));
    ck_assert(hp_fingerprint(pairs[i].a, strlen(pairs[i].a)) ==
              hp_fingerprint(pairs[i].b, strlen(pairs[i].b)));
  }
}
END_TEST

START_TEST(different_shapes_have_different_fingerprints) {
  static const pair pairs[] = {
      {"SELECT a FROM t", "SELECT a FROM t LIMIT 1"},
      {"SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"},
      {"SELECT a FROM t ORDER BY 1", "SELECT a FROM t ORDER BY 2"},
      {"SELECT a FROM t GROUP BY 1", "SELECT a FROM t GROUP BY 2"},
      {"SELECT a FROM t WHERE b IS NULL", "SELECT a FROM t WHERE b IS 1"},
      {"SELECT a FROM t WHERE b IS NULL",
       "SELECT a FROM t WHERE b IS NOT NULL"},
      {"SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b IN (1)"},
      {"SELECT a FROM t WHERE b = 1 COLLATE nocase",
       "SELECT a FROM t WHERE b = 1 COLLATE binary"},
      {"SELECT a FROM main.t", "SELECT a FROM t"},
      {"SELECT a FROM x.t", "SELECT a FROM y.t"},
      {"SELECT CAST(a AS varchar(10))", "SELECT CAST(a AS varchar(20))"},
      {"PRAGMA cache_size = 1", "PRAGMA cache_size = 2"},
      {"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1, 2)"},
      {"SELECT a FROM t WHERE b LIKE 'x'", "SELECT a FROM t WHERE b GLOB 'x'"},
      {"EXPLAIN SELECT 1", "SELECT 1"}};
  size_t i;

  for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ck_assert_str_ne(normal_of(pairs[i].a), normal_of(pairs[i].b));
    ck_assert(hp_fingerprint(pairs[i].a, strlen(pairs[i].a)) !=
              hp_fingerprint(pairs[i].b, strlen(pairs[i].b)));
  }
}
END_TEST

START_TEST(the_normal_form_reads_well) {
  static const pair pairs[] = {
      {"select * from Users where ID in (1,2,3) -- x",
       "SELECT * FROM users WHERE id IN (?)"},
      {"insert into \"users\" (\"id\",\"First Name\") values(1,'a'),(2,'b')"
       " on conflict(id) do update set a=excluded.a+1;",
       "INSERT INTO users(id, \"first name\") VALUES (?, ?) ON CONFLICT (id)"
       " DO UPDATE SET a = excluded.a + ?"},
      {"SELECT - a, -1, 5 - 1, cast(a as numeric(10,2)), count(*) from t",
       "SELECT -a, ?, ? - ?, CAST(a AS numeric(10, 2)), count(*) FROM t"},
      {"SELECT name 'x y' FROM t WHERE a LIKE 'b' ESCAPE '\\'",
       "SELECT name \"x y\" FROM t WHERE a LIKE ? ESCAPE '\\'"},
      {"SELECT 1; SELECT 2;", "SELECT ?; SELECT ?"},
      {"SELECT a FROM t WHERE d = \"2024-01-01\" AND e = \"Bob\"",
       "SELECT a FROM t WHERE d = ? AND e = \"bob\""},
      {"", ""},
      {" ; -- nothing", ""}};
  size_t i;

  for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
    ck_assert_str_eq(normal_of(pairs[i].a), pairs[i].b);
}
END_TEST

START_TEST(no_literal_survives_where_values_stand) {
  const char *secret = normal_of(
      "UPDATE t SET a='hush', b=x'68757368', c='hush'||'hush' WHERE d IN "
      "('hush','hush') AND e BETWEEN 'hush' AND 'hush' AND f LIKE 'hush%' "
      "AND g(h, 'hush') AND i > \"hush@hush\"");

  ck_assert_ptr_null(strstr(secret, "hush"));
  ck_assert_ptr_null(strstr(secret, "68757368"));
  ck_assert_ptr_null(strstr(normal_of("PRAGMA rekey = \"x'hush'\""), "hush"));
}
END_TEST

START_TEST(a_text_ends_at_its_first_nul) {
  char *normal = hp_fingerprint_normalize("SELECT 1\0garbage'", 17);

  ck_assert_str_eq(normal, "SELECT ?");
  sqlite3_free(normal);
  ck_assert(hp_fingerprint("SELECT 1\0x", 10) == hp_fingerprint("SELECT 1", 8));
}
END_TEST

START_TEST(the_hash_of_the_normal_form_is_the_fingerprint) {
  const char *sql = "select 1 from T";

  ck_assert(hp_fingerprint_of_normal(normal_of(sql)) ==
            hp_fingerprint(sql, strlen(sql)));
  ck_assert(hp_fingerprint("", 0) != 0);
}
END_TEST

START_TEST(a_megabyte_is_normalized) {
  size_t n = 1 << 20, i;
  char *text = malloc(n), *normal;

  ck_assert_ptr_nonnull(text);
  i = (size_t)sprintf(text, "SELECT a FROM t WHERE b IN (");
  while (i + 8 < n) i += (size_t)sprintf(text + i, "12345,");
  i += (size_t)sprintf(text + i, "1)");
  normal = hp_fingerprint_normalize(text, i);
  ck_assert_str_eq(normal, "SELECT a FROM t WHERE b IN (?)");
  sqlite3_free(normal);
  memset(text, '(', n);
  normal = hp_fingerprint_normalize(text, n);
  ck_assert_uint_eq(strlen(normal), n);
  sqlite3_free(normal);
  free(text);
}
END_TEST

START_TEST(out_of_memory_is_told) {
  char text[4096];

  memset(text, ' ', sizeof text);
  test_heap_fail_at(1);
  ck_assert_ptr_null(hp_fingerprint_normalize("SELECT 1", 8));
  test_heap_fail_at(1);
  ck_assert(hp_fingerprint(text, sizeof text) == 0);
  test_heap_fail_at(1);
  ck_assert(hp_fingerprint(text, 2048) != 0);
  test_heap_fail_never();
}
END_TEST

/* Random texts out of the dialect's pieces keep their normal form. */
START_TEST(normal_forms_of_random_texts_are_stable) {
  static const char *const pieces[] = {"SELECT ",
                                       "a",
                                       " FROM ",
                                       "t",
                                       ",",
                                       "(",
                                       ")",
                                       "1",
                                       "-",
                                       " IN ",
                                       "VALUES",
                                       "'x'",
                                       "\"b\"",
                                       "[c d]",
                                       "`e`",
                                       "?",
                                       ":f",
                                       ".",
                                       "*",
                                       " AS ",
                                       " NULL ",
                                       " IS ",
                                       " NOT ",
                                       ";",
                                       "ORDER BY ",
                                       "/*",
                                       "--",
                                       "\n",
                                       "\v",
                                       "$a(b",
                                       "'",
                                       "0x1",
                                       "1e",
                                       ".5",
                                       "~",
                                       "=",
                                       "<>",
                                       "CAST(",
                                       "ON CONFLICT",
                                       "SET ",
                                       "likelihood",
                                       "PRAGMA ",
                                       "key",
                                       "SAVEPOINT ",
                                       "CREATE TABLE ",
                                       "\xEF\xBB\xBF",
                                       "\xC3",
                                       "\"",
                                       "]",
                                       "x'0'",
                                       "->",
                                       "!",
                                       "WITH ",
                                       "INTO ",
                                       "CREATE TRIGGER "};
  unsigned seed = 77 + (unsigned)_i;
  char text[512];
  int round, i, n;

  for (round = 0; round < 3000; round++) {
    text[0] = 0;
    n = rand_r(&seed) % 24;
    for (i = 0; i < n; i++)
      strcat(text,
             pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
    ck_assert_msg(strcmp(normal_of(text), normal_of(normal_of(text))) == 0,
                  "%s\nonce  %s\ntwice %s", text, normal_of(text),
                  normal_of(normal_of(text)));
  }
}
END_TEST

Suite *query_fingerprint_suite(void) {
  Suite *s = suite_create("query_fingerprint");
  TCase *c = tcase_create("normal form");

  tcase_add_test(c, texts_and_their_normal_forms_prepare_or_fail_alike);
  tcase_add_test(c, same_meaning_has_one_fingerprint);
  tcase_add_test(c, different_shapes_have_different_fingerprints);
  tcase_add_test(c, the_normal_form_reads_well);
  tcase_add_test(c, no_literal_survives_where_values_stand);
  tcase_add_test(c, a_text_ends_at_its_first_nul);
  tcase_add_test(c, the_hash_of_the_normal_form_is_the_fingerprint);
  tcase_add_test(c, a_megabyte_is_normalized);
  tcase_add_test(c, out_of_memory_is_told);
  tcase_add_loop_test(c, normal_forms_of_random_texts_are_stable, 0, 4);
  suite_add_tcase(s, c);
  return s;
}
