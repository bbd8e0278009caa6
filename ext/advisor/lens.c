/* SPDX-License-Identifier: MIT */
#include "advisor/lens.h"

#include "base/hook.h"
#include "schema/gate.h"
#include "schema/stubs.h"

#include <string.h>

struct hp_lens {
  sqlite3 *db;
  hp_gate gate;
  const hp_tables *tables; /* borrowed */
  hp_needs *out;           /* where xBestIndex adds; NULL: nobody looks */
  int rc;                  /* SQLITE_NOMEM once that has failed */
};

typedef struct lens_table {
  sqlite3_vtab base;
  hp_lens *lens;
  int table; /* position in tables */
} lens_table;

/* ---- xBestIndex */

/* SQL text of the constant on a constraint's right side, NULL if there is
** none (or SQLite is too old to tell). */
static char *literal_of(sqlite3_index_info *info, int i) {
  sqlite3_value *value = NULL;

  if (info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_ISNULL) {
    return sqlite3_mprintf("NULL");
  }
  if (sqlite3_libversion_number() < 3038000 || !HP_HAS_API(vtab_rhs_value) ||
      sqlite3_vtab_rhs_value(info, i, &value) != SQLITE_OK || !value) {
    return NULL;
  }
  switch (sqlite3_value_type(value)) {
  case SQLITE_INTEGER:
    return sqlite3_mprintf("%lld", sqlite3_value_int64(value));
  case SQLITE_TEXT: return sqlite3_mprintf("%Q", sqlite3_value_text(value));
  default: return NULL;
  }
}

/* The comparison's collation where it is not the column's own. */
static char *collation_of(sqlite3_index_info *info, int i,
                          const hp_column *column) {
  const char *name =
      HP_HAS_API(vtab_collation) ? sqlite3_vtab_collation(info, i) : NULL;

  if (!name || sqlite3_stricmp(name, column->collation) == 0) return NULL;
  return sqlite3_mprintf("%s", name);
}

/* True, too, if SQLite is too old to tell. */
static bool is_list(sqlite3_index_info *info, int i) {
  if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) return false;
  return sqlite3_libversion_number() < 3038000 || !HP_HAS_API(vtab_in) ||
         sqlite3_vtab_in(info, i, -1);
}

static void note_constraint(const hp_table *t, sqlite3_index_info *info, int i,
                            hp_need *need) {
  const struct sqlite3_index_constraint *c = &info->aConstraint[i];
  int column = c->iColumn < 0 ? t->rowid_alias : c->iColumn;
  hp_term term = {.column = column};

  if (!c->usable || column >= t->n_columns) return;
  if (column == t->rowid_alias) {
    if (c->op == SQLITE_INDEX_CONSTRAINT_EQ) need->by_rowid = true;
    return;
  }
  switch (c->op) {
  case SQLITE_INDEX_CONSTRAINT_EQ:
  case SQLITE_INDEX_CONSTRAINT_IS:
  case SQLITE_INDEX_CONSTRAINT_ISNULL:
    term.literal = literal_of(info, i);
    term.collation = collation_of(info, i, &t->columns[column]);
    term.is_list = is_list(info, i);
    hp_terms_add(need->eq, &need->n_eq, term);
    break;
  case SQLITE_INDEX_CONSTRAINT_GT:
  case SQLITE_INDEX_CONSTRAINT_GE:
  case SQLITE_INDEX_CONSTRAINT_LT:
  case SQLITE_INDEX_CONSTRAINT_LE:
    term.collation = collation_of(info, i, &t->columns[column]);
    hp_terms_add(need->range, &need->n_range, term);
    break;
  case SQLITE_INDEX_CONSTRAINT_LIKE:
    if (sqlite3_stricmp(t->columns[column].collation, "NOCASE") != 0) {
      term.collation = sqlite3_mprintf("NOCASE");
    }
    hp_terms_add(need->range, &need->n_range, term);
    break;
  case SQLITE_INDEX_CONSTRAINT_GLOB:
    hp_terms_add(need->range, &need->n_range, term);
    break;
  case SQLITE_INDEX_CONSTRAINT_ISNOTNULL:
    hp_terms_add(need->present, &need->n_present, term);
    break;
  default: /* no index helps with the others: <>, IS NOT, LIMIT … */ break;
  }
}

