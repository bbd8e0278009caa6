/* SPDX-License-Identifier: MIT
**
** Micro-schemas with a known best answer, the failures of SQLite's .expert
** among them.
*/
#include "advisor/advisor.h"
#include "advisor/session.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *advisor_advisor_suite(void);

/* t: a has 50 values, b 200, c 5000, g 10; flag is 1 in a hundredth of the
** rows, hole NULL in all but a tenth; wide, so that covering everything is no
** answer. */
static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT, g INT,"
    " flag INT, hole INT, name TEXT, e INT, pad TEXT);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
    " INSERT INTO t SELECT i, i %% 50, i * 7 %% 200, i * 7919 %% 5000, i %% 10,"
    " i %% 100 = 0, iif(i %% 10 = 0, i, NULL), 'n' || i, i,"
    " printf('%%.60c', 'x') FROM n;"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, d INT, p1, p2, p3, p4,"
    " p5, p6);"
    "INSERT INTO u SELECT id, name, a, 1, 2, 3, 4, 5, 6 FROM t WHERE id < 2000;"
    "CREATE TABLE tiny(x, y); INSERT INTO tiny SELECT id, a FROM t LIMIT 40;"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY, v);"
    "INSERT INTO parent SELECT id, a FROM t;"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES"
    " parent ON DELETE CASCADE, w);"
    "INSERT INTO child SELECT id, c, a FROM t WHERE c > 0;"
    "CREATE VIEW flagged AS SELECT * FROM t WHERE g > 2;"
    "CREATE TABLE rowless(k TEXT PRIMARY KEY, v INT, p1, p2, p3, p4, p5)"
    " WITHOUT ROWID;"
    "INSERT INTO rowless SELECT name, c, 1, 2, 3, 4, 5 FROM t;";

/* setup: more SQL. workload: statements, split at newlines, each after its
** number of calls. want: each line must be in the DDL of some advice; never:
** no line may be in any. n: pieces of advice exactly; -1: any number. */
typedef struct trap {
  const char *name, *setup, *workload, *want, *never;
  int n;
} trap;

