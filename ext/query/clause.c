/* SPDX-License-Identifier: MIT */
#include "query/clause.h"

static size_t top(const hp_clause_tracker *c) {
  return c->depth < HP_CLAUSE_DEPTH ? c->depth : HP_CLAUSE_DEPTH;
}

hp_level *hp_clause_level(hp_clause_tracker *c) {
  return &c->level[top(c)];
}

void hp_clause_begin(hp_clause_tracker *c) {
  c->kind = HP_STATEMENT_START;
  c->first_word = c->creates = HP_KW_NONE;
  c->prev = (hp_word){.part = HP_PART_NONE};
  c->prev2 = HP_KW_NONE;
  c->depth = 0;
  c->level[0] = (hp_level){.paren = HP_PAREN_GROUP};
}

static bool after(const hp_clause_tracker *c, hp_keyword keyword) {
  return c->prev.part == HP_PART_KEYWORD && c->prev.keyword == keyword;
}

static bool after_op(const hp_clause_tracker *c, char op) {
  return c->prev.part == HP_PART_OP && c->prev.op == op;
}

static hp_statement_kind kind_of(hp_keyword word) {
  switch (word) {
  case HP_KW_EXPLAIN:
  case HP_KW_QUERY:
  case HP_KW_PLAN: return HP_STATEMENT_START;
  case HP_KW_SELECT:
  case HP_KW_VALUES:
  case HP_KW_WITH:
  case HP_KW_INSERT:
  case HP_KW_REPLACE:
  case HP_KW_UPDATE:
  case HP_KW_DELETE: return HP_STATEMENT_DML;
  case HP_KW_ATTACH:
  case HP_KW_DETACH:
  case HP_KW_VACUUM: return HP_STATEMENT_ATTACH;
  case HP_KW_SAVEPOINT:
  case HP_KW_RELEASE:
  case HP_KW_ROLLBACK: return HP_STATEMENT_SAVEPOINT;
  case HP_KW_PRAGMA: return HP_STATEMENT_PRAGMA;
  default: return HP_STATEMENT_OTHER;
  }
}

/* CREATE TABLE x AS SELECT: from the AS on its literals are values. */
static void watch_create(hp_clause_tracker *c, hp_keyword word) {
  if (c->first_word != HP_KW_CREATE) return;
  if (c->creates == HP_KW_NONE &&
      (word == HP_KW_TABLE || word == HP_KW_VIEW || word == HP_KW_TRIGGER ||
       word == HP_KW_INDEX || word == HP_KW_VIRTUAL))
    c->creates = word;
  else if (c->creates == HP_KW_TABLE && word == HP_KW_AS && c->depth == 0)
    c->kind = HP_STATEMENT_DML;
}

static bool term_list_begins(const hp_clause_tracker *c) {
  return after(c, HP_KW_ORDER) || after(c, HP_KW_GROUP) ||
         after(c, HP_KW_PARTITION);
}

/* The clause that word opens at this level, or the present one. */
static hp_clause clause_after(const hp_clause_tracker *c, hp_clause now,
                              hp_keyword word) {
  if (now == HP_CLAUSE_TARGET && word != HP_KW_DO) return now;
  switch (word) {
  case HP_KW_DO:
  case HP_KW_SELECT:
  case HP_KW_WHERE:
  case HP_KW_HAVING:
  case HP_KW_RETURNING:
  case HP_KW_WINDOW:
  case HP_KW_LIMIT:
  case HP_KW_UNION:
  case HP_KW_EXCEPT:
  case HP_KW_INTERSECT: return HP_CLAUSE_EXPR;
  case HP_KW_FROM: /* but: IS DISTINCT FROM */
    return after(c, HP_KW_DISTINCT) ? now : HP_CLAUSE_FROM;
  case HP_KW_JOIN: return HP_CLAUSE_FROM;
  case HP_KW_ON: return now == HP_CLAUSE_FROM ? HP_CLAUSE_ON : HP_CLAUSE_EXPR;
  case HP_KW_CONFLICT: return after(c, HP_KW_ON) ? HP_CLAUSE_TARGET : now;
  case HP_KW_INTO: return HP_CLAUSE_INTO;
  case HP_KW_BY: return term_list_begins(c) ? HP_CLAUSE_ORDER : now;
  case HP_KW_SET: return HP_CLAUSE_SET;
  case HP_KW_VALUES: return HP_CLAUSE_VALUES;
  case HP_KW_WITH: return HP_CLAUSE_WITH;
  default: return now;
  }
}

