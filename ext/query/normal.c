/* SPDX-License-Identifier: MIT */
#include "query/normal.h"
#include "query/clause.h"
#include "query/literal.h"

#include <string.h>

/* Why the next token may follow without a space. */
typedef enum glue {
  GLUE_NONE,
  GLUE_SIGN,          /* after a unary operator */
  GLUE_POSITION_SIGN, /* the same, before a position in ORDER BY */
  GLUE_DOT            /* after the dot of a qualified name */
} glue;

typedef struct writer {
  hp_tokenizer rest;   /* what comes after next */
  hp_token now;        /* the token being written */
  hp_token next;       /* the one after it */
  bool has_next;       /* is there one */
  char *out;           /* room for HP_NORMAL_CAP */
  size_t n;            /* bytes written */
  glue glue;           /* left by the last token */
  bool semicolon;      /* one is owed if another token comes */
  bool after_illegal;  /* ... after a space, lest it be swallowed */
  bool after_paren;    /* of the last IN: was a parenthesis left of it? */
  bool keyed;          /* PRAGMA key and its like: the value is secret */
  bool secret_written; /* ... and has been written as '?' */
  enum { UNKNOWN, READS, READS_NOT } reads; /* does a FROM follow? */
  hp_clause_tracker at;
} writer;

static void begin_statement(writer *w) {
  hp_clause_begin(&w->at);
  w->reads = UNKNOWN;
  w->keyed = w->secret_written = false;
  w->glue = GLUE_NONE;
}

static void advance(writer *w) {
  w->now = w->next;
  w->has_next = hp_tokenizer_next_solid(&w->rest, &w->next);
}

static bool next_is(const writer *w, const char *op) {
  return w->has_next && hp_token_is_op(&w->next, op);
}

static bool now_is(const writer *w, const char *op) {
  return hp_token_is_op(&w->now, op);
}

static void put(writer *w, char c) {
  w->out[w->n++] = c;
}

