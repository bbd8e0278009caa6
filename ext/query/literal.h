/* SPDX-License-Identifier: MIT
**
** Questions about one token: can it be unquoted, is it a value that SQLite
** would accept. Pure and thread-safe.
*/
#ifndef HP_QUERY_LITERAL_H
#define HP_QUERY_LITERAL_H

#include "query/tokenizer.h"

/* Is tok the word spelt `word`, in any case? */
bool hp_literal_is_word(const hp_token *tok, const char *word);

/* Is tok + or -? */
bool hp_literal_is_sign(const hp_token *tok);

/* Can what stands inside the quotes of tok stand without them, as a name? No
** for keywords, and for TRUE and FALSE, which mean a value when bare. */
bool hp_literal_is_plain_name(const hp_token *tok);

/* Does a double-quoted tok read like a name, rather than like a string that
** was put in the wrong quotes ("%Y", "a@b.c", "2024-01-01")? */
bool hp_literal_reads_like_name(const hp_token *tok);

/* Hexadecimal digits of a number that matter; 0 if it is decimal. SQLite
** refuses more than 16, and the negative of some with 16. */
size_t hp_literal_hex_digits(const hp_token *tok);

/* Is tok a parameter that SQLite accepts? It refuses ?0, ?32767 and #1. */
bool hp_literal_is_parameter(const hp_token *tok);

#endif
