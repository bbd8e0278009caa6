/* SPDX-License-Identifier: MIT */
#include "cache/witness.h"

#include "base/hook.h"
#include "support/db.h"
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

Suite *cache_witness_suite(void);

typedef struct host {
  sqlite3 *db;
  hp_conn *c;
  hp_snapshot *s;
  hp_witness *w;
} host;

static const char schema[] =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, v);"
    "CREATE TABLE b(id INTEGER PRIMARY KEY, v UNIQUE);"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, v);"
    "CREATE TABLE log(v);"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
    "CREATE TABLE child(p REFERENCES parent ON DELETE CASCADE);"
    "CREATE TABLE wr(k PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE TRIGGER tr AFTER UPDATE ON b BEGIN INSERT INTO log VALUES(1); END;"
    "CREATE VIEW va AS SELECT v FROM a;"
    "CREATE VIEW vb AS SELECT v FROM b;"
    "CREATE TRIGGER ti INSTEAD OF INSERT ON vb BEGIN"
    "  UPDATE c SET v=new.v; END;"
    "INSERT INTO a VALUES(1, 1), (2, 2), (3, 3), (4, 4); INSERT INTO b "
    "VALUES(1, 1), (2, 2);"
    "INSERT INTO c VALUES(1, 1); INSERT INTO log VALUES(0);"
    "INSERT INTO parent VALUES(1), (2), (3), (4), (5);"
    "INSERT INTO child VALUES(1), (2); INSERT INTO wr VALUES(1, 1)";

static host watch(sqlite3 *db) {
  host h = {.db = db};

  ck_assert_int_eq(hp_conn_open(db, &h.c), SQLITE_OK);
  ck_assert_int_eq(hp_snapshot_open(h.c, "main", &h.s), SQLITE_OK);
  ck_assert_int_eq(hp_witness_open(h.c, &h.w), SQLITE_OK);
  ck_assert(hp_snapshot_id(h.s) != 0);
  return h;
}

static const char *mode; /* of the journal */

static void use_wal(void) {
  mode = "wal";
}

static void use_rollback(void) {
  mode = "delete";
}

static host open_host(void) {
  sqlite3 *db = test_db_open("w.db", mode);

  test_db_exec(db, "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=1");
  if (!test_db_int(db, "SELECT count(*) FROM sqlite_schema")) {
    test_db_exec(db, "%s", schema);
  }
  return watch(db);
}

static void close_host(host *h) {
  test_db_close(h->db);
  hp_conn_close(h->c);
}

static hp_stamp now(host *h) {
  hp_stamp s;

  hp_snapshot_id(h->s);
  hp_epoch_enter(h->c->reader);
  ck_assert(hp_snapshot_look(h->s, &s) == HP_SNAPSHOT_FREE);
  hp_epoch_exit(h->c->reader);
  return s;
}

static bool covers(host *h, const char *select, hp_stamp then) {
  hp_reading r = {0};
  hp_stamp s = now(h);
  bool ok;

  hp_witness_work(h->w, select, &r);
  hp_epoch_enter(h->c->reader);
  ok = hp_witness_covers(h->w, &r, then, s);
  hp_epoch_exit(h->c->reader);
  return ok;
}

/* A text must have been seen twice to be looked up at the next work. */
static void learn(host *h, const char *sql) {
  hp_reading r = {0};
  hp_stamp s = now(h);

  test_db_exec(h->db, "%s", sql);
  test_db_exec(h->db, "%s", sql);
  hp_epoch_enter(h->c->reader);
  hp_witness_covers(h->w, &r, s, s);
  hp_epoch_exit(h->c->reader);
  hp_witness_work(h->w, "SELECT 1", &r);
}

/* Letters of the tables that sql may have written as far as is known: those
** not covered; "*" if nothing is known. */
static const char *written(host *h, const char *sql) {
  static const char *const names[] = {"a",      "b",     "c", "log",
                                      "parent", "child", "wr"};
  static char out[64];
  hp_stamp then;
  size_t n = sizeof names / sizeof *names;

  learn(h, sql);
  then = now(h);
  test_db_exec(h->db, "%s", sql);
  if (!covers(h, "SELECT 1", then)) return "*";
  *out = 0;
  for (size_t i = 0; i < n; i++) {
    char select[40];

    sqlite3_snprintf(sizeof select, select, "SELECT * FROM %s", names[i]);
    if (covers(h, select, then)) continue;
    if (*out) strcat(out, " ");
    strcat(out, names[i]);
  }
  return out;
}

