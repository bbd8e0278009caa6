/* SPDX-License-Identifier: MIT */
#include "cache/generation.h"

#include "base/hook.h"
#include "base/statement.h"
#include "cache/pager.h"
#include "cache/tracking.h"
#include "schema/program.h"

#include <string.h>

void hp_generation_term(hp_generation *g) {
  sqlite3_finalize(g->version);
  sqlite3_finalize(g->numbers);
  g->version = g->numbers = NULL;
  g->is_known = g->has_last = false;
}

/* ---- which tables ---- */

/* A search for the tables of the SELECT. */
typedef struct search {
  const hp_generation *g;
  hp_hash128 code;  /* of the program that was found */
  char *why;        /* a sentence: there is no generation; or NULL */
  sqlite3_str *sql; /* that reads their numbers */
  int n;
} search;

static int refuse(search *s, char *why) {
  s->why = why;
  return why ? SQLITE_OK : SQLITE_NOMEM;
}

static int add_table(search *s, const char *table) {
  bool is_on = false;
  int rc;

  if (!table) return SQLITE_NOMEM;
  rc = hp_tracking_is_on(s->g->conn, table, &is_on);
  if (rc) return rc;
  if (!is_on) {
    return refuse(s, sqlite3_mprintf("the table %s is not tracked: SELECT "
                                     "cache_track(%Q)",
                                     table, table));
  }
  sqlite3_str_appendf(s->sql, "%s%Q", s->n++ ? ", " : "", table);
  return SQLITE_OK;
}

/* The tables that these root pages, or their indexes', belong to. */
static int prepare_tables(const search *s, const hp_program *p,
                          sqlite3_stmt **out, char **err) {
  sqlite3_str *sql = sqlite3_str_new(s->g->conn->db);

  sqlite3_str_appendall(sql, "SELECT tbl_name, count(*) FROM main.sqlite_schema"
                             " WHERE type IN ('table', 'index') AND rootpage IN"
                             " (");
  for (int i = 0; i < p->n_roots; i++) {
    sqlite3_str_appendf(sql, "%s%d", i ? ", " : "", p->roots[i]);
  }
  sqlite3_str_appendall(sql, ") GROUP BY tbl_name");
  return hp_statement_prepare(s->g->conn->db, sqlite3_str_finish(sql), out,
                              err);
}

