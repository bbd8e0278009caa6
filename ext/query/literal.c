/* SPDX-License-Identifier: MIT */
#include "query/literal.h"
#include "base/sqlite_api.h"

#include <string.h>

/* The default of SQLITE_LIMIT_VARIABLE_NUMBER, and the longest word that can
** be a keyword. */
enum { MAX_PARAMETER = 32766, MAX_KEYWORD = 32 };

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_word_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '_' || (unsigned char)c >= 0x80;
}

static bool same(const char *z, size_t n, const char *word) {
  return strlen(word) == n && sqlite3_strnicmp(z, word, (int)n) == 0;
}

bool hp_literal_is_word(const hp_token *tok, const char *word) {
  return same(tok->start, tok->n, word);
}

bool hp_literal_is_sign(const hp_token *tok) {
  return hp_token_is_op(tok, "-") || hp_token_is_op(tok, "+");
}

bool hp_literal_is_plain_name(const hp_token *tok) {
  const char *z = tok->start + 1;
  size_t i, n = tok->n - 2;

  if (n == 0 || is_digit(*z)) return false;
  if (n >= 3 && memcmp(z, "\xEF\xBB\xBF", 3) == 0) return false;
  for (i = 0; i < n; i++)
    if (!is_word_byte(z[i])) return false;
  if (same(z, n, "true") || same(z, n, "false")) return false;
  return n > MAX_KEYWORD || !sqlite3_keyword_check(z, (int)n);
}

bool hp_literal_reads_like_name(const hp_token *tok) {
  const char *z = tok->start + 1;
  size_t i, n = tok->n - 2;

  if (n > 0 && (is_digit(*z) || *z == '$')) return false;
  for (i = 0; i < n; i++)
    if (!is_word_byte(z[i]) && !strchr(" -./()#&$", z[i])) return false;
  return true;
}

size_t hp_literal_hex_digits(const hp_token *tok) {
  size_t i = 2, n = 0;

  if (tok->n < 3 || (tok->start[1] != 'x' && tok->start[1] != 'X')) return 0;
  while (i < tok->n && (tok->start[i] == '0' || tok->start[i] == '_')) i++;
  for (; i < tok->n; i++) n += tok->start[i] != '_';
  return n;
}

bool hp_literal_is_parameter(const hp_token *tok) {
  long number = 0;
  size_t i;

  if (tok->kind != HP_TOK_VARIABLE) return false;
  if (tok->start[0] == '#') return !is_digit(tok->start[1]);
  if (tok->start[0] != '?' || tok->n == 1) return true;
  for (i = 1; i < tok->n && number <= MAX_PARAMETER; i++)
    number = number * 10 + (tok->start[i] - '0');
  return number >= 1 && number <= MAX_PARAMETER;
}
