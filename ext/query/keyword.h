/* SPDX-License-Identifier: MIT
**
** Names for the keywords whose place in a statement matters to hotpath.
** Pure and thread-safe.
*/
#ifndef HP_QUERY_KEYWORD_H
#define HP_QUERY_KEYWORD_H

#include <stddef.h>

/* clang-format off */
/* In the order of strcmp(): hp_keyword_of() searches by halving. */
#define HP_KEYWORDS(X)                                                         \
  X(ALL)                                                                       \
  X(AND)                                                                       \
  X(AS) X(ATTACH) X(BETWEEN) X(BY) X(CASE) X(CAST) X(CONFLICT) X(CREATE)       \
      X(DELETE) X(DETACH) X(DISTINCT) X(DO) X(ELSE) X(END) X(ESCAPE) X(EXCEPT) \
          X(EXPLAIN) X(FROM) X(GLOB) X(GROUP) X(HAVING) X(IN) X(INDEX)         \
              X(INSERT) X(INTERSECT) X(INTO) X(IS) X(JOIN) X(KEY) X(LIKE)      \
                  X(LIMIT) X(MATCH) X(NOT) X(NULL) X(OFFSET) X(ON) X(OR)       \
                      X(ORDER) X(PARTITION) X(PLAN) X(PRAGMA) X(QUERY)         \
                          X(REGEXP) X(RELEASE) X(REPLACE) X(RETURNING)         \
                              X(ROLLBACK) X(SAVEPOINT) X(SELECT) X(SET)        \
                                  X(TABLE) X(THEN) X(TO) X(TRANSACTION)        \
                                      X(TRIGGER) X(UNION) X(UPDATE) X(USING)   \
                                          X(VACUUM) X(VALUES) X(VIEW)          \
                                              X(VIRTUAL) X(WHEN) X(WHERE)      \
                                                  X(WINDOW) X(WITH)
/* clang-format on */

typedef enum hp_keyword {
  HP_KW_NONE, /* not a word, or a keyword that does not matter here */
#define X(name) HP_KW_##name,
  HP_KEYWORDS(X)
#undef X
} hp_keyword;

/* The keyword spelt by the n bytes at word, in any case, or HP_KW_NONE. */
hp_keyword hp_keyword_of(const char *word, size_t n);

#endif
