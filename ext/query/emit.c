/* SPDX-License-Identifier: MIT */
#include "query/emit.h"
#include "query/literal.h"

#include <string.h>

static void put(hp_emitter *e, char c) {
  e->out[e->n++] = c;
}

static void put_lower(hp_emitter *e, char c) {
  put(e, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
}

static void put_upper(hp_emitter *e, char c) {
  put(e, c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c);
}

static void put_all(hp_emitter *e, const char *z, size_t n) {
  memcpy(e->out + e->n, z, n);
  e->n += n;
}

bool hp_emit_is_after_word(const hp_emitter *e) {
  return e->at.prev.part == HP_PART_NAME || e->at.prev.part == HP_PART_KEYWORD;
}

/* Must a space part the last token from one of this part that begins with c?
** Tokens are joined only where they cannot be read as one: never after an
** illegal token. A vertical tab is illegal only where no white space stands
** before it, and must stay so. */
static bool needs_space(const hp_emitter *e, hp_part part, char c) {
  const hp_word *prev = &e->at.prev;
  bool word = part == HP_PART_NAME || part == HP_PART_KEYWORD;

  if (e->n == 0 || c == '\v') return false;
  if (prev->part == HP_PART_ILLEGAL || part == HP_PART_ILLEGAL) return true;
  if (prev->part == HP_PART_OP && prev->op == '(') return false;
  if (e->glue == HP_GLUE_DOT) return !word && c != '*';
  if (e->glue != HP_GLUE_NONE) return part == HP_PART_OP && c != '(';
  if (part != HP_PART_OP) return true;
  if (c == ')' || c == ',') return false;
  if (c == '(')
    return prev->part != HP_PART_NAME && prev->keyword != HP_KW_CAST &&
           prev->keyword != HP_KW_REPLACE;
  return c != '.' || !hp_emit_is_after_word(e);
}

static void part_from_last(hp_emitter *e, hp_part part, char c) {
  if (needs_space(e, part, c)) put(e, ' ');
}

static void done(hp_emitter *e, hp_word word) {
  e->glue = HP_GLUE_NONE;
  hp_clause_feed(&e->at, word);
}

void hp_emit_raw(hp_emitter *e, const hp_token *tok, hp_part part) {
  part_from_last(e, part, *tok->start);
  put_all(e, tok->start, tok->n);
  done(e, (hp_word){.part = part});
}

void hp_emit_value(hp_emitter *e, const char *text, size_t n) {
  part_from_last(e, HP_PART_VALUE, *text);
  put_all(e, text, n);
  done(e, (hp_word){.part = HP_PART_VALUE});
}

void hp_emit_name(hp_emitter *e, const char *z, size_t n) {
  hp_token bare = {HP_TOK_ID, z, n};
  size_t i;

  part_from_last(e, HP_PART_NAME, *z);
  for (i = 0; i < n; i++) put_lower(e, z[i]);
  done(e, (hp_word){.part = HP_PART_NAME,
                    .likelihood = hp_literal_is_word(&bare, "likelihood")});
}

void hp_emit_quoted(hp_emitter *e, const hp_token *tok, char quote) {
  const char *z = tok->start;
  char doubled = *z == '[' ? 0 : *z;
  size_t i, end = tok->n - 1;

  part_from_last(e, HP_PART_NAME, quote);
  put(e, quote);
  for (i = 1; i < end; i++) {
    if (z[i] == doubled) i++;
    if (z[i] == quote) put(e, quote);
    put_lower(e, z[i]);
  }
  put(e, quote);
  done(e, (hp_word){.part = HP_PART_NAME});
}

void hp_emit_unquoted(hp_emitter *e, const hp_token *tok, char quote) {
  if (hp_literal_is_plain_name(tok))
    hp_emit_name(e, tok->start + 1, tok->n - 2);
  else
    hp_emit_quoted(e, tok, quote);
}

void hp_emit_keyword(hp_emitter *e, const hp_token *tok, hp_keyword keyword) {
  size_t i;

  part_from_last(e, HP_PART_KEYWORD, *tok->start);
  for (i = 0; i < tok->n; i++) put_upper(e, tok->start[i]);
  done(e, (hp_word){.part = HP_PART_KEYWORD, .keyword = keyword});
}

void hp_emit_op(hp_emitter *e, const char *z, size_t n, hp_glue glue) {
  part_from_last(e, HP_PART_OP, *z);
  put_all(e, z, n);
  done(e, (hp_word){.part = HP_PART_OP, .op = n == 1 ? *z : 'o'});
  e->glue = glue;
}
