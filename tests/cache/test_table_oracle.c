/* SPDX-License-Identifier: MIT
**
** Three connections with cached tables and one without do at random what
** applications do; after each step every connection asks some cached tables
** and the same SELECT directly, and both must say the same. Nothing runs
** between the two, so they read one snapshot. ORACLE_SEED=n replays a run.
*/
#include "cache/table.h"

#include "support/cached.h"
#include "support/db.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *cache_table_oracle_suite(void);

enum { N_CONNS = 4, PLAIN = 3, N_STEPS = 400, N_SEEDS = 3 };

static sqlite3 *conns[N_CONNS];
static uint64_t state;

static unsigned dice(unsigned n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 33) % n;
}

/* Cached tables and the statement that each stands for; ?1 is the argument. */
static const struct {
  const char *create, *call, *direct;
} asked[] = {
    {"count_of USING cached((SELECT count(*) AS n FROM t WHERE k = :k))",
     "SELECT n FROM count_of(?1)", "SELECT count(*) FROM t WHERE k = ?1"},
    {"rows_of USING cached((SELECT id, v FROM t WHERE k = :k ORDER BY id))",
     "SELECT id, v FROM rows_of(?1)",
     "SELECT id, v FROM t WHERE k = ?1 ORDER BY id"},
    {"tagged USING cached((SELECT sum(v) AS s FROM t WHERE k = :k),"
     " tags='k:' || :k)",
     "SELECT s FROM tagged(?1)", "SELECT sum(v) FROM t WHERE k = ?1"},
    {"streamed USING cached((SELECT id FROM t WHERE k <> :k ORDER BY id),"
     " max_rows=3)",
     "SELECT id FROM streamed(?1)",
     "SELECT id FROM t WHERE k <> ?1 ORDER BY id"},
    {"joined USING cached((SELECT t.v, u.w FROM t JOIN u ON u.id = t.id"
     " WHERE t.k = :k ORDER BY t.id))",
     "SELECT v, w FROM joined(?1)",
     "SELECT t.v, u.w FROM t JOIN u ON u.id = t.id WHERE t.k = ?1"
     " ORDER BY t.id"},
    {"nested USING cached((SELECT n + 1 AS m FROM count_of(:k)))",
     "SELECT m FROM nested(?1)", "SELECT count(*) + 1 FROM t WHERE k = ?1"},
    {NULL,
     "SELECT u.id, c.n FROM u JOIN count_of AS c ON c.k = u.id"
     " WHERE u.id <= ?1 ORDER BY 1",
     "SELECT u.id, (SELECT count(*) FROM t WHERE k = u.id) FROM u"
     " WHERE u.id <= ?1 ORDER BY 1"},
    {NULL, "SELECT a.n, b.n FROM count_of(?1) a, count_of(1) b",
     "SELECT (SELECT count(*) FROM t WHERE k = ?1),"
     " (SELECT count(*) FROM t WHERE k = 1)"},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

/* What a step does; failures (locked, busy, no transaction, constraint) are
** part of the game. %u is a number under 8. */
static const char *const steps[] = {
    "INSERT INTO t(k, v) VALUES (%u, %u)",
    "INSERT INTO t(k, v) VALUES (%u, %u)",
    "UPDATE t SET v = v + 1 WHERE k = %u",
    "UPDATE t SET k = %u WHERE id %% 3 = %u",
    "UPDATE t SET v = v WHERE k = %u",
    "DELETE FROM t WHERE k = %u",
    "DELETE FROM t",
    "REPLACE INTO t(id, k, v) VALUES (%u, %u, 5)",
    "INSERT OR IGNORE INTO u VALUES (%u, %u)",
    "UPDATE u SET w = %u",
    "BEGIN",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "COMMIT",
    "ROLLBACK",
    "END",
    "SAVEPOINT s",
    "ROLLBACK TO s",
    "RELEASE s",
    "CREATE INDEX IF NOT EXISTS t_k ON t(k)",
    "DROP INDEX IF EXISTS t_k",
    "CREATE TABLE IF NOT EXISTS other(a)",
    "DROP TABLE IF EXISTS other",
    "CREATE TEMP TABLE IF NOT EXISTS mine(a)",
    "DROP TABLE IF EXISTS mine",
    "PRAGMA wal_checkpoint(PASSIVE)",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "VACUUM",
    "ANALYZE",
    "PRAGMA user_version = %u",
    "PRAGMA optimize",
    "SELECT cache_invalidate('k:%u')",
    "SELECT cache_clear()",
    "SELECT cache_config('cap_bytes', 1500)",
    "SELECT cache_config('cap_bytes', 10000000)",
    "SELECT count(*) FROM t",
    "PRAGMA cache_size = %u",
    "PRAGMA reverse_unordered_selects = 0",
};
enum { N_STATEMENTS = sizeof steps / sizeof *steps };

/* Of asked, on each connection. */
static sqlite3_stmt *kept[PLAIN][N_ASKED];

static void do_step(void) {
  sqlite3 *db = conns[dice(N_CONNS)];
  unsigned a = dice(8), b = dice(8);
  char *sql = sqlite3_mprintf(steps[dice(N_STATEMENTS)], a, b);

  sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
}

/* All rows as text; the caller frees with sqlite3_free. stmt is NULL where it
** could not be prepared. */
static char *answer(sqlite3_stmt *stmt, int k, int *rc) {
  sqlite3_str *out = sqlite3_str_new(NULL);

  *rc = stmt ? sqlite3_bind_int(stmt, 1, k) : SQLITE_ERROR;
  while (!*rc && sqlite3_step(stmt) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
      sqlite3_str_appendf(out, "%s|", sqlite3_column_text(stmt, i));
    }
  }
  if (!*rc) *rc = sqlite3_reset(stmt);
  sqlite3_str_appendf(out, ".");
  return sqlite3_str_finish(out);
}