static const trap traps[] = {
    {"a column only compared by <> does not belong in an index", "",
     "1 SELECT * FROM t WHERE a = 7 AND b <> 3", "ON \"t\"(\"a\");", "\"b\"",
     1},
    {"a small statement counts once the large ones have their index", "",
     "1 SELECT (SELECT count(*) FROM t AS y WHERE y.c = x.c) FROM t AS x\n"
     "1 SELECT * FROM u WHERE name = 'n77'",
     "ON \"t\"(\"c\"\nON \"u\"(\"name\"", "", 2},
    {"and a smaller one once these have theirs", "",
     "1 SELECT (SELECT count(*) FROM t AS y WHERE y.c = x.c) FROM t AS x\n"
     "50 SELECT * FROM t WHERE name = 'n99'\n"
     "1 SELECT * FROM u WHERE name = 'n77'",
     "ON \"t\"(\"c\"\nON \"t\"(\"name\"\nON \"u\"(\"name\"", "", 3},
    {"the beginning of a primary key is not repeated",
     "CREATE TABLE pair(x INT, y INT, p1, p2, p3, p4, p5, p6,"
     " PRIMARY KEY(x, y)); INSERT INTO pair SELECT a, id, 1, 2, 3, 4, 5, 6"
     " FROM t",
     "1 SELECT * FROM pair WHERE x = 7\n"
     "1 SELECT p.* FROM u JOIN pair AS p ON p.x = u.d WHERE u.name = 'n77'",
     "ON \"u\"(\"name\"", "ON \"pair\"(\"x\");", 1},
    {"an index of fewer columns gives the order of the rowid", "",
     "99 SELECT * FROM t WHERE a = 2 ORDER BY b DESC LIMIT 3\n"
     "99 SELECT b FROM t WHERE id = (SELECT max(id) FROM t WHERE a = 1)",
     "ON \"t\"(\"a\");\nON \"t\"(\"a\", \"b\");", "", 2},
    {"a statement made slower gets an index that is not worth its bytes", "",
     "90000 SELECT * FROM t WHERE a = 2 ORDER BY b DESC LIMIT 3\n"
     "1000 SELECT b FROM t WHERE id = (SELECT max(id) FROM t WHERE a = 1)",
     "ON \"t\"(\"a\");\nON \"t\"(\"a\", \"b\");", "", 2},
    {"a small index that saves more than the smallest",
     "CREATE TABLE trip(id INTEGER PRIMARY KEY, kind INT, day INT, pad);"
     "INSERT INTO trip SELECT id, id % 40, id * 13 % 365, pad FROM t"
     " WHERE id < 1001;"
     "CREATE TABLE stop(id INTEGER PRIMARY KEY, trip INT, day INT, pad);"
     "INSERT INTO stop SELECT id, id * 31 % 1000, id * 17 % 365, pad FROM t"
     " WHERE id < 3001;",
     "1 SELECT id, pad FROM trip WHERE kind IN (3, 5) AND day < 20 AND"
     " NOT EXISTS (SELECT 1 FROM stop WHERE stop.trip = trip.id AND"
     " stop.day > 350) ORDER BY id LIMIT 10",
     "ON \"trip\"(\"kind\", \"day\");\nON \"stop\"(\"trip\", \"day\");", "", 2},
    {"LIMIT is not a column", "", "1 SELECT * FROM t WHERE c = 7 LIMIT 5",
     "ON \"t\"(\"c\");", "\"id\"\n, ", 1},
    {"IS NULL is an equality", "",
     "1 SELECT * FROM t WHERE e IS NULL AND c > 3",
     "\"t\"(\"c\") WHERE \"e\" IS NULL", "", 1},
    {"IS a value is an equality", "",
     "1 SELECT * FROM t WHERE a IS 7 AND c > 4900", "ON \"t\"(\"a\", \"c\");",
     "", 1},
    {"the rowid alias is in every index", "",
     "1 SELECT * FROM t WHERE a = 7 ORDER BY id", "ON \"t\"(\"a\");", "\"id\"",
     1},
    {"a join goes one way", "",
     "1 SELECT u.*, t.* FROM u JOIN t ON t.c = u.d WHERE u.name = 'n77'",
     "ON \"u\"(\"name\");\nON \"t\"(\"c\");", "\"d\"", 2},
    {"an index may be of use only beside another one",
     "CREATE TABLE person(id INTEGER PRIMARY KEY, kind INT, pad);"
     "INSERT INTO person SELECT id, c / 50, pad FROM t;"
     "CREATE TABLE bill(id INTEGER PRIMARY KEY, person INT, day INT, pad);"
     "INSERT INTO bill SELECT id, c, a, pad FROM t;"
     "CREATE TABLE line(bill INT, n INT, day INT, PRIMARY KEY(bill, n));"
     "INSERT INTO line SELECT t.id, tiny.x, a FROM t, tiny WHERE tiny.x < 4;",
     "1 SELECT l.day FROM person AS p, bill AS b, line AS l WHERE p.kind = 7"
     " AND b.person = p.id AND l.bill = b.id AND b.day < 45 AND l.day > 5",
     "ON \"person\"(\"kind\"\nON \"bill\"(\"person\"", "", -1},
    {"also of a statement that hardly counts before others have theirs",
     "CREATE TABLE person(id INTEGER PRIMARY KEY, kind INT, pad);"
     "INSERT INTO person SELECT id, c / 50, pad FROM t WHERE id <= 1000;"
     "CREATE TABLE bill(id INTEGER PRIMARY KEY, person INT, state INT, pad);"
     "INSERT INTO bill SELECT id, c / 5, id % 5, pad FROM t;",
     "5000 SELECT * FROM t WHERE name = 'n77'\n"
     "1 SELECT b.state, count(*) FROM person AS p, bill AS b WHERE"
     " b.person = p.id AND p.kind < 5 GROUP BY b.state",
     "ON \"person\"(\"kind\");\nON \"bill\"(\"person\", \"state\");", "", 3},
    {"narrow indexes may be better than any wider one", "",
     "1 SELECT t.id, u.p1 FROM t, u WHERE t.c = u.id AND t.g = 3 AND"
     " u.name = 'n77'",
     "ON \"t\"(\"c\"\nON \"u\"(\"name\"", "", 2},
    {"max() needs no direction", "", "1 SELECT max(c) FROM t",
     "ON \"t\"(\"c\");", "DESC", 1},
    {"ORDER BY has a collation", "",
     "1 SELECT * FROM t ORDER BY name COLLATE NOCASE LIMIT 10",
     "(\"name\" COLLATE \"NOCASE\")", "", 1},
    {"an expression can be indexed", "",
     "1 SELECT * FROM t WHERE lower(t.name) = 'n77'", "\"t\"(lower(name))", "",
     1},
    {"an expression is part of an index like a column", "",
     "1 SELECT * FROM t WHERE substr(name, 1, 2) = 'n7' ORDER BY c LIMIT 5",
     "\"t\"(substr(name, 1, 2), \"c\")", "", 1},
    {"grouping by another name of an expression", "",
     "1 SELECT length(name) AS n, count(*) FROM t GROUP BY n",
     "\"t\"(length(name)", "", 1},
    {"the least of some rows is the first of an order", "",
     "1 SELECT min(c) FROM t WHERE b < 20", "ON \"t\"(\"c\", \"b\");", "", 1},
    {"two ranges: one is searched, one filters before the table is read", "",
     "1 SELECT * FROM t WHERE b < 30 AND c < 700", "ON \"t\"(\"c\", \"b\");",
     "", 1},
    {"rows that have a value, where most have none", "",
     "1 SELECT * FROM t WHERE hole IS NOT NULL AND a = 0 ORDER BY c LIMIT 9",
     "WHERE \"hole\" IS NOT NULL", "", 1},
    {"rows in one of a few states, where most are in others",
     "CREATE TABLE task(id INTEGER PRIMARY KEY, state TEXT, due INT, cost INT,"
     " pad); INSERT INTO task SELECT id, CASE id % 40 WHEN 1 THEN 'new'"
     " WHEN 2 THEN 'open' ELSE 'done' END, c, a, pad FROM t",
     "1 SELECT pad FROM task WHERE state IN ('new', 'open') AND due > 400",
     "WHERE \"state\" IN ('new', 'open')", "", 1},
    {"what a view compares is seen in its text",
     "CREATE VIEW early AS SELECT * FROM t WHERE substr(name, 1, 2) = 'n7'",
     "1 SELECT * FROM early ORDER BY c LIMIT 5",
     "\"t\"(substr(name, 1, 2), \"c\")", "", 1},
    {"or where most have one", "",
     "1 SELECT * FROM t WHERE name IS NOT NULL AND c = 7", "ON \"t\"(\"c\");",
     "WHERE", 1},
    {"the sides of OR beside a poor equality", "",
     "1 DELETE FROM t WHERE (c = 9 OR e = 77) AND flag = 0",
     "ON \"t\"(\"c\");\nON \"t\"(\"e\");", "", 2},
    {"a rare constant makes a partial index", "",
     "1 SELECT * FROM t WHERE flag = 1 AND a = 0 ORDER BY c",
     "WHERE \"flag\" = 1", "", 1},
    {"so does one that stands for \"none yet\"",
     "CREATE TABLE job(id INTEGER PRIMARY KEY, batch INT, pad);"
     "INSERT INTO job SELECT id, iif(id % 100, id, -1), pad FROM t",
     "1 SELECT id FROM job WHERE batch = -1", "WHERE \"batch\" = -1", "", 1},
    {"but not one of many values",
     "CREATE TABLE job(id INTEGER PRIMARY KEY, batch INT, pad);"
     "INSERT INTO job SELECT id, id / 50, pad FROM t",
     "1 SELECT pad FROM job WHERE batch = 7", "ON \"job\"(\"batch\");", "", 1},
    {"a frequent constant makes none", "", "1 SELECT * FROM t WHERE flag = 0",
     "", "CREATE", 0},
    {"grouping is covered", "", "1 SELECT a, max(c) FROM t GROUP BY a",
     "ON \"t\"(\"a\", \"c\");", "", 1},
    {"a range of most rows is no reason", "",
     "1 SELECT sum(length(pad)) FROM t WHERE c > 1250", "", "(\"c\");", -1},
    {"the primary key is an index already", "",
     "1 SELECT * FROM t WHERE id = 5\n1 SELECT * FROM rowless WHERE k = 'n7'",
     "", "CREATE", 0},
    {"a prefix of an index is an index already", "CREATE INDEX i ON t(c, b);",
     "1 SELECT * FROM t WHERE c = 7", "", "CREATE", 0},
    {"UNIQUE is an index already", "CREATE UNIQUE INDEX i ON t(c);",
     "1 SELECT * FROM t WHERE c = 7", "", "CREATE\nDROP", 0},
    {"a redundant index is dropped",
     "CREATE INDEX i ON t(c); CREATE INDEX j ON t(c, b);",
     "1 SELECT * FROM t WHERE c = 7 AND b = 33\n"
     "1 INSERT INTO t(a) VALUES (1)",
     "DROP INDEX \"i\";", "\"j\"", 1},
    {"a longer index takes the place of a shorter one",
     "CREATE INDEX i ON t(a);",
     "1 SELECT * FROM t WHERE a = 7 ORDER BY c LIMIT 5",
     "ON \"t\"(\"a\", \"c\");\nDROP INDEX \"i\";", "", 1},
    {"an index that other columns need does not go with it",
     "CREATE INDEX i ON t(a DESC, e);",
     "1 SELECT * FROM t WHERE a = 7 ORDER BY c LIMIT 5\n"
     "1 SELECT a, e FROM t ORDER BY a DESC, e LIMIT 5",
     "ON \"t\"(\"a\", \"c\");", "DROP", 1},
    {"statistics are advised where they help",
     "CREATE UNIQUE INDEX i ON t(flag, id); CREATE UNIQUE INDEX j ON t(a, id);"
     "CREATE UNIQUE INDEX k ON tiny(y, x); DELETE FROM tiny WHERE y > 4;",
     "1 SELECT t.* FROM t JOIN tiny ON tiny.y = t.a WHERE t.flag = 0",
     "ANALYZE;", "CREATE", 1},
    {"and not where there are some",
     "CREATE UNIQUE INDEX i ON t(flag, id); CREATE UNIQUE INDEX j ON t(a, id);"
     "CREATE UNIQUE INDEX k ON tiny(y, x); DELETE FROM tiny WHERE y > 4;"
     "ANALYZE;",
     "1 SELECT t.* FROM t JOIN tiny ON tiny.y = t.a WHERE t.flag = 0", "",
     "ANALYZE", -1},
    {"UNIQUE is not dropped", "CREATE UNIQUE INDEX i ON t(c);",
     "1 SELECT * FROM t WHERE id = 7\n1 INSERT INTO t(a) VALUES (1)", "",
     "DROP", 0},
    {"an unused index is dropped", "CREATE INDEX i ON t(e);",
     "1 SELECT * FROM t WHERE id = 7\n1 INSERT INTO t(a) VALUES (1)",
     "DROP INDEX \"i\";", "", 1},
    {"small tables need none", "", "1 SELECT * FROM tiny WHERE x = 3", "",
     "CREATE", 0},
    {"OR needs one for each side", "",
     "1 SELECT * FROM t WHERE c = 9 OR e = 77",
     "ON \"t\"(\"c\");\nON \"t\"(\"e\");", "", 2},
    {"equality, then order", "",
     "1 SELECT * FROM t WHERE a = 7 AND c > 10 ORDER BY c LIMIT 10",
     "ON \"t\"(\"a\", \"c\");", "", 1},
    {"ORDER BY with LIMIT gets the order", "",
     "1 SELECT * FROM t ORDER BY c DESC LIMIT 10", "ON \"t\"(\"c\");", "DESC",
     1},
    {"mixed directions need DESC", "",
     "1 SELECT * FROM t ORDER BY a, c DESC LIMIT 10",
     "ON \"t\"(\"a\", \"c\" DESC);", "", 1},
    {"IN is an equality", "", "1 SELECT * FROM t WHERE c IN (1, 2, 3)",
     "ON \"t\"(\"c\");", "", 1},
    {"BETWEEN is a range", "", "1 SELECT * FROM t WHERE c BETWEEN 5 AND 15",
     "ON \"t\"(\"c\");", "", 1},
    {"LIKE with a prefix needs NOCASE", "",
     "1 SELECT * FROM t WHERE name LIKE 'n77%'",
     "(\"name\" COLLATE \"NOCASE\")", "", 1},
    {"LIKE without one needs nothing", "",
     "1 SELECT * FROM t WHERE name LIKE '%77'", "", "CREATE", 0},
    {"GLOB needs no collation", "", "1 SELECT * FROM t WHERE name GLOB 'n77*'",
     "ON \"t\"(\"name\");", "", 1},
    {"a view is looked through", "", "1 SELECT * FROM flagged WHERE c = 7",
     "ON \"t\"(\"c\"", "", 1},
    {"DELETE searches, too", "", "1 DELETE FROM t WHERE c = 5",
     "ON \"t\"(\"c\");", "", 1},
    {"what UPDATE sets is not searched", "", "1 UPDATE t SET b = 1 WHERE c = 5",
     "ON \"t\"(\"c\");", "\"b\"", 1},
    {"a correlated subquery is searched", "",
     "1 SELECT (SELECT count(*) FROM t WHERE t.c = u.id) FROM u",
     "ON \"t\"(\"c\");", "", 1},
    {"writes pay", "",
     "1 SELECT * FROM t WHERE a = 7\n100000 INSERT INTO t(a, b) VALUES (1, 2)",
     "", "CREATE", 0},
    {"a foreign key's child is searched", "PRAGMA foreign_keys = ON;",
     "1 DELETE FROM parent WHERE id = 8", "ON \"child\"(\"parent\");", "", 1},
    {"one index for two statements", "",
     "1 SELECT * FROM t WHERE c = 7\n1 SELECT * FROM t WHERE c = 7 AND b = 3",
     "ON \"t\"(\"c\"", "", 1},
    {"statements with parameters are tried with values of the table", "",
     "1 SELECT * FROM t WHERE c = ? AND a < :most LIMIT ?", "ON \"t\"(\"c\"",
     "", 1},
    {"temp tables do not hinder",
     "CREATE TEMP TABLE pick(x INTEGER PRIMARY KEY);"
     "INSERT INTO pick VALUES (3), (5);",
     "1 SELECT * FROM t WHERE c IN (SELECT x FROM pick)", "ON \"t\"(\"c\");",
     "", 1},
    {"with statistics the planner has them", "ANALYZE;",
     "1 SELECT * FROM t WHERE a = 7 AND c = 9", "\"c\"", "", 1},
    {"a name that is taken is not used", "CREATE INDEX idx_t_c ON u(id, d);",
     "1 SELECT * FROM t WHERE c = 7\n1 SELECT * FROM u INDEXED BY idx_t_c",
     "\"idx_t_c_2\"", "", -1},
    {"a statement that fails spoils nothing", "",
     "1 SELECT * FROM nowhere\n1 SELECT * FROM t WHERE c = 7",
     "ON \"t\"(\"c\");", "", 1},
};

