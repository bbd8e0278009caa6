/* SPDX-License-Identifier: MIT */
#include "query/warning.h"

#include "query/candidate.h"
#include "query/predicate.h"

#include <string.h>

/* One plan being looked at. */
typedef struct look {
  hp_explain *e;
  hp_facts *f;
  const hp_stat_view *v;
  const hp_plan *plan;
  hp_predicate predicates[HP_PREDICATES];
  int n_predicates;
  int n_scans;  /* lines that scan */
  int n_tables; /* lines that scan or search */
  hp_warnings *out;
  bool is_told; /* of missing statistics */
} look;

const char *hp_warning_name(hp_warning_kind kind) {
  static const char *const names[] = {"none",
                                      "full scan",
                                      "temp b-tree",
                                      "automatic index",
                                      "correlated subquery",
                                      "LIKE without index",
                                      "function on indexed column",
                                      "collation mismatch",
                                      "affinity mismatch",
                                      "no statistics",
                                      "stale statistics",
                                      "join order"};

  return names[kind];
}

/* Takes ownership of fix. */
static int warn(look *l, hp_warning w, char *fix) {
  hp_warnings *out = l->out;
  hp_warning *grown =
      sqlite3_realloc64(out->at, ((size_t)out->n + 1) * sizeof *grown);

  if (!grown) {
    sqlite3_free(fix);
    return SQLITE_NOMEM;
  }
  w.fix = fix;
  grown[out->n++] = w;
  out->at = grown;
  return SQLITE_OK;
}

static bool begins_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_scan(const char *detail) {
  return begins_with(detail, "SCAN ");
}

/* The table that a SCAN or SEARCH line names; false for subqueries, virtual
** tables and the like. SQLite before 3.36 writes SCAN TABLE t AS alias, later
** ones SCAN alias. */
static bool table_of(const look *l, const char *detail, char *out) {
  const char *name = detail + (is_scan(detail) ? 5 : 7);
  char alias[HP_FACTS_NAME];
  size_t n;

  if (begins_with(name, "TABLE ")) name += 6;
  if (*name == '(' || begins_with(name, "SUBQUERY ") ||
      begins_with(name, "CONSTANT ROW") || strstr(name, " VIRTUAL TABLE "))
    return false;
  n = strcspn(name, " ");
  if (n >= sizeof alias) return false;
  memcpy(alias, name, n);
  alias[n] = 0;
  if (!hp_predicates_table(l->v->stat->query, alias, out))
    memcpy(out, alias, sizeof alias);
  return hp_shadow_object(hp_explain_shadow(l->e), "main", out) ==
         HP_OBJECT_TABLE;
}

static int64_t per_call(const look *l, int64_t total) {
  return total / l->v->tally.calls;
}

/* SQLite counts full-scan steps for the whole statement: with one scan they
** are its own. */
static int64_t scanned(const look *l, const char *table) {
  int64_t steps = per_call(l, l->v->tally.sum.fullscan_steps), rows;

  if (l->n_scans == 1) return steps;
  rows = hp_facts_rows(l->f, table);
  return rows < steps ? rows : steps;
}

static bool is_about(const look *l, const hp_predicate *p, const char *table) {
  char own[HP_PREDICATE_NAME];

  if (p->table[0]) {
    return hp_predicates_table(l->v->stat->query, p->table, own) &&
           sqlite3_stricmp(own, table) == 0;
  }
  return hp_facts_has_column(l->f, table, p->column);
}

static char *try_index(look *l, const char *table, const char *columns,
                       const char *suffix) {
  char *ddl = sqlite3_mprintf("CREATE INDEX \"%w_%w\" ON \"%w\"(%s)", table,
                              suffix, table, columns);
  bool is_used = ddl && hp_candidate_is_used(hp_explain_shadow(l->e), ddl,
                                             l->v->stat->sample);

  if (is_used) return ddl;
  sqlite3_free(ddl);
  return NULL;
}

/* The columns of an index being put together. */
typedef struct columns {
  const hp_predicate *at[3];
  int n;
  bool is_full; /* a range comes last */
} columns;

