/* SPDX-License-Identifier: MIT
**
** A tokenizer of SQLite's SQL dialect, by the rules of its documentation
** (https://www.sqlite.org/lang.html, "Tokens and keywords"; draft/tokenreq):
** comments do not nest, an open block comment runs to the end of the text,
** bytes from 0x80 on belong to identifiers, a byte-order mark is white space.
**
**     hp_tokenizer t;
**     hp_token tok;
**     hp_tokenizer_init(&t, sql, n);
**     while (hp_tokenizer_next(&t, &tok)) ...
**
** The tokens tile the text: each starts where the one before it ended and the
** last one ends at n. Any bytes are accepted; what SQLite would reject comes
** as HP_TOK_ILLEGAL. No allocation, no locale, one pass; thread-safe as long
** as two threads do not share a tokenizer. A copy of a tokenizer is a
** bookmark: it looks ahead without moving the original.
*/
#ifndef HP_QUERY_TOKENIZER_H
#define HP_QUERY_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum hp_token_kind {
  HP_TOK_SPACE,    /* white space, byte-order mark */
  HP_TOK_COMMENT,  /* -- ... or a block comment */
  HP_TOK_KEYWORD,  /* a bare word that sqlite3_keyword_check() knows */
  HP_TOK_ID,       /* any other bare word */
  HP_TOK_DQ,       /* "x": an identifier, or (misfeature) a string */
  HP_TOK_QUOTED,   /* [x] or `x`: always an identifier */
  HP_TOK_STRING,   /* 'x' */
  HP_TOK_BLOB,     /* x'00' */
  HP_TOK_INTEGER,  /* 12, 0x1F, 1_000 (from SQLite 3.46 on) */
  HP_TOK_FLOAT,    /* 1.5, .5, 1., 1e3 */
  HP_TOK_VARIABLE, /* ? ?12 :a @a #a $a::b(c) */
  HP_TOK_OP,       /* operators and punctuation */
  HP_TOK_ILLEGAL   /* what SQLite refuses: 1abc, x'0', 'open, NUL, ... */
} hp_token_kind;

typedef struct hp_token {
  hp_token_kind kind;
  const char *start; /* borrowed from the text */
  size_t n;          /* bytes, at least 1 */
} hp_token;

typedef struct hp_tokenizer {
  const char *at;  /* first byte not yet tokenized */
  const char *end; /* one past the text */
  bool separators; /* does this SQLite know 1_000? */
} hp_tokenizer;

/* Starts on the n bytes at sql, which stay borrowed. sql may be NULL if n
** is 0. A NUL byte is no end, it is a byte like another (illegal). */
void hp_tokenizer_init(hp_tokenizer *t, const char *sql, size_t n);

/* Stores the next token in *out, or returns false at the end of the text. */
bool hp_tokenizer_next(hp_tokenizer *t, hp_token *out);

/* The same, skipping white space and comments. */
bool hp_tokenizer_next_solid(hp_tokenizer *t, hp_token *out);

/* True if the token is the operator or punctuation spelt op. */
bool hp_token_is_op(const hp_token *tok, const char *op);

#endif
