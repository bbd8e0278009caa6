/* SPDX-License-Identifier: MIT */
#include "query/tokenizer.h"
#include "base/sqlite_api.h"

#include <string.h>

/* Longest keyword of any SQLite is CURRENT_TIMESTAMP (17); longer words need
** not be looked up. */
enum { MAX_KEYWORD = 32, SEPARATOR_VERSION = 3046000 };

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static bool is_hex(int c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alpha(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_id(int c) {
  return is_alpha(c) || is_digit(c) || c == '$' || c >= 0x80;
}

/* White space inside a run. A vertical tab continues a run but cannot start
** one: so does SQLite. */
static bool is_space(int c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The byte i places on, or -1 past the end. */
static int peek(const hp_tokenizer *t, size_t i) {
  if ((size_t)(t->end - t->at) <= i) return -1;
  return (unsigned char)t->at[i];
}

static size_t skip_digits(const hp_tokenizer *t, size_t i) {
  while (is_digit(peek(t, i))) i++;
  return i;
}

static size_t space(const hp_tokenizer *t) {
  size_t i = 1;

  while (is_space(peek(t, i))) i++;
  return i;
}

static size_t line_comment(const hp_tokenizer *t) {
  const char *nl = memchr(t->at, '\n', (size_t)(t->end - t->at));

  return (size_t)((nl ? nl : t->end) - t->at);
}

static size_t block_comment(const hp_tokenizer *t) {
  size_t i = 2;

  while (peek(t, i) >= 0) {
    if (peek(t, i) == '*' && peek(t, i + 1) == '/') return i + 2;
    i++;
  }
  return i;
}

/* '...', "..." or `...`; a doubled delimiter stands for itself. */
static size_t quoted(const hp_tokenizer *t, hp_token_kind *kind) {
  int delim = peek(t, 0);
  size_t i = 1;

  for (; peek(t, i) >= 0; i++) {
    if (peek(t, i) != delim) continue;
    if (peek(t, i + 1) != delim) break;
    i++;
  }
  if (peek(t, i) < 0) {
    *kind = HP_TOK_ILLEGAL;
    return i;
  }
  *kind = delim == '\''  ? HP_TOK_STRING
          : delim == '"' ? HP_TOK_DQ
                         : HP_TOK_QUOTED;
  return i + 1;
}

static size_t bracketed(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t n = (size_t)(t->end - t->at);
  const char *close = memchr(t->at, ']', n);

  *kind = close ? HP_TOK_QUOTED : HP_TOK_ILLEGAL;
  return close ? (size_t)(close - t->at) + 1 : n;
}

static size_t blob(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t i = 2;

  *kind = HP_TOK_BLOB;
  while (is_hex(peek(t, i))) i++;
  if (peek(t, i) != '\'' || i % 2 != 0) {
    *kind = HP_TOK_ILLEGAL;
    while (peek(t, i) >= 0 && peek(t, i) != '\'') i++;
  }
  return peek(t, i) < 0 ? i : i + 1;
}

/* Digits of a number from i on. A separator counts if this SQLite knows it
** and it stands between two digits. */
static size_t number_digits(const hp_tokenizer *t, size_t i,
                            bool (*is)(int c)) {
  for (;; i++) {
    if (is(peek(t, i))) continue;
    if (t->separators && i > 0 && peek(t, i) == '_' && is(peek(t, i - 1)) &&
        is(peek(t, i + 1)))
      continue;
    return i;
  }
}

static size_t fraction_and_exponent(const hp_tokenizer *t, size_t i,
                                    hp_token_kind *kind) {
  size_t sign;

  if (peek(t, i) == '.') {
    *kind = HP_TOK_FLOAT;
    i = number_digits(t, i + 1, is_digit);
  }
  if (peek(t, i) != 'e' && peek(t, i) != 'E') return i;
  sign = peek(t, i + 1) == '+' || peek(t, i + 1) == '-';
  if (!is_digit(peek(t, i + 1 + sign))) return i;
  *kind = HP_TOK_FLOAT;
  return number_digits(t, i + 1 + sign, is_digit);
}

static size_t number(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t i;

  *kind = HP_TOK_INTEGER;
  if (peek(t, 0) == '0' && (peek(t, 1) == 'x' || peek(t, 1) == 'X') &&
      is_hex(peek(t, 2)))
    i = number_digits(t, 2, is_hex);
  else
    i = fraction_and_exponent(t, number_digits(t, 0, is_digit), kind);
  for (; is_id(peek(t, i)); i++) *kind = HP_TOK_ILLEGAL;
  return i;
}

/* The (...) that may end a Tcl-style variable, from its '(' on. */
static size_t tcl_index(const hp_tokenizer *t, size_t i, hp_token_kind *kind) {
  do i++;
  while (peek(t, i) >= 0 && !is_space(peek(t, i)) && peek(t, i) != ')');
  if (peek(t, i) == ')') return i + 1;
  *kind = HP_TOK_ILLEGAL;
  return i;
}

/* :a @a #a $a::b(c) */
static size_t variable(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t i = 1, letters = 0;

  *kind = HP_TOK_VARIABLE;
  for (;; i++) {
    if (is_id(peek(t, i))) {
      letters++;
    } else if (peek(t, i) == '(' && letters > 0) {
      i = tcl_index(t, i, kind);
      break;
    } else if (peek(t, i) == ':' && peek(t, i + 1) == ':') {
      i++;
    } else {
      break;
    }
  }
  if (letters == 0) *kind = HP_TOK_ILLEGAL;
  return i;
}

static size_t word(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t i = 1;

  while (is_id(peek(t, i))) i++;
  *kind = i <= MAX_KEYWORD && sqlite3_keyword_check(t->at, (int)i)
              ? HP_TOK_KEYWORD
              : HP_TOK_ID;
  return i;
}

/* Length of the operator at the front, 0 if there is none. */
static size_t operator_length(const hp_tokenizer *t) {
  int c = peek(t, 0), d = peek(t, 1);

  switch (c) {
  case '(':
  case ')':
  case ',':
  case ';':
  case '.':
  case '+':
  case '*':
  case '/':
  case '%':
  case '&':
  case '~': return 1;
  case '-': return d != '>' ? 1 : peek(t, 2) == '>' ? 3 : 2;
  case '|': return d == '|' ? 2 : 1;
  case '=': return d == '=' ? 2 : 1;
  case '<': return d == '=' || d == '>' || d == '<' ? 2 : 1;
  case '>': return d == '=' || d == '>' ? 2 : 1;
  case '!': return d == '=' ? 2 : 0;
  default: return 0;
  }
}

/* Comments need two bytes to be told from operators; an opening without any
** byte after it is two operators, as in SQLite. */
static size_t comment(const hp_tokenizer *t) {
  if (peek(t, 0) == '-' && peek(t, 1) == '-') return line_comment(t);
  if (peek(t, 0) == '/' && peek(t, 1) == '*' && peek(t, 2) >= 0)
    return block_comment(t);
  return 0;
}

static size_t operator_or_illegal(const hp_tokenizer *t, hp_token_kind *kind) {
  size_t n = comment(t);

  *kind = HP_TOK_COMMENT;
  if (n > 0) return n;
  n = operator_length(t);
  *kind = n > 0 ? HP_TOK_OP : HP_TOK_ILLEGAL;
  return n > 0 ? n : 1;
}

static bool at_bom(const hp_tokenizer *t) {
  return peek(t, 0) == 0xEF && peek(t, 1) == 0xBB && peek(t, 2) == 0xBF;
}

static size_t scan(const hp_tokenizer *t, hp_token_kind *kind) {
  int c = peek(t, 0);

  *kind = HP_TOK_SPACE;
  if (is_space(c) && c != '\v') return space(t);
  if (at_bom(t)) return 3;
  if ((c == 'x' || c == 'X') && peek(t, 1) == '\'') return blob(t, kind);
  if (is_alpha(c) || c >= 0x80) return word(t, kind);
  if (is_digit(c) || (c == '.' && is_digit(peek(t, 1)))) return number(t, kind);
  if (c == '\'' || c == '"' || c == '`') return quoted(t, kind);
  if (c == '[') return bracketed(t, kind);
  if (c == ':' || c == '@' || c == '#' || c == '$') return variable(t, kind);
  if (c == '?') {
    *kind = HP_TOK_VARIABLE;
    return skip_digits(t, 1);
  }
  return operator_or_illegal(t, kind);
}

void hp_tokenizer_init(hp_tokenizer *t, const char *sql, size_t n) {
  static const char empty[] = "";

  t->at = sql ? sql : empty;
  t->end = t->at + n;
  t->separators = sqlite3_libversion_number() >= SEPARATOR_VERSION;
}

bool hp_tokenizer_next(hp_tokenizer *t, hp_token *out) {
  if (t->at == t->end) return false;
  out->start = t->at;
  out->n = scan(t, &out->kind);
  t->at += out->n;
  return true;
}

bool hp_tokenizer_next_solid(hp_tokenizer *t, hp_token *out) {
  while (hp_tokenizer_next(t, out))
    if (out->kind != HP_TOK_SPACE && out->kind != HP_TOK_COMMENT) return true;
  return false;
}

bool hp_token_is_op(const hp_token *tok, const char *op) {
  return tok->kind == HP_TOK_OP && strlen(op) == tok->n &&
         memcmp(tok->start, op, tok->n) == 0;
}