static const struct {
  const char *sql, *tables;
} cases[] = {
    {"UPDATE a SET v = v + 1", "a"},
    {"INSERT INTO a(v) VALUES(7)", "a"},
    {"DELETE FROM a WHERE id = (SELECT max(id) FROM a)", "a"},
    {"INSERT INTO a(v) SELECT v FROM c", "a"},
    {"REPLACE INTO a VALUES(1, random())", "a"},
    {"INSERT INTO a VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET v = random()",
     "a"},
    {"WITH x(n) AS (VALUES(5)) INSERT INTO a(v) SELECT n FROM x", "a"},
    {"UPDATE b SET v = v + 100 WHERE id = 1", "b log"},
    {"INSERT INTO vb VALUES(random())", "c"},
    {"UPDATE wr SET v = v + 1", "wr"},
    {"INSERT INTO parent SELECT max(id) + 1 FROM parent", "parent"},
    {"DELETE FROM parent WHERE id = (SELECT max(id) FROM parent)",
     "parent child"},
    {"BEGIN; UPDATE a SET v = v + 1; COMMIT", "a"},
    {"BEGIN IMMEDIATE; UPDATE a SET v = v + 1; END", "a"},
    {"BEGIN; SELECT * FROM b; UPDATE a SET v = v + 1; SELECT * FROM c;"
     "UPDATE c SET v = v + 1; COMMIT",
     "a c"},
    {"BEGIN; SAVEPOINT x; UPDATE a SET v = v + 1; ROLLBACK TO x;"
     "UPDATE c SET v = v + 1; RELEASE x; COMMIT",
     "a c"},
    {"SAVEPOINT x; UPDATE a SET v = v + 1; RELEASE x", "a"},
    {"BEGIN; UPDATE a SET v = v + 1; ROLLBACK", ""},
    {"SELECT * FROM a", ""},
    {"UPDATE a SET v = v", ""},
    {"BEGIN; COMMIT", ""},
    {"DELETE FROM log; INSERT INTO log VALUES(1)", "log"},
    /* What is not understood. */
    {"CREATE TABLE q(x); DROP TABLE q", "*"},
    {"ANALYZE", "*"},
    {"BEGIN; UPDATE a SET v = v + 1; CREATE TABLE q(x); DROP TABLE q; COMMIT",
     "*"},
    {"CREATE TEMP TABLE IF NOT EXISTS q(x); BEGIN; INSERT INTO q VALUES(1);"
     "UPDATE a SET v = v + 1; COMMIT",
     "*"},
    {"BEGIN; PRAGMA user_version=5; UPDATE a SET v = v + 1; COMMIT", "*"},
};

START_TEST(commits_are_put_in_with_the_tables_they_wrote) {
  host h = open_host();
  const char *got = written(&h, cases[_i].sql);

  ck_assert_msg(!strcmp(got, cases[_i].tables), "%s: %s, not %s", cases[_i].sql,
                got, cases[_i].tables);
  close_host(&h);
}
END_TEST

/* Runs sql and says whether table a is then known to be untouched. */
static bool leaves_a(host *h, const char *sql) {
  hp_stamp then;

  learn(h, sql);
  then = now(h);
  test_db_exec(h->db, "%s", sql);
  return covers(h, "SELECT * FROM a", then);
}

START_TEST(a_view_is_as_old_as_its_tables) {
  host h = open_host();
  hp_stamp then;

  learn(&h, "UPDATE a SET v = v + 1");
  learn(&h, "UPDATE c SET v = v + 1");
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(covers(&h, "SELECT * FROM va", then));
  test_db_exec(h.db, "UPDATE a SET v = v + 1");
  ck_assert(!covers(&h, "SELECT * FROM va", then));
  close_host(&h);
}
END_TEST

START_TEST(a_foreign_commit_breaks_the_chain) {
  host h = open_host();
  sqlite3 *other = test_db_open("w.db", NULL);
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  then = now(&h);
  test_db_exec(other, "UPDATE b SET v = v + 50");
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(covers(&h, "SELECT * FROM a", then));
  test_db_close(other);
  close_host(&h);
}
END_TEST

