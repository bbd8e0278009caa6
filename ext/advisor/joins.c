/* SPDX-License-Identifier: MIT */
#include "advisor/joins.h"

#include "advisor/lens.h"

#include <stdlib.h>
#include <string.h>

/* Columns of EXPLAIN. */
enum { COL_OPCODE = 1, COL_P1, COL_P2, COL_P3, COL_P4 };

typedef struct place {
  int table, column;
} place;

typedef struct search {
  sqlite3 *db;
  const hp_tables *tables;
  hp_joins *out;
} search;

static bool is_known(const hp_joins *j, const hp_join *x) {
  for (int i = 0; i < j->n; i++) {
    const hp_join *at = &j->at[i];

    if (at->child == x->child && at->column == x->column &&
        at->parent == x->parent && at->key == x->key) {
      return true;
    }
  }
  return false;
}

static int add(hp_joins *j, hp_join x) {
  hp_join *grown;

  if (is_known(j, &x)) return SQLITE_OK;
  grown = sqlite3_realloc64(j->at, ((size_t)j->n + 1) * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  j->at = grown;
  j->at[j->n++] = x;
  return SQLITE_OK;
}

/* ---- which columns name one row */

/* Runs sql with the table's name as ?1 and the column's as ?2: *found says
** whether it has a row. */
static int ask(sqlite3 *db, const char *sql, const hp_table *t, int column,
               bool *found) {
  sqlite3_stmt *row = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

  if (rc == SQLITE_OK) {
    sqlite3_bind_text(row, 1, t->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, t->columns[column].name, -1, SQLITE_STATIC);
    *found = sqlite3_step(row) == SQLITE_ROW;
  }
  return rc == SQLITE_OK ? sqlite3_finalize(row) : rc;
}

static int is_key(search *s, place p, bool *is) {
  const hp_table *t = &s->tables->at[p.table];

  *is = p.column == t->rowid_alias;
  if (*is) return SQLITE_OK;
  return ask(s->db,
             "SELECT 1 FROM pragma_index_list(?1, 'main') AS l,"
             " pragma_index_info(l.name, 'main') AS i"
             " WHERE l.\"unique\" AND NOT l.partial"
             " AND i.name = ?2 COLLATE NOCASE AND 1 = (SELECT count(*)"
             " FROM pragma_index_info(l.name, 'main'))",
             t, p.column, is);
}

/* Two columns are compared: one of them may name rows of the other's table. */
static int note_pair(search *s, place a, place b) {
  bool is = false;
  int rc;

  if (a.column < 0 || b.column < 0 || a.table == b.table) return SQLITE_OK;
  rc = is_key(s, b, &is);
  if (rc == SQLITE_OK && is) {
    return add(s->out, (hp_join){a.table, a.column, b.table, b.column});
  }
  if (rc == SQLITE_OK) rc = is_key(s, a, &is);
  if (rc == SQLITE_OK && is) {
    return add(s->out, (hp_join){b.table, b.column, a.table, a.column});
  }
  return rc;
}

/* ---- declared */

/* *out: the only key column of t, or -1. */
static int primary_key(sqlite3 *db, const hp_table *t, int *out) {
  int rc = SQLITE_OK, n = 0;

  *out = -1;
  for (int i = 0; rc == SQLITE_OK && i < t->n_columns; i++) {
    bool is = false;

    rc = ask(db,
             "SELECT 1 FROM pragma_table_info(?1, 'main')"
             " WHERE name = ?2 AND pk > 0",
             t, i, &is);
    if (is) *out = i;
    n += is;
  }
  if (n != 1) *out = -1;
  return rc;
}

/* One row (table, from, to). */
static int note_foreign_key(search *s, int child, sqlite3_stmt *row) {
  const char *table = (const char *)sqlite3_column_text(row, 0);
  const char *from = (const char *)sqlite3_column_text(row, 1);
  const char *to = (const char *)sqlite3_column_text(row, 2);
  int p = table ? hp_tables_find(s->tables, table) : -1;
  place a = {.table = child}, b = {.table = p};
  int rc = SQLITE_OK;

  if (!table || !from) return SQLITE_NOMEM;
  if (p < 0) return SQLITE_OK;
  a.column = hp_table_find(&s->tables->at[child], from);
  if (to)
    b.column = hp_table_find(&s->tables->at[p], to);
  else
    rc = primary_key(s->db, &s->tables->at[p], &b.column);
  return rc == SQLITE_OK ? note_pair(s, a, b) : rc;
}

/* Keys of several columns are left out. */
static int find_declared(search *s, int child) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(s->db,
                              "SELECT \"table\", \"from\", \"to\""
                              " FROM pragma_foreign_key_list(?1, 'main') AS f"
                              " WHERE 1 = (SELECT count(*) FROM"
                              " pragma_foreign_key_list(?1, 'main') AS o"
                              " WHERE o.id = f.id)",
                              -1, &rows, NULL);

  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_text(rows, 1, s->tables->at[child].name, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    rc = note_foreign_key(s, child, rows);
  }
  if (rc == SQLITE_OK) return sqlite3_finalize(rows);
  sqlite3_finalize(rows);
  return rc;
}

