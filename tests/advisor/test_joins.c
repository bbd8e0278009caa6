/* SPDX-License-Identifier: MIT */
#include "advisor/joins.h"

#include "support/db.h"
#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *advisor_joins_suite(void);

static const char schema[] =
    "CREATE TABLE deck(id INTEGER PRIMARY KEY, name UNIQUE);"
    "CREATE TABLE card(id INTEGER PRIMARY KEY, did INT, deck_name, slot);"
    "CREATE TABLE review(cid INT, at, slot);"
    "CREATE TABLE mark(card INT REFERENCES card, deck INT,"
    " FOREIGN KEY(deck) REFERENCES deck(id));"
    "CREATE TABLE pair(a INT, b INT, PRIMARY KEY(a, b));"
    "CREATE TABLE of_pair(x, y, FOREIGN KEY(x, y) REFERENCES pair);"
    "CREATE VIEW seen AS SELECT c.did, r.at FROM card c JOIN review r"
    " ON r.cid = c.id";

/* All joins as lines "child.column > parent.key". */
static char *joins_of(sqlite3 *db, const char *sql) {
  hp_statement statement = {.sql = sql, .calls = 1};
  sqlite3_str *all = sqlite3_str_new(NULL);
  hp_tables t;
  hp_joins j;
  char *err;

  ck_assert_int_eq(hp_tables_read(db, &t), SQLITE_OK);
  ck_assert_int_eq(hp_joins_find(db, &t, &statement, 1, &j, &err), SQLITE_OK);
  for (int i = 0; i < j.n; i++) {
    const hp_table *c = &t.at[j.at[i].child], *p = &t.at[j.at[i].parent];

    sqlite3_str_appendf(all, "%s.%s > %s.%s\n", c->name,
                        c->columns[j.at[i].column].name, p->name,
                        p->columns[j.at[i].key].name);
  }
  hp_joins_term(&j);
  hp_tables_term(&t);
  return sqlite3_str_finish(all);
}

#define DECLARED "mark.deck > deck.id\nmark.card > card.id\n"

static const struct {
  const char *sql, *joins;
} cases[] = {
    {"SELECT 1", ""},
    {"SELECT * FROM card JOIN deck ON deck.id = card.did",
     "card.did > deck.id\n"},
    {"SELECT * FROM deck d, card c WHERE c.did = d.id AND c.slot = 3",
     "card.did > deck.id\n"},
    {"SELECT * FROM card JOIN deck ON name = deck_name",
     "card.deck_name > deck.name\n"},
    {"SELECT did FROM seen", "review.cid > card.id\n"},
    {"SELECT (SELECT max(at) FROM review WHERE cid = card.id) FROM card",
     "review.cid > card.id\n"},
    {"SELECT * FROM review r LEFT JOIN card c ON c.id = r.cid"
     " LEFT JOIN deck d ON d.id = c.did",
     "review.cid > card.id\ncard.did > deck.id\n"},
    {"DELETE FROM review WHERE EXISTS (SELECT 1 FROM card WHERE id = cid)",
     "review.cid > card.id\n"},
    {"SELECT * FROM card c JOIN review r ON r.slot = c.slot", ""},
    {"SELECT * FROM deck a JOIN deck b ON a.id = b.name", ""},
    {"SELECT * FROM card WHERE did = ?", ""},
    {"SELECT * FROM nowhere", ""},
};

START_TEST(a_statement_shows_which_rows_belong_together) {
  sqlite3 *db = test_db_open(":memory:", NULL);
  char *all;

  test_db_exec(db, schema);
  all = joins_of(db, cases[_i].sql);
  ck_assert_msg(all && strncmp(all, DECLARED, strlen(DECLARED)) == 0, "%s: %s",
                cases[_i].sql, all);
  ck_assert_str_eq(all + strlen(DECLARED), cases[_i].joins);
  sqlite3_free(all);
  test_db_close(db);
}
END_TEST

typedef struct reading {
  sqlite3 *db;
  hp_tables tables;
} reading;

static bool attempt(void *arg) {
  reading *r = arg;
  hp_statement statement = {.sql = cases[6].sql, .calls = 1};
  hp_joins j;
  char *err;
  int rc = hp_joins_find(r->db, &r->tables, &statement, 1, &j, &err);

  if (rc != SQLITE_OK) ck_assert_msg(test_heap_failed(), "%d: %s", rc, err);
  sqlite3_free(err);
  hp_joins_term(&j);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  reading r = {.db = test_db_open(":memory:", NULL)};

  test_db_exec(r.db, schema);
  ck_assert_int_eq(hp_tables_read(r.db, &r.tables), SQLITE_OK);
  test_db_error(r.db, "SELECT nothing"); /* SQLite keeps a buffer for these */
  ck_assert_int_gt(test_heap_each_failure(attempt, &r), 50);
  hp_tables_term(&r.tables);
  test_db_close(r.db);
}
END_TEST

Suite *advisor_joins_suite(void) {
  Suite *s = suite_create("advisor_joins");
  TCase *c = tcase_create("joins");

  tcase_add_loop_test(c, a_statement_shows_which_rows_belong_together, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
