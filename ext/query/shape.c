/* SPDX-License-Identifier: MIT */
#include "query/shape.h"
#include "base/hash.h"
#include "base/sqlite_api.h"
#include "query/keyword.h"
#include "query/literal.h"

#include <string.h>

/* Walks the tokens of one statement. */
typedef struct walk {
  hp_tokenizer rest;
  hp_token prev2, prev, now; /* prev2 and prev of kind HP_TOK_SPACE: none */
  hp_shape shape;
  hp_keyword first;   /* word of the statement */
  hp_keyword keyword; /* of now */
  hp_keyword before;  /* of prev */
  int depth;
  bool has_begun; /* the first word was seen */
  bool in_where;  /* WHERE or ON was seen: what follows selects */
  bool has_parameter;
  bool is_rollback_to;
  bool has_below;  /* value compared by < or <= */
  bool has_above;  /* by > or >= */
  bool has_match;  /* BETWEEN, LIKE or GLOB in what selects */
  bool has_limit;  /* LIMIT at the top */
  bool has_order;  /* ORDER BY at the top */
  bool has_offset; /* OFFSET with a number other than 0 at the top */
} walk;

static uint64_t add_value(uint64_t hash, const hp_token *tok) {
  uint64_t pair[2] = {hash, hp_hash64(tok->start, tok->n)};

  return hp_hash64(pair, sizeof pair);
}

static bool is_value(const hp_token *tok) {
  return tok->kind == HP_TOK_STRING || tok->kind == HP_TOK_BLOB ||
         tok->kind == HP_TOK_INTEGER || tok->kind == HP_TOK_FLOAT ||
         tok->kind == HP_TOK_VARIABLE;
}

static bool is_name(const hp_token *tok) {
  return tok->kind == HP_TOK_ID || tok->kind == HP_TOK_DQ ||
         tok->kind == HP_TOK_QUOTED || tok->kind == HP_TOK_KEYWORD;
}

/* The end of a column or of an expression over one. */
static bool is_operand(const hp_token *tok) {
  return is_name(tok) || hp_token_is_op(tok, ")");
}

static bool is_equals(const hp_token *tok) {
  return hp_token_is_op(tok, "=") || hp_token_is_op(tok, "==");
}

/* Does the name in tok begin with prefix, quotes aside? */
static bool begins(const hp_token *tok, const char *prefix) {
  size_t quote = tok->kind == HP_TOK_DQ || tok->kind == HP_TOK_QUOTED;
  size_t n = strlen(prefix);

  return tok->n >= n + quote &&
         sqlite3_strnicmp(tok->start + quote, prefix, (int)n) == 0;
}

static bool names_the_schema(const hp_token *tok) {
  return begins(tok, "sqlite_master") || begins(tok, "sqlite_schema") ||
         begins(tok, "sqlite_temp_") || begins(tok, "pragma_");
}

static hp_shape_class class_of(hp_keyword first) {
  switch (first) {
  case HP_KW_SELECT:
  case HP_KW_VALUES:
  case HP_KW_WITH: return HP_SHAPE_LIST;
  case HP_KW_INSERT:
  case HP_KW_REPLACE: return HP_SHAPE_INSERT;
  case HP_KW_UPDATE:
  case HP_KW_DELETE: return HP_SHAPE_CHANGE;
  case HP_KW_SAVEPOINT:
  case HP_KW_RELEASE: return HP_SHAPE_NESTED;
  case HP_KW_ROLLBACK:
  case HP_KW_END: return HP_SHAPE_END;
  case HP_KW_ATTACH:
  case HP_KW_DETACH: return HP_SHAPE_ATTACH;
  case HP_KW_PRAGMA: return HP_SHAPE_PRAGMA;
  default: return HP_SHAPE_OTHER;
  }
}

static void begin_statement(walk *w) {
  w->has_begun = true;
  w->first = w->keyword;
  w->shape.what = class_of(w->first);
  if (hp_literal_is_word(&w->now, "BEGIN")) w->shape.what = HP_SHAPE_BEGIN;
  if (hp_literal_is_word(&w->now, "COMMIT")) w->shape.what = HP_SHAPE_END;
}

/* What follows the first SELECT of WITH decides: WITH ... INSERT is a write. */
static void main_word(walk *w) {
  if (w->first != HP_KW_WITH || w->depth > 0) return;
  if (w->keyword == HP_KW_INSERT || w->keyword == HP_KW_REPLACE)
    w->shape.what = HP_SHAPE_INSERT;
  if (w->keyword == HP_KW_UPDATE || w->keyword == HP_KW_DELETE)
    w->shape.what = HP_SHAPE_CHANGE;
}

/* name = value, value = name: the equality of a lookup. */
static bool is_lookup_equality(const walk *w) {
  if (is_equals(&w->prev))
    return (is_value(&w->now) && is_operand(&w->prev2)) ||
           (is_name(&w->now) && is_value(&w->prev2));
  return w->before == HP_KW_IS && is_value(&w->now);
}