static int add_tables(search *s, const hp_program *p) {
  sqlite3_stmt *tables;
  char *err = NULL;
  int n = 0, rc = prepare_tables(s, p, &tables, &err);

  while (!rc && !s->why && (rc = sqlite3_step(tables)) == SQLITE_ROW) {
    n += sqlite3_column_int(tables, 1);
    rc = add_table(s, (const char *)sqlite3_column_text(tables, 0));
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  sqlite3_finalize(tables);
  sqlite3_free(err);
  if (rc || s->why || n == p->n_roots) return rc;
  return refuse(s, sqlite3_mprintf("it reads the schema"));
}

/* The tables that the SELECT reads, by its program as of now. */
static int look_at_program(search *s, const hp_program *p) {
  s->code = p->code;
  if (p->read_mask != 1 || p->uses_vtab || p->n_roots < 1) {
    return refuse(s, sqlite3_mprintf("not all that it reads is tables of "
                                     "main"));
  }
  sqlite3_str_appendall(s->sql, "SELECT \"table\", generation FROM "
                                "main.hotpath_generations WHERE \"table\" IN "
                                "(");
  return add_tables(s, p);
}

static int run_search(search *s, const hp_generation *g) {
  hp_program p;
  char *err = NULL;
  int rc;

  *s = (search){.g = g, .sql = sqlite3_str_new(g->conn->db)};
  rc = hp_program_read(g->conn->db, g->sql, &p, &err);
  if (!rc) rc = look_at_program(s, &p);
  hp_program_term(&p);
  sqlite3_free(err);
  sqlite3_str_appendall(s->sql, ") ORDER BY 1");
  return rc;
}

static void end_search(search *s) {
  sqlite3_free(s->why);
  sqlite3_free(sqlite3_str_finish(s->sql));
}

/* Finds the tables, and prepares reading their numbers. */
static int learn(hp_generation *g, sqlite3_int64 version, hp_hash128 code) {
  search s;
  int rc = run_search(&s, g);

  sqlite3_finalize(g->numbers);
  g->numbers = NULL;
  if (!rc && !s.why && hp_hash128_equal(s.code, code)) {
    const char *sql = sqlite3_str_value(s.sql);
    rc = sql ? sqlite3_prepare_v3(g->conn->db, sql, -1,
                                  SQLITE_PREPARE_PERSISTENT, &g->numbers, NULL)
             : SQLITE_NOMEM;
  }
  end_search(&s);
  g->n = s.n;
  g->has_last = false;
  g->is_known = rc == SQLITE_OK;
  g->at_version = version;
  g->code = code;
  return rc;
}

int hp_generation_check(const hp_generation *g, char **err) {
  search s;
  int rc = run_search(&s, g);

  *err = NULL;
  if (!rc && s.why) {
    *err = s.why;
    s.why = NULL;
    rc = SQLITE_ERROR;
  }
  end_search(&s);
  return rc;
}

/* ---- reading ---- */

/* The version of the schema that the transaction sees. */
static bool read_version(hp_generation *g, sqlite3_int64 *out) {
  bool ok = g->version ||
            !sqlite3_prepare_v3(g->conn->db, "PRAGMA main.schema_version", -1,
                                SQLITE_PREPARE_PERSISTENT, &g->version, NULL);

  ok = ok && sqlite3_step(g->version) == SQLITE_ROW;
  if (ok) *out = sqlite3_column_int64(g->version, 0);
  sqlite3_reset(g->version);
  return ok;
}

/* Has SQLite load the schema of this transaction, if it has an older one:
** PRAGMA schema_version does not. */
static bool load_schema(hp_conn *c) {
  sqlite3_stmt *stmt = NULL;
  int rc = hp_pager_begin_read(c->db, "main", &stmt);

  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

static bool hash_numbers(hp_generation *g, hp_stamp *out) {
  sqlite3_str *text = sqlite3_str_new(g->conn->db);
  hp_hash128 hash = {0};
  int rc, n = 0;

  sqlite3_str_appendf(text, "%lld", g->at_version);
  while ((rc = sqlite3_step(g->numbers)) == SQLITE_ROW) {
    sqlite3_str_appendf(text, "|%Q=%lld", sqlite3_column_text(g->numbers, 0),
                        sqlite3_column_int64(g->numbers, 1));
    n++;
  }
  sqlite3_reset(g->numbers);
  if (rc == SQLITE_DONE && !sqlite3_str_errcode(text)) {
    hash = hp_hash128_of(sqlite3_str_value(text),
                         (size_t)sqlite3_str_length(text), hp_hash_secret());
  } else {
    n = 0;
  }
  sqlite3_free(sqlite3_str_finish(text));
  *out = (hp_stamp){hash.lo, hash.hi};
  return n > 0 && n == g->n;
}

static bool read_muted(hp_generation *g, hp_hash128 code, hp_stamp *out) {
  sqlite3_int64 version;

  if (!read_version(g, &version)) return false;
  if (!g->is_known || g->at_version != version ||
      !hp_hash128_equal(g->code, code)) {
    if (!load_schema(g->conn) || learn(g, version, code)) return false;
  }
  return g->numbers && hash_numbers(g, out);
}

bool hp_generation_read(hp_generation *g, hp_hash128 code, hp_stamp *out) {
  bool ok;

  if (sqlite3_txn_state(g->conn->db, "main") != SQLITE_TXN_READ) return false;
  hp_hook_mute(g->conn);
  ok = read_muted(g, code, out);
  hp_hook_unmute(g->conn);
  return ok;
}

void hp_generation_note(hp_generation *g, hp_stamp at, hp_stamp value) {
  g->has_last = true;
  g->last_at = at;
  g->last = value;
}

bool hp_generation_recall(const hp_generation *g, hp_hash128 code, hp_stamp at,
                          hp_stamp *out) {
  if (!g->has_last || !hp_hash128_equal(g->code, code) ||
      !hp_stamp_equal(g->last_at, at)) {
    return false;
  }
  *out = g->last;
  return true;
}
