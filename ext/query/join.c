/* SPDX-License-Identifier: MIT */
#include "query/join.h"
#include "query/keyword.h"
#include "query/literal.h"

#include <stdbool.h>
#include <string.h>

static const char list_call[] = "json_each(?)";

/* Columns of the source that may feed the lookup, the likeliest first. The
** parameters are the lookup's table and column and the source's table. */
static const char candidates[] =
    /* The lookup's column refers to the source's table. */
    "SELECT coalesce(\"to\", 'id') FROM pragma_foreign_key_list(?1)"
    " WHERE \"from\" = ?2 COLLATE nocase AND \"table\" = ?3 COLLATE nocase "
    "UNION ALL "
    /* A column of the source refers to the lookup's table. */
    "SELECT \"from\" FROM pragma_foreign_key_list(?3)"
    " WHERE \"table\" = ?1 COLLATE nocase"
    " AND coalesce(\"to\", ?2) = ?2 COLLATE nocase "
    "UNION ALL "
    /* shelf_id for the id of shelf or shelves: three letters in common. */
    "SELECT 'id' WHERE lower(?2) LIKE '%\\_id' ESCAPE '\\'"
    " AND substr(lower(?2), 1, 3) = substr(lower(?3), 1, 3) "
    "UNION ALL "
    "SELECT name FROM pragma_table_info(?3) WHERE ?2 = 'id' COLLATE nocase"
    " AND lower(name) LIKE '%\\_id' ESCAPE '\\'"
    " AND substr(lower(name), 1, 3) = substr(lower(?1), 1, 3)";

/* Looks for the only table of a SELECT, token by token. */
typedef struct hunt {
  hp_token table; /* of length 0: not found yet */
  enum { BEFORE, AT_TABLE, AFTER_NAME, IN_FROM, PAST_FROM } where;
  bool is_simple;
} hunt;

static void look_after_table(hunt *h, hp_keyword word, const hp_token *tok) {
  if (h->where == AFTER_NAME && hp_token_is_op(tok, ".")) {
    h->where = AT_TABLE;
  } else if (word == HP_KW_WHERE || word == HP_KW_ORDER ||
             word == HP_KW_LIMIT || word == HP_KW_GROUP) {
    h->where = PAST_FROM;
  } else if (h->where != PAST_FROM) {
    h->where = IN_FROM;
    if (word == HP_KW_JOIN || hp_token_is_op(tok, ",")) h->is_simple = false;
  }
}

static void look(hunt *h, const hp_token *tok) {
  hp_keyword word = tok->kind == HP_TOK_KEYWORD
                        ? hp_keyword_of(tok->start, tok->n)
                        : HP_KW_NONE;

  if (tok->kind == HP_TOK_VARIABLE || word == HP_KW_UNION ||
      word == HP_KW_WITH || (word == HP_KW_FROM && h->where != BEFORE))
    h->is_simple = false;
  if (h->where == AT_TABLE) {
    h->table = *tok;
    h->where = AFTER_NAME;
  } else if (h->where == BEFORE) {
    if (word == HP_KW_FROM) h->where = AT_TABLE;
  } else {
    look_after_table(h, word, tok);
  }
}

/* The only table that a SELECT without parameters reads: caller frees. NULL
** with *rc still SQLITE_OK: there are several, or none. */
static char *table_of(const char *sql, int *rc) {
  hunt h = {.is_simple = true};
  hp_tokenizer t;
  hp_token tok;
  int quote;
  char *name;

  hp_tokenizer_init(&t, sql, strlen(sql));
  while (hp_tokenizer_next_solid(&t, &tok)) look(&h, &tok);
  quote = h.table.kind == HP_TOK_DQ || h.table.kind == HP_TOK_QUOTED;
  if (!h.is_simple || h.table.n == 0) return NULL;
  if (!quote && h.table.kind != HP_TOK_ID) return NULL;
  name = sqlite3_mprintf("%.*s", (int)h.table.n - 2 * quote,
                         h.table.start + quote);
  if (!name) *rc = SQLITE_NOMEM;
  return name;
}

/* Does the column have as many values in the source as there were calls? */
static bool feeds(sqlite3 *db, const char *source, const char *column,
                  int64_t calls) {
  char *sql = sqlite3_mprintf("SELECT count(DISTINCT q.\"%w\"), count(q.\"%w\")"
                              " FROM (%s\n) AS q",
                              column, column, source);
  sqlite3_stmt *stmt = NULL;
  bool is_so = false;
  int i;

  if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW)
    for (i = 0; i < 2; i++) {
      int64_t n = sqlite3_column_int64(stmt, i), gap = n - calls;

      if (n > 0 && (gap < 0 ? -gap : gap) * 10 <= n) is_so = true;
    }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return is_so;
}

/* The text many with the source's column instead of the list of values. */
static char *joined(const char *many, const char *source, const char *column) {
  const char *at = strstr(many, list_call);

  if (!at) return NULL;
  return sqlite3_mprintf("%.*s(SELECT \"%w\" AS value FROM (%s\n))%s",
                         (int)(at - many), many, column, source,
                         at + sizeof list_call - 1);
}

static int try_candidates(sqlite3 *db, sqlite3_stmt *names, const char *source,
                          const char *many, int64_t calls, char **out) {
  while (!*out && sqlite3_step(names) == SQLITE_ROW) {
    const char *column = (const char *)sqlite3_column_text(names, 0);

    if (!column || !feeds(db, source, column, calls)) continue;
    *out = joined(many, source, column);
    if (!*out) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static int make(sqlite3 *db, const char *source, const char *table,
                const hp_batch *b, const char *many, int64_t calls,
                char **out) {
  sqlite3_stmt *names = NULL;
  int rc = sqlite3_prepare_v2(db, candidates, -1, &names, NULL);

  if (rc != SQLITE_OK) return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
  sqlite3_bind_text(names, 1, b->table, -1, SQLITE_STATIC);
  sqlite3_bind_text(names, 2, b->column, -1, SQLITE_STATIC);
  sqlite3_bind_text(names, 3, table, -1, SQLITE_STATIC);
  rc = try_candidates(db, names, source, many, calls, out);
  sqlite3_finalize(names);
  return rc;
}

/* The text without what must not stand in a subquery: a final semicolon. */
static char *trimmed(const char *sql) {
  size_t n = strlen(sql);

  while (n > 0 && strchr("; \t\r\n", sql[n - 1])) n--;
  return sqlite3_mprintf("%.*s", (int)n, sql);
}

int hp_join_make(sqlite3 *db, const char *source, const hp_batch *b,
                 const char *many, int64_t calls, char **out) {
  int rc = SQLITE_OK;
  char *table, *text;

  *out = NULL;
  if (!b->table || b->has_parameters) return SQLITE_OK;
  table = table_of(source, &rc);
  if (!table) return rc;
  text = trimmed(source);
  rc = text ? make(db, text, table, b, many, calls, out) : SQLITE_NOMEM;
  sqlite3_free(text);
  sqlite3_free(table);
  return rc;
}
