/* SPDX-License-Identifier: MIT */
#include "advisor/rewrite.h"

#include "query/tokenizer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 2000, MAX_LITERAL = 100 };

typedef struct text {
  hp_token at[MAX_TOKENS]; /* n of them, white space left out */
  int n;
  const char *sql;
} text;

static bool is(const text *t, int i, const char *word) {
  size_t n = strlen(word);

  return i >= 0 && i < t->n && t->at[i].n == n &&
         sqlite3_strnicmp(t->at[i].start, word, (int)n) == 0;
}

static bool is_any(const text *t, int i, const char *const *words) {
  for (; *words; words++) {
    if (is(t, i, *words)) return true;
  }
  return false;
}

static bool has(const text *t, const char *word) {
  for (int i = 0; i < t->n; i++) {
    if (is(t, i, word)) return true;
  }
  return false;
}

static bool is_name(const text *t, int i) {
  hp_token_kind k = i >= 0 && i < t->n ? t->at[i].kind : HP_TOK_ILLEGAL;

  return k == HP_TOK_ID || k == HP_TOK_DQ || k == HP_TOK_QUOTED;
}

static bool is_string(const text *t, int i) {
  return i >= 0 && i < t->n && t->at[i].kind == HP_TOK_STRING;
}

/* Tokens of the column at i (`x` or `t.x`), 0 if there is none. */
static int column_at(const text *t, int i) {
  if (!is_name(t, i) || is(t, i + 1, "(")) return 0;
  return is(t, i + 1, ".") && is_name(t, i + 2) ? 3 : 1;
}

/* The parenthesis that closes the one at i, or n. */
static int closing(const text *t, int i) {
  int depth = 0;

  for (; i < t->n; i++) {
    if (is(t, i, "(")) depth++;
    if (is(t, i, ")") && --depth == 0) break;
  }
  return i;
}

static const char *const before_condition[] = {"WHERE", "AND", "OR", "ON",
                                               "NOT",   "(",   NULL};
static const char *const comparisons[] = {"=",  "==",   "<",    ">",
                                          "<=", ">=",   "IS",   "BETWEEN",
                                          "IN", "LIKE", "GLOB", NULL};

/* ---- a function, or an operator, around a column that is compared */

/* A condition `f(… column …) op value`, from one token to another. */
typedef struct wrapped {
  int from, to;         /* the call; `to` is the comparison */
  int column, n_column; /* tokens of the column */
} wrapped;

static bool wraps(const text *t, int i, wrapped *w) {
  int end = closing(t, i + 1);

  if (t->at[i].kind != HP_TOK_ID || !is(t, i + 1, "(")) return false;
  if (!is_any(t, i - 1, before_condition)) return false;
  if (!is_any(t, end + 1, comparisons)) return false;
  *w = (wrapped){.from = i, .to = end + 1};
  for (int k = i + 2; k < end; k++) {
    int n = column_at(t, k);

    if (n && w->n_column) return false;
    if (!n) continue;
    w->column = k;
    w->n_column = n;
    k += n - 1;
  }
  return w->n_column > 0;
}

static bool find_wrapped(const text *t, wrapped *w) {
  for (int i = 1; i < t->n; i++) {
    if (wraps(t, i, w)) return true;
  }
  return false;
}

/* A string literal without quotes and escapes, of few bytes. */
static bool read_string(const text *t, int i, char out[MAX_LITERAL]) {
  size_t n = is_string(t, i) ? t->at[i].n - 2 : 0;

  if (n == 0 || n >= MAX_LITERAL || memchr(t->at[i].start + 1, '\'', n)) {
    return false;
  }
  memcpy(out, t->at[i].start + 1, n);
  out[n] = '\0';
  return true;
}

/* The least string greater than all that begin so; plain ASCII only. */
static bool follow(char *s) {
  unsigned char last = (unsigned char)s[strlen(s) - 1];

  if (last < ' ' || last > '}' || last + 1 == '\'') return false;
  s[strlen(s) - 1] = (char)(last + 1);
  return true;
}

