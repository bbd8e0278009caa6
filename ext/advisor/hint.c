/* SPDX-License-Identifier: MIT */
#include "advisor/hint.h"

#include "schema/text.h"

#include <stdbool.h>
#include <string.h>

static const char hint[] = " NOT INDEXED";

static const char *next_token(const char *s) {
  return hp_text_skip(s + hp_text_token(s));
}

static bool is(const char *s, const char *word) {
  return s && hp_text_begins(s, word);
}

/* A name that is no keyword, or is quoted. */
static bool is_name(const char *s) {
  size_t n = hp_text_token(s);

  if (n == 0 || strchr("'(),;.=<>!+-*/|%&~?:@$", *s)) return false;
  return strchr("\"`[", *s) || !sqlite3_keyword_check(s, (int)n);
}

/* True if the token at s is the table, used there as one. *rc may become
** SQLITE_NOMEM. */
static bool is_use(const char *before, const char *s, const char *table,
                   int *rc) {
  char *name;
  bool same;

  if (!is(before, "FROM") && !is(before, "JOIN") && !is(before, "UPDATE") &&
      !is(before, ",")) {
    return false;
  }
  name = hp_text_word(s, 0);
  if (!name) *rc = SQLITE_NOMEM;
  same = name && sqlite3_stricmp(name, table) == 0;
  sqlite3_free(name);
  return same;
}

/* The end of the use that begins at s, behind its other name. */
static const char *end_of(const char *s) {
  const char *end = s + hp_text_token(s), *next = hp_text_skip(end);

  if (is(next, "AS"))
    next = next_token(next);
  else if (!is_name(next))
    return end;
  return next + hp_text_token(next);
}

static bool has_hint(const char *end) {
  const char *next = hp_text_skip(end);

  return is(next, "INDEXED") || is(next, "NOT");
}

int hp_hint_write(const char *sql, const char *table, char **out, char **what) {
  sqlite3_str *text = sqlite3_str_new(NULL);
  const char *before = NULL, *from = sql;
  bool is_hinted = false;
  int rc = SQLITE_OK;

  *out = *what = NULL;
  for (const char *s = hp_text_skip(sql); *s; s = next_token(s)) {
    if (is_use(before, s, table, &rc)) {
      const char *end = end_of(s);

      if (has_hint(end)) is_hinted = true;
      sqlite3_str_append(text, from, (int)(end - from));
      sqlite3_str_appendall(text, hint);
      if (!*what) *what = sqlite3_mprintf("%.*s%s", (int)(end - s), s, hint);
      from = end;
    }
    before = s;
  }
  sqlite3_str_appendall(text, from);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(text);
  *out = sqlite3_str_finish(text);
  if (from != sql && (!*out || !*what)) rc = SQLITE_NOMEM;
  if (rc == SQLITE_OK && from != sql && !is_hinted) return SQLITE_OK;
  sqlite3_free(*out);
  sqlite3_free(*what);
  *out = *what = NULL;
  return rc;
}