static void feed_keyword(hp_clause_tracker *c, hp_keyword word) {
  hp_level *level = hp_clause_level(c);

  if (c->kind == HP_STATEMENT_START) {
    c->kind = kind_of(word);
    if (c->kind != HP_STATEMENT_START) c->first_word = word;
  }
  watch_create(c, word);
  if (c->depth >= HP_CLAUSE_DEPTH) return;
  if (word == HP_KW_AS && level->paren == HP_PAREN_CAST)
    level->clause = HP_CLAUSE_TYPE;
  else
    level->clause = clause_after(c, level->clause, word);
  if (word == HP_KW_VALUES) level->first = level->last = (hp_stretch){0};
}

/* Words of functions and operators that can be written like a call. */
static bool calls(hp_keyword word) {
  return word == HP_KW_REPLACE || word == HP_KW_LIKE || word == HP_KW_GLOB ||
         word == HP_KW_MATCH || word == HP_KW_REGEXP;
}

static bool names_follow(const hp_clause_tracker *c, hp_clause clause) {
  if (after(c, HP_KW_USING)) return true;
  if (clause == HP_CLAUSE_SET) return after(c, HP_KW_SET) || after_op(c, ',');
  return (clause == HP_CLAUSE_INTO || clause == HP_CLAUSE_WITH) &&
         c->prev.part == HP_PART_NAME;
}

static hp_paren paren_after(const hp_clause_tracker *c, hp_clause clause) {
  if (names_follow(c, clause)) return HP_PAREN_NAMES;
  if (after(c, HP_KW_IN)) return HP_PAREN_IN;
  if (after(c, HP_KW_CAST)) return HP_PAREN_CAST;
  if (clause == HP_CLAUSE_VALUES &&
      (after(c, HP_KW_VALUES) || after_op(c, ',')))
    return HP_PAREN_ROW;
  if (c->prev.part == HP_PART_NAME)
    return c->prev.likelihood ? HP_PAREN_LIKELIHOOD : HP_PAREN_FUNC;
  return calls(c->prev.keyword) ? HP_PAREN_FUNC : HP_PAREN_GROUP;
}

static void open_paren(hp_clause_tracker *c) {
  const hp_level *outer = hp_clause_level(c);
  hp_level inner = {.paren = paren_after(c, outer->clause)};

  inner.verbatim = outer->verbatim || outer->clause == HP_CLAUSE_TARGET ||
                   outer->clause == HP_CLAUSE_TYPE;
  if (inner.paren == HP_PAREN_NAMES)
    inner.clause = HP_CLAUSE_NAMES;
  else if (inner.paren == HP_PAREN_GROUP && outer->clause == HP_CLAUSE_FROM)
    inner.clause = HP_CLAUSE_FROM;
  else
    inner.clause = HP_CLAUSE_EXPR;
  c->depth++;
  if (c->depth >= HP_CLAUSE_DEPTH)
    inner = (hp_level){.paren = HP_PAREN_GROUP, .clause = HP_CLAUSE_EXPR};
  *hp_clause_level(c) = inner;
}

static void feed_op(hp_clause_tracker *c, char op) {
  hp_level *level = hp_clause_level(c);

  if (op == '(') {
    open_paren(c);
  } else if (op == ')') {
    if (c->depth > 0) c->depth--;
  } else if (op == ',' && level->clause == HP_CLAUSE_ON) {
    level->clause = HP_CLAUSE_FROM;
  } else if (op == ',' && level->clause == HP_CLAUSE_SETVAL) {
    level->clause = HP_CLAUSE_SET;
  } else if (op == '=' && level->clause == HP_CLAUSE_SET) {
    level->clause = HP_CLAUSE_SETVAL;
  }
}

