/* SPDX-License-Identifier: MIT */
#include "cache/warm.h"
#include "base/hook.h"
#include "cache/args.h"
#include "cache/roster.h"

int hp_warm_one(hp_conn *c, const char *name, int n, sqlite3_value **argv,
                bool *is_kept, char **err) {
  sqlite3_stmt *hold;
  hp_builder row;
  hp_table *t;
  int rc = hp_roster_open(c, name, n, &t, &hold, err);

  *is_kept = false;
  if (rc) return rc;
  hp_builder_init(&row, n);
  for (int i = 0; i < n && !rc; i++) rc = hp_builder_value(&row, argv[i]);
  if (!rc) rc = hp_table_renew(t, argv, &row, false, is_kept, err);
  hp_builder_term(&row);
  sqlite3_finalize(hold);
  return rc;
}

/* One cache_warm() on its way. */
typedef struct warming {
  hp_conn *c;
  hp_table *t;
  sqlite3_stmt *hold; /* keeps t open */
  hp_block *keys;     /* the rows of the SELECT */
  int n_args;
  int64_t n_kept;
} warming;

static int refuse(char **err, char *why) {
  *err = why;
  return why ? SQLITE_ERROR : SQLITE_NOMEM;
}

/* Prepares the SELECT; what else sql may be is refused. */
static int prepare_keys(hp_conn *c, const char *sql, sqlite3_stmt **out,
                        char **err) {
  const char *tail;
  int rc = sqlite3_prepare_v2(c->db, sql, -1, out, &tail);

  if (rc) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(c->db));
    return rc;
  }
  while (*tail == ' ' || *tail == '\n' || *tail == '\t' || *tail == ';') tail++;
  if (!*out || !sqlite3_stmt_readonly(*out) || !sqlite3_column_count(*out)) {
    return refuse(err, sqlite3_mprintf("the arguments come from a SELECT, not "
                                       "from: %.100s",
                                       sql));
  }
  if (*tail) {
    return refuse(err, sqlite3_mprintf("one SELECT gives the arguments; after "
                                       "it follows: %.100s",
                                       tail));
  }
  return SQLITE_OK;
}

/* All rows at once: while the SELECT runs, the transaction that it holds open
** would hide from the computations what is current. */
static int collect(sqlite3_stmt *stmt, hp_block **out) {
  hp_builder rows;
  int rc, stepped;

  hp_builder_init(&rows, sqlite3_column_count(stmt));
  do {
    stepped = sqlite3_step(stmt);
    if (stepped == SQLITE_ROW) hp_builder_row(&rows, stmt);
  } while (stepped == SQLITE_ROW && !rows.rc);
  rc = rows.rc ? rows.rc : stepped == SQLITE_DONE ? SQLITE_OK : stepped;
  if (!rc) rc = hp_builder_copy(&rows, out);
  hp_builder_term(&rows);
  return rc;
}

static int read_keys(warming *w, const char *sql, char **err) {
  sqlite3_stmt *stmt = NULL;
  int rc = prepare_keys(w->c, sql, &stmt, err);

  if (!rc) {
    rc = collect(stmt, &w->keys);
    w->n_args = sqlite3_column_count(stmt);
    if (rc && !*err) *err = sqlite3_mprintf("%s", sqlite3_errmsg(w->c->db));
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int warm_rows(warming *w, hp_args *args, char **err) {
  int64_t n = w->keys->n_rows, i;
  int rc = SQLITE_OK;

  hp_table_count_warmed(w->t, n, 0);
  w->c->n_inner++; /* that of args */
  for (i = 0; i < n && !rc; i++) {
    bool is_kept = false;
    rc = hp_args_read(args, w->keys, i);
    if (!rc) {
      rc = hp_table_renew(w->t, args->argv, &args->row, true, &is_kept, err);
    }
    w->n_kept += is_kept;
    if (!rc) hp_table_count_warmed(w->t, 0, 1);
  }
  w->c->n_inner--;
  if (rc) hp_table_count_warmed(w->t, i - 1 - n, 0);
  return rc;
}

static int run(warming *w, const char *name, const char *sql, char **err) {
  hp_args args = {.n = 0};
  int rc = read_keys(w, sql, err);

  if (!rc) rc = hp_roster_open(w->c, name, w->n_args, &w->t, &w->hold, err);
  if (!rc) rc = hp_args_init(&args, w->c->db, w->n_args);
  if (!rc) rc = warm_rows(w, &args, err);
  hp_args_term(&args);
  return rc;
}

int hp_warm_all(hp_conn *c, const char *name, const char *sql, int64_t *n_kept,
                char **err) {
  warming w = {.c = c};
  int rc;

  hp_hook_mute(c);
  rc = run(&w, name, sql, err);
  sqlite3_finalize(w.hold);
  hp_hook_unmute(c);
  sqlite3_free(w.keys);
  *n_kept = w.n_kept;
  return rc;
}
