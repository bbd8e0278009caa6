/* SPDX-License-Identifier: MIT */
#include "advisor/phrases.h"

#include "schema/text.h"

#include <string.h>

enum { MAX_TOKENS = 3000 };

typedef struct token {
  const char *s;
  size_t n;
} token;

typedef struct reading {
  hp_candidates *out;
  const hp_tables *tables;
  const bool *touches;
  int statement;
  double weight;
  token *at; /* n of them */
  int n;
} reading;

static bool is(const reading *r, int i, const char *text) {
  size_t n = strlen(text);

  return i >= 0 && i < r->n && r->at[i].n == n &&
         sqlite3_strnicmp(r->at[i].s, text, (int)n) == 0;
}

static bool is_any(const reading *r, int i, const char *const *texts) {
  for (; *texts; texts++) {
    if (is(r, i, *texts)) return true;
  }
  return false;
}

static bool is_word(const reading *r, int i) {
  char c = i >= 0 && i < r->n ? *r->at[i].s : '\0';

  return c && !strchr("'?:@$0123456789(),;.=<>!+-*/|%&~", c);
}

/* The column of table t that token i names, or -1; -2 without memory. */
static int column_at(const reading *r, int t, int i) {
  char *name = is_word(r, i) ? hp_text_word(r->at[i].s, 0) : NULL;
  int column = name ? hp_table_find(&r->tables->at[t], name) : -1;

  if (is_word(r, i) && !name) return -2;
  sqlite3_free(name);
  return column;
}

/* Offers an index of one expression; takes ownership of key. */
static int offer(reading *r, int t, char *key, const char *word, int column) {
  const hp_table *table = &r->tables->at[t];
  char *body = key ? sqlite3_mprintf("\"%w\"(%s)", table->name, key) : NULL;
  char *name = sqlite3_mprintf("idx_%s_%s_%s", table->name, word,
                               table->columns[column].name);
  int rc = SQLITE_NOMEM;

  if (body && name) {
    rc = hp_candidates_offer(r->out, t, body, name, r->statement, r->weight);
  }
  sqlite3_free(key);
  sqlite3_free(body);
  sqlite3_free(name);
  return rc;
}

/* column COLLATE name */
static int offer_collation(reading *r, int t, int i) {
  int column = column_at(r, t, i);
  char *collation;
  int rc;

  if (column < 0) return column == -2 ? SQLITE_NOMEM : SQLITE_OK;
  collation = hp_text_word(r->at[i + 2].s, 0);
  if (!collation) return SQLITE_NOMEM;
  rc = offer(r, t,
             sqlite3_mprintf("\"%w\" COLLATE \"%w\"",
                             r->tables->at[t].columns[column].name, collation),
             collation, column);
  sqlite3_free(collation);
  return rc;
}

/* Position of the parenthesis that closes the one at i, or -1. */
static int closing(const reading *r, int i) {
  int depth = 0;

  for (; i < r->n; i++) {
    if (is(r, i, "(")) depth++;
    if (is(r, i, ")") && --depth == 0) return i;
  }
  return -1;
}

/* True if the call in tokens i … end is compared or sorted by. */
static bool is_searched(const reading *r, int i, int end) {
  static const char *const after[] = {"=",  "<",       ">",  "LIKE", "GLOB",
                                      "IN", "BETWEEN", "IS", NULL};

  return is_any(r, end + 1, after) || is(r, i - 1, "BY") || is(r, i - 1, "=");
}

/* The call's text without qualifiers; NULL without memory. */
static char *expression(const reading *r, int i, int end) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (; i <= end; i++) {
    if (is(r, i + 1, ".")) {
      i++;
      continue;
    }
    sqlite3_str_append(s, r->at[i].s, (int)r->at[i].n);
    if (is(r, i, ",")) sqlite3_str_appendall(s, " ");
  }
  return sqlite3_str_finish(s);
}

/* function(… column …), without parameters and subqueries. */
static int offer_call(reading *r, int t, int i) {
  int end = closing(r, i + 1), column = -1;
  char *word;
  int rc;

  if (end < 0 || !is_searched(r, i, end)) return SQLITE_OK;
  for (int k = i + 2; k < end; k++) {
    if (strchr("?:@$", *r->at[k].s) || is(r, k, "SELECT")) return SQLITE_OK;
    if (column < 0 && !is(r, k + 1, ".")) column = column_at(r, t, k);
    if (column == -2) return SQLITE_NOMEM;
  }
  if (column < 0) return SQLITE_OK;
  word = hp_text_word(r->at[i].s, 0);
  if (!word) return SQLITE_NOMEM;
  rc = offer(r, t, expression(r, i, end), word, column);
  sqlite3_free(word);
  return rc;
}

static int offer_at(reading *r, int t, int i) {
  if (is(r, i + 1, "COLLATE") && is_word(r, i + 2)) {
    return offer_collation(r, t, i);
  }
  if (is_word(r, i) && is(r, i + 1, "(")) return offer_call(r, t, i);
  return SQLITE_OK;
}

static int split(reading *r, const char *sql) {
  const char *s = hp_text_skip(sql);

  r->at = sqlite3_malloc64(MAX_TOKENS * sizeof *r->at);
  if (!r->at) return SQLITE_NOMEM;
  while (*s && r->n < MAX_TOKENS) {
    size_t n = hp_text_token(s);

    r->at[r->n++] = (token){s, n};
    s = hp_text_skip(s + n);
  }
  return SQLITE_OK;
}

int hp_phrases_offer(hp_candidates *c, const hp_tables *tables,
                     const bool *touches, const char *sql, int statement,
                     double weight) {
  reading r = {.out = c,
               .tables = tables,
               .touches = touches,
               .statement = statement,
               .weight = weight};
  int rc = split(&r, sql);

  for (int i = 0; rc == SQLITE_OK && i < r.n; i++) {
    for (int t = 0; rc == SQLITE_OK && t < tables->n; t++) {
      if (touches[t]) rc = offer_at(&r, t, i);
    }
  }
  sqlite3_free(r.at);
  return rc;
}