static void add_columns(look *l, const char *table, hp_predicate_kind kind,
                        columns *c) {
  for (int i = 0; i < l->n_predicates && c->n < 3 && !c->is_full; i++) {
    const hp_predicate *p = &l->predicates[i];
    bool is_there = false;
    if (p->kind != kind || !is_about(l, p, table)) continue;
    for (int k = 0; k < c->n; k++)
      is_there |= !sqlite3_stricmp(c->at[k]->column, p->column);
    if (is_there) continue;
    c->at[c->n++] = p;
    c->is_full = kind == HP_PREDICATE_RANGE;
  }
}

/* An index on what the statement compares: equalities, then one range. */
static char *index_for(look *l, const char *table) {
  sqlite3_str *list = sqlite3_str_new(NULL), *suffix = sqlite3_str_new(NULL);
  columns c = {.n = 0};
  char *names, *name, *ddl = NULL;

  add_columns(l, table, HP_PREDICATE_EQUAL, &c);
  add_columns(l, table, HP_PREDICATE_COLUMN, &c);
  add_columns(l, table, HP_PREDICATE_RANGE, &c);
  for (int i = 0; i < c.n; i++) {
    sqlite3_str_appendf(list, "%s\"%w\"", i ? ", " : "", c.at[i]->column);
    sqlite3_str_appendf(suffix, "%s%s", i ? "_" : "", c.at[i]->column);
  }
  names = sqlite3_str_finish(list);
  name = sqlite3_str_finish(suffix);
  if (names && name) ddl = try_index(l, table, names, name);
  sqlite3_free(names);
  sqlite3_free(name);
  return ddl;
}

static int64_t weight_of(const look *l, int64_t rows) {
  if (l->n_scans == 1) return l->v->tally.sum.fullscan_steps;
  return rows > 0 ? rows * l->v->tally.calls : 0;
}

static char *collated_index(look *l, const char *table, const hp_predicate *p,
                            const char *collation) {
  char *column = sqlite3_mprintf("\"%w\" COLLATE %s", p->column, collation);
  char *suffix = sqlite3_mprintf("%s_%s", p->column, collation);
  char *ddl = column && suffix ? try_index(l, table, column, suffix) : NULL;

  sqlite3_free(column);
  sqlite3_free(suffix);
  return ddl;
}

static char *expression_index(look *l, const char *table,
                              const hp_predicate *p) {
  char *column = sqlite3_mprintf("%s(\"%w\")", p->detail, p->column);
  char *suffix = sqlite3_mprintf("%s_%s", p->detail, p->column);
  char *ddl = column && suffix ? try_index(l, table, column, suffix) : NULL;

  sqlite3_free(column);
  sqlite3_free(suffix);
  if (ddl) return ddl;
  return sqlite3_mprintf("compare the bare column %s, or index the whole "
                         "expression",
                         p->column);
}

static bool differs(const look *l, const hp_predicate *p, const char *table) {
  char other[HP_PREDICATE_NAME];
  char mine = hp_facts_affinity(l->f, table, p->column);

  if (!hp_predicates_table(l->v->stat->query, p->other, other)) return false;
  return mine == 't' && hp_facts_affinity(l->f, other, p->detail) == 'n';
}

/* Why predicate p cannot use the index that begins with its column, which has
** this collation. */
static hp_warning_kind reason(const look *l, const hp_predicate *p,
                              const char *table, const char *collation) {
  if (p->kind == HP_PREDICATE_LIKE) return HP_WARNING_LIKE;
  if (p->kind == HP_PREDICATE_FUNCTION) return HP_WARNING_FUNCTION;
  if (p->collation[0] && sqlite3_stricmp(p->collation, collation))
    return HP_WARNING_COLLATION;
  if (p->kind == HP_PREDICATE_COLUMN && differs(l, p, table))
    return HP_WARNING_AFFINITY;
  return HP_WARNING_NONE;
}

