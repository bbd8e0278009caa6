/* SPDX-License-Identifier: MIT
**
** Just enough reading of SQL text for schema rows: words, comments, mentions.
** It decides nothing about meaning; that is left to SQLite. Pure.
*/
#ifndef HP_SCHEMA_TEXT_H
#define HP_SCHEMA_TEXT_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stddef.h>

/* The first byte of sql that is not white space or comment. */
const char *hp_text_skip(const char *sql);

/* Length of the token at the start of s (which hp_text_skip() returned): a
** word, a string, a quoted name, a number or one other byte. 0 at the end. */
size_t hp_text_token(const char *s);

/* True if sql's first token is that keyword (ASCII case is ignored). */
bool hp_text_begins(const char *sql, const char *keyword);

/* The i-th token of sql (from 0), a quoted name without its quotes. Empty when
** there are fewer. NULL when out of memory. Caller frees. */
char *hp_text_word(const char *sql, int i);

/* True if one of text's tokens is name, quoted in any way (as a string, too) or
** not, ASCII case ignored. */
bool hp_text_mentions(const char *text, const char *name);

#endif
