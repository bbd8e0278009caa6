/* SPDX-License-Identifier: MIT */
#include "cache/definition.h"
#include "cache/options.h"

#include <string.h>

static const char *const hidden_names[HP_N_HIDDEN] = {"_source", "_age_ms"};
static const char *const hidden_types[HP_N_HIDDEN] = {"TEXT", "INT"};

void hp_definition_free(hp_definition *d) {
  if (!d) return;
  hp_options_term(&d->options);
  sqlite3_free(d->name);
  sqlite3_free(d->sql);
  sqlite3_free(d->columns);
  sqlite3_free(d->declaration);
  sqlite3_free(d->params);
  sqlite3_free(d);
}

static int fail(char **err, char *sentence) {
  *err = sentence;
  return sentence ? SQLITE_ERROR : SQLITE_NOMEM;
}

/* Takes off white space and semicolons behind the statement. */
static void cut_tail(char *sql) {
  size_t n = strlen(sql);

  while (n && strchr(" \t\r\n\f;", sql[n - 1])) n--;
  sql[n] = 0;
}

/* The SELECT without its outer parentheses. */
static int take_select(hp_definition *d, const char *text, char **err) {
  size_t n = text ? strlen(text) : 0;

  while (n && strchr(" \t\r\n\f", *text)) text++, n--;
  while (n && strchr(" \t\r\n\f", text[n - 1])) n--;
  if (n < 2 || text[0] != '(' || text[n - 1] != ')') {
    return fail(err, sqlite3_mprintf(
                         "cached: the first argument is a SELECT in its own "
                         "parentheses: USING cached((SELECT …), ttl=60)"));
  }
  d->sql = sqlite3_mprintf("%.*s", (int)n - 2, text + 1);
  if (!d->sql) return SQLITE_NOMEM;
  cut_tail(d->sql);
  return SQLITE_OK;
}

/* A statement that can stand in a FROM clause is a single SELECT (or VALUES,
** or WITH … SELECT): nothing else can. */
static int check_is_select(sqlite3 *db, const hp_definition *d, char **err) {
  char *wrapped = sqlite3_mprintf("SELECT 1 FROM (%s\n)", d->sql);
  sqlite3_stmt *stmt = NULL;
  int rc;

  if (!wrapped) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, wrapped, -1, &stmt, NULL);
  sqlite3_finalize(stmt);
  sqlite3_free(wrapped);
  if (rc == SQLITE_NOMEM) return rc;
  if (rc) {
    return fail(err, sqlite3_mprintf("%s: only a single SELECT can be cached",
                                     d->name));
  }
  return SQLITE_OK;
}

static int prepare(sqlite3 *db, const hp_definition *d, sqlite3_stmt **out,
                   char **err) {
  const char *tail = "";
  int rc = sqlite3_prepare_v2(db, d->sql, -1, out, &tail);

  if (rc == SQLITE_NOMEM) return rc;
  if (rc) {
    fail(err, sqlite3_mprintf("%s: %s", d->name, sqlite3_errmsg(db)));
    return rc;
  }
  if (!*out || sqlite3_column_count(*out) == 0 ||
      !sqlite3_stmt_readonly(*out)) {
    return fail(err, sqlite3_mprintf("%s: only a single SELECT can be cached",
                                     d->name));
  }
  if (*tail) {
    return fail(err,
                sqlite3_mprintf("%s: one SELECT can be cached, not several "
                                "statements; what follows is: %.40s",
                                d->name, tail + strspn(tail, " \t\r\n\f;")));
  }
  return check_is_select(db, d, err);
}

/* The columns declared so far, with their names, to keep these apart. */
typedef struct names {
  sqlite3_str *declaration;
  char **list; /* each freed by free_names() */
  int n;
} names;

/* Room for n columns. On failure, too, end with free_names(). */
static int init_names(names *x, sqlite3 *db, int n) {
  *x = (names){.declaration = sqlite3_str_new(db)};
  x->list = sqlite3_malloc64(sizeof *x->list * (size_t)n);
  return x->list ? SQLITE_OK : SQLITE_NOMEM;
}

static bool is_taken(const names *x, const char *name) {
  for (int i = 0; i < x->n; i++) {
    if (sqlite3_stricmp(x->list[i], name) == 0) return true;
  }
  return false;
}

/* A name made from another that is taken; i counts the attempts from 1. */
typedef char *rename_fn(const char *name, const char *taken, int i);