enum { MAX_STATEMENTS = 4, N_TRAPS = sizeof traps / sizeof *traps };

static int split(const char *text, hp_statement *out) {
  int n = 0;

  while (*text && n < MAX_STATEMENTS) {
    char *end;
    double calls = strtod(text, &end);
    size_t length = strcspn(end, "\n");

    out[n].calls = calls;
    out[n++].sql = sqlite3_mprintf("%.*s", (int)length, end);
    text = end + length + (end[length] == '\n');
  }
  return n;
}

static bool occurs(const hp_report *r, const char *part, size_t n) {
  for (int i = 0; i < r->n; i++) {
    for (const char *s = r->at[i].ddl; *s; s++) {
      if (strncmp(s, part, n) == 0) return true;
    }
  }
  return false;
}

static void check_lines(const trap *t, const hp_report *r, const char *lines,
                        bool want, const char *all) {
  while (*lines) {
    size_t n = strcspn(lines, "\n");

    ck_assert_msg(occurs(r, lines, n) == want, "%s: %s '%.*s' in:\n%s", t->name,
                  want ? "no" : "there is", (int)n, lines, all);
    lines += n + (lines[n] == '\n');
  }
}

static char *all_ddl(const hp_report *r) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < r->n; i++) {
    sqlite3_str_appendf(s, "%s gain %.3f, harmed %s\n", r->at[i].ddl,
                        r->at[i].gain, r->at[i].harmed);
  }
  for (int i = 0; i < r->n_verdicts; i++) {
    if (r->verdicts[i].skipped) {
      sqlite3_str_appendf(s, "skipped: %s\n", r->verdicts[i].skipped);
    }
  }
  return sqlite3_str_finish(s);
}