/* The order up to the first term that no index of the table can give. */
static void note_order(const hp_table *t, const sqlite3_index_info *info,
                       hp_need *need) {
  for (int i = 0; i < info->nOrderBy; i++) {
    int column = info->aOrderBy[i].iColumn;

    /* Every index ends with the rowid. */
    if (column < 0 || column == t->rowid_alias) {
      need->in_rowid_order = i == 0;
      return;
    }
    hp_terms_add(
        need->order, &need->n_order,
        (hp_term){.column = column, .is_desc = info->aOrderBy[i].desc});
  }
}

/* Takes every equality, and writes into the plan which columns these are. */
static int take_equalities(const lens_table *lt, sqlite3_index_info *info) {
  const hp_table *t = &lt->lens->tables->at[lt->table];
  sqlite3_str *plan = sqlite3_str_new(NULL);
  int n = 0;

  sqlite3_str_appendf(plan, "%d", lt->table);
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];

    if (!c->usable || c->op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    info->aConstraintUsage[i].argvIndex = ++n;
    sqlite3_str_appendf(plan, ",%d",
                        c->iColumn < 0 ? t->rowid_alias : c->iColumn);
  }
  info->estimatedCost = 1000000.0 / (n + 1);
  info->estimatedRows = 1000000 / (n * n * n + 1);
  info->idxStr = sqlite3_str_finish(plan);
  info->needToFreeIdxStr = 1;
  return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int plan_lens(sqlite3_vtab *v, sqlite3_index_info *info) {
  lens_table *lt = (lens_table *)v;
  hp_lens *lens = lt->lens;
  hp_need need = {.table = lt->table, .used = info->colUsed};

  for (int i = 0; i < info->nConstraint; i++) {
    if (!info->aConstraint[i].usable) continue;
    note_constraint(&lens->tables->at[lt->table], info, i, &need);
  }
  note_order(&lens->tables->at[lt->table], info, &need);
  if (!lens->out || lens->rc != SQLITE_OK)
    hp_need_free(&need);
  else
    lens->rc = hp_needs_add(lens->out, &need);
  return lens->rc ? lens->rc : take_equalities(lt, info);
}

/* ---- the rest of the module: nothing is ever run */

static char *declaration_of(const hp_table *t) {
  sqlite3_str *sql = sqlite3_str_new(NULL);

  sqlite3_str_appendall(sql, "CREATE TABLE x(");
  for (int i = 0; i < t->n_columns; i++) {
    const hp_column *c = &t->columns[i];

    sqlite3_str_appendf(sql, "%s\"%w\" %s COLLATE \"%w\"%s", i ? ", " : "",
                        c->name, c->type, c->collation,
                        c->is_hidden ? " HIDDEN" : "");
  }
  sqlite3_str_appendall(sql, ")");
  return sqlite3_str_finish(sql);
}

static int connect_lens(sqlite3 *db, void *arg, int argc,
                        const char *const *argv, sqlite3_vtab **out,
                        char **err) {
  hp_lens *lens = arg;
  int table = hp_tables_find(lens->tables, argv[2]);
  lens_table *lt;
  char *sql;
  int rc;

  (void)argc;
  if (table < 0) return SQLITE_ERROR;
  sql = declaration_of(&lens->tables->at[table]);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_declare_vtab(db, sql);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    return rc;
  }
  lt = sqlite3_malloc64(sizeof *lt);
  if (!lt) return SQLITE_NOMEM;
  *lt = (lens_table){.lens = lens, .table = table};
  *out = &lt->base;
  return SQLITE_OK;
}

static int disconnect_lens(sqlite3_vtab *v) {
  sqlite3_free(v);
  return SQLITE_OK;
}

static int refuse_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out) {
  (void)v;
  *out = NULL;
  return SQLITE_ERROR;
}

static int refuse_update(sqlite3_vtab *v, int n, sqlite3_value **args,
                         sqlite3_int64 *rowid) {
  (void)v, (void)n, (void)args;
  *rowid = 0;
  return SQLITE_ERROR;
}

static const sqlite3_module lens_module = {
    .xCreate = connect_lens,
    .xConnect = connect_lens,
    .xBestIndex = plan_lens,
    .xDisconnect = disconnect_lens,
    .xDestroy = disconnect_lens,
    .xOpen = refuse_open,
    .xUpdate = refuse_update,
};

/* ---- opening */

static int explain_failure(hp_lens *lens, int rc, char **err) {
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(lens->db));
  }
  return rc;
}

