/* SPDX-License-Identifier: MIT
**
** Puts tokens one after the other in their normal spelling: spaces where two
** tokens need one, words in their case, names without quotes where they can
** do without. Keeps track of the clause (query/clause.h) along the way.
** Pure, no allocation.
*/
#ifndef HP_QUERY_EMIT_H
#define HP_QUERY_EMIT_H

#include "query/clause.h"
#include "query/tokenizer.h"

/* Why the next token may follow without a space. */
typedef enum hp_glue {
  HP_GLUE_NONE,
  HP_GLUE_SIGN,          /* after a unary operator */
  HP_GLUE_POSITION_SIGN, /* the same, before a position in ORDER BY */
  HP_GLUE_DOT            /* after the dot of a qualified name */
} hp_glue;

typedef struct hp_emitter {
  char *out;    /* room for HP_NORMAL_CAP bytes; borrowed */
  size_t n;     /* bytes written */
  hp_glue glue; /* left by the last token */
  hp_clause_tracker at;
} hp_emitter;

/* Writes the token as it is. */
void hp_emit_raw(hp_emitter *e, const hp_token *tok, hp_part part);

/* Writes n bytes of text as one value. */
void hp_emit_value(hp_emitter *e, const char *text, size_t n);

/* Writes a name of n bytes without quotes, in lower case. */
void hp_emit_name(hp_emitter *e, const char *z, size_t n);

/* Writes a quoted name or string as a name: without quotes if it can stand so,
** otherwise between `quote`s. */
void hp_emit_unquoted(hp_emitter *e, const hp_token *tok, char quote);

/* The same, always between `quote`s. */
void hp_emit_quoted(hp_emitter *e, const hp_token *tok, char quote);

/* Writes a keyword in upper case. */
void hp_emit_keyword(hp_emitter *e, const hp_token *tok, hp_keyword keyword);

/* Writes an operator of n bytes and what it glues to. */
void hp_emit_op(hp_emitter *e, const char *z, size_t n, hp_glue glue);

/* Was the last token a name or a keyword? */
bool hp_emit_is_after_word(const hp_emitter *e);

#endif