/* Without what is said of statements that no index helps. */
static int n_indexes(const hp_report *r) {
  int n = 0;

  for (int i = 0; i < r->n; i++) n += strcmp(r->at[i].action, "rewrite") != 0;
  return n;
}

START_TEST(a_trap_is_not_fallen_into) {
  const trap *t = &traps[_i];
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement statements[MAX_STATEMENTS];
  int n = split(t->workload, statements);
  hp_report report;
  char *err, *all;
  int rc;

  /* Before 3.38 SQLite does not tell which value is compared. */
  if (!test_db_since(3038000) && strstr(t->want, "\" = ")) return;
  test_db_exec(db, schema);
  test_db_exec(db, "%s", t->setup);
  rc = hp_advisor_run(db, statements, n, &options, &report, &err);
  ck_assert_msg(rc == SQLITE_OK, "%s: %s", t->name, err);
  all = all_ddl(&report);
  check_lines(t, &report, t->want, true, all);
  check_lines(t, &report, t->never, false, all);
  if (t->n >= 0) {
    ck_assert_msg(n_indexes(&report) == t->n, "%s: not %d:\n%s", t->name, t->n,
                  all);
  }
  for (int i = 0; i < report.n_verdicts; i++) {
    /* LIMIT alone does not say which rows. */
    ck_assert(report.verdicts[i].same_rows || strstr(t->workload, "LIMIT"));
  }
  ck_assert_double_le(report.after, report.before * 1.0001);
  sqlite3_free(all);
  for (int i = 0; i < n; i++) sqlite3_free((char *)statements[i].sql);
  hp_report_term(&report);
  test_db_close(db);
}
END_TEST