START_TEST(two_connections_of_the_process_share_the_chain) {
  host h = open_host(), g;
  hp_stamp then;

  g = open_host();
  learn(&h, "UPDATE c SET v = v + 1");
  learn(&g, "UPDATE log SET v = v + 1");
  then = now(&h);
  for (int i = 0; i < 2; i++) covers(&h, "SELECT 1", then);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  test_db_exec(g.db, "UPDATE log SET v = v + 1");
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(covers(&g, "SELECT * FROM a", then));
  ck_assert(!covers(&g, "SELECT * FROM log", then));
  close_host(&g);
  close_host(&h);
}
END_TEST

static const char *const hidings[][2] = {
    {"CREATE TEMP TABLE a(id, v)", "DROP TABLE temp.a"},
    {"CREATE TEMP VIEW va AS SELECT v FROM log", "DROP VIEW temp.va"},
    {"SELECT 1", "CREATE TEMP VIEW vb AS SELECT v FROM a"},
};

/* What a name means is another thing when temp's is gone, or there. */
START_TEST(temp_that_changes_while_the_hook_is_away_is_never_missed) {
  static const char *const selects[] = {"SELECT v FROM a", "SELECT v FROM va",
                                        "SELECT v FROM vb"};
  host h = open_host(), g = open_host();
  hp_stamp then;

  learn(&h, "UPDATE a SET v = v + 1");
  test_db_exec(g.db, "%s", hidings[_i][0]);
  for (int i = 0; i < 2; i++) covers(&g, selects[_i], now(&g));
  sqlite3_trace_v2(g.db, 0, NULL, NULL);
  test_db_exec(g.db, "%s", hidings[_i][1]);
  then = now(&g);
  test_db_exec(h.db, "UPDATE a SET v = v + 1");
  for (int i = 0; i < 3; i++) ck_assert(!covers(&g, selects[_i], then));
  ck_assert(covers(&g, "SELECT v FROM log", then));
  close_host(&g);
  close_host(&h);
}
END_TEST

START_TEST(temp_that_is_being_changed_proves_nothing) {
  host h = open_host(), g = open_host();
  hp_reading r = {0};
  hp_stamp then, s;

  learn(&h, "UPDATE a SET v = v + 1");
  test_db_exec(g.db, "CREATE TEMP TABLE a(id, v)");
  for (int i = 0; i < 2; i++) covers(&g, "SELECT v FROM a", now(&g));
  sqlite3_trace_v2(g.db, 0, NULL, NULL);
  then = now(&g);
  test_db_exec(h.db, "UPDATE a SET v = v + 1");
  s = now(&g);
  test_db_exec(g.db, "BEGIN; DROP TABLE temp.a");
  for (int i = 0; i < 3; i++) {
    hp_witness_work(g.w, "SELECT v FROM a", &r);
    hp_epoch_enter(g.c->reader);
    ck_assert(!hp_witness_covers(g.w, &r, then, s));
    hp_epoch_exit(g.c->reader);
  }
  test_db_exec(g.db, "COMMIT");
  close_host(&g);
  close_host(&h);
}
END_TEST

START_TEST(a_change_of_the_schema_by_others_is_never_missed) {
  host h = open_host();
  sqlite3 *other = test_db_open("w.db", NULL);
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  test_db_exec(other, "CREATE TRIGGER late AFTER UPDATE ON c BEGIN"
                      "  UPDATE a SET v = v + 1; END");
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  learn(&h, "UPDATE c SET v = v + 1");
  ck_assert_str_eq(written(&h, "UPDATE c SET v = v + 1"), "a c");
  test_db_close(other);
  close_host(&h);
}
END_TEST

START_TEST(an_own_temp_trigger_is_never_missed) {
  host h = open_host();
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  test_db_exec(h.db, "CREATE TEMP TRIGGER late AFTER UPDATE ON main.c BEGIN"
                     "  UPDATE a SET v = v + 1; END");
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  learn(&h, "UPDATE c SET v = v + 1");
  ck_assert_str_eq(written(&h, "UPDATE c SET v = v + 1"), "a c");
  close_host(&h);
}
END_TEST