/* `id` -> `id:1`, as SQLite does for views. */
static char *rename_result(const char *name, const char *taken, int i) {
  (void)taken;
  return sqlite3_mprintf("%s:%d", name, i);
}

/* `id` -> `_id` -> `__id` */
static char *rename_param(const char *name, const char *taken, int i) {
  (void)name, (void)i;
  return sqlite3_mprintf("_%s", taken);
}

/* Adds a column under name, or, if that is taken, under another one. */
static int add_name(names *x, const char *name, rename_fn *rename,
                    const char *rest) {
  char *chosen = sqlite3_mprintf("%s", name), *taken;

  for (int i = 1; chosen && is_taken(x, chosen); i++) {
    taken = chosen;
    chosen = rename(name, taken, i);
    sqlite3_free(taken);
  }
  if (!chosen) return SQLITE_NOMEM;
  x->list[x->n++] = chosen;
  sqlite3_str_appendf(x->declaration, "%s\"%w\"%s", x->n == 1 ? "" : ", ",
                      chosen, rest);
  return SQLITE_OK;
}

static void free_names(names *x) {
  for (int i = 0; i < x->n; i++) sqlite3_free(x->list[i]);
  sqlite3_free(x->list);
  sqlite3_free(sqlite3_str_finish(x->declaration));
}

/* A declared type may hold anything; what is not plain is replaced by a type
** of the same affinity (https://www.sqlite.org/datatype3.html, section 3.1).
** "hidden" has a meaning in virtual tables. */
static const char *safe_type(const char *type) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ (),";

  if (!type) return "";
  if (type[strspn(type, plain)] == 0 && sqlite3_strlike("%hidden%", type, 0)) {
    return type;
  }
  if (!sqlite3_strlike("%int%", type, 0)) return "INT";
  if (!sqlite3_strlike("%char%", type, 0) ||
      !sqlite3_strlike("%clob%", type, 0) ||
      !sqlite3_strlike("%text%", type, 0)) {
    return "TEXT";
  }
  if (!sqlite3_strlike("%blob%", type, 0)) return "BLOB";
  if (!sqlite3_strlike("%real%", type, 0) ||
      !sqlite3_strlike("%floa%", type, 0) ||
      !sqlite3_strlike("%doub%", type, 0)) {
    return "REAL";
  }
  return "NUMERIC";
}

/* Collation of the table column that a result column comes from, or NULL for
** the default one: comparisons outside must use it, as they would with a
** view. */
static const char *collation_of(sqlite3 *db, sqlite3_stmt *stmt, int col) {
  const char *collation = NULL, *table;

  if (!HP_HAS_API(column_table_name)) return NULL;
  table = sqlite3_column_table_name(stmt, col);
  if (!table) return NULL;
  if (sqlite3_table_column_metadata(db, sqlite3_column_database_name(stmt, col),
                                    table,
                                    sqlite3_column_origin_name(stmt, col), NULL,
                                    &collation, NULL, NULL, NULL)) {
    return NULL;
  }
  return collation && sqlite3_stricmp(collation, "BINARY") ? collation : NULL;
}

static int add_result_columns(names *x, sqlite3 *db, sqlite3_stmt *stmt) {
  int n = sqlite3_column_count(stmt);

  for (int i = 0; i < n; i++) {
    const char *name = sqlite3_column_name(stmt, i);
    const char *type = safe_type(sqlite3_column_decltype(stmt, i));
    const char *coll = collation_of(db, stmt, i);
    const char *space = *type ? " " : "";
    char *rest = coll
                     ? sqlite3_mprintf("%s%s COLLATE \"%w\"", space, type, coll)
                     : sqlite3_mprintf("%s%s", space, type);
    int rc =
        name && rest ? add_name(x, name, rename_result, rest) : SQLITE_NOMEM;

    sqlite3_free(rest);
    if (rc) return rc;
  }
  return sqlite3_str_errcode(x->declaration);
}

/* `:deck` -> deck, `?3` and `?` -> p3. A result column of the same name keeps
** it: the parameter becomes `_deck`. */
static int add_params(names *x, sqlite3_stmt *stmt, hp_definition *d) {
  sqlite3_str *list = sqlite3_str_new(NULL);
  int rc = SQLITE_OK;

  for (int i = 1; i <= d->n_params && !rc; i++) {
    const char *name = sqlite3_bind_parameter_name(stmt, i);
    char *plain = name && name[0] != '?' ? sqlite3_mprintf("%s", name + 1)
                                         : sqlite3_mprintf("p%d", i);
    rc = plain ? add_name(x, plain, rename_param, " HIDDEN") : SQLITE_NOMEM;
    sqlite3_free(plain);
    if (rc) break;
    sqlite3_str_appendf(list, "%s%s", i == 1 ? "" : ", ", x->list[x->n - 1]);
  }
  d->params = sqlite3_str_finish(list);
  if (!d->params && !rc) d->params = sqlite3_mprintf("");
  return rc ? rc : d->params ? SQLITE_OK : SQLITE_NOMEM;
}

