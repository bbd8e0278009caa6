/* SPDX-License-Identifier: MIT */
#include "advisor/workload.h"

#include "base/hook.h"
#include "query/stats.h"
#include "query/trace.h"
#include "schema/own.h"

#include <stdlib.h>
#include <string.h>

/* One recorded statement, for choosing. */
typedef struct choice {
  char *sql;
  double calls, total_ns;
} choice;

typedef struct reading {
  const char *file; /* of main */
  choice *at;       /* n of them */
  int n;
  int rc;
} reading;

int hp_workload_add(hp_workload *w, const char *sql, double calls) {
  hp_statement *grown =
      sqlite3_realloc64(w->at, ((size_t)w->n + 1) * sizeof *grown);
  char *copy = sqlite3_mprintf("%s", sql);

  if (grown) w->at = grown;
  if (!grown || !copy) {
    sqlite3_free(copy);
    return SQLITE_NOMEM;
  }
  w->at[w->n++] = (hp_statement){.sql = copy, .calls = calls};
  return SQLITE_OK;
}

/* Called with the store locked: copies only. */
static int copy_stat(const hp_stat *s, void *arg) {
  reading *r = arg;
  choice *grown;

  if (!s->sample || strcmp(s->database, r->file) != 0) return 0;
  if (!hp_own_has_rows(s->sample) || hp_own_is_asked(s->sample)) return 0;
  grown = sqlite3_realloc64(r->at, ((size_t)r->n + 1) * sizeof *grown);
  if (grown) r->at = grown;
  if (!grown || !(r->at[r->n].sql = sqlite3_mprintf("%s", s->sample))) {
    r->rc = SQLITE_NOMEM;
    return 1;
  }
  r->at[r->n].calls = (double)s->tally.calls;
  r->at[r->n++].total_ns = (double)s->tally.total_ns;
  return 0;
}

/* The texts decide between equals, so that the order is always the same. */
static int dearest_first(const void *a, const void *b) {
  const choice *x = a, *y = b;

  if (x->total_ns != y->total_ns) return x->total_ns < y->total_ns ? 1 : -1;
  return strcmp(x->sql, y->sql);
}

int hp_workload_recorded(hp_workload *w, hp_conn *c) {
  const char *file = sqlite3_db_filename(c->db, "main");
  reading r = {.file = file ? file : ""};
  int rc;

  hp_trace_settle(c);
  hp_stats_each(copy_stat, &r);
  rc = r.rc;
  if (r.n > 1) qsort(r.at, (size_t)r.n, sizeof *r.at, dearest_first);
  for (int i = 0; i < r.n; i++) {
    if (rc == SQLITE_OK && i < HP_WORKLOAD_MAX) {
      rc = hp_workload_add(w, r.at[i].sql, r.at[i].calls);
    }
    sqlite3_free(r.at[i].sql);
  }
  sqlite3_free(r.at);
  return rc;
}

/* One row (sql, calls) of the array. */
static int add_given(hp_workload *w, sqlite3_stmt *row, char **err) {
  const char *sql = (const char *)sqlite3_column_text(row, 0);
  double calls = sqlite3_column_double(row, 1);

  if (!sql || !(calls > 0)) {
    *err = sqlite3_mprintf("the workload must be a JSON array of texts or of"
                           " {\"sql\": text, \"calls\": number above 0}");
    return SQLITE_MISUSE;
  }
  return hp_workload_add(w, sql, calls);
}

int hp_workload_given(hp_workload *w, hp_conn *c, sqlite3_value *json,
                      char **err) {
  sqlite3_stmt *rows = NULL;
  int rc;

  *err = NULL;
  hp_hook_mute(c);
  rc = sqlite3_prepare_v2(
      c->db,
      "SELECT CASE type WHEN 'text' THEN value WHEN 'object'"
      " THEN json_extract(value, '$.sql') END, CASE type WHEN 'object'"
      " THEN ifnull(json_extract(value, '$.calls'), 1) ELSE 1 END"
      " FROM json_each(?)",
      -1, &rows, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(rows, 1, json);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = add_given(w, rows, err);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("the workload cannot be read: %s",
                           sqlite3_errmsg(c->db));
  }
  sqlite3_finalize(rows);
  hp_hook_unmute(c);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void hp_workload_term(hp_workload *w) {
  for (int i = 0; i < w->n; i++) sqlite3_free((char *)w->at[i].sql);
  sqlite3_free(w->at);
  *w = (hp_workload){0};
}