static char *remedy(look *l, const hp_predicate *p, const char *table,
                    hp_warning_kind kind) {
  char *ddl;

  switch (kind) {
  case HP_WARNING_LIKE:
    ddl = collated_index(l, table, p, "NOCASE");
    return ddl ? ddl
               : sqlite3_mprintf("begin the pattern with the text looked "
                                 "for, or search with FTS5");
  case HP_WARNING_FUNCTION: return expression_index(l, table, p);
  case HP_WARNING_COLLATION: return collated_index(l, table, p, p->collation);
  case HP_WARNING_AFFINITY:
    return sqlite3_mprintf("declare %s and %s with the same type, or compare "
                           "with CAST(%s AS TEXT)",
                           p->column, p->detail, p->detail);
  default: return NULL;
  }
}

static int explain_scan(look *l, hp_warning w) {
  char index[HP_FACTS_NAME], collation[HP_FACTS_NAME];
  int rc = SQLITE_OK;

  for (int i = 0; i < l->n_predicates && !rc; i++) {
    const hp_predicate *p = &l->predicates[i];
    if (!is_about(l, p, w.table) ||
        !hp_facts_leads(l->f, w.table, p->column, index, collation))
      continue;
    w.kind = reason(l, p, w.table, collation);
    if (w.kind) rc = warn(l, w, remedy(l, p, w.table, w.kind));
  }
  return rc;
}

static int look_at_scan(look *l, int line, const char *table) {
  hp_warning w = {.kind = HP_WARNING_SCAN, .line = line};
  int rc;

  w.rows = scanned(l, table);
  if (w.rows < HP_WARNING_ROWS) return SQLITE_OK;
  w.weight = weight_of(l, w.rows);
  sqlite3_snprintf(sizeof w.table, w.table, "%s", table);
  rc = warn(l, w, index_for(l, table));
  return rc ? rc : explain_scan(l, w);
}

static int look_at_statistics(look *l, int line, const char *table) {
  hp_warning w = {.kind = HP_WARNING_STATISTICS, .line = line};

  if (l->is_told) return SQLITE_OK;
  sqlite3_snprintf(sizeof w.table, w.table, "%s", table);
  if (hp_facts_is_stale(l->f, table, &w.rows)) {
    l->is_told = true;
    w.kind = HP_WARNING_STALE;
    return warn(l, w, sqlite3_mprintf("ANALYZE \"%w\"", table));
  }
  if (l->n_tables < 2) return SQLITE_OK;
  w.rows = hp_facts_rows(l->f, table);
  if (w.rows < 1000 || hp_facts_has_statistics(l->f, table)) return SQLITE_OK;
  l->is_told = true;
  return warn(l, w, sqlite3_mprintf("ANALYZE"));
}

/* ---- the order of a join ---- */

static bool is_table(const look *l, const char *alias, const char *table) {
  char own[HP_PREDICATE_NAME];

  return hp_predicates_table(l->v->stat->query, alias, own) &&
         sqlite3_stricmp(own, table) == 0;
}

/* What reading inner first would take: for each of its rows the outer rows
** that match, found by an index; -1 if there is no such index. */
static int64_t other_way(const look *l, const char *outer, const char *inner) {
  char index[HP_FACTS_NAME], collation[HP_FACTS_NAME];
  int64_t n, per_value;

  for (int i = 0; i < l->n_predicates; i++) {
    const hp_predicate *p = &l->predicates[i];
    if (p->kind != HP_PREDICATE_COLUMN || !is_table(l, p->table, outer) ||
        !is_table(l, p->other, inner) ||
        !hp_facts_leads(l->f, outer, p->column, index, collation))
      continue;
    n = hp_facts_rows(l->f, inner);
    per_value = hp_facts_rows_per_value(l->f, index);
    return n < 0 || per_value < 0 ? -1 : n * per_value;
  }
  return -1;
}

static char *order_fix(const look *l, const char *outer, const char *inner) {
  if (strstr(l->v->stat->query, "CROSS JOIN")) {
    return sqlite3_mprintf("CROSS JOIN fixes the order: write JOIN, or begin "
                           "with \"%w\"",
                           inner);
  }
  return sqlite3_mprintf("begin with the smaller table: FROM \"%w\" CROSS JOIN "
                         "\"%w\"",
                         inner, outer);
}

