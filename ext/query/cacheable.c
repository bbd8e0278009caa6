/* SPDX-License-Identifier: MIT */
#include "query/cacheable.h"

#include "base/sqlite_api.h"
#include "query/tokenizer.h"

#include <string.h>

static bool is_literal(const hp_token *t) {
  return t->kind == HP_TOK_STRING || t->kind == HP_TOK_INTEGER ||
         t->kind == HP_TOK_FLOAT || t->kind == HP_TOK_BLOB;
}

static bool is_word(const hp_token *t, const char *word) {
  return t->kind == HP_TOK_KEYWORD && t->n == strlen(word) &&
         sqlite3_strnicmp(t->start, word, (int)t->n) == 0;
}

static bool has_variables(const char *sql, size_t n) {
  hp_tokenizer t;
  hp_token tok;

  hp_tokenizer_init(&t, sql, n);
  while (hp_tokenizer_next_solid(&t, &tok)) {
    if (tok.kind == HP_TOK_VARIABLE) return true;
  }
  return false;
}

/* Values are conditions between WHERE and the clauses that follow it: there a
** number may be a column's position or a limit. */
static bool is_condition(bool was, const hp_token *t) {
  if (is_word(t, "WHERE") || is_word(t, "ON")) return true;
  if (is_word(t, "GROUP") || is_word(t, "ORDER") || is_word(t, "LIMIT") ||
      is_word(t, "SELECT") || is_word(t, "WINDOW"))
    return false;
  return was;
}

/* The statement on one line, values as parameters if it has none. Sets *n to
** how many parameters were made. */
static char *rewrite(const char *sql, size_t n_sql, bool is_bound, int *n) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  bool is_where = false, is_first = true;
  hp_tokenizer t;
  hp_token tok;

  hp_tokenizer_init(&t, sql, n_sql);
  while (hp_tokenizer_next_solid(&t, &tok) && !hp_token_is_op(&tok, ";")) {
    is_where = is_condition(is_where, &tok);
    if (!is_first) sqlite3_str_appendchar(s, 1, ' ');
    is_first = false;
    if (is_where && !is_bound && is_literal(&tok))
      sqlite3_str_appendf(s, "?%d", ++*n);
    else
      sqlite3_str_append(s, tok.start, (int)tok.n);
  }
  return sqlite3_str_finish(s);
}

int hp_cacheable_init(hp_cacheable *out, const char *sql, size_t n,
                      uint64_t fingerprint) {
  bool is_bound = has_variables(sql, n);
  int n_values = 0;

  *out = (hp_cacheable){.select = rewrite(sql, n, is_bound, &n_values)};
  out->is_fixed = !is_bound && n_values == 0;
  if (out->select) {
    out->ddl = sqlite3_mprintf("CREATE VIRTUAL TABLE temp.\"cached_%08x\" "
                               "USING cached((%s))",
                               (unsigned)(fingerprint >> 32), out->select);
  }
  if (out->ddl && n_values <= HP_CACHEABLE_PARAMETERS) return SQLITE_OK;
  n = out->ddl != NULL;
  hp_cacheable_term(out);
  return n ? SQLITE_NOTFOUND : SQLITE_NOMEM;
}

void hp_cacheable_term(hp_cacheable *c) {
  sqlite3_free(c->select);
  sqlite3_free(c->ddl);
  *c = (hp_cacheable){0};
}
