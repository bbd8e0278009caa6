/* SPDX-License-Identifier: MIT */
#include "advisor/advisor_vtab.h"

#include "advisor/advisor.h"
#include "advisor/effect.h"
#include "advisor/workload.h"
#include "base/hook.h"
#include "base/rowtab.h"

#include <string.h>

static void put_text(hp_builder *out, const char *text) {
  if (*text)
    hp_builder_text(out, text, -1);
  else
    hp_builder_null(out);
}

/* A statement in other words holds its values, which of a recorded one are not
** shown. */
static void put_advice(hp_builder *out, const hp_advice *a, bool is_given) {
  bool is_shown = is_given || strcmp(a->action, "rewrite");

  hp_builder_text(out, a->action, -1);
  put_text(out, is_shown ? a->ddl : "");
  put_text(out, a->table);
  hp_builder_real(out, a->gain);
  hp_builder_real(out, a->before_ms);
  hp_builder_real(out, a->after_ms);
  hp_builder_int(out, a->size_bytes);
  hp_builder_real(out, a->build_ms);
  hp_builder_text(out, a->helped, -1);
  hp_builder_text(out, a->harmed, -1);
  hp_builder_text(out, a->evidence, -1);
}

/* A statement that could not be run is said so, in a row of its own. */
static int put_skipped(hp_builder *out, const hp_statement *s,
                       const char *why) {
  char *shown = hp_statement_shown(s->sql);
  char *evidence = sqlite3_mprintf("not executed: %s. Statement: %s", why,
                                   shown ? shown : "");
  int rc = shown && evidence ? SQLITE_OK : SQLITE_NOMEM;

  hp_builder_text(out, "skipped", -1);
  for (int i = 0; i < 9; i++) hp_builder_null(out);
  hp_builder_text(out, evidence, -1);
  sqlite3_free(evidence);
  sqlite3_free(shown);
  return rc;
}

static int put_report(hp_builder *out, const hp_report *r, const hp_workload *w,
                      bool is_given) {
  int rc = SQLITE_OK;

  for (int i = 0; i < r->n; i++) put_advice(out, &r->at[i], is_given);
  for (int i = 0; rc == SQLITE_OK && i < w->n && i < r->n_verdicts; i++) {
    if (r->verdicts[i].skipped) {
      rc = put_skipped(out, &w->at[i], r->verdicts[i].skipped);
    }
  }
  return rc == SQLITE_OK ? out->rc : rc;
}

static bool is_given(sqlite3_value *arg) {
  return arg && sqlite3_value_type(arg) != SQLITE_NULL;
}

/* Sets *bytes to the argument of this name, if it is given. */
static int read_bytes(sqlite3_value *arg, const char *name, int64_t *bytes,
                      char **err) {
  if (!is_given(arg)) return SQLITE_OK;
  *bytes = sqlite3_value_int64(arg);
  if (sqlite3_value_numeric_type(arg) == SQLITE_INTEGER && *bytes > 0) {
    return SQLITE_OK;
  }
  *err = sqlite3_mprintf("%s is a number of bytes from 1 on, not %s", name,
                         sqlite3_value_text(arg));
  return *err ? SQLITE_MISUSE : SQLITE_NOMEM;
}

/* Advises on w, or verifies ddl for it if that is not NULL. budget, if it is
** given, is for the indexes advised, and copy for the database's copy. */
static int answer(hp_conn *c, const hp_workload *w, bool is_given,
                  const char *ddl, sqlite3_value *budget, sqlite3_value *copy,
                  hp_builder *out, char **err) {
  hp_advisor_options options = hp_advisor_defaults();
  hp_report report = {0};
  int rc = read_bytes(budget, "budget_bytes", &options.budget_bytes, err);

  if (rc == SQLITE_OK) {
    rc = read_bytes(copy, "copy_bytes", &options.max_bytes, err);
  }
  if (rc != SQLITE_OK) return rc;
  hp_hook_mute(c);
  rc = ddl ? hp_advisor_verify(c->db, w->at, w->n, &options, ddl, &report, err)
           : hp_advisor_run(c->db, w->at, w->n, &options, &report, err);
  hp_hook_unmute(c);
  if (rc == SQLITE_OK) rc = put_report(out, &report, w, is_given);
  hp_report_term(&report);
  return rc;
}

static int read_workload(hp_workload *w, hp_conn *c, sqlite3_value *json,
                         char **err) {
  return is_given(json) ? hp_workload_given(w, c, json, err)
                        : hp_workload_recorded(w, c);
}

static int fill_suggestions(hp_conn *c, const hp_rowtab *table,
                            sqlite3_value **args, hp_builder *out, char **err) {
  hp_workload w = {0};
  int rc = read_workload(&w, c, args[0], err);

  (void)table;
  if (rc == SQLITE_OK && w.n > 0) {
    rc = answer(c, &w, is_given(args[0]), NULL, args[1], args[2], out, err);
  }
  hp_workload_term(&w);
  return rc;
}

static const char *text_of(sqlite3_value *arg) {
  return is_given(arg) ? (const char *)sqlite3_value_text(arg) : NULL;
}

static int refuse(char **err, const char *what) {
  *err = sqlite3_mprintf("%s", what);
  return *err ? SQLITE_MISUSE : SQLITE_NOMEM;
}

static int fill_one(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                    hp_builder *out, char **err) {
  const char *sql = text_of(args[0]);
  hp_workload w = {0};
  int rc;

  (void)table;
  if (!sql) return refuse(err, "suggest_indexes(sql) needs a statement's text");
  rc = hp_workload_add(&w, sql, 1);
  if (rc == SQLITE_OK) {
    rc = answer(c, &w, true, NULL, args[1], args[2], out, err);
  }
  hp_workload_term(&w);
  return rc;
}

static int fill_verify(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                       hp_builder *out, char **err) {
  const char *ddl = text_of(args[0]);
  hp_workload w = {0};
  int rc;

  (void)table;
  if (!ddl) {
    return refuse(err,
                  "index_verify(statement) needs a CREATE INDEX statement");
  }
  rc = read_workload(&w, c, args[1], err);
  if (rc == SQLITE_OK) {
    rc = answer(c, &w, is_given(args[1]), ddl, NULL, args[2], out, err);
  }
  hp_workload_term(&w);
  return rc;
}

#define COLUMNS                                                                \
  "action TEXT, ddl TEXT, \"table\" TEXT, gain REAL, before_ms REAL,"          \
  " after_ms REAL, size_bytes INT, build_ms REAL, helped TEXT, harmed TEXT,"   \
  " evidence TEXT"

static const hp_rowtab tables[] = {
    {.name = "index_suggestions",
     .columns = COLUMNS,
     .args = "workload TEXT, budget_bytes INT, copy_bytes INT",
     .fill = fill_suggestions},
    {.name = "suggest_indexes",
     .columns = COLUMNS,
     .args = "sql TEXT, budget_bytes INT, copy_bytes INT",
     .fill = fill_one,
     .n_required = 1},
    {.name = "index_verify",
     .columns = COLUMNS,
     .args = "statement TEXT, workload TEXT, copy_bytes INT",
     .fill = fill_verify,
     .n_required = 1},
};

int hp_advisor_register(hp_conn *c) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof tables / sizeof *tables && !rc; i++) {
    rc = hp_rowtab_register(c, &tables[i]);
  }
  return rc;
}