/* IN (value) with one value only. */
static bool is_single_list(const walk *w) {
  hp_tokenizer ahead = w->rest;
  hp_token tok;

  if (w->keyword != HP_KW_IN || w->before == HP_KW_NOT) return false;
  return hp_tokenizer_next_solid(&ahead, &tok) && hp_token_is_op(&tok, "(") &&
         hp_tokenizer_next_solid(&ahead, &tok) && is_value(&tok) &&
         hp_tokenizer_next_solid(&ahead, &tok) && hp_token_is_op(&tok, ")");
}

static bool is_range(const walk *w) {
  char op = *w->prev.start;

  return w->in_where && w->prev.kind == HP_TOK_OP && is_value(&w->now) &&
         (op == '<' || op == '>') && !hp_token_is_op(&w->prev, "<>");
}

/* What may make it a page of a list: the rows after a key or an offset. */
static void look_for_page(walk *w) {
  if (is_range(w) && *w->prev.start == '<') w->has_below = true;
  if (is_range(w) && *w->prev.start == '>') w->has_above = true;
  if (w->depth > 0) return;
  if (w->keyword == HP_KW_ORDER) w->has_order = true;
  if (w->keyword == HP_KW_LIMIT) w->has_limit = true;
  if (w->before == HP_KW_OFFSET && w->now.kind == HP_TOK_INTEGER &&
      *w->now.start != '0')
    w->has_offset = true;
}

static bool is_page(const walk *w) {
  return w->has_order && w->has_limit && !w->shape.is_single &&
         (w->has_below || w->has_above || w->has_offset);
}

static bool is_limit_one(const walk *w) {
  return w->before == HP_KW_LIMIT && w->depth == 0 && w->now.n == 1 &&
         *w->now.start == '1';
}

static void look_at_word(walk *w) {
  if (!w->has_begun) begin_statement(w);
  main_word(w);
  if (w->keyword == HP_KW_WHERE || w->keyword == HP_KW_ON) w->in_where = true;
  if (w->first == HP_KW_ROLLBACK && w->keyword == HP_KW_TO)
    w->is_rollback_to = true;
}

static bool is_match(const walk *w) {
  return w->in_where && (w->keyword == HP_KW_BETWEEN ||
                         w->keyword == HP_KW_LIKE || w->keyword == HP_KW_GLOB);
}

static void look(walk *w) {
  if (hp_token_is_op(&w->now, "(")) w->depth++;
  if (hp_token_is_op(&w->now, ")")) w->depth--;
  if (w->now.kind == HP_TOK_KEYWORD) look_at_word(w);
  if (w->now.kind == HP_TOK_VARIABLE) w->has_parameter = true;
  if (is_value(&w->now)) w->shape.values = add_value(w->shape.values, &w->now);
  if (is_limit_one(w)) w->shape.is_single = true;
  look_for_page(w);
  if (is_match(w)) w->has_match = true;
  if (w->shape.what == HP_SHAPE_LIST && w->in_where &&
      (is_lookup_equality(w) || is_single_list(w)))
    w->shape.what = HP_SHAPE_LOOKUP;
  if ((w->before == HP_KW_FROM || w->before == HP_KW_JOIN ||
       hp_token_is_op(&w->prev, ".")) &&
      names_the_schema(&w->now))
    w->shape.what = HP_SHAPE_SCHEMA;
}

static walk walk_over(const char *sql, size_t n) {
  static const hp_token none = {HP_TOK_SPACE, "", 0};
  walk w = {.prev2 = none, .prev = none, .now = none};

  w.shape.what = HP_SHAPE_OTHER;
  w.shape.values = 1;
  hp_tokenizer_init(&w.rest, sql, n);
  while (hp_tokenizer_next_solid(&w.rest, &w.now)) {
    w.keyword = w.now.kind == HP_TOK_KEYWORD
                    ? hp_keyword_of(w.now.start, w.now.n)
                    : HP_KW_NONE;
    look(&w);
    w.prev2 = w.prev;
    w.prev = w.now;
    w.before = w.keyword;
  }
  return w;
}

hp_shape hp_shape_of(const char *sql, size_t n) {
  walk w = walk_over(sql, n);

  if (w.has_parameter) w.shape.values = 0;
  if (w.is_rollback_to) w.shape.what = HP_SHAPE_NESTED;
  if (w.shape.what == HP_SHAPE_LOOKUP && is_page(&w))
    w.shape.what = HP_SHAPE_LIST;
  w.shape.is_range = w.shape.what == HP_SHAPE_LIST && !w.has_limit &&
                     ((w.has_below && w.has_above) || w.has_match);
  return w.shape;
}

uint64_t hp_shape_values(const char *sql, size_t n) {
  uint64_t values = walk_over(sql, n).shape.values;

  return values ? values : 1;
}
