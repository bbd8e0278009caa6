/* SPDX-License-Identifier: MIT */
#include "advisor/sample.h"

#include <string.h>

/* Fewer rows than these say too little. */
enum { FEW_ROWS = 5000 };

static double fraction_of(const hp_table *t, double fraction) {
  double least =
      t->n_rows > FEW_ROWS ? (double)FEW_ROWS / (double)t->n_rows : 1;

  return fraction > least ? fraction : least;
}

/* The share that decides about table t's rows: that of the first leader. */
static int root_of(const hp_sample *s, int t) {
  while (s->at[t].leader >= 0) t = s->at[t].leader;
  return t;
}

/* A leader of which a far larger share is taken would bring too many rows
** along. */
static bool may_lead(const hp_sample *s, const hp_join *j) {
  const hp_share *p = &s->at[j->parent];
  int root = root_of(s, j->parent);

  return p->fraction < 1 && root != j->child &&
         s->at[root].fraction <= 2 * s->at[j->child].fraction &&
         (p->leads_by < 0 || p->leads_by == j->key);
}

static void choose_leader(hp_sample *s, int t, const hp_joins *joins) {
  const hp_join *best = NULL;

  if (s->at[t].fraction >= 1) return;
  for (int i = 0; i < joins->n; i++) {
    const hp_join *j = &joins->at[i];

    if (j->child != t || !may_lead(s, j)) continue;
    if (!best ||
        s->tables.at[j->parent].n_rows > s->tables.at[best->parent].n_rows) {
      best = j;
    }
  }
  if (!best) return;
  s->at[t].leader = best->parent;
  s->at[t].column = best->column;
  s->at[t].key = best->key;
  s->at[best->parent].leads_by = best->key;
}

static int depth_of(const hp_sample *s, int t) {
  int depth = 0;

  for (; s->at[t].leader >= 0; t = s->at[t].leader) depth++;
  return depth;
}

static void put_in_order(hp_sample *s) {
  int n = 0;

  for (int depth = 0; n < s->tables.n; depth++) {
    for (int t = 0; t < s->tables.n; t++) {
      if (depth_of(s, t) == depth) s->order[n++] = t;
    }
  }
}

int hp_sample_divide(hp_sample *out, const hp_joins *joins, double fraction) {
  size_t n = (size_t)out->tables.n + 1;

  out->at = sqlite3_malloc64(n * sizeof *out->at);
  out->order = sqlite3_malloc64(n * sizeof *out->order);
  if (!out->at || !out->order) return SQLITE_NOMEM;
  for (int t = 0; t < out->tables.n; t++) {
    out->at[t] =
        (hp_share){.fraction = fraction_of(&out->tables.at[t], fraction),
                   .leader = -1,
                   .column = -1,
                   .key = -1,
                   .leads_by = -1};
  }
  for (int t = 0; t < out->tables.n; t++) choose_leader(out, t, joins);
  put_in_order(out);
  return SQLITE_OK;
}

static int fail(sqlite3 *db, int rc, char **err) {
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !*err) {
    *err =
        sqlite3_mprintf("the database cannot be read: %s", sqlite3_errmsg(db));
  }
  return rc;
}

static int read_bytes(sqlite3 *db, int64_t *out) {
  sqlite3_stmt *row = NULL;
  int rc = sqlite3_prepare_v2(db,
                              "SELECT page_count * page_size FROM"
                              " pragma_page_count('main'),"
                              " pragma_page_size('main')",
                              -1, &row, NULL);

  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    *out = sqlite3_column_int64(row, 0);
  }
  return rc == SQLITE_OK ? sqlite3_finalize(row) : rc;
}

int hp_sample_plan(sqlite3 *db, const hp_statement *statements, int n,
                   int64_t max_bytes, hp_sample *out, char **err) {
  hp_joins joins = {0};
  int rc;

  *out = (hp_sample){0};
  *err = NULL;
  rc = fail(db, read_bytes(db, &out->n_bytes), err);
  if (rc != SQLITE_OK || out->n_bytes <= max_bytes) return rc;
  rc = fail(db, hp_tables_read(db, &out->tables), err);
  if (rc == SQLITE_OK) {
    rc = hp_joins_find(db, &out->tables, statements, n, &joins, err);
  }
  if (rc == SQLITE_OK) {
    rc =
        hp_sample_divide(out, &joins, (double)max_bytes / (double)out->n_bytes);
  }
  hp_joins_term(&joins);
  return rc;
}

double hp_sample_scale(const hp_sample *s, const char *table) {
  int t = s ? hp_tables_find(&s->tables, table) : -1;

  if (t < 0 || s->at[t].n_copied == 0) return 1;
  return (double)s->tables.at[t].n_rows / (double)s->at[t].n_copied;
}

double hp_sample_fraction(const hp_sample *s) {
  double all = 0, copied = 0;

  for (int t = 0; s && t < s->tables.n; t++) {
    all += (double)s->tables.at[t].n_rows;
    copied += (double)s->at[t].n_copied;
  }
  return all > 0 ? copied / all : 1;
}

void hp_sample_term(hp_sample *s) {
  hp_tables_term(&s->tables);
  sqlite3_free(s->at);
  sqlite3_free(s->order);
  *s = (hp_sample){0};
}