/* `column >= from AND column < behind` for what begins with the literal. */
static char *as_range(const char *column, const char *literal) {
  char behind[MAX_LITERAL];

  sqlite3_snprintf(MAX_LITERAL, behind, "%s", literal);
  if (!follow(behind)) return NULL;
  return sqlite3_mprintf("%s >= %Q AND %s < %Q", column, literal, column,
                         behind);
}

static char *condition_for(const text *t, const wrapped *w,
                           const char *column) {
  char literal[MAX_LITERAL], format[MAX_LITERAL];
  int i = w->from;
  bool is_only = w->column == i + 2 && is(t, w->column + w->n_column, ")");

  if (!is(t, w->to, "=") || !read_string(t, w->to + 1, literal)) return NULL;
  if (is(t, i, "date") && is_only && strlen(literal) == 10) {
    return as_range(column, literal);
  }
  if (is(t, i, "lower") && is_only) {
    return sqlite3_mprintf("%s = %Q COLLATE NOCASE", column, literal);
  }
  if (is(t, i, "strftime") && read_string(t, i + 2, format) &&
      strcmp(format, "%Y") == 0 && strlen(literal) == 4 &&
      is(t, w->column + w->n_column, ")")) {
    return as_range(column, literal);
  }
  if (is(t, i, "substr") && is(t, w->column + w->n_column + 1, "1") &&
      is(t, w->column + w->n_column, ",") && w->column == i + 2 &&
      is(t, w->to - 1, ")") && w->to - 2 == w->column + w->n_column + 3 &&
      (size_t)atoi(t->at[w->to - 2].start) == strlen(literal)) {
    return as_range(column, literal);
  }
  return NULL;
}

/* The statement with the condition in other words, or NULL. */
static char *unwrap(const text *t, const wrapped *w) {
  const hp_token *first = &t->at[w->column];
  const hp_token *last = &t->at[w->column + w->n_column - 1];
  const char *from = t->at[w->from].start, *rest;
  char *column = sqlite3_mprintf(
      "%.*s", (int)(last->start + last->n - first->start), first->start);
  char *condition = column ? condition_for(t, w, column) : NULL;
  char *sql = NULL;

  if (condition) {
    rest = t->at[w->to + 1].start + t->at[w->to + 1].n;
    sql = sqlite3_mprintf("%.*s%s%s", (int)(from - t->sql), t->sql, condition,
                          rest);
  }
  sqlite3_free(column);
  sqlite3_free(condition);
  return sql;
}

/* ---- the other reasons */

/* The only alias before a dot from token i on, in direction step, up to where
** the condition ends; -1 if there is none, -2 if there are several. */
static int alias_of(const text *t, int i, int step) {
  static const char *const ends[] = {"WHERE", "AND",   "OR",    "ON",   "ORDER",
                                     "GROUP", "LIMIT", "UNION", "FROM", NULL};
  int depth = 0, found = -1;

  for (; i >= 0 && i < t->n; i += step) {
    if (is(t, i, step > 0 ? "(" : ")")) depth++;
    if (is(t, i, step > 0 ? ")" : "(") && depth-- == 0) break;
    if (depth == 0 && is_any(t, i, ends)) break;
    if (!is_name(t, i) || !is(t, i + 1, ".")) continue;
    if (found >= 0 && (t->at[found].n != t->at[i].n ||
                       sqlite3_strnicmp(t->at[found].start, t->at[i].start,
                                        (int)t->at[i].n))) {
      return -2;
    }
    found = i;
  }
  return found;
}

static bool has_or_across(const text *t) {
  for (int i = 1; i < t->n; i++) {
    int left, right;

    if (!is(t, i, "OR") || is(t, i - 1, "INSERT") || is(t, i - 1, "UPDATE")) {
      continue;
    }
    left = alias_of(t, i - 1, -1);
    right = alias_of(t, i + 1, 1);
    if (left >= 0 && right >= 0 &&
        (t->at[left].n != t->at[right].n ||
         sqlite3_strnicmp(t->at[left].start, t->at[right].start,
                          (int)t->at[left].n))) {
      return true;
    }
  }
  return false;
}

static bool has_open_pattern(const text *t) {
  for (int i = 0; i + 1 < t->n; i++) {
    if (is(t, i, "LIKE") && is_string(t, i + 1) &&
        t->at[i + 1].start[1] == '%') {
      return true;
    }
  }
  return false;
}

