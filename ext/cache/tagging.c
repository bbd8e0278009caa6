/* SPDX-License-Identifier: MIT */
#include "cache/tagging.h"

#include <string.h>

/* The SELECT's parameter that the i-th of the expression is; 0: none. Those
** without a name go by their number. */
static int param_of(const hp_tagging *t, sqlite3_stmt *select, int i) {
  const char *name = sqlite3_bind_parameter_name(t->stmt, i);

  if (name && *name != '?') return sqlite3_bind_parameter_index(select, name);
  return i <= sqlite3_bind_parameter_count(select) ? i : 0;
}

/* Every parameter of the expression must be one of the SELECT's. */
static int check_params(const hp_tagging *t, sqlite3_stmt *select, char **err) {
  int n = sqlite3_bind_parameter_count(t->stmt);

  for (int i = 1; i <= n; i++) {
    const char *name = sqlite3_bind_parameter_name(t->stmt, i);
    if (param_of(t, select, i)) continue;
    *err = sqlite3_mprintf("cached: tags uses the parameter %s, which the "
                           "SELECT does not have",
                           name ? name : "?");
    return *err ? SQLITE_ERROR : SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int hp_tagging_init(hp_tagging *t, sqlite3 *db, const char *expression,
                    sqlite3_stmt *select, char **err) {
  const char *tail = "";
  char *sql;
  int rc;

  *t = (hp_tagging){.stmt = NULL};
  if (!expression) return SQLITE_OK;
  sql = sqlite3_mprintf("SELECT (%s\n)", expression);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &t->stmt,
                          &tail);
  if (rc == SQLITE_ERROR) {
    *err = sqlite3_mprintf("cached: tags=%s is not an expression: %s",
                           expression, sqlite3_errmsg(db));
    if (!*err) rc = SQLITE_NOMEM;
  }
  sqlite3_free(sql);
  return rc ? rc : check_params(t, select, err);
}

void hp_tagging_term(hp_tagging *t) {
  sqlite3_finalize(t->stmt);
  t->stmt = NULL;
}

/* `a, b` -> a and b */
static int see_list(const char *list, hp_tag_seen *seen, int *n_seen) {
  int rc = SQLITE_OK;

  while (*list && !rc) {
    size_t n = strcspn(list, ",");
    const char *next = list + n + (list[n] == ',');
    while (n && *list == ' ') list++, n--;
    while (n && list[n - 1] == ' ') n--;
    if (n) rc = hp_tags_see(list, (int)n, seen, n_seen);
    list = next;
  }
  return rc;
}

static int bind(hp_tagging *t, sqlite3_stmt *select, sqlite3_value **args) {
  int n = sqlite3_bind_parameter_count(t->stmt), rc = SQLITE_OK;

  for (int i = 1; i <= n && !rc; i++) {
    rc = sqlite3_bind_value(t->stmt, i, args[param_of(t, select, i) - 1]);
  }
  return rc;
}

int hp_tagging_see(hp_tagging *t, sqlite3_stmt *select, sqlite3_value **args,
                   hp_tag_seen *seen, int *n_seen) {
  const char *list;
  int rc, rc2;

  *n_seen = 0;
  if (!t->stmt) return SQLITE_OK;
  rc = bind(t, select, args);
  if (!rc && sqlite3_step(t->stmt) == SQLITE_ROW) {
    list = (const char *)sqlite3_column_text(t->stmt, 0);
    if (list)
      rc = see_list(list, seen, n_seen);
    else if (sqlite3_column_type(t->stmt, 0) != SQLITE_NULL)
      rc = SQLITE_NOMEM;
  }
  rc2 = sqlite3_reset(t->stmt);
  return rc ? rc : rc2;
}
