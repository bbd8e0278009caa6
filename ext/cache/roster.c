/* SPDX-License-Identifier: MIT */
#include "cache/roster.h"
#include "base/hook.h"
#include "cache/call.h"

#include <string.h>

static const char part_key;

typedef struct roster {
  hp_table *first; /* the youngest */
} roster;

int hp_roster_register(hp_conn *c) {
  roster *x;

  if (hp_conn_part(c, &part_key)) return SQLITE_OK;
  x = sqlite3_malloc64(sizeof *x);
  if (!x) return SQLITE_NOMEM;
  *x = (roster){NULL};
  return hp_conn_set_part(c, &part_key, x, sqlite3_free);
}

void hp_roster_add(hp_conn *c, hp_table *t) {
  roster *x = hp_conn_part(c, &part_key);

  t->next = x->first;
  x->first = t;
}

void hp_roster_remove(hp_conn *c, hp_table *t) {
  roster *x = hp_conn_part(c, &part_key);
  hp_table **at = &x->first;

  while (*at && *at != t) at = &(*at)->next;
  if (*at) *at = t->next;
}

/* As SQLite looks a name up: temp before main. */
static hp_table *find(hp_conn *c, const char *name) {
  roster *x = hp_conn_part(c, &part_key);
  hp_table *other = NULL;

  for (hp_table *t = x->first; t; t = t->next) {
    if (sqlite3_stricmp(t->d->name, name)) continue;
    if (!t->d->is_stored) return t;
    if (!other) other = t;
  }
  return other;
}

/* A statement on the table: preparing it opens the table, and while it exists
** SQLite keeps that, also when the schema is read again. */
static int prepare(hp_conn *c, const char *name, int n_args,
                   sqlite3_stmt **hold) {
  sqlite3_str *s = sqlite3_str_new(c->db);
  char *sql;
  int rc;

  sqlite3_str_appendf(s, "SELECT 1 FROM \"%w\"", name);
  for (int i = 0; i < n_args; i++) {
    sqlite3_str_appendall(s, i ? ", ?" : "(?");
  }
  if (n_args) sqlite3_str_appendchar(s, 1, ')');
  sql = sqlite3_str_finish(s);
  if (!sql) return SQLITE_NOMEM;
  hp_hook_mute(c);
  rc = sqlite3_prepare_v2(c->db, sql, -1, hold, NULL);
  hp_hook_unmute(c);
  sqlite3_free(sql);
  return rc;
}

static char *sentence(hp_conn *c, const char *name, const hp_table *t,
                      int n_args, int rc) {
  const char *why = sqlite3_errmsg(c->db);

  if (!t && (!rc || strncmp(why, "no such table", 13))) {
    return sqlite3_mprintf("%s is not a cached table", name);
  }
  if (!t || n_args == t->d->n_params) return sqlite3_mprintf("%s", why);
  return sqlite3_mprintf(
      "%s takes %d argument%s%s%s%s; %d %s given", name, t->d->n_params,
      t->d->n_params == 1 ? "" : "s", t->d->n_params ? " (" : "", t->d->params,
      t->d->n_params ? ")" : "", n_args, n_args == 1 ? "was" : "were");
}

int hp_roster_open(hp_conn *c, const char *name, int n_args, hp_table **out,
                   sqlite3_stmt **hold, char **err) {
  int rc;

  *hold = NULL;
  rc = prepare(c, name, n_args, hold);
  *out = rc == SQLITE_NOMEM ? NULL : find(c, name);
  if (!rc && *out && (*out)->d->n_params == n_args) return SQLITE_OK;
  if (rc != SQLITE_NOMEM) *err = sentence(c, name, *out, n_args, rc);
  sqlite3_finalize(*hold);
  *hold = NULL;
  *out = NULL;
  return rc ? rc : SQLITE_ERROR;
}
