/* SPDX-License-Identifier: MIT */
#include "support/stage.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c INT, pad);"
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
    " INSERT INTO t SELECT i, i %% 50, i, i, 'x' FROM n;"
    "CREATE TABLE tiny(x, y); INSERT INTO tiny SELECT a, b FROM t LIMIT 40;"
    "CREATE TABLE person(id INTEGER PRIMARY KEY, kind INT);"
    "INSERT INTO person SELECT id, a FROM t;"
    "CREATE TABLE bill(id INTEGER PRIMARY KEY, person INT, day INT);"
    "INSERT INTO bill SELECT id, a, b FROM t;"
    "CREATE TABLE line(bill INT, n INT, day INT, PRIMARY KEY(bill, n));"
    "INSERT INTO line SELECT a, b, c FROM t;";

static const hp_statement work[N_STAGED] = {
    {"SELECT * FROM t WHERE a = 1", 1},
    {"SELECT * FROM t WHERE b = 1 OR c = 2", 1},
    {"SELECT * FROM tiny WHERE x = 1", 1},
    {"SELECT l.day FROM person AS p, bill AS b, line AS l WHERE p.kind = 7 AND"
     " b.person = p.id AND l.bill = b.id AND b.day < 9 AND l.day > 9",
     1},
    {"SELECT * FROM t WHERE (b = 1 OR c = 2) AND pad = 'x'", 1},
    {"SELECT b.day, count(*) FROM person AS p, bill AS b WHERE b.person = p.id"
     " AND p.kind < 3 GROUP BY b.day",
     1},
    {"SELECT * FROM nowhere", 1},
};
static const double weights[N_STAGED] = {1, 1, 1, 1, 1, 1, 1};

void test_stage_open(test_stage *s) {
  *s = (test_stage){.list.n_statements = N_STAGED};
  s->host = test_db_open("host.db", NULL);
  test_db_exec(s->host, schema);
  ck_assert_int_eq(hp_lab_open(s->host, NULL, &s->lab, &s->err), SQLITE_OK);
  ck_assert_int_eq(hp_tables_read(hp_lab_db(s->lab), &s->tables), SQLITE_OK);
  s->tryout = (hp_tryout){.c = &s->list,
                          .tables = &s->tables,
                          .statements = work,
                          .weights = weights,
                          .err = &s->err};
  ck_assert_int_eq(
      hp_shadow_open(hp_lab_db(s->lab), 1000, &s->tryout.shadow, &s->err),
      SQLITE_OK);
}

void test_stage_close(test_stage *s) {
  hp_candidates_term(&s->list);
  hp_shadow_close(s->tryout.shadow);
  hp_tables_term(&s->tables);
  hp_lab_close(s->lab);
  test_db_close(s->host);
}

int test_stage_offer(test_stage *s, const char *table, const char *body,
                     int q) {
  return hp_candidates_offer(&s->list, hp_tables_find(&s->tables, table), body,
                             "idx", "", q, weights[q]);
}

const hp_candidate *test_stage_find(const test_stage *s, const char *body) {
  for (int i = 0; i < s->list.n; i++) {
    if (strcmp(s->list.at[i].body, body) == 0) return &s->list.at[i];
  }
  return NULL;
}