static bool follows(const text *t, const char *first, const char *second) {
  for (int i = 0; i + 1 < t->n; i++) {
    if (is(t, i, first) && is(t, i + 1, second)) return true;
  }
  return false;
}

/* Of several tables: JOIN, or a comma after FROM. */
static bool is_join(const text *t) {
  bool is_from = false;

  for (int i = 0; i < t->n; i++) {
    if (is(t, i, "JOIN")) return true;
    if (is(t, i, "WHERE") || is(t, i, "SELECT")) is_from = false;
    if (is(t, i, "FROM")) is_from = true;
    if (is_from && is(t, i, ",")) return true;
  }
  return false;
}

static bool counts_distinct(const text *t) {
  for (int i = 0; i + 2 < t->n; i++) {
    if (is(t, i, "count") && is(t, i + 1, "(") && is(t, i + 2, "DISTINCT")) {
      return true;
    }
  }
  return false;
}

static const char *other_reason(const text *t) {
  if (has_or_across(t)) {
    return "OR over columns of several tables: no index serves both sides; a "
           "UNION of one SELECT for each side can use one for each";
  }
  if (has_open_pattern(t)) {
    return "a LIKE pattern that begins with % matches anywhere, which no "
           "index of a column finds; a full-text table (FTS5, "
           "tokenize='trigram') does";
  }
  if (counts_distinct(t) && is_join(t)) {
    return "count(DISTINCT ...) over a join: what the join multiplies is "
           "counted out again; count in a subquery before joining";
  }
  if (follows(t, "SELECT", "DISTINCT") && is_join(t)) {
    return "DISTINCT over a join: what the join multiplies is taken out "
           "again; EXISTS (SELECT ...) in place of the join does not make it";
  }
  if (has(t, "FROM") && !has(t, "WHERE") && !has(t, "LIMIT")) {
    return "it asks for every row: no index saves that, keeping its answer "
           "does (CREATE VIRTUAL TABLE temp.x USING cached((SELECT ...)))";
  }
  if (follows(t, "NOT", "IN") || has(t, "<>") || has(t, "!=")) {
    return "<> and NOT IN leave nearly every row: no index narrows them down";
  }
  return NULL;
}

static bool read_text(const char *sql, text *t) {
  hp_tokenizer tokenizer;
  hp_token token;

  t->sql = sql;
  t->n = 0;
  hp_tokenizer_init(&tokenizer, sql, strlen(sql));
  while (hp_tokenizer_next_solid(&tokenizer, &token)) {
    if (t->n == MAX_TOKENS) return false;
    t->at[t->n++] = token;
  }
  return true;
}

static char *reason_wrapped(const text *t, const wrapped *w) {
  const hp_token *c = &t->at[w->column + w->n_column - 1];

  return sqlite3_mprintf("%.*s() around %.*s hides the column from its "
                         "indexes: compare the column itself, with a range or "
                         "a collation",
                         (int)t->at[w->from].n, t->at[w->from].start, (int)c->n,
                         c->start);
}

static int find(const text *t, hp_rewrite *out) {
  wrapped w;
  const char *reason;

  if (find_wrapped(t, &w)) {
    out->reason = reason_wrapped(t, &w);
    out->sql = unwrap(t, &w);
    return out->reason ? SQLITE_OK : SQLITE_NOMEM;
  }
  reason = other_reason(t);
  if (!reason) return SQLITE_OK;
  out->reason = sqlite3_mprintf("%s", reason);
  return out->reason ? SQLITE_OK : SQLITE_NOMEM;
}

int hp_rewrite_find(const char *sql, hp_rewrite *out) {
  text *t = sqlite3_malloc64(sizeof *t);
  int rc = t ? SQLITE_OK : SQLITE_NOMEM;

  *out = (hp_rewrite){0};
  if (t && read_text(sql, t)) rc = find(t, out);
  sqlite3_free(t);
  return rc;
}

void hp_rewrite_term(hp_rewrite *r) {
  sqlite3_free(r->reason);
  sqlite3_free(r->sql);
  *r = (hp_rewrite){0};
}
