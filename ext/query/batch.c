/* SPDX-License-Identifier: MIT */
#include "query/batch.h"
#include "base/sqlite_api.h"
#include "query/keyword.h"
#include "query/literal.h"

#include <string.h>

enum { MAX_TOKENS = 1024 };

/* How the lookup is asked for many values. */
typedef enum form {
  FORM_ROWS,  /* column IN (...) */
  FORM_VALUE, /* one aggregate: a scalar subquery for each value */
  FORM_EXISTS /* SELECT 1 ... LIMIT 1: the values for which there is a row */
} form;

/* A lookup's tokens and where its parts are; 0: not there. */
typedef struct parts {
  hp_token tok[MAX_TOKENS];
  hp_keyword word[MAX_TOKENS]; /* of keywords */
  int n;
  int from, where, limit;    /* the keywords */
  int column, equals, value; /* column: its first token */
  int n_equalities, n_strings, n_parameters;
  bool has_join;
} parts;

static bool read_tokens(parts *p, const char *sql, size_t n) {
  hp_tokenizer t;
  hp_token tok;

  hp_tokenizer_init(&t, sql, n);
  while (hp_tokenizer_next_solid(&t, &tok)) {
    if (tok.kind == HP_TOK_ILLEGAL || p->n == MAX_TOKENS) return false;
    p->tok[p->n] = tok;
    p->word[p->n++] = tok.kind == HP_TOK_KEYWORD
                          ? hp_keyword_of(tok.start, tok.n)
                          : HP_KW_NONE;
  }
  while (p->n > 0 && hp_token_is_op(&p->tok[p->n - 1], ";")) p->n--;
  return p->n > 0 && p->word[0] == HP_KW_SELECT;
}

static bool is_op(const parts *p, int i, const char *op) {
  return i >= 0 && i < p->n && hp_token_is_op(&p->tok[i], op);
}

static bool is_name(const hp_token *tok) {
  return tok->kind == HP_TOK_ID || tok->kind == HP_TOK_DQ ||
         tok->kind == HP_TOK_QUOTED;
}

static bool is_value(const hp_token *tok) {
  return tok->kind == HP_TOK_STRING || tok->kind == HP_TOK_INTEGER ||
         tok->kind == HP_TOK_FLOAT || tok->kind == HP_TOK_VARIABLE;
}

/* Words at the top level that make the rewrite uncertain. */
static bool forbids(hp_keyword word, const hp_token *tok) {
  switch (word) {
  case HP_KW_DISTINCT:
  case HP_KW_GROUP:
  case HP_KW_ORDER:
  case HP_KW_HAVING:
  case HP_KW_OFFSET:
  case HP_KW_UNION:
  case HP_KW_EXCEPT:
  case HP_KW_INTERSECT:
  case HP_KW_WINDOW:
  case HP_KW_OR:
  case HP_KW_NOT: return true;
  default:
    return hp_literal_is_word(tok, "OVER") || hp_literal_is_word(tok, "LEFT");
  }
}

/* The first token of the column that ends with token i. */
static int column_start(const parts *p, int i) {
  while (i >= 2 && is_op(p, i - 1, ".") && is_name(&p->tok[i - 2])) i -= 2;
  return i;
}

/* Is token i the value of `column = value`, with nothing behind it that would
** bind tighter than AND? */
static bool is_equality(const parts *p, int i) {
  if (!is_value(&p->tok[i]) || !is_name(&p->tok[i - 2])) return false;
  if (!is_op(p, i - 1, "=") && !is_op(p, i - 1, "==")) return false;
  if (p->word[column_start(p, i - 2) - 1] != HP_KW_WHERE &&
      p->word[column_start(p, i - 2) - 1] != HP_KW_AND)
    return false;
  return i + 1 == p->n || p->word[i + 1] == HP_KW_AND ||
         p->word[i + 1] == HP_KW_LIMIT;
}

/* Of several equalities the one with a number or a parameter is taken, for a
** string is more likely a constant ("type = 'Post'"). */
static void add_equality(parts *p, int i) {
  bool is_string = p->tok[i].kind == HP_TOK_STRING;

  p->n_equalities++;
  p->n_strings += is_string;
  if (p->value && is_string) return;
  p->value = i;
  p->equals = i - 1;
  p->column = column_start(p, i - 2);
}

static bool look_at_top(parts *p, int i) {
  if (is_op(p, i, ";") || forbids(p->word[i], &p->tok[i])) return false;
  if (p->word[i] == HP_KW_FROM && !p->from) p->from = i;
  if (p->word[i] == HP_KW_WHERE) p->where = i;
  if (p->word[i] == HP_KW_LIMIT) p->limit = i;
  if (p->word[i] == HP_KW_JOIN) p->has_join = true;
  if (p->from && !p->where && is_op(p, i, ",")) p->has_join = true;
  if (p->where && !p->limit && i >= 3 && is_equality(p, i)) add_equality(p, i);
  return true;
}

static bool find_parts(parts *p) {
  int i, depth = 0;

  for (i = 0; i < p->n; i++) {
    if (is_op(p, i, ")")) depth--;
    if (p->tok[i].kind == HP_TOK_VARIABLE) p->n_parameters++;
    if (depth == 0 && !look_at_top(p, i)) return false;
    if (is_op(p, i, "(")) depth++;
  }
  if (depth != 0 || !p->from || !p->value) return false;
  if (p->limit && p->limit + 2 != p->n) return false;
  return p->n_equalities - p->n_strings <= 1 &&
         (p->n_equalities == 1 || p->n_equalities > p->n_strings);
}

