/* SPDX-License-Identifier: MIT */
#include "query/explain.h"

#include "base/hook.h"
#include "schema/plan.h"

#include <string.h>

#define BUDGET_MS 2000 /* for cloning a schema */

struct hp_explain {
  sqlite3 *db;
  hp_shadow *shadow; /* NULL until it could be opened */
};

static const char part_key;

static void free_explain(void *p) {
  hp_explain *e = p;

  hp_shadow_close(e->shadow);
  sqlite3_free(e);
}

static int make(hp_conn *c, hp_explain **out) {
  hp_explain *e = sqlite3_malloc64(sizeof *e);
  int rc;

  if (!e) return SQLITE_NOMEM;
  *e = (hp_explain){.db = c->db};
  rc = hp_conn_set_part(c, &part_key, e, free_explain);
  if (!rc) *out = e;
  return rc;
}

int hp_explain_open(hp_conn *c, hp_explain **out, char **err) {
  hp_explain *e = hp_conn_part(c, &part_key);
  int rc = e ? SQLITE_OK : make(c, &e);

  *out = NULL;
  *err = NULL;
  if (rc) return rc;
  hp_hook_mute(c);
  if (e->shadow)
    rc = hp_shadow_refresh(e->shadow, err);
  else
    rc = hp_shadow_open(c->db, BUDGET_MS, &e->shadow, err);
  hp_hook_unmute(c);
  if (!rc) *out = e;
  return rc;
}

hp_shadow *hp_explain_shadow(const hp_explain *e) {
  return e->shadow;
}

bool hp_explain_covers(const hp_explain *e, const char *database) {
  const char *file = sqlite3_db_filename(e->db, "main");

  return strcmp(file ? file : "", database) == 0;
}

static char *print(const hp_plan *p) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < p->n; i++) {
    sqlite3_str_appendf(s, "%s%*s%s", i ? "\n" : "", p->at[i].depth * 2, "",
                        p->at[i].detail);
  }
  return p->n ? sqlite3_str_finish(s)
              : (sqlite3_free(sqlite3_str_finish(s)), sqlite3_mprintf(""));
}

char *hp_explain_text(hp_explain *e, const char *sql, const char *database) {
  hp_plan plan;
  char *err, *text;
  int rc;

  if (!hp_explain_covers(e, database))
    return sqlite3_mprintf("(recorded on another database: %s)",
                           *database ? database : "in memory");
  if (!sql) return sqlite3_mprintf("(the text was too long to keep)");
  rc = hp_plan_read(e->shadow, sql, &plan, &err);
  if (rc == SQLITE_NOMEM)
    text = NULL;
  else if (rc)
    text = sqlite3_mprintf("(%s)", err ? err : sqlite3_errstr(rc));
  else
    text = print(&plan);
  hp_plan_term(&plan);
  sqlite3_free(err);
  return text;
}