static hp_report advise(sqlite3 *db, const char *sql) {
  hp_advisor_options options = hp_advisor_defaults();
  hp_report r;
  char *err;
  int rc = hp_advisor_run(db, &(hp_statement){sql, 1}, 1, &options, &r, &err);

  ck_assert_msg(rc == SQLITE_OK, "%s", err);
  return r;
}

/* True if the planner knows more from now on. */
static bool follow(sqlite3 *db, const hp_report *r) {
  bool is_analyzed = false;

  for (int i = 0; i < r->n; i++) {
    if (!strcmp(r->at[i].action, "analyze")) is_analyzed = true;
    if (strcmp(r->at[i].action, "rewrite")) {
      test_db_exec(db, "%s", r->at[i].ddl);
    }
  }
  return is_analyzed;
}

START_TEST(advice_that_was_followed_gives_no_other) {
  const trap *t = &traps[_i];
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement statements[MAX_STATEMENTS];
  int n = split(t->workload, statements);
  hp_report r;
  bool is_another = true;
  char *err, *all;

  test_db_exec(db, schema);
  test_db_exec(db, "%s", t->setup);
  while (is_another) {
    ck_assert_int_eq(hp_advisor_run(db, statements, n, &options, &r, &err),
                     SQLITE_OK);
    is_another = follow(db, &r);
    hp_report_term(&r);
  }
  ck_assert_int_eq(hp_advisor_run(db, statements, n, &options, &r, &err),
                   SQLITE_OK);
  all = all_ddl(&r);
  ck_assert_msg(n_indexes(&r) == 0, "%s: once more:\n%s", t->name, all);
  sqlite3_free(all);
  for (int i = 0; i < n; i++) sqlite3_free((char *)statements[i].sql);
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

static const char *const small_works[] = {
    "5 SELECT * FROM t WHERE a = 7 AND c > 4900\n"
    "1 SELECT * FROM t WHERE b = 3 ORDER BY c LIMIT 5",
    "3 SELECT u.*, t.* FROM u JOIN t ON t.c = u.d WHERE u.name = 'n77'\n"
    "8 UPDATE t SET c = c + 1 WHERE b = 7",
    "1 SELECT * FROM t WHERE flag = 1\n"
    "2 SELECT * FROM t WHERE name = 'n9' AND a = 9",
    "20 INSERT INTO parent(v) SELECT a FROM t WHERE id < 500\n"
    "1 SELECT * FROM parent WHERE v = 9",
    "1 SELECT max(c) FROM t\n1 SELECT count(*) FROM t WHERE g = 3",
    "1 SELECT c.w, t.name FROM parent AS p, child AS c, t WHERE p.v = 7 AND"
    " c.parent = p.id AND t.c = c.id",
    "1 SELECT u.p1 FROM u, t, child AS c WHERE u.name = 'n77' AND t.c = u.d"
    " AND c.parent = t.b\n5 UPDATE child SET parent = 9 WHERE id = 9",
    "1 SELECT flag, count(*) FROM t GROUP BY flag\n"
    "1 SELECT * FROM t ORDER BY g, c LIMIT 9",
};

/* The cost of a set, and what its bytes are worth. */
static double worth_of(hp_session *s, const bool *set, double price) {
  hp_cost costs[MAX_STATEMENTS];
  double sum;

  ck_assert_int_eq(hp_trial_costs(s->trial, set, costs, s->err), SQLITE_OK);
  sum = hp_trial_sum(s->trial, costs);
  for (int i = s->n_originals; i < hp_lab_count(s->lab); i++) {
    if (set[i]) sum += price * (double)hp_lab_index_at(s->lab, i)->n_bytes;
  }
  return sum;
}

START_TEST(a_small_case_is_within_5_percent_of_the_best_of_all_subsets) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement statements[MAX_STATEMENTS];
  int n = split(small_works[_i], statements), n_built;
  hp_report report, given = {0};
  char *err = NULL;
  hp_session s = {.statements = statements,
                  .n = n,
                  .options = &options,
                  .out = &given,
                  .err = &err};
  bool set[20] = {false};
  double price, best = 1e300, ours;

  test_db_exec(db, schema);
  ck_assert_int_eq(hp_advisor_run(db, statements, n, &options, &report, &err),
                   SQLITE_OK);
  ck_assert_int_eq(hp_session_open(&s, db), SQLITE_OK);
  ck_assert_int_eq(hp_session_build(&s), SQLITE_OK);
  hp_trial_be_patient(s.trial);
  n_built = given.n_built;
  ck_assert_int_gt(n_built, 0);
  ck_assert_int_le(n_built, 12);
  price = report.after * options.min_density / hp_session_bytes(&s);
  for (int subset = 0; subset < 1 << n_built; subset++) {
    double worth;

    for (int i = 0; i < n_built; i++) {
      set[s.n_originals + i] = subset >> i & 1;
    }
    worth = worth_of(&s, set, price);
    if (worth < best) best = worth;
  }
  ours = report.after;
  for (int i = 0; i < report.n; i++) {
    ours += price * (double)report.at[i].size_bytes;
  }
  ck_assert_msg(ours <= best * 1.05, "%g, best %g, of %d", ours, best, n_built);
  for (int i = 0; i < n; i++) sqlite3_free((char *)statements[i].sql);
  hp_report_term(&report);
  hp_report_term(&given);
  hp_session_close(&s);
  test_db_close(db);
}
END_TEST

