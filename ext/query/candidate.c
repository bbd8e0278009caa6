/* SPDX-License-Identifier: MIT */
#include "query/candidate.h"

#include "schema/plan.h"

#include <string.h>

/* The quoted name in CREATE INDEX "name" ON …; NULL if there is none. Caller
** frees with sqlite3_free(). */
static char *quoted_name(const char *ddl) {
  const char *start = strchr(ddl, '"');
  const char *end = start ? strstr(start, "\" ON ") : NULL;

  return end ? sqlite3_mprintf("%.*s", (int)(end - start) + 1, start) : NULL;
}

/* True if the plan of sql searches in the index of this name. */
static bool plan_searches(hp_shadow *s, const char *sql, const char *quoted) {
  hp_plan plan;
  char *err, *wanted = sqlite3_mprintf("SEARCH *INDEX %.*s *",
                                       (int)strlen(quoted) - 2, quoted + 1);
  bool is_searched = false;

  if (!wanted) return false;
  if (hp_plan_read(s, sql, &plan, &err) == SQLITE_OK) {
    for (int i = 0; i < plan.n && !is_searched; i++)
      is_searched = sqlite3_strglob(wanted, plan.at[i].detail) == 0;
  }
  hp_plan_term(&plan);
  sqlite3_free(err);
  sqlite3_free(wanted);
  return is_searched;
}

bool hp_candidate_is_used(hp_shadow *s, const char *ddl, const char *sql) {
  char *name = sql ? quoted_name(ddl) : NULL, *err = NULL, *drop;
  bool is_used = false;

  if (name && hp_shadow_exec(s, ddl, &err) == SQLITE_OK) {
    is_used = plan_searches(s, sql, name);
    drop = sqlite3_mprintf("DROP INDEX %s", name);
    sqlite3_free(err);
    /* An index left behind goes with the shadow's next refresh. */
    if (drop) is_used &= hp_shadow_exec(s, drop, &err) == SQLITE_OK;
    sqlite3_free(drop);
  }
  sqlite3_free(err);
  sqlite3_free(name);
  return is_used;
}