static int create_table(hp_lens *lens, const char *name) {
  char *sql =
      sqlite3_mprintf("CREATE VIRTUAL TABLE main.\"%w\" USING hp_lens", name);
  int rc = sql ? sqlite3_exec(lens->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

  sqlite3_free(sql);
  return rc;
}

/* Replays views and temp tables; one that fails is left out. */
static int replay(hp_lens *lens, sqlite3 *copy, const char *query,
                  const char *skip, const char *create) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(copy, query, -1, &rows, NULL);

  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(rows, 0);
    char *sql = NULL;

    if (!text || sqlite3_strnicmp(text, skip, (int)strlen(skip)) != 0) continue;
    sql = sqlite3_mprintf("%s%s", create, text + strlen(skip));
    if (!sql) rc = SQLITE_NOMEM;
    lens->gate.mode = HP_GATE_REPLAY;
    if (sql && sqlite3_exec(lens->db, sql, NULL, NULL, NULL) == SQLITE_NOMEM) {
      rc = SQLITE_NOMEM;
    }
    lens->gate.mode = HP_GATE_OPEN;
    sqlite3_free(sql);
  }
  sqlite3_finalize(rows);
  return rc;
}

static int fill(hp_lens *lens, sqlite3 *copy) {
  int rc = sqlite3_exec(lens->db, "BEGIN", NULL, NULL, NULL);

  for (int i = 0; rc == SQLITE_OK && i < lens->tables->n; i++) {
    rc = create_table(lens, lens->tables->at[i].name);
  }
  if (rc == SQLITE_OK) {
    rc = replay(lens, copy,
                "SELECT sql FROM main.sqlite_schema WHERE type = 'view'",
                "CREATE ", "CREATE ");
  }
  if (rc == SQLITE_OK) {
    rc = replay(lens, copy,
                "SELECT sql FROM sqlite_temp_schema WHERE type = 'table'"
                " AND rootpage > 0 AND substr(name, 1, 3) <> 'hp_'",
                "CREATE TABLE ", "CREATE TABLE temp.");
  }
  if (rc == SQLITE_OK) rc = sqlite3_exec(lens->db, "COMMIT", NULL, NULL, NULL);
  return rc;
}

int hp_lens_open(sqlite3 *copy, const hp_tables *tables, hp_lens **out,
                 char **err) {
  hp_lens *lens = sqlite3_malloc64(sizeof *lens);
  hp_conn *c;
  int rc;

  *out = NULL;
  *err = NULL;
  if (!lens) return SQLITE_NOMEM;
  *lens = (hp_lens){.tables = tables};
  rc = sqlite3_open_v2(":memory:", &lens->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  if (rc == SQLITE_OK && (c = hp_conn_find(lens->db)) != NULL) hp_hook_mute(c);
  if (rc == SQLITE_OK) rc = hp_stubs_init(lens->db);
  if (rc == SQLITE_OK) {
    rc =
        sqlite3_create_module_v2(lens->db, "hp_lens", &lens_module, lens, NULL);
  }
  if (rc == SQLITE_OK) rc = hp_gate_install(&lens->gate, lens->db);
  if (rc == SQLITE_OK) rc = fill(lens, copy);
  if (rc == SQLITE_OK) {
    *out = lens;
    return rc;
  }
  explain_failure(lens, rc, err);
  hp_lens_close(lens);
  return rc;
}

void hp_lens_close(hp_lens *lens) {
  if (!lens) return;
  sqlite3_close(lens->db);
  sqlite3_free(lens);
}

static int compile(hp_lens *lens, const char *sql, sqlite3_stmt **out,
                   char **err) {
  int rc;

  *out = NULL;
  *err = NULL;
  lens->rc = SQLITE_OK;
  lens->gate.mode = HP_GATE_COMPILE;
  rc = sqlite3_prepare_v2(lens->db, sql, -1, out, NULL);
  lens->gate.mode = HP_GATE_OPEN;
  if (lens->rc != SQLITE_OK) rc = lens->rc;
  return explain_failure(lens, rc, err);
}

int hp_lens_look(hp_lens *lens, const char *sql, hp_needs *out, char **err) {
  sqlite3_stmt *stmt;
  int rc;

  *out = (hp_needs){0};
  lens->out = out;
  rc = compile(lens, sql, &stmt, err);
  lens->out = NULL;
  sqlite3_finalize(stmt);
  return rc;
}

int hp_lens_program(hp_lens *lens, const char *sql, sqlite3_stmt **out,
                    char **err) {
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  int rc = SQLITE_NOMEM;

  *out = NULL;
  *err = NULL;
  if (explain) rc = compile(lens, explain, out, err);
  sqlite3_free(explain);
  if (rc != SQLITE_OK) {
    sqlite3_finalize(*out);
    *out = NULL;
  }
  return rc;
}