/* ---- joins: what the search finds is compared with every set of indexes of
** one column, built and run */

static const char join_schema[] =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, kind INT, city TEXT, pad);"
    "CREATE TABLE b(id INTEGER PRIMARY KEY, a INT, state INT, day INT, pad);"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, b INT, d INT, qty INT, pad);"
    "CREATE TABLE d(id INTEGER PRIMARY KEY, name TEXT, grp INT, pad);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 12000)"
    " INSERT INTO c SELECT i, i * 7 %% 6000 + 1, i * 11 %% 800 + 1, i %% 30,"
    " printf('%%.40c', 'x') FROM n;"
    "INSERT INTO b SELECT id, id * 31 %% 2000 + 1, id %% 5, id * 17 %% 365,"
    " pad FROM c WHERE id <= 6000;"
    "INSERT INTO a SELECT id, id %% 40, 'city' || (id * 7 %% 200), pad FROM c"
    " WHERE id <= 2000;"
    "INSERT INTO d SELECT id, 'name' || id, id %% 25, pad FROM c"
    " WHERE id <= 800;";

/* Each once got advice 3 to 12 times as dear as the best. */
static const struct {
  const char *sql;
  const char *columns[6]; /* "table(column)" */
} joins[] = {
    {"SELECT c.id, d.pad FROM c, d WHERE c.d = d.id AND d.name = 'name77' AND"
     " c.qty = 3",
     {"c(d)", "c(qty)", "d(name)"}},
    {"SELECT b.id, a.pad FROM b, a WHERE b.a = a.id AND a.kind = 7 AND"
     " b.state = 3",
     {"b(a)", "a(kind)", "b(state)"}},
    {"SELECT d.id, b.pad FROM d, c, b WHERE c.b = b.id AND c.d = d.id AND"
     " c.qty = 3 AND d.grp = 4 ORDER BY d.id LIMIT 20",
     {"c(b)", "c(d)", "c(qty)", "d(grp)"}},
    {"SELECT c.id, b.pad FROM c, a, b WHERE b.a = a.id AND c.b = b.id AND"
     " b.day = 77 AND c.qty = 3",
     {"b(a)", "c(b)", "b(day)", "c(qty)"}},
    {"SELECT b.id, c.pad FROM b, a, c WHERE b.a = a.id AND c.b = b.id AND"
     " a.city = 'city9' AND b.day > 350 ORDER BY c.pad",
     {"b(a)", "c(b)", "a(city)", "b(day)"}},
    {"SELECT a.id, c.pad FROM a, b, d, c WHERE b.a = a.id AND c.b = b.id AND"
     " c.d = d.id AND c.qty = 3 AND a.city = 'city9'",
     {"b(a)", "c(b)", "c(d)", "c(qty)", "a(city)"}},
};

