/* SPDX-License-Identifier: MIT */
#include "schema/functions.h"

#include <string.h>

/* Flags as SQLite defines them for sqlite3_create_function_v2(). */
enum {
  FLAG_DETERMINISTIC = 0x800,
  FLAG_DIRECTONLY = 0x80000,
  FLAG_INNOCUOUS = 0x200000
};

static const char *const clock_names[] = {
    "date",     "time",     "datetime",     "julianday",    "unixepoch",
    "strftime", "timediff", "current_date", "current_time", "current_timestamp",
};

/* Not flagged deterministic by SQLite, but fixed for a process. */
static const char *const constant_names[] = {
    "sqlite_version",
    "sqlite_source_id",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
};

static const char *const fts_names[] = {
    "bm25", "highlight", "snippet", "matchinfo", "offsets", "match",
};

static bool is_among(const char *name, const char *const *list, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (sqlite3_stricmp(name, list[i]) == 0) return true;
  }
  return false;
}

#define AMONG(name, list) is_among(name, list, sizeof list / sizeof *(list))

/* Splits "name(n)"; n stays -2, which no function has, in any other form. */
static size_t split(const char *printed, int *n_args) {
  const char *paren = strrchr(printed, '(');
  int n = 0, sign = 1;
  const char *p;

  *n_args = -2;
  if (!paren || paren == printed) return strlen(printed);
  p = paren + 1;
  if (*p == '-') sign = -1, p++;
  if (*p < '0' || *p > '9') return strlen(printed);
  for (; *p >= '0' && *p <= '9' && n < 10000; p++) n = n * 10 + (*p - '0');
  if (strcmp(p, ")") != 0) return strlen(printed);
  *n_args = n * sign;
  return (size_t)(paren - printed);
}

int hp_functions_add(hp_functions *f, const char *printed) {
  int n_args;
  size_t len = split(printed, &n_args);
  hp_function *grown;
  char *name;

  for (int i = 0; i < f->n; i++) {
    if (f->at[i].n_args == n_args && strlen(f->at[i].name) == len &&
        memcmp(f->at[i].name, printed, len) == 0) {
      return SQLITE_OK;
    }
  }
  name = sqlite3_mprintf("%.*s", (int)len, printed);
  if (!name) return SQLITE_NOMEM;
  grown = sqlite3_realloc64(f->at, ((size_t)f->n + 1) * sizeof *grown);
  if (!grown) {
    sqlite3_free(name);
    return SQLITE_NOMEM;
  }
  f->at = grown;
  f->at[f->n++] = (hp_function){.name = name, .n_args = n_args};
  return SQLITE_OK;
}

/* Takes over one row of pragma_function_list: name, narg, builtin, type,
** flags. A function that is listed twice, as built in and as defined by the
** application, is the application's. */
static void note_row(hp_functions *f, sqlite3_stmt *row) {
  const char *name = (const char *)sqlite3_column_text(row, 0);
  int n_args = sqlite3_column_int(row, 1);
  bool builtin = sqlite3_column_int(row, 2) != 0;
  const char *type = (const char *)sqlite3_column_text(row, 3);
  bool scalar = !type || strcmp(type, "s") == 0;
  int flags = sqlite3_column_int(row, 4);
  bool flagged = (flags & FLAG_DETERMINISTIC) != 0;

  if (!name) return;
  for (int i = 0; i < f->n; i++) {
    hp_function *at = &f->at[i];

    if (at->n_args != n_args || sqlite3_stricmp(at->name, name) != 0) continue;
    if (!at->known) {
      at->known = at->builtin = at->deterministic = at->innocuous = true;
    }
    at->direct_only = at->direct_only || (flags & FLAG_DIRECTONLY);
    at->innocuous = at->innocuous && (flags & FLAG_INNOCUOUS);
    at->builtin = at->builtin && builtin;
    at->deterministic = at->deterministic && (flagged || (builtin && !scalar));
  }
}

int hp_functions_look_up(hp_functions *f, sqlite3 *db) {
  sqlite3_stmt *list = NULL;
  int rc;

  if (f->n == 0) return SQLITE_OK;
  rc = sqlite3_prepare_v2(db,
                          "SELECT name, narg, builtin, type, flags"
                          " FROM pragma_function_list",
                          -1, &list, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(list)) == SQLITE_ROW) {
    note_row(f, list);
    rc = SQLITE_OK;
  }
  sqlite3_finalize(list);
  if (rc == SQLITE_DONE) return SQLITE_OK;
  for (int i = 0; i < f->n; i++) f->at[i].known = false;
  return hp_rc_is_passing(rc) ? rc : SQLITE_OK;
}

const char *hp_function_doubt(const hp_function *f) {
  if (!f->known) return "%s() cannot be looked up on this connection";
  if (AMONG(f->name, clock_names)) return "%s() reads the clock";
  if (f->deterministic) return NULL;
  if (!f->builtin) return "%s() is not declared deterministic";
  if (AMONG(f->name, constant_names)) return NULL;
  return "%s() is not deterministic";
}

bool hp_function_is_fts(const hp_function *f) {
  return f->known && AMONG(f->name, fts_names);
}

void hp_functions_term(hp_functions *f) {
  for (int i = 0; i < f->n; i++) sqlite3_free(f->at[i].name);
  sqlite3_free(f->at);
  *f = (hp_functions){0};
}
