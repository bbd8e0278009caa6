/* SPDX-License-Identifier: MIT */
#include "cache/tracking.h"
#include "base/hook.h"
#include "base/statement.h"

static const char *const events[] = {"insert", "update", "delete"};
enum { N_EVENTS = sizeof events / sizeof *events };

/* What follows CREATE TRIGGER. BEFORE: one of the application's that comes
** after a change can keep it and leave out all triggers behind itself
** (RAISE(IGNORE), RAISE(FAIL)). UPDATE, not REPLACE: the conflict clause of the
** statement that fires a trigger overrides those inside. Caller frees. */
static char *trigger(const char *table, int event) {
  return sqlite3_mprintf("\"hotpath_%s_%w\" BEFORE %s ON \"%w\" BEGIN "
                         "UPDATE hotpath_generations SET generation = random() "
                         "WHERE \"table\" = %Q; END",
                         events[event], table, events[event], table, table);
}

/* Takes the only value of a query; takes ownership of sql. */
static int ask(hp_conn *c, char *sql, sqlite3_int64 *out, char **err) {
  sqlite3_stmt *stmt;
  int rc = hp_statement_prepare(c->db, sql, &stmt, err);

  *out = 0;
  if (!rc && sqlite3_step(stmt) == SQLITE_ROW) {
    *out = sqlite3_column_int64(stmt, 0);
  }
  return rc ? rc : sqlite3_finalize(stmt);
}

/* How many of the triggers of this table there are. Caller frees. */
static char *count_sql(const char *table) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  bool is_whole = true;

  sqlite3_str_appendf(sql,
                      "SELECT count(*) FROM main.sqlite_schema WHERE type = "
                      "'trigger' AND tbl_name = %Q AND sql IN (",
                      table);
  for (int i = 0; i < N_EVENTS; i++) {
    char *rest = trigger(table, i);
    is_whole = is_whole && rest;
    sqlite3_str_appendf(sql, "%s'CREATE TRIGGER %q'", i ? ", " : "", rest);
    sqlite3_free(rest);
  }
  sqlite3_str_appendall(sql, ")");
  if (!is_whole) sqlite3_str_reset(sql);
  return sqlite3_str_finish(sql);
}

static int is_on(hp_conn *c, const char *table, bool *out, char **err) {
  sqlite3_int64 n = 0;
  int rc = ask(c, count_sql(table), &n, err);

  *out = n == N_EVENTS;
  return rc;
}

int hp_tracking_is_on(hp_conn *c, const char *table, bool *out) {
  char *err = NULL;
  int rc = is_on(c, table, out, &err);

  sqlite3_free(err);
  return rc;
}

/* The table's name as the schema spells it. Not among them are the tables
** behind a virtual one, which its module may write through blob handles. The
** caller frees *out. */
static int find(hp_conn *c, const char *table, char **out, char **err) {
  sqlite3_stmt *stmt;
  int rc = hp_statement_prepare(
      c->db,
      sqlite3_mprintf(
          "SELECT name FROM main.sqlite_schema AS t WHERE type = 'table' AND "
          "rootpage > 0 AND name = %Q COLLATE NOCASE AND name NOT LIKE "
          "'sqlite\\_%%' ESCAPE '\\' AND name <> 'hotpath_generations' AND "
          "NOT EXISTS (SELECT 1 FROM main.sqlite_schema AS v WHERE v.type = "
          "'table' AND v.rootpage = 0 AND substr(t.name, 1, length(v.name) + "
          "1) = v.name || '_' COLLATE NOCASE)",
          table),
      &stmt, err);

  *out = NULL;
  if (rc) return rc;
  if (sqlite3_step(stmt) == SQLITE_ROW) {
    *out = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    rc = *out ? SQLITE_OK : SQLITE_NOMEM;
    sqlite3_finalize(stmt);
    return rc;
  }
  rc = sqlite3_finalize(stmt);
  if (rc) return rc;
  *err = sqlite3_mprintf("main has no table %s that can be tracked; views, "
                         "virtual tables and what lies behind these cannot",
                         table);
  return SQLITE_ERROR;
}

static int drop_triggers(hp_conn *c, const char *table, char **err) {
  int rc = SQLITE_OK;

  for (int i = 0; i < N_EVENTS && !rc; i++) {
    rc = hp_statement_run(c->db, err,
                          "DROP TRIGGER IF EXISTS main.\"hotpath_%s_%w\"",
                          events[i], table);
  }
  return rc;
}

static int make_triggers(hp_conn *c, const char *table, char **err) {
  int rc = SQLITE_OK;

  for (int i = 0; i < N_EVENTS && !rc; i++) {
    char *rest = trigger(table, i);
    rc = rest ? hp_statement_run(c->db, err, "CREATE TRIGGER main.%s", rest)
              : SQLITE_NOMEM;
    sqlite3_free(rest);
  }
  return rc;
}

static int add(hp_conn *c, const char *table, char **err) {
  int rc = hp_statement_run(
      c->db, err,
      "CREATE TABLE IF NOT EXISTS main.hotpath_generations(\"table\" TEXT "
      "PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID");

  if (!rc) rc = drop_triggers(c, table, err);
  if (!rc) rc = make_triggers(c, table, err);
  if (rc) return rc;
  return hp_statement_run(c->db, err,
                          "INSERT OR REPLACE INTO main.hotpath_generations "
                          "VALUES (%Q, random())",
                          table);
}

static int take_out(hp_conn *c, const char *table, char **err) {
  sqlite3_int64 n = 1;
  int rc = drop_triggers(c, table, err);

  if (!rc) {
    rc = hp_statement_run(
        c->db, err, "DELETE FROM main.hotpath_generations WHERE \"table\" = %Q",
        table);
  }
  if (!rc) {
    rc = ask(c,
             sqlite3_mprintf(
                 "SELECT EXISTS (SELECT 1 FROM main.hotpath_generations)"),
             &n, err);
  }
  if (rc || n) return rc;
  return hp_statement_run(c->db, err, "DROP TABLE main.hotpath_generations");
}

/* All of step, or nothing. */
static int run_whole(hp_conn *c, const char *table,
                     int (*step)(hp_conn *, const char *, char **),
                     char **err) {
  char *ignored = NULL;
  int rc = hp_statement_run(c->db, err, "SAVEPOINT hotpath_tracking");

  if (rc) return rc;
  rc = step(c, table, err);
  if (!rc) rc = hp_statement_run(c->db, err, "RELEASE hotpath_tracking");
  if (rc) {
    hp_statement_run(c->db, &ignored, "ROLLBACK TO hotpath_tracking");
    hp_statement_run(c->db, &ignored, "RELEASE hotpath_tracking");
  }
  sqlite3_free(ignored);
  return rc;
}

/* Tracks the table, or not, unless it is as wanted already. */
static int change(hp_conn *c, const char *table, bool wanted, int64_t *n,
                  char **err) {
  char *name = NULL;
  bool was_on = false;
  int rc;

  hp_hook_mute(c);
  rc = find(c, table, &name, err);
  if (!rc) rc = is_on(c, name, &was_on, err);
  if (!rc && was_on != wanted) {
    rc = run_whole(c, name, wanted ? add : take_out, err);
  }
  hp_hook_unmute(c);
  sqlite3_free(name);
  *n = !rc && was_on != wanted;
  return rc;
}

int hp_tracking_add(hp_conn *c, const char *table, int64_t *n, char **err) {
  return change(c, table, true, n, err);
}

int hp_tracking_remove(hp_conn *c, const char *table, int64_t *n, char **err) {
  return change(c, table, false, n, err);
}