/* The least cost with any set of the indexes. */
static double best_of(sqlite3 *db, const hp_statement *join,
                      const char *const *columns) {
  hp_lab *lab;
  hp_tables tables;
  hp_shadow *shadow;
  hp_trial *trial;
  bool set[10] = {false};
  double best = 1e300;
  char *err;
  int n = 0, i;

  ck_assert_int_eq(hp_lab_open(db, NULL, &lab, &err), SQLITE_OK);
  ck_assert_int_eq(hp_tables_read(hp_lab_db(lab), &tables), SQLITE_OK);
  ck_assert_int_eq(hp_shadow_open(hp_lab_db(lab), 1000, &shadow, &err),
                   SQLITE_OK);
  ck_assert_int_eq(hp_trial_open(lab, shadow, &tables, join, 1, &trial, &err),
                   SQLITE_OK);
  for (; n < 6 && columns[n]; n++) {
    char *sql = sqlite3_mprintf("CREATE INDEX i_%d ON %s", n, columns[n]);

    ck_assert_int_eq(hp_lab_build(lab, sql, &i, &err), SQLITE_OK);
    sqlite3_free(sql);
  }
  for (int subset = 0; subset < 1 << n; subset++) {
    hp_cost cost;

    for (i = 0; i < n; i++) set[i] = subset >> i & 1;
    ck_assert_int_eq(hp_trial_cost(trial, 0, set, &cost, &err), SQLITE_OK);
    if (hp_cost_model(&cost) < best) best = hp_cost_model(&cost);
  }
  hp_trial_close(trial);
  hp_shadow_close(shadow);
  hp_tables_term(&tables);
  hp_lab_close(lab);
  return best;
}

START_TEST(a_join_gets_no_worse_than_the_best_single_columns) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_statement join = {joins[_i].sql, 1};
  hp_advisor_options options = hp_advisor_defaults();
  hp_report report;
  char *err, *all;
  double best;

  test_db_exec(db, join_schema);
  best = best_of(db, &join, joins[_i].columns);
  ck_assert_int_eq(hp_advisor_run(db, &join, 1, &options, &report, &err),
                   SQLITE_OK);
  all = all_ddl(&report);
  ck_assert_msg(report.after <= best * 1.1, "%g, best %g, by\n%s", report.after,
                best, all);
  sqlite3_free(all);
  hp_report_term(&report);
  test_db_close(db);
}
END_TEST

static int64_t bytes_of(const hp_report *r) {
  int64_t sum = 0;

  for (int i = 0; i < r->n; i++) sum += r->at[i].size_bytes;
  return sum;
}

/* Of two indexes the second one answers a statement that the first harms. */
START_TEST(the_budget_is_kept_where_a_statement_is_made_slower) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement work[] = {
      {"SELECT * FROM t WHERE a = 2 ORDER BY b DESC LIMIT 3", 90000},
      {"SELECT b FROM t WHERE id = (SELECT max(id) FROM t WHERE a = 1)", 1000},
  };
  hp_report r;
  char *err;

  test_db_exec(db, schema);
  ck_assert_int_eq(hp_advisor_run(db, work, 2, &options, &r, &err), SQLITE_OK);
  ck_assert_int_eq(r.n, 2);
  options.budget_bytes = bytes_of(&r) - 1;
  hp_report_term(&r);
  ck_assert_int_eq(hp_advisor_run(db, work, 2, &options, &r, &err), SQLITE_OK);
  ck_assert_int_eq(r.n, 1);
  ck_assert_int_le(bytes_of(&r), options.budget_bytes);
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

START_TEST(a_statement_that_cannot_be_run_is_said_so) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_report r;

  test_db_exec(db, schema);
  r = advise(db, "SELECT nofunction(a) FROM t WHERE c = 1");
  ck_assert_str_eq(r.verdicts[0].skipped, "no such function: nofunction");
  ck_assert_int_eq(r.n, 0);
  hp_report_term(&r);
  r = advise(db, "DROP TABLE t");
  ck_assert_ptr_nonnull(strstr(r.verdicts[0].skipped, "reads or writes rows"));
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

START_TEST(the_advice_is_the_same_each_time) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_report a, b;

  test_db_exec(db, schema);
  a = advise(db, "SELECT u.*, t.* FROM u JOIN t ON t.c = u.d"
                 " WHERE u.name = 'n77' ORDER BY t.b");
  b = advise(db, "SELECT u.*, t.* FROM u JOIN t ON t.c = u.d"
                 " WHERE u.name = 'n77' ORDER BY t.b");
  ck_assert_int_eq(a.n, b.n);
  for (int i = 0; i < a.n; i++) {
    ck_assert_str_eq(a.at[i].ddl, b.at[i].ddl);
    ck_assert_double_eq(a.at[i].gain, b.at[i].gain);
  }
  hp_report_term(&a);
  hp_report_term(&b);
  test_db_close(db);
}
END_TEST