/* By the statistics: the outermost loop reads all of a large table although
** beginning with a table inside of it would take a tenth. An outer join has to
** be read in its order. */
static int look_at_order(look *l) {
  const hp_plan *plan = l->plan;
  hp_warning w = {.kind = HP_WARNING_ORDER, .line = -1};
  char inner[HP_FACTS_NAME];

  if (strstr(l->v->stat->query, "LEFT ")) return SQLITE_OK;
  for (int i = 0; i < plan->n; i++) {
    const char *detail = plan->at[i].detail;
    int64_t other;
    if (plan->at[i].depth) continue;
    if (w.line < 0 && is_scan(detail) && table_of(l, detail, w.table) &&
        hp_facts_has_statistics(l->f, w.table)) {
      w.line = i;
      w.rows = hp_facts_rows(l->f, w.table);
    } else if (w.line >= 0 && begins_with(detail, "SEARCH ") &&
               table_of(l, detail, inner)) {
      other = other_way(l, w.table, inner);
      if (other < 0 || other * 10 > w.rows) continue;
      w.weight = w.rows * l->v->tally.calls;
      return warn(l, w, order_fix(l, w.table, inner));
    } else if (w.line < 0) {
      break;
    }
  }
  return SQLITE_OK;
}

static int look_at_table(look *l, int line) {
  const char *detail = l->plan->at[line].detail;
  char table[HP_FACTS_NAME];
  int rc = SQLITE_OK;

  if (!table_of(l, detail, table)) return SQLITE_OK;
  if (strstr(detail, " AUTOMATIC ")) {
    hp_warning w = {.kind = HP_WARNING_AUTOINDEX, .line = line};
    w.rows = per_call(l, l->v->tally.sum.autoindexes);
    w.weight = l->v->tally.sum.autoindexes;
    sqlite3_snprintf(sizeof w.table, w.table, "%s", table);
    rc = warn(l, w, index_for(l, table));
  } else if (is_scan(detail)) {
    rc = look_at_scan(l, line, table);
  }
  return rc ? rc : look_at_statistics(l, line, table);
}

static int look_at(look *l, int line) {
  const char *detail = l->plan->at[line].detail;
  const hp_counters *sum = &l->v->tally.sum;
  hp_warning w = {.line = line};

  if (is_scan(detail) || begins_with(detail, "SEARCH "))
    return look_at_table(l, line);
  w.weight = sum->rows > sum->fullscan_steps ? sum->rows : sum->fullscan_steps;
  w.rows = per_call(l, w.weight);
  if (w.rows < HP_WARNING_ROWS) return SQLITE_OK;
  if (begins_with(detail, "USE TEMP B-TREE")) {
    w.kind = HP_WARNING_SORT;
    return warn(l, w,
                sqlite3_mprintf("an index that gives the rows in this order"));
  }
  if (!begins_with(detail, "CORRELATED ")) return SQLITE_OK;
  w.kind = HP_WARNING_CORRELATED;
  return warn(l, w,
              sqlite3_mprintf("join the subquery's table, with GROUP BY "
                              "if it aggregates"));
}

int hp_warnings_find(hp_explain *e, hp_facts *f, const hp_stat_view *v,
                     const hp_plan *plan, hp_warnings *out) {
  look l = {.e = e, .f = f, .v = v, .plan = plan, .out = out};
  int rc = SQLITE_OK;

  *out = (hp_warnings){0};
  l.n_predicates = hp_predicates_find(v->stat->query, l.predicates);
  for (int i = 0; i < plan->n; i++) {
    const char *detail = plan->at[i].detail;
    l.n_scans += is_scan(detail) && !strstr(detail, " CONSTANT ROW");
    l.n_tables += is_scan(detail) || begins_with(detail, "SEARCH ");
  }
  for (int i = 0; i < plan->n && !rc; i++) rc = look_at(&l, i);
  return rc ? rc : look_at_order(&l);
}

void hp_warnings_term(hp_warnings *w) {
  for (int i = 0; i < w->n; i++) sqlite3_free(w->at[i].fix);
  sqlite3_free(w->at);
  *w = (hp_warnings){0};
}