void hp_clause_feed(hp_clause_tracker *c, hp_word word) {
  hp_keyword before = c->prev.keyword;

  if (word.part == HP_PART_KEYWORD)
    feed_keyword(c, word.keyword);
  else if (c->kind == HP_STATEMENT_START)
    c->kind = HP_STATEMENT_OTHER;
  if (word.part == HP_PART_OP) feed_op(c, word.op);
  c->prev = word;
  c->prev2 = before;
}

/* The words after which only an expression can come. */
static bool introduces_operand(const hp_clause_tracker *c) {
  switch (c->prev.keyword) {
  case HP_KW_ALL:
  case HP_KW_AND:
  case HP_KW_BETWEEN:
  case HP_KW_CASE:
  case HP_KW_DISTINCT:
  case HP_KW_ELSE:
  case HP_KW_ESCAPE:
  case HP_KW_GLOB:
  case HP_KW_HAVING:
  case HP_KW_IS:
  case HP_KW_LIKE:
  case HP_KW_LIMIT:
  case HP_KW_MATCH:
  case HP_KW_NOT:
  case HP_KW_OFFSET:
  case HP_KW_ON:
  case HP_KW_OR:
  case HP_KW_REGEXP:
  case HP_KW_RETURNING:
  case HP_KW_SELECT:
  case HP_KW_THEN:
  case HP_KW_WHEN:
  case HP_KW_WHERE: return true;
  case HP_KW_BY:
    return c->prev2 == HP_KW_ORDER || c->prev2 == HP_KW_GROUP ||
           c->prev2 == HP_KW_PARTITION;
  case HP_KW_FROM: return c->prev2 == HP_KW_DISTINCT;
  case HP_KW_ATTACH:
  case HP_KW_INTO:
  case HP_KW_KEY: return c->kind == HP_STATEMENT_ATTACH;
  case HP_KW_NONE: /* ATTACH DATABASE */
    return c->kind == HP_STATEMENT_ATTACH && c->prev2 == HP_KW_ATTACH;
  default: return false;
  }
}

bool hp_clause_expects_operand(const hp_clause_tracker *c) {
  if (c->prev.part == HP_PART_KEYWORD) return introduces_operand(c);
  return c->prev.part == HP_PART_OP && c->prev.op != ')' && c->prev.op != '.';
}

bool hp_clause_expects_name(const hp_clause_tracker *c) {
  const hp_level *level = &c->level[top(c)];

  if (after_op(c, '.') || !hp_clause_expects_operand(c)) return true;
  if (!after_op(c, ',') && !after_op(c, '(')) return false;
  switch (level->clause) {
  case HP_CLAUSE_FROM:
  case HP_CLAUSE_INTO:
  case HP_CLAUSE_NAMES:
  case HP_CLAUSE_SET:
  case HP_CLAUSE_WITH: return true;
  default: return false;
  }
}

bool hp_clause_expects_column(const hp_clause_tracker *c) {
  const hp_level *level = &c->level[top(c)];

  if (c->kind != HP_STATEMENT_DML) return false;
  if (after_op(c, '(') || after_op(c, ','))
    return level->paren == HP_PAREN_GROUP && level->clause != HP_CLAUSE_VALUES;
  switch (c->prev.keyword) {
  case HP_KW_ALL:
  case HP_KW_AND:
  case HP_KW_BY:
  case HP_KW_CASE:
  case HP_KW_DISTINCT:
  case HP_KW_HAVING:
  case HP_KW_NOT:
  case HP_KW_ON:
  case HP_KW_OR:
  case HP_KW_RETURNING:
  case HP_KW_SELECT:
  case HP_KW_WHEN:
  case HP_KW_WHERE: return true;
  default: return false;
  }
}

bool hp_clause_unifies(const hp_clause_tracker *c) {
  const hp_level *level = &c->level[top(c)];

  if (c->kind != HP_STATEMENT_DML && c->kind != HP_STATEMENT_ATTACH)
    return false;
  return !level->verbatim && level->clause != HP_CLAUSE_TARGET &&
         level->clause != HP_CLAUSE_TYPE && level->paren != HP_PAREN_LIKELIHOOD;
}

bool hp_clause_expects_position(const hp_clause_tracker *c) {
  return c->level[top(c)].clause == HP_CLAUSE_ORDER &&
         (after(c, HP_KW_BY) || after_op(c, ','));
}
