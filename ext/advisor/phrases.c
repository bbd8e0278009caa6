/* SPDX-License-Identifier: MIT */
#include "advisor/phrases.h"

#include "schema/text.h"

#include <string.h>

enum { MAX_TOKENS = 3000 };

typedef struct token {
  const char *s;
  size_t n;
} token;

/* A statement's tokens, read for one use of a table. */
typedef struct reading {
  token *at; /* n of them */
  int n;
  const hp_table *table;
  hp_need *need;
} reading;

/* A place in the text: tokens from first to last. */
typedef struct span {
  int first, last;
} span;

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

enum { NONE = -1, NO_MEMORY = -2 };

/* The table's column that token i names, NONE or NO_MEMORY. */
static int column_at(const reading *r, int i) {
  char *name = is_word(r, i) ? hp_text_word(r->at[i].s, 0) : NULL;
  int column = name ? hp_table_find(r->table, name) : NONE;

  if (is_word(r, i) && !name) return NO_MEMORY;
  sqlite3_free(name);
  return column;
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

static int opening(const reading *r, int i) {
  int depth = 0;

  for (; i >= 0; i--) {
    if (is(r, i, ")")) depth++;
    if (is(r, i, "(") && --depth == 0) return i;
  }
  return -1;
}

/* ---- expressions */

/* Last token of `-> 'path'` or `->> 'path'` after token i; i: there is none. */
static int arrows(const reading *r, int i) {
  while (is(r, i + 1, "-") && is(r, i + 2, ">")) {
    int path = is(r, i + 3, ">") ? i + 4 : i + 3;

    if (path >= r->n || !strchr("'0123456789", *r->at[path].s)) break;
    i = path;
  }
  return i;
}

/* What an index may be on, from token i: function(…) or column ->> 'path'. */
static bool find_span(const reading *r, int i, span *out) {
  int last = i;

  if (!is_word(r, i) || is(r, i - 1, ".")) return false;
  if (is(r, i + 1, ".")) last = i + 2;
  if (is(r, i + 1, "(")) last = closing(r, i + 1);
  if (last < 0) return false;
  *out = (span){i, arrows(r, last)};
  return out->last > last || is(r, i + 1, "(");
}

/* The first of the table's columns in there; NONE, too, if there is what no
** index can have. */
static int column_in(const reading *r, span in) {
  int column = NONE;

  for (int i = in.first; i <= in.last; i++) {
    if (strchr("?:@$", *r->at[i].s) || is(r, i, "SELECT")) return NONE;
    if (column == NONE && !is(r, i + 1, ".") && !is(r, i + 1, "(")) {
      column = column_at(r, i);
    }
  }
  return column;
}

/* The text without qualifiers; NULL without memory. */
static char *text_of(const reading *r, span in) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = in.first; i <= in.last; i++) {
    if (is(r, i + 1, ".")) {
      i++;
      continue;
    }
    if (is_word(r, i) && i > in.first && is_word(r, i - 1)) {
      sqlite3_str_appendall(s, " ");
    }
    sqlite3_str_append(s, r->at[i].s, (int)r->at[i].n);
    if (is(r, i, ",")) sqlite3_str_appendall(s, " ");
  }
  return sqlite3_str_finish(s);
}

/* ---- comparisons */

typedef enum comparison { NOT_ONE, EQUALITY, RANGE, PATTERN } comparison;

/* How what ends before token i is compared. */
static comparison comparison_at(const reading *r, int i) {
  static const char *const patterns[] = {"LIKE", "GLOB", NULL};
  static const char *const ranges[] = {"<", ">", "BETWEEN", NULL};
  static const char *const equalities[] = {"=", "IN", "IS", NULL};

  if (is(r, i, "<") && is(r, i + 1, ">")) return NOT_ONE;
  if (is(r, i, "IS") && is(r, i + 1, "NOT")) return NOT_ONE;
  if (is_any(r, i, patterns)) return PATTERN;
  if (is_any(r, i, ranges)) return RANGE;
  return is_any(r, i, equalities) ? EQUALITY : NOT_ONE;
}

/* value = expression; != is none. */
static bool is_right_side(const reading *r, int i) {
  return is(r, i - 1, "=") && !is(r, i - 2, "!") && !is(r, i - 2, "<") &&
         !is(r, i - 2, ">");
}

static int note_comparison(reading *r, span in) {
  comparison how = comparison_at(r, in.last + 1);
  hp_term t = {.column = NONE, .is_list = is(r, in.last + 1, "IN")};

  if (how == NOT_ONE && is_right_side(r, in.first)) how = EQUALITY;
  if (how == NOT_ONE || (t.column = column_in(r, in)) == NONE) return SQLITE_OK;
  if (t.column == NO_MEMORY) return SQLITE_NOMEM;
  t.expression = text_of(r, in);
  if (how == PATTERN && is(r, in.last + 1, "LIKE")) {
    t.collation = sqlite3_mprintf("NOCASE");
    if (!t.collation) how = NOT_ONE;
  }
  if (!t.expression || how == NOT_ONE) {
    hp_term_free(&t);
    return SQLITE_NOMEM;
  }
  if (how == EQUALITY)
    hp_terms_add(r->need->eq, &r->need->n_eq, t);
  else
    hp_terms_add(r->need->range, &r->need->n_range, t);
  return SQLITE_OK;
}

/* ---- lists */

