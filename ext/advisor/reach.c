/* SPDX-License-Identifier: MIT */
#include "advisor/reach.h"

#include "schema/footprint.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 63 };

static const uint64_t all_columns = ~(uint64_t)0;

/* ---- reading */

static uint64_t bit_of(const hp_table *t, const char *column) {
  int i = hp_table_find(t, column);

  if (i < 0 || i >= MAX_COLUMNS) return all_columns;
  return (uint64_t)1 << i;
}

/* Every index has the rowid, which a column may be called, too. */
static uint64_t read_bits(const hp_table *t, const char *column) {
  if (*column == '\0') return 0;
  if (sqlite3_stricmp(column, "rowid") == 0 && hp_table_find(t, column) < 0) {
    return 0;
  }
  return bit_of(t, column);
}

static void note_access(const hp_tables *tables, hp_reach *r,
                        const hp_access *a) {
  int table = sqlite3_stricmp(a->database, "main") == 0
                  ? hp_tables_find(tables, a->table)
                  : -1;

  if (a->mode != HP_ACCESS_READ) r->writes = true;
  if (table < 0) return;
  r->touches[table] = true;
  if (a->mode == HP_ACCESS_READ) {
    r->reads[table] |= read_bits(&tables->at[table], a->column);
  } else if (a->mode == HP_ACCESS_UPDATE) {
    r->updates[table] |= bit_of(&tables->at[table], a->column);
  } else {
    r->updates[table] = all_columns;
  }
}

/* In doubt everything counts. */
static void note_all(const hp_tables *tables, hp_reach *r) {
  for (int i = 0; i < tables->n; i++) {
    r->touches[i] = true;
    r->reads[i] = all_columns;
  }
}

int hp_reach_read(hp_shadow *shadow, const hp_tables *tables, const char *sql,
                  hp_reach *out) {
  size_t n = (size_t)tables->n + 1;
  hp_footprint f = {0};
  int rc;

  *out = (hp_reach){.touches = sqlite3_malloc64(n * sizeof *out->touches),
                    .reads = sqlite3_malloc64(n * sizeof *out->reads),
                    .updates = sqlite3_malloc64(n * sizeof *out->updates)};
  if (!out->touches || !out->reads || !out->updates) return SQLITE_NOMEM;
  memset(out->touches, 0, n * sizeof *out->touches);
  memset(out->reads, 0, n * sizeof *out->reads);
  memset(out->updates, 0, n * sizeof *out->updates);
  rc = hp_footprint_read(shadow, sql, &f);
  for (int i = 0; i < f.n; i++) note_access(tables, out, &f.at[i]);
  if (f.unknown) note_all(tables, out);
  hp_footprint_term(&f);
  return rc;
}

void hp_reach_term(hp_reach *r) {
  sqlite3_free(r->touches);
  sqlite3_free(r->reads);
  sqlite3_free(r->updates);
  *r = (hp_reach){0};
}

/* ---- indexes */

/* Columns of an index: all of them, and those of which one must be read for a
** search. An expression or a condition may read anything. */
typedef struct columns {
  uint64_t all, search;
} columns;

static columns columns_of(const hp_table *t, const hp_lab_index *x,
                          bool may_skip) {
  columns c = {0, x->is_partial ? all_columns : 0};
  const char *s = x->columns;

  if (t->rowid_alias >= 0 && t->rowid_alias < MAX_COLUMNS) {
    c.all = (uint64_t)1 << t->rowid_alias;
  }
  for (int i = 0; *s; i++) {
    char *end;
    long column = strtol(s, &end, 10);
    uint64_t bits = column < -1 ? all_columns : 0;

    if (column >= MAX_COLUMNS) bits = all_columns;
    if (column >= 0 && column < MAX_COLUMNS) {
      c.all |= bits = (uint64_t)1 << column;
    }
    if (i == 0 || may_skip || column < -1) c.search |= bits;
    s = *end ? end + 1 : end;
  }
  return c;
}

bool hp_reach_matters(const hp_reach *r, const hp_tables *tables,
                      const hp_lab_index *x, bool has_statistics) {
  int table = hp_tables_find(tables, x->table);
  columns c;

  if (table < 0) return true;
  if (!r->touches[table] || r->writes) return r->touches[table];
  c = columns_of(&tables->at[table], x, has_statistics);
  return (r->reads[table] & c.search) || !(r->reads[table] & ~c.all);
}

/* Names are looked for in the index's own text, which errs on the side of
** upkeep. */
bool hp_reach_keeps_up(const hp_reach *r, const hp_tables *tables,
                       const hp_lab_index *x) {
  int table = hp_tables_find(tables, x->table);
  const hp_table *of;

  if (table < 0 || !r->updates[table]) return false;
  if (r->updates[table] == all_columns) return true;
  of = &tables->at[table];
  for (int i = 0; i < of->n_columns && i < MAX_COLUMNS; i++) {
    if ((r->updates[table] >> i & 1) && strstr(x->sql, of->columns[i].name)) {
      return true;
    }
  }
  return false;
}