/* Appends tokens [first, last) of the text as they were written. */
static void append(sqlite3_str *out, const parts *p, int first, int last) {
  const char *start, *end;

  if (first >= last) return;
  start = p->tok[first].start;
  end = p->tok[last - 1].start + p->tok[last - 1].n;
  sqlite3_str_append(out, start, (int)(end - start));
}

/* The statement up to token `end`, with `instead` for tokens [cut, value]. */
static void append_with(sqlite3_str *out, const parts *p, int cut,
                        const char *instead, int end) {
  append(out, p, 0, cut);
  sqlite3_str_appendf(out, " %s", instead);
  if (p->value + 1 < end) sqlite3_str_appendall(out, " ");
  append(out, p, p->value + 1, end);
}

static bool is_aggregate(const hp_token *tok) {
  static const char *const names[] = {"count", "sum", "total",       "avg",
                                      "min",   "max", "group_concat"};
  size_t i;

  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (hp_literal_is_word(tok, names[i])) return true;
  return false;
}

/* The end of the first result expression, if it is the only one. */
static bool has_one_result(const parts *p) {
  int i, depth = 0;

  for (i = 1; i < p->from; i++) {
    if (is_op(p, i, "(")) depth++;
    if (is_op(p, i, ")")) depth--;
    if (depth == 0 && is_op(p, i, ",")) return false;
  }
  return true;
}

/* An aggregate anywhere makes one row of all, so it must be the only result,
** and a call as a whole. False if the results are not understood. */
static bool find_form(const parts *p, form *out) {
  int i;

  *out = FORM_ROWS;
  for (i = 1; i < p->from; i++) {
    if (!is_aggregate(&p->tok[i]) || !is_op(p, i + 1, "(")) continue;
    *out = FORM_VALUE;
    return i == 1 && has_one_result(p);
  }
  if (p->tok[1].kind == HP_TOK_INTEGER && p->limit && has_one_result(p))
    *out = FORM_EXISTS;
  return true;
}

static void append_many(sqlite3_str *out, const parts *p, form how, int end) {
  switch (how) {
  case FORM_ROWS:
    append_with(out, p, p->equals, "IN (SELECT value FROM json_each(?))", end);
    break;
  case FORM_VALUE:
    sqlite3_str_appendall(out, "SELECT batch.value, (");
    append_with(out, p, p->value, "batch.value", end);
    sqlite3_str_appendall(out, ") FROM json_each(?) AS batch");
    break;
  case FORM_EXISTS:
    sqlite3_str_appendall(
        out, "SELECT batch.value FROM json_each(?) AS batch WHERE EXISTS (");
    append_with(out, p, p->value, "batch.value", end);
    sqlite3_str_appendall(out, ")");
    break;
  }
}

static char *many_of(const parts *p, form how, int end) {
  sqlite3_str *out = sqlite3_str_new(NULL);

  append_many(out, p, how, end);
  return sqlite3_str_finish(out);
}

static char *one_of(const parts *p) {
  sqlite3_str *out = sqlite3_str_new(NULL);

  append_with(out, p, p->value, "?", p->n);
  return sqlite3_str_finish(out);
}

static char *values_of(const parts *p) {
  sqlite3_str *out = sqlite3_str_new(NULL);

  sqlite3_str_appendall(out, "SELECT ");
  append(out, p, p->column, p->equals);
  sqlite3_str_appendall(out, " ");
  append(out, p, p->from, p->where);
  sqlite3_str_appendall(out, " LIMIT ?");
  return sqlite3_str_finish(out);
}

/* The inside of a name. */
static char *unquoted(const hp_token *tok) {
  int quote = tok->kind != HP_TOK_ID;

  return sqlite3_mprintf("%.*s", (int)tok->n - 2 * quote, tok->start + quote);
}

/* The last part of the table's name, if there is only one table. */
static char *table_of(const parts *p) {
  int i = p->from + 1;

  if (p->has_join || i >= p->n || !is_name(&p->tok[i])) return NULL;
  if (is_op(p, i + 1, ".") && is_name(&p->tok[i + 2])) i += 2;
  return unquoted(&p->tok[i]);
}

static int build(hp_batch *out, const parts *p) {
  bool single = !p->has_join && is_name(&p->tok[p->from + 1]);
  form how;

  if (!find_form(p, &how)) return SQLITE_NOTFOUND;
  out->one = one_of(p);
  out->values = values_of(p);
  out->column = unquoted(&p->tok[p->equals - 1]);
  out->table = single ? table_of(p) : NULL;
  out->has_parameters =
      p->n_parameters > (p->tok[p->value].kind == HP_TOK_VARIABLE);
  if (!p->limit || how != FORM_ROWS)
    out->many = many_of(p, how, p->n);
  else
    out->many_unlimited = many_of(p, how, p->limit);
  if (!out->one || !out->values || !out->column || (single && !out->table))
    return SQLITE_NOMEM;
  return out->many || out->many_unlimited ? SQLITE_OK : SQLITE_NOMEM;
}

int hp_batch_init(hp_batch *out, const char *sql, size_t n) {
  parts *p = sqlite3_malloc64(sizeof *p);
  int rc = SQLITE_NOTFOUND;

  *out = (hp_batch){.one = NULL};
  if (!p) return SQLITE_NOMEM;
  memset(p, 0, sizeof *p);
  if (read_tokens(p, sql, n) && find_parts(p)) rc = build(out, p);
  sqlite3_free(p);
  if (rc != SQLITE_OK) {
    hp_batch_term(out);
    *out = (hp_batch){.one = NULL};
  }
  return rc;
}

void hp_batch_term(hp_batch *b) {
  sqlite3_free(b->one);
  sqlite3_free(b->many);
  sqlite3_free(b->many_unlimited);
  sqlite3_free(b->values);
  sqlite3_free(b->table);
  sqlite3_free(b->column);
}