static int add_hidden(names *x) {
  for (int i = 0; i < HP_N_HIDDEN; i++) {
    char rest[32];
    int rc;

    sqlite3_snprintf(sizeof rest, rest, " %s HIDDEN", hidden_types[i]);
    rc = add_name(x, hidden_names[i], rename_param, rest);
    if (rc) return rc;
  }
  return SQLITE_OK;
}

/* Everything declared so far, as text. */
static int take_text(const names *x, const char *format, char **out) {
  if (sqlite3_str_errcode(x->declaration)) {
    return sqlite3_str_errcode(x->declaration);
  }
  *out = sqlite3_mprintf(format, sqlite3_str_value(x->declaration));
  return *out ? SQLITE_OK : SQLITE_NOMEM;
}

static int declare(hp_definition *d, sqlite3 *db, sqlite3_stmt *stmt) {
  names x;
  int rc = init_names(&x, db, d->n_cols + d->n_params + HP_N_HIDDEN);

  if (!rc) rc = add_result_columns(&x, db, stmt);
  if (!rc) rc = take_text(&x, "%s", &d->columns);
  if (!rc) rc = add_params(&x, stmt, d);
  if (!rc) rc = add_hidden(&x);
  if (!rc) rc = take_text(&x, "CREATE TABLE x(%s)", &d->declaration);
  free_names(&x);
  return rc;
}

static int refuse_columns(const hp_definition *d, const char *now, char **err) {
  return fail(err, sqlite3_mprintf("%s: the columns of its SELECT are now (%s) "
                                   "instead of (%s); DROP TABLE %s and create "
                                   "it again",
                                   d->name, now, d->columns, d->name));
}

int hp_definition_check(const hp_definition *d, sqlite3 *db, sqlite3_stmt *stmt,
                        char **err) {
  names x;
  char *now = NULL;
  int rc = init_names(&x, db, sqlite3_column_count(stmt));

  if (!rc) rc = add_result_columns(&x, db, stmt);
  if (!rc) rc = take_text(&x, "%s", &now);
  /* NOLINTNEXTLINE: without an error there is a text */
  if (!rc && strcmp(now, d->columns) != 0) rc = refuse_columns(d, now, err);
  sqlite3_free(now);
  free_names(&x);
  return rc;
}

static int read_options(hp_definition *d, int argc, const char *const *argv,
                        char **err) {
  int rc = SQLITE_OK;

  for (int i = 4; i < argc && !rc; i++) {
    rc = hp_options_read(&d->options, argv[i], err);
  }
  return rc ? rc : hp_options_check(&d->options, err);
}

static int build(hp_definition *d, sqlite3 *db, int argc,
                 const char *const *argv, char **err) {
  sqlite3_stmt *stmt = NULL;
  int rc;

  d->name = sqlite3_mprintf("%s", argv[2]);
  d->is_stored = sqlite3_stricmp(argv[1], "temp") != 0;
  if (!d->name) return SQLITE_NOMEM;
  rc = take_select(d, argc > 3 ? argv[3] : NULL, err);
  if (!rc) rc = read_options(d, argc, argv, err);
  if (!rc) rc = prepare(db, d, &stmt, err);
  if (!rc) {
    d->n_cols = sqlite3_column_count(stmt);
    d->n_params = sqlite3_bind_parameter_count(stmt);
    rc = declare(d, db, stmt);
  }
  sqlite3_finalize(stmt);
  return rc;
}

int hp_definition_new(sqlite3 *db, int argc, const char *const *argv,
                      hp_definition **out, char **err) {
  hp_definition *d = sqlite3_malloc64(sizeof *d);
  int rc;

  *out = NULL;
  if (!d) return SQLITE_NOMEM;
  *d = (hp_definition){.n_cols = 0};
  rc = build(d, db, argc, argv, err);
  if (rc) {
    hp_definition_free(d);
    return rc;
  }
  *out = d;
  return SQLITE_OK;
}