static void nested_update(sqlite3_context *ctx, int argc,
                          sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_exec(sqlite3_context_db_handle(ctx), "UPDATE a SET v = v + 1", NULL,
               NULL, NULL);
  sqlite3_result_int(ctx, 1);
}

static void hidden_update(sqlite3_context *ctx, int argc,
                          sqlite3_value **argv) {
  hp_conn *c = sqlite3_user_data(ctx);

  hp_hook_mute(c);
  nested_update(ctx, argc, argv);
  hp_hook_unmute(c);
}

static void nested_blob(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  sqlite3_blob *blob = NULL;

  (void)argc, (void)argv;
  if (!sqlite3_blob_open(sqlite3_context_db_handle(ctx), "main", "a", "v", 99,
                         1, &blob)) {
    sqlite3_blob_write(blob, "z", 1, 0);
  }
  sqlite3_blob_close(blob);
  sqlite3_result_int(ctx, 1);
}

static void define(host *h) {
  test_db_exec(h->db, "INSERT OR IGNORE INTO a VALUES(99, zeroblob(5))");
  sqlite3_create_function(h->db, "nested", 0, SQLITE_UTF8, NULL, nested_update,
                          NULL, NULL);
  sqlite3_create_function(h->db, "hidden", 0, SQLITE_UTF8, h->c, hidden_update,
                          NULL, NULL);
  sqlite3_create_function(h->db, "blobbed", 0, SQLITE_UTF8, NULL, nested_blob,
                          NULL, NULL);
}

static const char *const nested_cases[] = {
    "UPDATE c SET v = nested()",
    "UPDATE c SET v = hidden()",
    "UPDATE c SET v = blobbed()",
    "SELECT nested()",
    "SELECT hidden()",
    "BEGIN; UPDATE c SET v = v + 1; SELECT nested(); COMMIT",
    "BEGIN; SELECT nested(); UPDATE c SET v = v + 1; COMMIT",
    "BEGIN; UPDATE c SET v = v + 1; SELECT hidden(); COMMIT",
    "BEGIN; SELECT hidden(); UPDATE c SET v = v + 1; COMMIT",
    "BEGIN IMMEDIATE; SELECT hidden(); UPDATE c SET v = v + 1; COMMIT",
    "BEGIN; UPDATE c SET v = v + 1; SELECT blobbed(); COMMIT",
    "BEGIN; SELECT blobbed(); UPDATE c SET v = v + 1; COMMIT",
    "BEGIN IMMEDIATE; SELECT blobbed(); UPDATE c SET v = v + 1; COMMIT",
};

START_TEST(what_functions_do_on_the_side_is_never_missed) {
  host h = open_host();

  define(&h);
  ck_assert_msg(!leaves_a(&h, nested_cases[_i]), "%s", nested_cases[_i]);
  close_host(&h);
}
END_TEST

static void write_blob(host *h) {
  sqlite3_blob *blob;

  ck_assert_int_eq(sqlite3_blob_open(h->db, "main", "a", "v", 99, 1, &blob), 0);
  ck_assert_int_eq(sqlite3_blob_write(blob, "z", 1, 0), SQLITE_OK);
  ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
}