static bool is_constant(const reading *r, int i) {
  return strchr("'0123456789-", *r->at[i].s) != NULL;
}

/* column IN (constant, …): the need knows that it is a list, not which. */
static int note_list(reading *r, int i) {
  span list = {i + 1, closing(r, i + 1)};
  int column = column_at(r, i - 1);
  hp_need *n = r->need;

  if (column == NO_MEMORY) return SQLITE_NOMEM;
  for (int k = list.first + 1; k < list.last; k++) {
    if (!is_constant(r, k) && !is(r, k, ",")) return SQLITE_OK;
  }
  for (int k = 0; k < n->n_eq && list.last > list.first + 1; k++) {
    hp_term *t = &n->eq[k];

    if (t->column != column || t->expression || !t->is_list || t->literal) {
      continue;
    }
    t->literal = text_of(r, list);
    return t->literal ? SQLITE_OK : SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* ---- orders */

/* The expression that token i is another name of. */
static bool find_alias(const reading *r, int i, span *out) {
  for (int k = 1; k < i; k++) {
    int end = is(r, k - 1, "AS") ? k - 2 : k - 1, first;

    if (r->at[k].n != r->at[i].n || !is(r, end, ")") ||
        sqlite3_strnicmp(r->at[k].s, r->at[i].s, (int)r->at[i].n) != 0) {
      continue;
    }
    first = opening(r, end) - 1;
    if (first >= 0 && find_span(r, first, out) && out->last == end) return true;
  }
  return false;
}

/* What an order's term at token *i is, moving *i behind it: a column, an
** expression, or another name of one. False: no index can give it. *rc may
** become SQLITE_NOMEM. */
static bool read_place(const reading *r, int *i, hp_term *t, int *rc) {
  span in = {*i, is(r, *i + 1, ".") ? *i + 2 : *i};
  bool is_expression = find_span(r, *i, &in);

  *i = in.last + 1;
  t->column = is_expression ? NONE : column_at(r, in.last);
  if (t->column == NONE && !is_expression) {
    is_expression = find_alias(r, in.last, &in);
  }
  if (is_expression) {
    t->column = column_in(r, in);
    if (t->column >= 0) t->expression = text_of(r, in);
  }
  if (t->column == NO_MEMORY ||
      (t->column >= 0 && is_expression && !t->expression)) {
    *rc = SQLITE_NOMEM;
  }
  return t->column >= 0 && t->column != r->table->rowid_alias;
}

/* [COLLATE name] [ASC | DESC] */
static void read_direction(const reading *r, int *i, hp_term *t, int *rc) {
  if (is(r, *i, "COLLATE") && is_word(r, *i + 1)) {
    t->collation = hp_text_word(r->at[*i + 1].s, 0);
    if (!t->collation) *rc = SQLITE_NOMEM;
    *i += 2;
  }
  t->is_desc = is(r, *i, "DESC");
  if (is(r, *i, "DESC") || is(r, *i, "ASC")) ++*i;
}

/* The terms from token i on, if the lens does not see all of them. */
static int note_order(reading *r, int i) {
  hp_need found = {.n_order = 0};
  bool is_hidden = false, goes_on = r->need->n_order == 0;
  int rc = SQLITE_OK;

  while (goes_on) {
    hp_term t = {.column = NONE};

    goes_on = read_place(r, &i, &t, &rc);
    if (goes_on) read_direction(r, &i, &t, &rc);
    if (t.expression || t.collation) is_hidden = true;
    if (goes_on && rc == SQLITE_OK)
      hp_terms_add(found.order, &found.n_order, t);
    else
      hp_term_free(&t);
    goes_on = goes_on && rc == SQLITE_OK && is(r, i++, ",");
  }
  if (rc != SQLITE_OK || !is_hidden) {
    hp_need_free(&found);
    return rc;
  }
  memcpy(r->need->order, found.order, sizeof found.order);
  r->need->n_order = found.n_order;
  return rc;
}

/* min(column), max(column): the least or greatest is the first of an order. */
static int note_extreme(reading *r, int i) {
  int at = is(r, i + 3, ".") ? i + 4 : i + 2;
  int column = is(r, at + 1, ")") ? column_at(r, at) : NONE;

  if (column == NO_MEMORY) return SQLITE_NOMEM;
  if (column == NONE || column == r->table->rowid_alias || r->need->n_order) {
    return SQLITE_OK;
  }
  hp_terms_add(r->need->order, &r->need->n_order, (hp_term){.column = column});
  return SQLITE_OK;
}

/* ---- the whole */

static int note_at(reading *r, int i) {
  static const char *const extremes[] = {"min", "max", NULL};
  span in;

  if (is(r, i, "BY")) return note_order(r, i + 1);
  if (is(r, i, "IN") && is(r, i + 1, "(")) return note_list(r, i);
  if (!find_span(r, i, &in)) return SQLITE_OK;
  if (is_any(r, i, extremes)) return note_extreme(r, i);
  return note_comparison(r, in);
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

int hp_phrases_note(const hp_tables *tables, const char *sql, hp_needs *needs) {
  reading r = {.n = 0};
  int rc = split(&r, sql);

  for (int k = 0; rc == SQLITE_OK && k < needs->n; k++) {
    r.need = &needs->at[k];
    r.table = &tables->at[r.need->table];
    for (int i = 0; rc == SQLITE_OK && i < r.n; i++) rc = note_at(&r, i);
  }
  sqlite3_free(r.at);
  return rc;
}
