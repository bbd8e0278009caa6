/* SPDX-License-Identifier: MIT
**
** Where in a statement a token stands: enough of SQLite's grammar to tell a
** value from a name, a position from a number, a row of VALUES from a call.
** It is fed the tokens of a text one by one and asked about the next one; a
** text that is no SQL gets some answer, the same each time.
**
** Invariant: level[min(depth, HP_CLAUSE_DEPTH)] describes the innermost open
** parenthesis. Deeper ones share the last level, where everything counts as
** a plain expression.
**
** Pure, no allocation; one tracker per thread.
*/
#ifndef HP_QUERY_CLAUSE_H
#define HP_QUERY_CLAUSE_H

#include "query/keyword.h"

#include <stdbool.h>
#include <stddef.h>

enum { HP_CLAUSE_DEPTH = 128 };

/* What the statement is, as far as its literals go. */
typedef enum hp_statement_kind {
  HP_STATEMENT_START,     /* no word yet, or only EXPLAIN [QUERY PLAN] */
  HP_STATEMENT_DML,       /* literals are values */
  HP_STATEMENT_ATTACH,    /* ATTACH, DETACH, VACUUM: the same */
  HP_STATEMENT_SAVEPOINT, /* SAVEPOINT, RELEASE, ROLLBACK: names vary */
  HP_STATEMENT_PRAGMA,    /* literals are part of the text */
  HP_STATEMENT_OTHER      /* DDL and the rest: the same */
} hp_statement_kind;

typedef enum hp_clause {
  HP_CLAUSE_EXPR,   /* expressions: select list, WHERE, HAVING, ... */
  HP_CLAUSE_FROM,   /* tables */
  HP_CLAUSE_ON,     /* the condition of a join; a comma ends it */
  HP_CLAUSE_INTO,   /* INSERT INTO's table and its columns */
  HP_CLAUSE_NAMES,  /* a list of names */
  HP_CLAUSE_ORDER,  /* terms of ORDER BY, GROUP BY, PARTITION BY */
  HP_CLAUSE_SET,    /* left of = in SET */
  HP_CLAUSE_SETVAL, /* right of it */
  HP_CLAUSE_TARGET, /* ON CONFLICT ... up to DO: must match an index */
  HP_CLAUSE_TYPE,   /* the type in CAST */
  HP_CLAUSE_VALUES, /* rows of VALUES */
  HP_CLAUSE_WITH    /* names of common table expressions */
} hp_clause;

typedef enum hp_paren {
  HP_PAREN_GROUP,      /* grouping, subquery, row value, window */
  HP_PAREN_CAST,       /* CAST( */
  HP_PAREN_FUNC,       /* arguments of a function */
  HP_PAREN_IN,         /* an IN list */
  HP_PAREN_LIKELIHOOD, /* likelihood(x, 0.5): the number is syntax */
  HP_PAREN_NAMES,      /* a list of names */
  HP_PAREN_ROW         /* one row of VALUES */
} hp_paren;

/* A token as the tracker sees it. */
typedef enum hp_part {
  HP_PART_NONE, /* before the first token */
  HP_PART_KEYWORD,
  HP_PART_NAME,
  HP_PART_VALUE,
  HP_PART_OP,
  HP_PART_ILLEGAL
} hp_part;

typedef struct hp_word {
  hp_part part;
  hp_keyword keyword; /* HP_KW_NONE unless a keyword that matters */
  char op;            /* first byte of an operator, else 0 */
  bool likelihood;    /* the name of that function */
} hp_word;

/* A stretch of the text being written: the rows of VALUES seen so far. */
typedef struct hp_stretch {
  size_t start, n;
} hp_stretch;

typedef struct hp_level {
  hp_paren paren;
  hp_clause clause;
  bool verbatim;          /* literals must stay as they are */
  size_t separator;       /* for the writer: end of the row before, or 0 */
  size_t row_start;       /* ditto: where this level's row began */
  hp_stretch first, last; /* ditto: two rows written at this level */
} hp_level;

typedef struct hp_clause_tracker {
  hp_statement_kind kind;
  hp_keyword first_word; /* of the statement, EXPLAIN aside */
  hp_keyword creates;    /* CREATE: TABLE, VIEW, TRIGGER, INDEX, VIRTUAL */
  hp_word prev;          /* the last token */
  hp_keyword prev2;      /* the keyword before it */
  size_t depth;          /* open parentheses */
  hp_level level[HP_CLAUSE_DEPTH + 1];
} hp_clause_tracker;

/* At the beginning of a statement. */
void hp_clause_begin(hp_clause_tracker *c);

/* Takes in the next token. */
void hp_clause_feed(hp_clause_tracker *c, hp_word word);

/* The innermost level; valid until the next feed. */
hp_level *hp_clause_level(hp_clause_tracker *c);

/* True if an expression certainly begins with the next token: after an
** operator, an opening parenthesis or a word like WHERE. */
bool hp_clause_expects_operand(const hp_clause_tracker *c);

/* True if a quoted token here can be nothing but a name: a table, an alias,
** a column that is being assigned. */
bool hp_clause_expects_name(const hp_clause_tracker *c);

/* True if a double-quoted token here is most likely a column (the select
** list, the left of a comparison) and not a misquoted string. */
bool hp_clause_expects_column(const hp_clause_tracker *c);

/* True if literals here are values that may be replaced by a parameter. */
bool hp_clause_unifies(const hp_clause_tracker *c);

/* True if a number here is the position of a result column, provided that
** the term ends after it. */
bool hp_clause_expects_position(const hp_clause_tracker *c);

#endif