static void put_lower(writer *w, char c) {
  put(w, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
}

static void put_upper(writer *w, char c) {
  put(w, c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c);
}

static void put_all(writer *w, const char *z, size_t n) {
  memcpy(w->out + w->n, z, n);
  w->n += n;
}

static bool prev_is_word(const writer *w) {
  return w->at.prev.part == HP_PART_NAME ||
         w->at.prev.part == HP_PART_KEYWORD;
}

/* Must a space part the last token from one of this part that begins with c?
** Tokens are joined only where they cannot be read as one: never after an
** illegal token. A vertical tab is illegal only where no white space stands
** before it, and must stay so. */
static bool needs_space(const writer *w, hp_part part, char c) {
  const hp_word *prev = &w->at.prev;
  bool word = part == HP_PART_NAME || part == HP_PART_KEYWORD;

  if (w->n == 0 || c == '\v') return false;
  if (prev->part == HP_PART_ILLEGAL || part == HP_PART_ILLEGAL) return true;
  if (prev->part == HP_PART_OP && prev->op == '(') return false;
  if (w->glue == GLUE_DOT) return !word && c != '*';
  if (w->glue != GLUE_NONE) return part == HP_PART_OP && c != '(';
  if (part != HP_PART_OP) return true;
  if (c == ')' || c == ',') return false;
  if (c == '(')
    return prev->part != HP_PART_NAME && prev->keyword != HP_KW_CAST &&
           prev->keyword != HP_KW_REPLACE;
  return c != '.' || !prev_is_word(w);
}

/* Before each token: the semicolon owed, the space due. */
static void part_from_last(writer *w, hp_part part, char c) {
  if (needs_space(w, part, c)) put(w, ' ');
}

static void done(writer *w, hp_word word) {
  w->glue = GLUE_NONE;
  hp_clause_feed(&w->at, word);
}

static void write_raw(writer *w, hp_part part) {
  part_from_last(w, part, *w->now.start);
  put_all(w, w->now.start, w->now.n);
  done(w, (hp_word){.part = part});
}

static void write_value(writer *w) {
  part_from_last(w, HP_PART_VALUE, '?');
  put(w, '?');
  done(w, (hp_word){.part = HP_PART_VALUE});
}

static void write_name(writer *w, const char *z, size_t n) {
  hp_token bare = {HP_TOK_ID, z, n};
  size_t i;

  part_from_last(w, HP_PART_NAME, *z);
  for (i = 0; i < n; i++) put_lower(w, z[i]);
  done(w, (hp_word){.part = HP_PART_NAME,
                    .likelihood = hp_literal_is_word(&bare, "likelihood")});
}

/* A name that cannot stand without quotes, between `quote`s. */
static void write_quoted(writer *w, char quote) {
  const char *z = w->now.start;
  char doubled = *z == '[' ? 0 : *z;
  size_t i, end = w->now.n - 1;

  part_from_last(w, HP_PART_NAME, quote);
  put(w, quote);
  for (i = 1; i < end; i++) {
    if (z[i] == doubled) i++;
    if (z[i] == quote) put(w, quote);
    put_lower(w, z[i]);
  }
  put(w, quote);
  done(w, (hp_word){.part = HP_PART_NAME});
}

static void write_unquoted(writer *w, char quote) {
  if (hp_literal_is_plain_name(&w->now))
    write_name(w, w->now.start + 1, w->now.n - 2);
  else
    write_quoted(w, quote);
}

/* Looks ahead whether the statement names a table to take columns from. */
static bool reads_a_table(writer *w) {
  hp_tokenizer ahead = w->rest;
  hp_token tok = w->next;
  bool has = w->has_next;

  if (w->at.first_word != HP_KW_SELECT && w->at.first_word != HP_KW_VALUES)
    return true;
  if (w->reads != UNKNOWN) return w->reads == READS;
  w->reads = READS_NOT;
  for (; has && !hp_token_is_op(&tok, ";");
       has = hp_tokenizer_next_solid(&ahead, &tok)) {
    if (tok.kind != HP_TOK_KEYWORD || !hp_literal_is_word(&tok, "FROM"))
      continue;
    w->reads = READS;
    break;
  }
  return w->reads == READS;
}

static bool is_verbatim(const writer *w) {
  return w->at.kind == HP_STATEMENT_PRAGMA ||
         w->at.kind == HP_STATEMENT_OTHER;
}

static bool is_name(const writer *w) {
  return hp_clause_expects_name(&w->at) || next_is(w, ".");
}

static void write_double_quoted(writer *w) {
  if (is_verbatim(w))
    write_raw(w, HP_PART_NAME);
  else if (is_name(w) || next_is(w, "("))
    write_unquoted(w, '"');
  else if (hp_clause_expects_column(&w->at) && reads_a_table(w))
    write_unquoted(w, '"');
  else if (!hp_literal_reads_like_name(&w->now) && hp_clause_unifies(&w->at))
    write_value(w);
  else
    write_quoted(w, '"');
}

/* Backticks where double quotes could be read as a string. */
static void write_strictly_quoted(writer *w) {
  bool certain = !is_verbatim(w) && (is_name(w) || next_is(w, "("));

  write_unquoted(w, certain ? '"' : '`');
}

static void write_string(writer *w) {
  bool has_names =
      w->at.kind == HP_STATEMENT_DML || w->at.kind == HP_STATEMENT_ATTACH;

  if (has_names && is_name(w))
    write_unquoted(w, '"');
  else if (hp_clause_unifies(&w->at) && w->at.prev.keyword != HP_KW_ESCAPE)
    write_value(w);
  else
    write_raw(w, HP_PART_VALUE);
}

/* A number that SQLite refuses (too many digits) must go on being refused. */
static bool number_unifies(const writer *w, const hp_token *tok, bool sign) {
  return hp_clause_unifies(&w->at) &&
         hp_literal_hex_digits(tok) <= (sign ? 15u : 16u);
}

static bool term_ends(const writer *w) {
  return !w->has_next || w->next.kind == HP_TOK_KEYWORD || next_is(w, ",") ||
         next_is(w, ")") || next_is(w, ";");
}

static void write_number(writer *w) {
  bool position =
      w->glue == GLUE_POSITION_SIGN || hp_clause_expects_position(&w->at);

  if ((position && w->now.kind == HP_TOK_INTEGER && term_ends(w)) ||
      !number_unifies(w, &w->now, w->glue != GLUE_NONE))
    write_raw(w, HP_PART_VALUE);
  else
    write_value(w);
}

static void write_literal(writer *w, bool unifies) {
  if (unifies && hp_clause_unifies(&w->at))
    write_value(w);
  else
    write_raw(w, HP_PART_VALUE);
}

static bool is_value_null(const writer *w) {
  hp_keyword before = w->at.prev.keyword;

  return hp_clause_unifies(&w->at) && hp_clause_expects_operand(&w->at) &&
         before != HP_KW_IS && before != HP_KW_NOT;
}

static void write_keyword(writer *w) {
  hp_keyword keyword = hp_keyword_of(w->now.start, w->now.n);
  size_t i;

  if (keyword == HP_KW_NULL && is_value_null(w)) {
    write_value(w);
    return;
  }
  if (keyword == HP_KW_NOT ||
      (keyword == HP_KW_IN && w->at.prev.keyword != HP_KW_NOT))
    w->after_paren = w->at.prev.op == ')';
  if (keyword == HP_KW_FROM) w->reads = READS;
  part_from_last(w, HP_PART_KEYWORD, *w->now.start);
  for (i = 0; i < w->now.n; i++) put_upper(w, w->now.start[i]);
  done(w, (hp_word){.part = HP_PART_KEYWORD, .keyword = keyword});
}

/* Is tok one value of an IN list? A sign is taken with its number. */
static bool list_value(const writer *w, hp_tokenizer *ahead, hp_token *tok) {
  bool sign = hp_literal_is_sign(tok);

  if (sign && !hp_tokenizer_next_solid(ahead, tok)) return false;
  if (tok->kind == HP_TOK_INTEGER || tok->kind == HP_TOK_FLOAT)
    return number_unifies(w, tok, sign);
  if (sign) return false;
  return tok->kind == HP_TOK_STRING || tok->kind == HP_TOK_BLOB ||
         hp_literal_is_parameter(tok) || hp_literal_is_word(tok, "NULL");
}

/* After the parenthesis that opens an IN list: if there are only values up to
** the closing one, moves to before that one and returns true. */
static bool skip_list(writer *w) {
  hp_tokenizer ahead = w->rest;
  hp_token tok = w->next;
  bool has = w->has_next;

  while (has && list_value(w, &ahead, &tok)) {
    if (!hp_tokenizer_next_solid(&ahead, &tok)) return false;
    if (hp_token_is_op(&tok, ")")) {
      w->rest = ahead;
      w->next = tok;
      return true;
    }
    if (!hp_token_is_op(&tok, ",")) return false;
    has = hp_tokenizer_next_solid(&ahead, &tok);
  }
  return false;
}

/* (a, b) IN () is legal and (a, b) IN (?) is not: an empty list is left alone
** where the left side may be a row. */
static void collapse_list(writer *w) {
  if (!hp_clause_unifies(&w->at)) return;
  if (next_is(w, ")") ? !w->after_paren : skip_list(w)) write_value(w);
}

static bool same_text(const writer *w, hp_stretch a, hp_stretch b) {
  return a.n == b.n && memcmp(w->out + a.start, w->out + b.start, b.n) == 0;
}

/* A row of VALUES has been written: takes it back if it repeats one. */
static void end_row(writer *w) {
  hp_level *level = hp_clause_level(&w->at);
  hp_stretch row = {level->row_start, w->n - level->row_start};

  if (level->first.n == 0)
    level->first = level->last = row;
  else if (same_text(w, row, level->first) || same_text(w, row, level->last))
    w->n = level->separator;
  else
    level->last = row;
}

static void write_open(writer *w) {
  hp_level *outer = hp_clause_level(&w->at), *inner;

  part_from_last(w, HP_PART_OP, '(');
  put(w, '(');
  done(w, (hp_word){.part = HP_PART_OP, .op = '('});
  inner = hp_clause_level(&w->at);
  if (inner->paren == HP_PAREN_ROW) outer->row_start = w->n - 1;
  if (inner->paren == HP_PAREN_IN) collapse_list(w);
}

static void write_close(writer *w) {
  bool row =
      w->at.depth > 0 && hp_clause_level(&w->at)->paren == HP_PAREN_ROW;

  part_from_last(w, HP_PART_OP, ')');
  put(w, ')');
  done(w, (hp_word){.part = HP_PART_OP, .op = ')'});
  if (row) end_row(w);
}

/* -1 is a value like 1: its sign goes. The sign of a position stays. */
static bool sign_belongs_to_value(const writer *w) {
  if (!hp_literal_is_sign(&w->now) || !w->has_next || w->glue != GLUE_NONE)
    return false;
  if (w->next.kind != HP_TOK_INTEGER && w->next.kind != HP_TOK_FLOAT)
    return false;
  return hp_clause_expects_operand(&w->at) &&
         !hp_clause_expects_position(&w->at) &&
         number_unifies(w, &w->next, true);
}

static glue glue_after(const writer *w) {
  if (now_is(w, ".")) return prev_is_word(w) ? GLUE_DOT : GLUE_NONE;
  if (!hp_literal_is_sign(&w->now) && !now_is(w, "~")) return GLUE_NONE;
  if (!hp_clause_expects_operand(&w->at)) return GLUE_NONE;
  return hp_clause_expects_position(&w->at) ? GLUE_POSITION_SIGN : GLUE_SIGN;
}

static void write_op(writer *w) {
  hp_level *level = hp_clause_level(&w->at);
  glue after = glue_after(w);

  if (now_is(w, ",") && level->clause == HP_CLAUSE_VALUES)
    level->separator = w->n;
  if (now_is(w, "==")) w->now.n = 1;
  part_from_last(w, HP_PART_OP, *w->now.start);
  if (now_is(w, "<>"))
    put_all(w, "!=", 2);
  else
    put_all(w, w->now.start, w->now.n);
  done(w, (hp_word){.part = HP_PART_OP,
                    .op = w->now.n == 1 ? *w->now.start : 'o'});
  w->glue = after;
}

/* A semicolon ends the statement, but for those inside a trigger. */
static void end_statement(writer *w) {
  if (!w->semicolon) w->after_illegal = w->at.prev.part == HP_PART_ILLEGAL;
  w->semicolon = w->n > 0;
  if (w->at.creates == HP_KW_TRIGGER)
    hp_clause_feed(&w->at, (hp_word){.part = HP_PART_OP, .op = ';'});
  else
    begin_statement(w);
}

static void write_any_op(writer *w) {
  if (now_is(w, "("))
    write_open(w);
  else if (now_is(w, ")"))
    write_close(w);
  else if (!sign_belongs_to_value(w))
    write_op(w);
}

/* SAVEPOINT and its kin: every word that is not grammar is a name. */
static void write_savepoint_word(writer *w) {
  switch (hp_keyword_of(w->now.start, w->now.n)) {
  case HP_KW_SAVEPOINT:
  case HP_KW_RELEASE:
  case HP_KW_ROLLBACK:
  case HP_KW_TO:
  case HP_KW_TRANSACTION:
    write_keyword(w);
    return;
  default:
    write_name(w, "s", 1);
  }
}

static bool is_word_token(const hp_token *tok) {
  return tok->kind == HP_TOK_KEYWORD || tok->kind == HP_TOK_ID ||
         tok->kind == HP_TOK_DQ || tok->kind == HP_TOK_QUOTED ||
         tok->kind == HP_TOK_STRING;
}

/* The pragmas that carry the key of an encrypted database. */
static bool names_a_key(const hp_token *tok) {
  static const char *const names[] = {"key",      "rekey",   "hexkey",
                                      "hexrekey", "textkey", "textrekey"};
  size_t i;

  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (hp_literal_is_word(tok, names[i])) return true;
  return false;
}

/* Writes '?' for the value of such a pragma, and nothing of its text; ? where
** SQLite would refuse the value, as it refuses a parameter. */
static void write_secret(writer *w) {
  bool refused = w->now.kind == HP_TOK_BLOB ||
                 w->now.kind == HP_TOK_VARIABLE ||
                 w->now.kind == HP_TOK_ILLEGAL;

  if (w->secret_written) return;
  w->secret_written = true;
  part_from_last(w, HP_PART_VALUE, refused ? '?' : '\'');
  put_all(w, refused ? "?" : "'?'", refused ? 1 : 3);
  done(w, (hp_word){.part = HP_PART_VALUE});
}

static void write_by_kind(writer *w) {
  switch (w->now.kind) {
  case HP_TOK_KEYWORD:
    write_keyword(w);
    break;
  case HP_TOK_ID:
    write_name(w, w->now.start, w->now.n);
    break;
  case HP_TOK_DQ:
    write_double_quoted(w);
    break;
  case HP_TOK_QUOTED:
    write_strictly_quoted(w);
    break;
  case HP_TOK_STRING:
    write_string(w);
    break;
  case HP_TOK_INTEGER:
  case HP_TOK_FLOAT:
    write_number(w);
    break;
  case HP_TOK_BLOB:
    write_literal(w, true);
    break;
  case HP_TOK_VARIABLE:
    write_literal(w, hp_literal_is_parameter(&w->now));
    break;
  case HP_TOK_OP:
    write_any_op(w);
    break;
  default:
    write_raw(w, HP_PART_ILLEGAL);
  }
}

static void write_token(writer *w) {
  if (now_is(w, ";")) {
    end_statement(w);
    return;
  }
  if (w->semicolon) {
    if (w->after_illegal) put(w, ' ');
    put(w, ';');
    w->semicolon = false;
  }
  if (w->at.kind == HP_STATEMENT_SAVEPOINT && is_word_token(&w->now))
    write_savepoint_word(w);
  else if (w->keyed && w->now.kind != HP_TOK_OP)
    write_secret(w);
  else
    write_by_kind(w);
  if (w->at.kind == HP_STATEMENT_PRAGMA && names_a_key(&w->now))
    w->keyed = true;
}

size_t hp_normal_write(const char *sql, size_t n, char *out) {
  writer w = {.out = out};
  const char *nul = n > 0 ? memchr(sql, 0, n) : NULL;

  hp_tokenizer_init(&w.rest, sql, nul ? (size_t)(nul - sql) : n);
  begin_statement(&w);
  advance(&w);
  while (w.has_next) {
    advance(&w);
    write_token(&w);
  }
  return w.n;
}
