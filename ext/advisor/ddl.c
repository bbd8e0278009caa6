/* SPDX-License-Identifier: MIT */
#include "advisor/ddl.h"

#include "schema/text.h"

#include <stdbool.h>
#include <string.h>

/* Index i's name without the "__i" that makes it unique in the lab, if it has
** that: then the advisor made it. Caller frees. */
static char *plain_name(const hp_lab_index *x, int i) {
  char *suffix = sqlite3_mprintf("__%d", i);
  char *name = sqlite3_mprintf("%s", x->name);
  size_t n = name ? strlen(name) : 0, m = suffix ? strlen(suffix) : 0;

  if (name && suffix && n > m && strcmp(name + n - m, suffix) == 0) {
    name[n - m] = '\0';
  }
  if (!suffix) {
    sqlite3_free(name);
    name = NULL;
  }
  sqlite3_free(suffix);
  return name;
}

/* By an index of the host's, which may be hidden. */
static bool is_index(const hp_lab *lab, const char *name) {
  for (int i = 0; i < hp_lab_count(lab); i++) {
    const hp_lab_index *x = hp_lab_index_at(lab, i);

    if (x->is_original && sqlite3_stricmp(x->name, name) == 0) return true;
  }
  return false;
}

static int is_advised(const hp_report *report, const char *name, bool *answer) {
  char *words = sqlite3_mprintf(" INDEX \"%w\" ON ", name);

  *answer = false;
  for (int i = 0; words && i < report->n; i++) {
    if (strstr(report->at[i].ddl, words)) *answer = true;
  }
  sqlite3_free(words);
  return words ? SQLITE_OK : SQLITE_NOMEM;
}

/* By a table or a view. */
static int is_table(const hp_lab *lab, const char *name, bool *answer) {
  sqlite3_stmt *row = NULL;
  int rc =
      sqlite3_prepare_v2(hp_lab_db(lab),
                         "SELECT 1 FROM main.sqlite_schema"
                         " WHERE name = ? COLLATE NOCASE AND type <> 'index'",
                         -1, &row, NULL);

  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
  }
  *answer = rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW;
  if (rc == SQLITE_OK) return sqlite3_finalize(row);
  sqlite3_finalize(row);
  return rc;
}

/* *answer: name is not to be had for a new index. */
static int is_taken(const hp_lab *lab, const hp_report *report,
                    const char *name, bool *answer) {
  int rc;

  *answer = is_index(lab, name);
  if (*answer) return SQLITE_OK;
  rc = is_table(lab, name, answer);
  return rc == SQLITE_OK && !*answer ? is_advised(report, name, answer) : rc;
}

/* A name that neither the host's schema nor the advice has yet, or NULL. Caller
** frees. */
static char *free_name(const hp_lab *lab, int i, const hp_report *report) {
  char *plain = plain_name(hp_lab_index_at(lab, i), i);
  char *name = plain ? sqlite3_mprintf("%s", plain) : NULL;
  bool taken = true;

  for (int n = 2; name && taken; n++) {
    if (is_taken(lab, report, name, &taken) != SQLITE_OK) {
      sqlite3_free(name);
      name = NULL;
    } else if (taken) {
      sqlite3_free(name);
      name = sqlite3_mprintf("%s_%d", plain, n);
    }
  }
  sqlite3_free(plain);
  return name;
}

/* What stands behind "CREATE [UNIQUE] INDEX name ON". Borrowed. */
static const char *body_of(const hp_lab_index *x) {
  const char *s = hp_text_skip(x->sql);

  for (int k = x->is_unique ? 5 : 4; k > 0; k--) {
    s = hp_text_skip(s + hp_text_token(s));
  }
  return s;
}

char *hp_ddl_create(const hp_lab *lab, int i, const hp_report *report) {
  const hp_lab_index *x = hp_lab_index_at(lab, i);
  char *name = free_name(lab, i, report), *ddl;

  if (!name) return NULL;
  ddl = sqlite3_mprintf("CREATE %sINDEX \"%w\" ON %s;",
                        x->is_unique ? "UNIQUE " : "", name, body_of(x));
  sqlite3_free(name);
  return ddl;
}

char *hp_ddl_drop(const hp_lab *lab, int i) {
  return sqlite3_mprintf("DROP INDEX \"%w\";", hp_lab_index_at(lab, i)->name);
}