/* The statement of asked[what] on connection i: kept from run to run, or now
** and then a new one. */
static sqlite3_stmt *statement_of(int i, int what) {
  sqlite3_stmt **stmt = &kept[i][what];

  if (*stmt && dice(10)) return *stmt;
  sqlite3_finalize(*stmt);
  sqlite3_prepare_v2(conns[i], asked[what].call, -1, stmt, NULL);
  return *stmt;
}

static bool is_lock(int rc) {
  return (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED;
}

static void compare(int i, int what, int k, int seed, int step) {
  sqlite3_stmt *plain = NULL;
  int rc, rc2;
  char *cached = answer(statement_of(i, what), k, &rc), *direct;

  sqlite3_prepare_v2(conns[i], asked[what].direct, -1, &plain, NULL);
  direct = answer(plain, k, &rc2);
  /* A lock can hit one of the two; any other error is a fault. */
  if (!is_lock(rc) && !is_lock(rc2)) {
    ck_assert_msg(rc == rc2, "seed %d step %d: %s: %d, %s", seed, step,
                  asked[what].call, rc, sqlite3_errmsg(conns[i]));
    ck_assert_msg(strcmp(cached, direct) == 0,
                  "seed %d step %d: %s with %d: %s instead of %s", seed, step,
                  asked[what].call, k, cached, direct);
  }
  sqlite3_finalize(plain);
  sqlite3_free(cached);
  sqlite3_free(direct);
}

static void open_all(const char *mode) {
  for (int i = 0; i < N_CONNS; i++) {
    conns[i] = i == PLAIN ? test_db_open("test.db", mode)
                          : test_cached_open("test.db", mode);
    sqlite3_busy_timeout(conns[i], 0);
    if (i == 0) {
      test_db_exec(conns[i],
                   "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v INT);"
                   "CREATE TABLE u(id INTEGER PRIMARY KEY, w);"
                   "INSERT INTO u VALUES (1, 1), (2, 2), (3, 3);"
                   "CREATE TRIGGER tr AFTER DELETE ON t BEGIN"
                   "  UPDATE u SET w = w + 1 WHERE id = old.k; END");
    }
    for (int k = 0; k < N_ASKED && i != PLAIN; k++) {
      if (!asked[k].create) continue;
      test_db_exec(conns[i], "CREATE VIRTUAL TABLE temp.%s", asked[k].create);
    }
  }
}

static void close_all(void) {
  for (int i = 0; i < N_CONNS; i++) {
    sqlite3_exec(conns[i], "ROLLBACK", NULL, NULL, NULL);
    for (int k = 0; k < N_ASKED && i != PLAIN; k++) {
      sqlite3_finalize(kept[i][k]);
      kept[i][k] = NULL;
    }
  }
  ck_assert_int_gt(test_db_int(conns[0], "SELECT hits_l1 FROM cache_stats"
                                         " WHERE name = 'total'"),
                   20);
  for (int i = 0; i < N_CONNS; i++) test_db_close(conns[i]);
}

static void play(const char *mode, int seed) {
  state = (uint64_t)seed * 0x9E3779B97F4A7C15u + 1;
  open_all(mode);
  for (int step = 0; step < N_STEPS; step++) {
    do_step();
    for (int i = 0; i < 3; i++) {
      int c = (int)dice(PLAIN), what = (int)dice(N_ASKED), k = (int)dice(4);

      compare(c, what, k, seed, step);
    }
  }
  close_all();
}

static const char *const modes[] = {"wal", "delete", "persist", "truncate"};

START_TEST(the_cached_answer_is_the_direct_one) {
  const char *replay = getenv("ORACLE_SEED");
  int seed = replay ? atoi(replay) : _i / 4;

  play(modes[_i % 4], seed);
}
END_TEST

Suite *cache_table_oracle_suite(void) {
  Suite *s = suite_create("cache_table_oracle");
  TCase *c = tcase_create("oracle");

  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, the_cached_answer_is_the_direct_one, 0, N_SEEDS * 4);
  suite_add_tcase(s, c);
  return s;
}