START_TEST(a_blob_written_inside_a_transaction_is_never_missed) {
  host h = open_host();
  hp_stamp then;

  define(&h);
  learn(&h, "BEGIN; UPDATE c SET v = v + 1; COMMIT");
  then = now(&h);
  test_db_exec(h.db, "BEGIN");
  if (_i == 0) write_blob(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  if (_i == 1) write_blob(&h);
  test_db_exec(h.db, "COMMIT");
  if (_i == 2) write_blob(&h);
  ck_assert_int_eq(covers(&h, "SELECT * FROM a", then), _i == 3);
  close_host(&h);
}
END_TEST

START_TEST(a_blob_opened_before_the_transaction_is_never_missed) {
  host h = open_host();
  sqlite3_blob *blob;
  hp_stamp then;

  define(&h);
  learn(&h, "BEGIN; UPDATE c SET v = v + 1; COMMIT");
  then = now(&h);
  ck_assert_int_eq(sqlite3_blob_open(h.db, "main", "a", "v", 99, 1, &blob), 0);
  test_db_exec(h.db, "BEGIN; UPDATE c SET v = v + 1");
  ck_assert_int_eq(sqlite3_blob_write(blob, "z", 1, 0), SQLITE_OK);
  ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
  test_db_exec(h.db, "COMMIT");
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  close_host(&h);
}
END_TEST

START_TEST(statements_that_interleave_are_never_missed) {
  host h = open_host();
  hp_stamp then;
  sqlite3_stmt *returning;

  learn(&h, "UPDATE c SET v = v + 1");
  learn(&h, "UPDATE a SET v = v + 1 RETURNING v");
  then = now(&h);
  returning = test_db_prepare(h.db, "UPDATE a SET v = v + 1 RETURNING v");
  ck_assert_int_eq(sqlite3_step(returning), SQLITE_ROW);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  sqlite3_finalize(returning);
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  close_host(&h);
}
END_TEST

START_TEST(what_happens_while_the_hook_is_away_is_never_missed) {
  host h = open_host();
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  learn(&h, "BEGIN; UPDATE c SET v = v + 1; COMMIT");
  then = now(&h);
  if (_i == 0) {
    hp_hook_remove(h.c);
    test_db_exec(h.db, "UPDATE a SET v = v + 1");
    hp_hook_install(h.c);
    test_db_exec(h.db, "UPDATE c SET v = v + 1");
  } else {
    test_db_exec(h.db, "BEGIN; UPDATE c SET v = v + 1");
    hp_hook_remove(h.c);
    test_db_exec(h.db, "UPDATE a SET v = v + 1");
    hp_hook_install(h.c);
    test_db_exec(h.db, "COMMIT");
  }
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  close_host(&h);
}
END_TEST

START_TEST(a_commit_that_fails_is_not_put_in) {
  host h = open_host();
  hp_stamp then;

  test_db_exec(h.db, "CREATE TABLE d(p REFERENCES parent"
                     " DEFERRABLE INITIALLY DEFERRED)");
  learn(&h, "UPDATE c SET v = v + 1");
  then = now(&h);
  test_db_exec(h.db, "BEGIN; UPDATE c SET v = v + 1; INSERT INTO d VALUES(77)");
  test_db_error(h.db, "COMMIT");
  test_db_exec(h.db, "ROLLBACK");
  ck_assert(hp_stamp_equal(then, now(&h)));
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(covers(&h, "SELECT * FROM a", then));
  ck_assert(!covers(&h, "SELECT * FROM c", then));
  close_host(&h);
}
END_TEST

START_TEST(a_statement_that_fails_is_not_put_in) {
  host h = open_host();
  static const char sql[] = "INSERT INTO b VALUES(3, 3), (4, 3)";
  hp_stamp then;

  test_db_error(h.db, sql);
  learn(&h, "UPDATE c SET v = v + 1");
  then = now(&h);
  test_db_error(h.db, sql);
  ck_assert(hp_stamp_equal(then, now(&h)));
  close_host(&h);
}
END_TEST

START_TEST(a_new_run_of_the_wal_is_a_gap) {
  host h = open_host();
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  test_db_exec(h.db, "PRAGMA wal_checkpoint(TRUNCATE)");
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  then = now(&h);
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  ck_assert(covers(&h, "SELECT * FROM a", then));
  close_host(&h);
}
END_TEST

/* ---- what others do in the midst ---- */

/* Somebody else commits when our statement has ended and we have not yet seen
** it end. Before it, the change counter may be put back to that of the last
** commit, as when a commit fails. */
typedef struct trouble {
  host h;
  sqlite3 *other;
  uint32_t counter; /* to be put back; 0: not */
  bool is_due;
  hp_stamp own; /* after our commit */
} trouble;

/* Writes n into the file's change counter, past all locks. */
static void write_counter(uint32_t n) {
  const unsigned char bytes[4] = {(unsigned char)(n >> 24),
                                  (unsigned char)(n >> 16),
                                  (unsigned char)(n >> 8), (unsigned char)n};
  int fd = open(test_tmp_path("w.db"), O_WRONLY);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(pwrite(fd, bytes, 4, 24), 4);
  close(fd);
}

static void put_back(void *arg, sqlite3_stmt *stmt, const char *sql) {
  trouble *t = arg;

  (void)stmt, (void)sql;
  if (t->is_due && t->counter) write_counter(t->counter);
}

static void commit_behind(void *arg, sqlite3_stmt *stmt) {
  trouble *t = arg;

  (void)stmt;
  if (!t->is_due) return;
  t->is_due = false;
  hp_epoch_enter(t->h.c->reader);
  ck_assert(hp_dbfile_stamp(hp_snapshot_file(t->h.s), &t->own));
  hp_epoch_exit(t->h.c->reader);
  test_db_exec(t->other, "UPDATE a SET v = v + 1");
}

/* The witness hears of a statement's begin first and of its end last. */
static void open_trouble(trouble *t) {
  sqlite3 *db = test_db_open("w.db", mode);
  hp_conn *c;

  *t = (trouble){.is_due = false};
  test_db_exec(db, "%s", schema);
  ck_assert_int_eq(hp_conn_open(db, &c), SQLITE_OK);
  hp_hook_add(c, &(hp_listener){.on_profile = commit_behind, .arg = t});
  t->h = watch(db);
  hp_conn_close(c);
  hp_hook_add(c, &(hp_listener){.on_stmt = put_back, .arg = t});
  t->other = test_db_open("w.db", NULL);
  learn(&t->h, "UPDATE c SET v = v + 1");
}

static void close_trouble(trouble *t) {
  test_db_close(t->other);
  close_host(&t->h);
}

START_TEST(a_commit_that_follows_at_once_is_not_taken_for_our_own) {
  trouble t;
  hp_stamp then;

  open_trouble(&t);
  then = now(&t.h);
  t.is_due = true;
  test_db_exec(t.h.db, "UPDATE c SET v = v + 1");
  ck_assert(!covers(&t.h, "SELECT * FROM a", then));
  ck_assert(!covers(&t.h, "SELECT * FROM a", t.own));
  close_trouble(&t);
}
END_TEST

/* ---- with a rollback journal ---- */

START_TEST(a_counter_that_is_taken_back_proves_nothing) {
  trouble t;

  open_trouble(&t);
  t.counter = hp_stamp_change(now(&t.h));
  t.is_due = true;
  write_counter(t.counter + 1);
  test_db_exec(t.h.db, "UPDATE c SET v = v + 1");
  ck_assert_int_eq(hp_stamp_change(t.own), t.counter + 1);
  ck_assert_int_eq(hp_stamp_change(now(&t.h)), t.counter + 2);
  ck_assert(!covers(&t.h, "SELECT * FROM a", t.own));
  close_trouble(&t);
}
END_TEST

START_TEST(while_the_lock_is_kept_the_counter_stands_still_and_proves_nothing) {
  host h = open_host();
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  learn(&h, "UPDATE a SET v = v + 1");
  then = now(&h);
  test_db_exec(h.db, "PRAGMA locking_mode=EXCLUSIVE");
  test_db_exec(h.db, "UPDATE c SET v = v + 1");
  test_db_exec(h.db, "UPDATE a SET v = v + 1");
  test_db_exec(h.db, "PRAGMA locking_mode=NORMAL");
  test_db_exec(h.db, "SELECT * FROM a");
  ck_assert_int_eq(hp_stamp_change(now(&h)), hp_stamp_change(then) + 1);
  ck_assert(!covers(&h, "SELECT * FROM a", then));
  close_host(&h);
}
END_TEST

START_TEST(a_cursor_left_open_does_not_make_commits_uncountable) {
  host h = open_host();
  sqlite3_stmt *reading;
  hp_stamp then;

  learn(&h, "UPDATE c SET v = v + 1");
  then = now(&h);
  reading = test_db_prepare(h.db, "SELECT * FROM b");
  ck_assert_int_eq(sqlite3_step(reading), SQLITE_ROW);
  for (int i = 0; i < 3; i++) test_db_exec(h.db, "UPDATE c SET v = v + 1");
  sqlite3_finalize(reading);
  ck_assert_int_eq(hp_stamp_change(now(&h)), hp_stamp_change(then) + 3);
  ck_assert(covers(&h, "SELECT * FROM a", then));
  ck_assert(!covers(&h, "SELECT * FROM c", then));
  close_host(&h);
}
END_TEST

START_TEST(a_commit_that_finds_a_reader_is_not_put_in_until_it_succeeds) {
  host h = open_host();
  sqlite3 *other = test_db_open("w.db", NULL);
  hp_stamp then;

  sqlite3_busy_timeout(h.db, 0);
  learn(&h, "BEGIN; UPDATE c SET v = v + 1; COMMIT");
  then = now(&h);
  test_db_exec(other, "BEGIN; SELECT * FROM a");
  test_db_exec(h.db, "BEGIN; UPDATE c SET v = v + 1");
  test_db_error(h.db, "COMMIT");
  test_db_exec(other, "COMMIT");
  test_db_exec(h.db, "COMMIT");
  ck_assert(covers(&h, "SELECT * FROM a", then));
  ck_assert(!covers(&h, "SELECT * FROM c", then));
  test_db_close(other);
  close_host(&h);
}
END_TEST

static bool attempt(void *arg) {
  sqlite3 *db = arg;
  hp_conn *c;
  hp_witness *w = NULL;
  hp_reading r = {0};
  bool ok;

  if (hp_conn_open(db, &c)) return false;
  ok = hp_witness_open(c, &w) == SQLITE_OK;
  if (ok) hp_witness_work(w, "SELECT * FROM a", &r);
  hp_conn_close(c);
  sqlite3_trace_v2(db, 0, NULL, NULL);
  return ok;
}

START_TEST(every_allocation_may_fail) {
  host h = open_host();
  sqlite3 *db = test_db_open("w.db", NULL);

  test_db_exec(db, "SELECT * FROM a");
  ck_assert_int_gt(test_heap_each_failure(attempt, db), 2);
  test_db_close(db);
  close_host(&h);
}
END_TEST

/* What holds in every journal mode. */
static TCase *commits(const char *name, void (*use)(void)) {
  TCase *c = tcase_create(name);

  tcase_set_timeout(c, 30);
  tcase_add_checked_fixture(c, use, NULL);
  tcase_add_loop_test(c, commits_are_put_in_with_the_tables_they_wrote, 0,
                      sizeof cases / sizeof *cases);
  tcase_add_test(c, a_view_is_as_old_as_its_tables);
  tcase_add_test(c, a_foreign_commit_breaks_the_chain);
  tcase_add_test(c, two_connections_of_the_process_share_the_chain);
  tcase_add_loop_test(
      c, temp_that_changes_while_the_hook_is_away_is_never_missed, 0, 3);
  tcase_add_test(c, temp_that_is_being_changed_proves_nothing);
  tcase_add_test(c, a_change_of_the_schema_by_others_is_never_missed);
  tcase_add_test(c, an_own_temp_trigger_is_never_missed);
  tcase_add_loop_test(c, what_functions_do_on_the_side_is_never_missed, 0,
                      sizeof nested_cases / sizeof *nested_cases);
  tcase_add_loop_test(c, a_blob_written_inside_a_transaction_is_never_missed, 0,
                      4);
  tcase_add_test(c, a_blob_opened_before_the_transaction_is_never_missed);
  tcase_add_test(c, statements_that_interleave_are_never_missed);
  tcase_add_loop_test(c, what_happens_while_the_hook_is_away_is_never_missed, 0,
                      2);
  tcase_add_test(c, a_commit_that_fails_is_not_put_in);
  tcase_add_test(c, a_statement_that_fails_is_not_put_in);
  tcase_add_test(c, a_commit_that_follows_at_once_is_not_taken_for_our_own);
  tcase_add_test(c, every_allocation_may_fail);
  return c;
}

Suite *cache_witness_suite(void) {
  Suite *s = suite_create("cache_witness");
  TCase *wal = commits("wal", use_wal);
  TCase *rollback = commits("rollback", use_rollback);

  tcase_add_test(wal, a_new_run_of_the_wal_is_a_gap);
  tcase_add_test(rollback, a_counter_that_is_taken_back_proves_nothing);
  tcase_add_test(
      rollback,
      while_the_lock_is_kept_the_counter_stands_still_and_proves_nothing);
  tcase_add_test(rollback,
                 a_cursor_left_open_does_not_make_commits_uncountable);
  tcase_add_test(rollback,
                 a_commit_that_finds_a_reader_is_not_put_in_until_it_succeeds);
  suite_add_tcase(s, wal);
  suite_add_tcase(s, rollback);
  return s;
}