START_TEST(an_idea_is_verified) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement s = {"SELECT * FROM t WHERE c = 7", 10};
  hp_report r;
  char *err;

  test_db_exec(db, schema);
  ck_assert_int_eq(hp_advisor_verify(db, &s, 1, &options,
                                     "CREATE INDEX mine ON t(c)", &r, &err),
                   SQLITE_OK);
  ck_assert_int_eq(r.n, 1);
  ck_assert_double_gt(r.at[0].gain, 0.9);
  ck_assert_str_eq(r.at[0].ddl, "CREATE INDEX \"mine\" ON t(c);");
  hp_report_term(&r);
  ck_assert_int_eq(
      hp_advisor_verify(db, &s, 1, &options, "DROP TABLE t", &r, &err),
      SQLITE_MISUSE);
  ck_assert_ptr_nonnull(strstr(err, "only a CREATE INDEX"));
  sqlite3_free(err);
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

/* What an index on flag and c does to the statement. */
static hp_report verify(sqlite3 *db, const char *sql) {
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement s = {sql, 1};
  hp_report r;
  char *err;

  test_db_exec(db, schema);
  ck_assert_int_eq(hp_advisor_verify(db, &s, 1, &options,
                                     "CREATE INDEX mine ON t(flag, c)", &r,
                                     &err),
                   SQLITE_OK);
  return r;
}

/* The planner takes an equality for a choice of few rows. */
START_TEST(what_an_index_harms_is_told_with_a_remedy) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_report r =
      verify(db, "SELECT sum(length(pad)) FROM t AS x WHERE flag = 0");

  ck_assert_ptr_nonnull(
      strstr(r.at[0].harmed, "\"remedy\":\"t AS x NOT INDEXED\""));
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

START_TEST(what_keeps_an_index_up_has_no_remedy) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_report r = verify(db, "UPDATE t SET c = c + 1 WHERE id < 100");

  ck_assert_ptr_nonnull(strstr(r.at[0].harmed, "UPDATE"));
  ck_assert_ptr_null(strstr(r.at[0].harmed, "remedy"));
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

START_TEST(the_evidence_says_what_the_columns_are_there_for) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  hp_report r;

  test_db_exec(db, schema);
  r = advise(db, "SELECT * FROM t WHERE a = 7 ORDER BY c LIMIT 5");
  ck_assert_int_eq(r.n, 1);
  ck_assert_ptr_nonnull(
      strstr(r.at[0].evidence, "columns: a (equality), c (order)"));
  hp_report_term(&r);
  test_db_close(db);
}
END_TEST

static bool attempt(void *unused) {
  hp_advisor_options options = hp_advisor_defaults();
  hp_statement s = {"SELECT * FROM t WHERE a = ?", 1};
  hp_report r = {0};
  sqlite3 *db = NULL;
  char *err = NULL;
  int rc = sqlite3_open(":memory:", &db);
  bool ok = false;

  (void)unused;
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(db,
                      "CREATE TABLE t(a); INSERT INTO t SELECT 1 FROM"
                      " pragma_function_list LIMIT 120",
                      NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) {
    rc = hp_advisor_run(db, &s, 1, &options, &r, &err);
    ok = rc == SQLITE_OK && !r.verdicts[0].skipped;
  }
  hp_report_term(&r);
  sqlite3_free(err);
  sqlite3_close(db);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 200);
}
END_TEST

Suite *advisor_advisor_suite(void) {
  Suite *s = suite_create("advisor_advisor");
  TCase *c = tcase_create("traps"), *d = tcase_create("advisor");

  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, a_trap_is_not_fallen_into, 0, N_TRAPS);
  tcase_add_loop_test(c, advice_that_was_followed_gives_no_other, 0, N_TRAPS);
  suite_add_tcase(s, c);
  tcase_set_timeout(d, 400);
  tcase_add_loop_test(c, a_join_gets_no_worse_than_the_best_single_columns, 0,
                      sizeof joins / sizeof *joins);
  tcase_add_loop_test(
      c, a_small_case_is_within_5_percent_of_the_best_of_all_subsets, 0,
      sizeof small_works / sizeof *small_works);
  tcase_add_test(d, the_budget_is_kept_where_a_statement_is_made_slower);
  tcase_add_test(d, a_statement_that_cannot_be_run_is_said_so);
  tcase_add_test(d, the_advice_is_the_same_each_time);
  tcase_add_test(d, an_idea_is_verified);
  tcase_add_test(d, what_an_index_harms_is_told_with_a_remedy);
  tcase_add_test(d, what_keeps_an_index_up_has_no_remedy);
  tcase_add_test(d, the_evidence_says_what_the_columns_are_there_for);
  tcase_add_test(d, every_allocation_may_fail);
  suite_add_tcase(s, d);
  return s;
}
