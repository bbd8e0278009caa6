/* SPDX-License-Identifier: MIT */
#include "cache/runner.h"
#include "base/hook.h"

int hp_runner_prepare(hp_runner *r, bool afresh) {
  int rc = SQLITE_OK;

  if (r->stmt && !afresh) return SQLITE_OK;
  sqlite3_finalize(r->stmt);
  r->stmt = NULL;
  rc = sqlite3_prepare_v3(r->conn->db, r->d->sql, -1, SQLITE_PREPARE_PERSISTENT,
                          &r->stmt, NULL);
  return rc;
}

void hp_runner_term(hp_runner *r) {
  sqlite3_finalize(r->stmt);
  r->stmt = NULL;
}

bool hp_runner_is_expired(const hp_runner *r) {
  if (!r->stmt || !HP_HAS_API(expired)) return true;
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
  return sqlite3_expired(r->stmt) != 0;
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
}

bool hp_runner_was_reprepared(const hp_runner *r) {
  return sqlite3_stmt_status(r->stmt, SQLITE_STMTSTATUS_REPREPARE, 0) != 0;
}

/* The run is over, and with it the right to interrupt it. */
static void leave(hp_runner *r) {
  r->is_timed_out = hp_patience_end(&r->patience, r->conn);
  hp_hook_unmute(r->conn);
  r->n_running--;
}

static int time_out(hp_runner *r, char **err) {
  sqlite3_free(*err);
  *err = sqlite3_mprintf("%s: computing it was ended after "
                         "compute_timeout=%.3f seconds",
                         r->d->name,
                         (double)r->d->options.compute_timeout_ms / 1000);
  return *err ? SQLITE_ERROR : SQLITE_NOMEM;
}

/* Ends the run with the result rc, or with the timeout, if that came first. */
static int end_with(hp_runner *r, int rc, char **err) {
  hp_runner_end(r);
  return r->is_timed_out ? time_out(r, err) : rc;
}

static int fail(hp_runner *r, int rc, char **err) {
  *err = sqlite3_mprintf("%s: %s", r->d->name, sqlite3_errmsg(r->conn->db));
  return end_with(r, rc, err);
}

static int refuse_recursion(hp_runner *r, char **err) {
  *err = sqlite3_mprintf("%s: its SELECT reads %s itself; a cached table "
                         "cannot be recursive",
                         r->d->name, r->d->name);
  return *err ? SQLITE_ERROR : SQLITE_NOMEM;
}

int hp_runner_begin(hp_runner *r, sqlite3_value **args, bool *has_row,
                    char **err) {
  int rc;

  r->is_timed_out = false;
  if (r->n_running) return refuse_recursion(r, err);
  r->n_running++;
  hp_hook_mute(r->conn);
  hp_patience_begin(&r->patience, r->conn, r->d->options.compute_timeout_ms);
  rc = hp_runner_prepare(r, false);
  for (int i = 0; i < r->d->n_params && !rc; i++) {
    rc = sqlite3_bind_value(r->stmt, i + 1, args[i]);
  }
  if (rc) return fail(r, rc, err);
  rc = sqlite3_step(r->stmt);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return fail(r, rc, err);
  *has_row = rc == SQLITE_ROW;
  if (!hp_runner_was_reprepared(r)) return SQLITE_OK;
  rc = hp_definition_check(r->d, r->conn->db, r->stmt, err);
  return rc ? end_with(r, rc, err) : SQLITE_OK;
}

void hp_runner_end(hp_runner *r) {
  sqlite3_reset(r->stmt);
  sqlite3_clear_bindings(r->stmt);
  leave(r);
}

static bool is_over(const hp_builder *b, const hp_run_limits *limits) {
  return hp_builder_bytes(b) > limits->bytes ||
         (limits->rows && b->n_cells / b->n_cols >= limits->rows);
}

/* The statement goes on in the answer, for as long as the application likes;
** the next run prepares another. */
static int hand_over(hp_runner *r, hp_answer *a, char **err) {
  leave(r);
  a->live = r->stmt;
  a->live_has_row = true;
  r->stmt = NULL;
  return r->is_timed_out ? time_out(r, err) : SQLITE_OK;
}

int hp_runner_collect(hp_runner *r, bool has_row, const hp_run_limits *limits,
                      hp_answer *a, bool *is_complete, char **err) {
  int rc = has_row ? SQLITE_ROW : SQLITE_DONE;

  *is_complete = true;
  hp_builder_init(&a->rows, r->d->n_cols);
  while (rc == SQLITE_ROW) {
    if (is_over(&a->rows, limits)) {
      *is_complete = false;
      return hand_over(r, a, err);
    }
    rc = hp_builder_row(&a->rows, r->stmt);
    if (!rc) rc = sqlite3_step(r->stmt);
  }
  if (rc != SQLITE_DONE) return fail(r, rc, err);
  return end_with(r, SQLITE_OK, err);
}
