/* SPDX-License-Identifier: MIT */
#include "advisor/tryout.h"

#include <string.h>

/* Followed by the candidate's position and another line, so that no name begins
** with another one. */
#define NAME "hp_candidate_"

bool hp_tryout_is_for(const hp_tryout *t, int i, int q) {
  return t->before[(size_t)i * (size_t)t->c->n_statements + (size_t)q];
}

int hp_tryout_create(const hp_tryout *t, int i) {
  char *sql = sqlite3_mprintf("CREATE INDEX main." NAME "%d_ ON %s", i,
                              t->c->at[i].body);
  int rc = sql ? hp_shadow_exec(t->shadow, sql, t->err) : SQLITE_NOMEM;

  sqlite3_free(sql);
  sqlite3_free(*t->err);
  *t->err = NULL;
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

int hp_tryout_drop(const hp_tryout *t, int i) {
  char *sql = sqlite3_mprintf("DROP INDEX IF EXISTS main." NAME "%d_", i);
  int rc = SQLITE_NOMEM;

  sqlite3_free(*t->err);
  *t->err = NULL;
  if (sql) rc = hp_shadow_exec(t->shadow, sql, t->err);
  sqlite3_free(sql);
  return rc;
}

bool hp_tryout_names(const hp_plan *plan, int i) {
  char *name = sqlite3_mprintf(" INDEX " NAME "%d_", i);
  bool named = false;

  for (int k = 0; name && k < plan->n; k++) {
    if (strstr(plan->at[k].detail, name)) named = true;
  }
  sqlite3_free(name);
  return named;
}

int hp_tryout_plan(const hp_tryout *t, int q, hp_plan *out) {
  char *failure = NULL;
  int rc = hp_plan_read(t->shadow, t->statements[q].sql, out, &failure);

  sqlite3_free(failure);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}
