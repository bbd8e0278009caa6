/* SPDX-License-Identifier: MIT */
#include "query/normal.h"
#include "query/emit.h"
#include "query/literal.h"

#include <string.h>

typedef struct writer {
  hp_tokenizer rest;   /* what comes after next */
  hp_token now;        /* the token being written */
  hp_token next;       /* the one after it */
  bool has_next;       /* is there one */
  bool semicolon;      /* one is owed if another token comes */
  bool after_illegal;  /* ... after a space, lest it be swallowed */
  bool after_paren;    /* of the last IN: was a parenthesis left of it? */
  bool keyed;          /* PRAGMA key and its like: the value is secret */
  bool secret_written; /* ... and has been written as '?' */
  enum { UNKNOWN, READS, READS_NOT } reads; /* does a FROM follow? */
  hp_emitter e;
} writer;

static void begin_statement(writer *w) {
  hp_clause_begin(&w->e.at);
  w->reads = UNKNOWN;
  w->keyed = w->secret_written = false;
  w->e.glue = HP_GLUE_NONE;
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

static void write_raw(writer *w, hp_part part) {
  hp_emit_raw(&w->e, &w->now, part);
}

static void write_value(writer *w) {
  hp_emit_value(&w->e, "?", 1);
}

static void write_unquoted(writer *w, char quote) {
  hp_emit_unquoted(&w->e, &w->now, quote);
}

/* Looks ahead whether the statement names a table to take columns from. */
static bool reads_a_table(writer *w) {
  hp_tokenizer ahead = w->rest;
  hp_token tok = w->next;
  bool has = w->has_next;

  if (w->e.at.first_word != HP_KW_SELECT && w->e.at.first_word != HP_KW_VALUES)
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
  return w->e.at.kind == HP_STATEMENT_PRAGMA ||
         w->e.at.kind == HP_STATEMENT_OTHER;
}

static bool is_name(const writer *w) {
  return hp_clause_expects_name(&w->e.at) || next_is(w, ".");
}

static void write_double_quoted(writer *w) {
  if (is_verbatim(w))
    write_raw(w, HP_PART_NAME);
  else if (is_name(w) || next_is(w, "("))
    write_unquoted(w, '"');
  else if (hp_clause_expects_column(&w->e.at) && reads_a_table(w))
    write_unquoted(w, '"');
  else if (!hp_literal_reads_like_name(&w->now) && hp_clause_unifies(&w->e.at))
    write_value(w);
  else
    hp_emit_quoted(&w->e, &w->now, '"');
}

/* Backticks where double quotes could be read as a string. */
static void write_strictly_quoted(writer *w) {
  bool certain = !is_verbatim(w) && (is_name(w) || next_is(w, "("));

  write_unquoted(w, certain ? '"' : '`');
}

static void write_string(writer *w) {
  bool has_names =
      w->e.at.kind == HP_STATEMENT_DML || w->e.at.kind == HP_STATEMENT_ATTACH;

  if (has_names && is_name(w))
    write_unquoted(w, '"');
  else if (hp_clause_unifies(&w->e.at) && w->e.at.prev.keyword != HP_KW_ESCAPE)
    write_value(w);
  else
    write_raw(w, HP_PART_VALUE);
}

/* A number that SQLite refuses (too many digits) must go on being refused. */
static bool number_unifies(const writer *w, const hp_token *tok, bool sign) {
  return hp_clause_unifies(&w->e.at) &&
         hp_literal_hex_digits(tok) <= (sign ? 15u : 16u);
}

static bool term_ends(const writer *w) {
  return !w->has_next || w->next.kind == HP_TOK_KEYWORD || next_is(w, ",") ||
         next_is(w, ")") || next_is(w, ";");
}

static void write_number(writer *w) {
  bool position = w->e.glue == HP_GLUE_POSITION_SIGN ||
                  hp_clause_expects_position(&w->e.at);

  if ((position && w->now.kind == HP_TOK_INTEGER && term_ends(w)) ||
      !number_unifies(w, &w->now, w->e.glue != HP_GLUE_NONE))
    write_raw(w, HP_PART_VALUE);
  else
    write_value(w);
}

static void write_literal(writer *w, bool unifies) {
  if (unifies && hp_clause_unifies(&w->e.at))
    write_value(w);
  else
    write_raw(w, HP_PART_VALUE);
}

static bool is_value_null(const writer *w) {
  hp_keyword before = w->e.at.prev.keyword;

  return hp_clause_unifies(&w->e.at) && hp_clause_expects_operand(&w->e.at) &&
         before != HP_KW_IS && before != HP_KW_NOT;
}

static void write_keyword(writer *w) {
  hp_keyword keyword = hp_keyword_of(w->now.start, w->now.n);

  if (keyword == HP_KW_NULL && is_value_null(w)) {
    write_value(w);
    return;
  }
  if (keyword == HP_KW_NOT ||
      (keyword == HP_KW_IN && w->e.at.prev.keyword != HP_KW_NOT))
    w->after_paren = w->e.at.prev.op == ')';
  if (keyword == HP_KW_FROM) w->reads = READS;
  hp_emit_keyword(&w->e, &w->now, keyword);
}

/* Is tok one value of an IN list? A sign is taken with its number. */
static bool list_value(const writer *w, hp_tokenizer *ahead, hp_token *tok) {
  bool sign = hp_literal_is_sign(tok);

  if (sign && !hp_tokenizer_next_solid(ahead, tok)) return false;
  if (tok->kind == HP_TOK_INTEGER || tok->kind == HP_TOK_FLOAT)
    return number_unifies(w, tok, sign);
  if (sign) return false;
  if (tok->kind == HP_TOK_DQ) return !hp_literal_reads_like_name(tok);
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
  if (!hp_clause_unifies(&w->e.at)) return;
  if (next_is(w, ")") ? !w->after_paren : skip_list(w)) write_value(w);
}

static bool same_text(const writer *w, hp_stretch a, hp_stretch b) {
  return a.n == b.n && memcmp(w->e.out + a.start, w->e.out + b.start, b.n) == 0;
}

/* A row of VALUES has been written: takes it back if it repeats one. */
static void end_row(writer *w) {
  hp_level *level = hp_clause_level(&w->e.at);
  hp_stretch row = {level->row_start, w->e.n - level->row_start};

  if (level->first.n == 0 || level->separator == 0)
    level->first = level->last = row;
  else if (same_text(w, row, level->first) || same_text(w, row, level->last))
    w->e.n = level->separator;
  else
    level->last = row;
}

static void write_open(writer *w) {
  hp_level *outer = hp_clause_level(&w->e.at), *inner;

  hp_emit_op(&w->e, "(", 1, HP_GLUE_NONE);
  inner = hp_clause_level(&w->e.at);
  if (inner->paren == HP_PAREN_ROW) outer->row_start = w->e.n - 1;
  if (inner->paren == HP_PAREN_IN) collapse_list(w);
}

static void write_close(writer *w) {
  bool row =
      w->e.at.depth > 0 && hp_clause_level(&w->e.at)->paren == HP_PAREN_ROW;

  hp_emit_op(&w->e, ")", 1, HP_GLUE_NONE);
  if (row) end_row(w);
}

/* -1 is a value like 1: its sign goes. The sign of a position stays. */
static bool sign_belongs_to_value(const writer *w) {
  if (!hp_literal_is_sign(&w->now) || !w->has_next || w->e.glue != HP_GLUE_NONE)
    return false;
  if (w->next.kind != HP_TOK_INTEGER && w->next.kind != HP_TOK_FLOAT)
    return false;
  return hp_clause_expects_operand(&w->e.at) &&
         !hp_clause_expects_position(&w->e.at) &&
         number_unifies(w, &w->next, true);
}

static hp_glue glue_after(const writer *w) {
  if (now_is(w, "."))
    return hp_emit_is_after_word(&w->e) ? HP_GLUE_DOT : HP_GLUE_NONE;
  if (!hp_literal_is_sign(&w->now) && !now_is(w, "~")) return HP_GLUE_NONE;
  if (!hp_clause_expects_operand(&w->e.at)) return HP_GLUE_NONE;
  return hp_clause_expects_position(&w->e.at) ? HP_GLUE_POSITION_SIGN
                                              : HP_GLUE_SIGN;
}

static void write_op(writer *w) {
  hp_level *level = hp_clause_level(&w->e.at);
  hp_glue after = glue_after(w);

  if (now_is(w, ",") && level->clause == HP_CLAUSE_VALUES)
    level->separator = w->e.at.prev.op == ')' ? w->e.n : 0;
  if (now_is(w, "=="))
    hp_emit_op(&w->e, "=", 1, after);
  else if (now_is(w, "<>"))
    hp_emit_op(&w->e, "!=", 2, after);
  else
    hp_emit_op(&w->e, w->now.start, w->now.n, after);
}

/* A semicolon ends the statement, but for those inside a trigger. */
static void end_statement(writer *w) {
  if (!w->semicolon) w->after_illegal = w->e.at.prev.part == HP_PART_ILLEGAL;
  w->semicolon = w->e.n > 0;
  if (w->e.at.creates == HP_KW_TRIGGER)
    hp_clause_feed(&w->e.at, (hp_word){.part = HP_PART_OP, .op = ';'});
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
  case HP_KW_TRANSACTION: write_keyword(w); return;
  default: hp_emit_name(&w->e, "s", 1);
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
  bool refused = w->now.kind == HP_TOK_BLOB || w->now.kind == HP_TOK_VARIABLE ||
                 w->now.kind == HP_TOK_ILLEGAL;

  if (w->secret_written) return;
  w->secret_written = true;
  hp_emit_value(&w->e, refused ? "?" : "'?'", refused ? 1 : 3);
}

static void write_by_kind(writer *w) {
  switch (w->now.kind) {
  case HP_TOK_KEYWORD: write_keyword(w); break;
  case HP_TOK_ID: hp_emit_name(&w->e, w->now.start, w->now.n); break;
  case HP_TOK_DQ: write_double_quoted(w); break;
  case HP_TOK_QUOTED: write_strictly_quoted(w); break;
  case HP_TOK_STRING: write_string(w); break;
  case HP_TOK_INTEGER:
  case HP_TOK_FLOAT: write_number(w); break;
  case HP_TOK_BLOB: write_literal(w, true); break;
  case HP_TOK_VARIABLE:
    write_literal(w, hp_literal_is_parameter(&w->now));
    break;
  case HP_TOK_OP: write_any_op(w); break;
  default: write_raw(w, HP_PART_ILLEGAL);
  }
}

/* The semicolon owed: not into an illegal token, which would swallow it. */
static void write_semicolon(writer *w) {
  if (w->after_illegal) w->e.out[w->e.n++] = ' ';
  w->e.out[w->e.n++] = ';';
  w->semicolon = false;
}

static void write_token(writer *w) {
  if (now_is(w, ";")) {
    end_statement(w);
    return;
  }
  if (w->semicolon) write_semicolon(w);
  if (w->e.at.kind == HP_STATEMENT_SAVEPOINT && is_word_token(&w->now))
    write_savepoint_word(w);
  else if (w->keyed && w->now.kind != HP_TOK_OP)
    write_secret(w);
  else
    write_by_kind(w);
  if (w->e.at.kind == HP_STATEMENT_PRAGMA && names_a_key(&w->now))
    w->keyed = true;
}

size_t hp_normal_write(const char *sql, size_t n, char *out) {
  writer w = {.e.out = out};
  const char *nul = n > 0 ? memchr(sql, 0, n) : NULL;

  hp_tokenizer_init(&w.rest, sql, nul ? (size_t)(nul - sql) : n);
  begin_statement(&w);
  advance(&w);
  while (w.has_next) {
    advance(&w);
    write_token(&w);
  }
  return w.e.n;
}
