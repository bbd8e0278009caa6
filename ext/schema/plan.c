/* SPDX-License-Identifier: MIT */
#include "schema/plan.h"

static int depth_of(const hp_plan *p, int parent) {
  for (int i = p->n - 1; parent && i >= 0; i--) {
    if (p->at[i].id == parent) return p->at[i].depth + 1;
  }
  return 0;
}

static int add(hp_plan *p, sqlite3_stmt *row) {
  hp_plan_line *grown =
      sqlite3_realloc64(p->at, ((size_t)p->n + 1) * sizeof *grown);
  int parent = sqlite3_column_int(row, 1);
  const char *detail = (const char *)sqlite3_column_text(row, 3);
  char *copy;

  if (!grown) return SQLITE_NOMEM;
  p->at = grown;
  copy = sqlite3_mprintf("%s", detail ? detail : "");
  if (!copy) return SQLITE_NOMEM;
  p->at[p->n] = (hp_plan_line){.id = sqlite3_column_int(row, 0),
                               .parent = parent,
                               .depth = depth_of(p, parent),
                               .detail = copy};
  p->n++;
  return SQLITE_OK;
}

int hp_plan_read(hp_shadow *s, const char *sql, hp_plan *out, char **err) {
  char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
  sqlite3_stmt *rows = NULL;
  int rc = SQLITE_NOMEM;

  *out = (hp_plan){0};
  *err = NULL;
  if (explain) rc = hp_shadow_prepare(s, explain, NULL, NULL, &rows, err);
  sqlite3_free(explain);
  if (rc == SQLITE_OK && !rows) {
    *err = sqlite3_mprintf("there is no statement to plan");
    rc = SQLITE_MISUSE;
  }
  if (rc != SQLITE_OK) return rc;
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = add(out, rows);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(hp_shadow_db(s)));
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void hp_plan_term(hp_plan *p) {
  for (int i = 0; i < p->n; i++) sqlite3_free(p->at[i].detail);
  sqlite3_free(p->at);
  *p = (hp_plan){0};
}
