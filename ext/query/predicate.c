/* SPDX-License-Identifier: MIT */
#include "query/predicate.h"

#include "query/tokenizer.h"
#include "base/sqlite_api.h"

#include <string.h>

#define WINDOW 12 /* tokens looked at together */

/* The next tokens of a statement, solid ones only. */
typedef struct window {
  hp_tokenizer tokenizer;
  hp_token tok[WINDOW];
  int n;
} window;

static void fill(window *w) {
  while (w->n < WINDOW && hp_tokenizer_next_solid(&w->tokenizer, &w->tok[w->n]))
    w->n++;
}

static void start(window *w, const char *sql) {
  hp_tokenizer_init(&w->tokenizer, sql, strlen(sql));
  w->n = 0;
  fill(w);
}

static void drop_first(window *w) {
  memmove(w->tok, w->tok + 1, (size_t)(w->n - 1) * sizeof *w->tok);
  w->n--;
  fill(w);
}

static bool is_op(const window *w, int i, const char *op) {
  return i < w->n && hp_token_is_op(&w->tok[i], op);
}

static bool is_word(const window *w, int i, const char *word) {
  return i < w->n && w->tok[i].kind == HP_TOK_KEYWORD &&
         w->tok[i].n == strlen(word) &&
         sqlite3_strnicmp(w->tok[i].start, word, (int)w->tok[i].n) == 0;
}

/* Copies a name without its quotes; false if it is none or too long. */
static bool name_at(const window *w, int i, char *out) {
  const hp_token *t = &w->tok[i];
  size_t skip;

  if (i >= w->n) return false;
  if (t->kind != HP_TOK_ID && t->kind != HP_TOK_DQ && t->kind != HP_TOK_QUOTED)
    return false;
  skip = t->kind == HP_TOK_ID ? 0 : 1;
  if (t->n - 2 * skip >= HP_PREDICATE_NAME) return false;
  memcpy(out, t->start + skip, t->n - 2 * skip);
  out[t->n - 2 * skip] = 0;
  return true;
}

/* `[table .] column` at i; the number of tokens it takes, 0 for none. */
static int column_at(const window *w, int i, char *table, char *column) {
  table[0] = 0;
  if (!name_at(w, i, column)) return 0;
  if (!is_op(w, i + 1, ".")) return 1;
  memcpy(table, column, HP_PREDICATE_NAME);
  return name_at(w, i + 2, column) ? 3 : 0;
}

/* The kind of comparison that begins at i, and the tokens it takes. */
static int comparison_at(const window *w, int i, hp_predicate_kind *kind) {
  static const char *const equal[] = {"=", "=="};
  static const char *const range[] = {"<", "<=", ">", ">="};

  *kind = HP_PREDICATE_EQUAL;
  for (size_t k = 0; k < 2; k++) {
    if (is_op(w, i, equal[k])) return 1;
  }
  if (is_word(w, i, "IN")) return 1;
  if (is_word(w, i, "IS")) return is_word(w, i + 1, "NOT") ? 0 : 1;
  *kind = HP_PREDICATE_RANGE;
  for (size_t k = 0; k < 4; k++) {
    if (is_op(w, i, range[k])) return 1;
  }
  if (is_word(w, i, "BETWEEN")) return 1;
  *kind = HP_PREDICATE_LIKE;
  return is_word(w, i, "LIKE") ? 1 : 0;
}

/* `COLLATE name` right after the column or after the value. */
static void read_collation(const window *w, int i, hp_predicate *p) {
  for (int k = i; k < i + 2; k++) {
    if (is_word(w, k, "COLLATE") && name_at(w, k + 1, p->collation)) return;
  }
}

/* `column op ...` at i into out; how many predicates it makes. */
static int plain_at(const window *w, int i, hp_predicate *out, int room) {
  hp_predicate p = {0}, back = {.kind = HP_PREDICATE_COLUMN};
  int n = column_at(w, i, p.table, p.column), op = 0, other;

  if (n && is_word(w, i + n, "COLLATE") && name_at(w, i + n + 1, p.collation))
    n += 2;
  if (n) op = comparison_at(w, i + n, &p.kind);
  if (!op) return 0;
  other = column_at(w, i + n + op, p.other, p.detail);
  if (other && !is_op(w, i + n + op + other, "(") &&
      p.kind == HP_PREDICATE_EQUAL) {
    p.kind = HP_PREDICATE_COLUMN;
    memcpy(back.table, p.other, sizeof back.table);
    memcpy(back.column, p.detail, sizeof back.column);
    memcpy(back.other, p.table, sizeof back.other);
    memcpy(back.detail, p.column, sizeof back.detail);
  } else {
    p.other[0] = p.detail[0] = 0;
  }
  read_collation(w, i + n + op + (other ? other : 1), &p);
  memcpy(back.collation, p.collation, sizeof back.collation);
  out[0] = p;
  if (p.kind != HP_PREDICATE_COLUMN || room < 2) return 1;
  out[1] = back;
  return 2;
}

/* `f(column) op` at i. */
static int function_at(const window *w, int i, hp_predicate *out) {
  hp_predicate p = {0};
  hp_predicate_kind kind;
  int n;

  if (!name_at(w, i, p.detail) || !is_op(w, i + 1, "(")) return 0;
  n = column_at(w, i + 2, p.table, p.column);
  if (!n) return 0;
  while (i + 2 + n < w->n && !is_op(w, i + 2 + n, ")")) n++;
  if (!comparison_at(w, i + 3 + n, &kind)) return 0;
  p.kind = HP_PREDICATE_FUNCTION;
  *out = p;
  return 1;
}

static bool begins_filter(const window *w) {
  return is_word(w, 0, "WHERE") || is_word(w, 0, "ON") ||
         is_word(w, 0, "AND") || is_word(w, 0, "OR") || is_op(w, 0, "(");
}

int hp_predicates_find(const char *normal, hp_predicate *out) {
  window w;
  bool is_filter = false;
  int n = 0;

  for (start(&w, normal); w.n && n < HP_PREDICATES; drop_first(&w)) {
    if (is_word(&w, 0, "WHERE") || is_word(&w, 0, "ON")) is_filter = true;
    if (is_word(&w, 0, "SET") || is_word(&w, 0, "SELECT")) is_filter = false;
    if (!is_filter || !begins_filter(&w)) continue;
    n += plain_at(&w, 1, out + n, HP_PREDICATES - n);
    if (n < HP_PREDICATES) n += function_at(&w, 1, out + n);
  }
  return n;
}

static bool opens_source(const window *w) {
  return is_word(w, 0, "FROM") || is_word(w, 0, "JOIN") || is_op(w, 0, ",") ||
         is_word(w, 0, "UPDATE") || is_word(w, 0, "INTO");
}

bool hp_predicates_table(const char *normal, const char *alias, char *out) {
  char schema[HP_PREDICATE_NAME], own[HP_PREDICATE_NAME];
  window w;

  for (start(&w, normal); w.n; drop_first(&w)) {
    int n = opens_source(&w) ? column_at(&w, 1, schema, out) : 0;
    if (!n) continue;
    if (is_word(&w, 1 + n, "AS")) n++;
    if (name_at(&w, 1 + n, own)) {
      if (sqlite3_stricmp(own, alias) == 0) return true;
    } else if (sqlite3_stricmp(out, alias) == 0) {
      return true;
    }
  }
  return false;
}