/* ---- compared */

typedef struct op {
  char kind; /* 'f' VFilter, 'c' a column is read, 's' a register is copied,
             ** '.' another */
  int p1, p2, p3;
  char *plan; /* of a VFilter */
} op;

typedef struct program {
  op *at; /* n of them */
  int n;
} program;

static char kind_of(const char *opcode) {
  if (strcmp(opcode, "VFilter") == 0) return 'f';
  if (strcmp(opcode, "VColumn") == 0) return 'c';
  if (strcmp(opcode, "SCopy") == 0 || strcmp(opcode, "Copy") == 0) return 's';
  return '.';
}

static int add_op(program *p, sqlite3_stmt *row) {
  const char *opcode = (const char *)sqlite3_column_text(row, COL_OPCODE);
  op *grown = sqlite3_realloc64(p->at, ((size_t)p->n + 1) * sizeof *grown);
  op o = {.p1 = sqlite3_column_int(row, COL_P1),
          .p2 = sqlite3_column_int(row, COL_P2),
          .p3 = sqlite3_column_int(row, COL_P3)};

  if (grown) p->at = grown;
  if (!grown || !opcode) return SQLITE_NOMEM;
  o.kind = kind_of(opcode);
  if (o.kind == 'f') {
    o.plan =
        sqlite3_mprintf("%s", (const char *)sqlite3_column_text(row, COL_P4));
    if (!o.plan) return SQLITE_NOMEM;
  }
  p->at[p->n++] = o;
  return SQLITE_OK;
}

static void free_program(program *p) {
  for (int i = 0; i < p->n; i++) sqlite3_free(p->at[i].plan);
  sqlite3_free(p->at);
}

/* The table that a cursor reads, or -1. */
static int table_of(const program *p, int cursor) {
  for (int i = 0; i < p->n; i++) {
    if (p->at[i].kind == 'f' && p->at[i].p1 == cursor) {
      return atoi(p->at[i].plan);
    }
  }
  return -1;
}

/* The column whose value the register has at instruction `at`: the last that
** was read into it. Registers are used again, so this is a guess. */
static place source_of(const program *p, int at, int reg) {
  for (int i = at - 1; i >= 0; i--) {
    const op *o = &p->at[i];

    if (o->kind == 's' && o->p2 == reg) reg = o->p1;
    if (o->kind == 'c' && o->p3 == reg) {
      return (place){table_of(p, o->p1), o->p2};
    }
  }
  return (place){-1, -1};
}

/* VFilter's arguments stand in registers from P3 + 2 on. */
static int note_filter(search *s, const program *p, int at) {
  const char *plan = p->at[at].plan;
  place mine = {.table = atoi(plan)};
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && (plan = strchr(plan, ',')); i++) {
    place other = source_of(p, at, p->at[at].p3 + 2 + i);

    mine.column = atoi(++plan);
    if (other.table < 0 || other.table >= s->tables->n ||
        other.column >= s->tables->at[other.table].n_columns) {
      continue;
    }
    rc = note_pair(s, mine, other);
  }
  return rc;
}

static int read_program(search *s, sqlite3_stmt *rows) {
  program p = {0};
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    rc = add_op(&p, rows);
  }
  for (int i = 0; rc == SQLITE_OK && i < p.n; i++) {
    if (p.at[i].kind == 'f') rc = note_filter(s, &p, i);
  }
  free_program(&p);
  return rc;
}

static int find_compared(search *s, hp_lens *lens, const char *sql) {
  sqlite3_stmt *rows = NULL;
  char *err = NULL;
  int rc = hp_lens_program(lens, sql, &rows, &err);

  sqlite3_free(err);
  if (rc != SQLITE_OK) return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
  rc = read_program(s, rows);
  if (sqlite3_finalize(rows) == SQLITE_NOMEM) rc = SQLITE_NOMEM;
  return rc;
}

int hp_joins_find(sqlite3 *db, const hp_tables *tables,
                  const hp_statement *statements, int n, hp_joins *out,
                  char **err) {
  search s = {.db = db, .tables = tables, .out = out};
  hp_lens *lens = NULL;
  int rc = SQLITE_OK;

  *out = (hp_joins){0};
  *err = NULL;
  for (int t = 0; rc == SQLITE_OK && t < tables->n; t++) {
    rc = find_declared(&s, t);
  }
  if (rc == SQLITE_OK) rc = hp_lens_open(db, tables, &lens, err);
  for (int i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = find_compared(&s, lens, statements[i].sql);
  }
  hp_lens_close(lens);
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
  return rc;
}

void hp_joins_term(hp_joins *j) {
  sqlite3_free(j->at);
  *j = (hp_joins){0};
}
