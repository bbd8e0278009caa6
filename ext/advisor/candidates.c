/* SPDX-License-Identifier: MIT */
#include "advisor/candidates.h"

#include <string.h>

enum { MAX_KEY = 2 * HP_NEED_TERMS, MAX_COVERING = 6 };

/* What a column of an index is there for. */
typedef enum role { EQUAL, RANGE, ORDER, FILTER, READ } role;

/* An index being put together. */
typedef struct key {
  hp_term at[MAX_KEY]; /* borrowed texts */
  role roles[MAX_KEY];
  int n;
  const hp_term *where; /* column = constant, IN list or IS NOT NULL; NULL: all
                        ** rows */
  bool is_covering;     /* some columns only save reading the table */
} key;

typedef struct making {
  const hp_tables *tables;
  const hp_needs *needs;
  const double *weights;
  hp_frequency_fn *frequency_of;
  void *arg;
  hp_candidates *out;
  int statement; /* whose needs are being worked on */
} making;

static char present[] = "NOT NULL"; /* told by its address */

/* A column that is the same in all rows of the index need not be in it. */
static bool has(const key *k, const hp_term *t) {
  for (int i = 0; i < k->n; i++) {
    if (hp_term_is(&k->at[i], t)) return true;
  }
  return k->where && k->where->literal != present && !k->where->is_list &&
         hp_term_is(k->where, t);
}

static void push(key *k, const hp_term *t, role r) {
  if (k->n == MAX_KEY || has(k, t)) return;
  k->at[k->n] = *t;
  k->roles[k->n++] = r;
}

static void push_all(key *k, const hp_term *terms, int n, role r) {
  for (int i = 0; i < n; i++) push(k, &terms[i], r);
}

static void append_place(sqlite3_str *s, const hp_table *t, const hp_term *c) {
  if (c->expression)
    sqlite3_str_appendall(s, c->expression);
  else
    sqlite3_str_appendf(s, "\"%w\"", t->columns[c->column].name);
}

static const char *operator_for(const hp_term *where) {
  if (where->literal == present || strcmp(where->literal, "NULL") == 0) {
    return "IS";
  }
  return where->is_list ? "IN" : "=";
}

static char *body_of(const hp_table *t, const key *k) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendf(s, "\"%w\"(", t->name);
  for (int i = 0; i < k->n; i++) {
    const hp_term *c = &k->at[i];

    if (i) sqlite3_str_appendall(s, ", ");
    append_place(s, t, c);
    if (c->collation) sqlite3_str_appendf(s, " COLLATE \"%w\"", c->collation);
    if (c->is_desc) sqlite3_str_appendall(s, " DESC");
  }
  sqlite3_str_appendall(s, ")");
  if (k->where) {
    sqlite3_str_appendf(s, " WHERE \"%w\" %s %s",
                        t->columns[k->where->column].name,
                        operator_for(k->where), k->where->literal);
  }
  return sqlite3_str_finish(s);
}

/* n bytes of name at most. */
static void append_plain(sqlite3_str *s, const char *name, size_t n) {
  for (; n > 0 && *name; n--, name++) {
    bool plain = (*name >= 'a' && *name <= 'z') ||
                 (*name >= 'A' && *name <= 'Z') ||
                 (*name >= '0' && *name <= '9') || *name == '_';

    sqlite3_str_appendchar(s, 1, plain ? *name : '_');
  }
}

static void append_word(sqlite3_str *s, const char *name) {
  sqlite3_str_appendall(s, "_");
  append_plain(s, name, SIZE_MAX);
}

/* The function of an expression, too: lower(name) is lower_name. */
static void append_term(sqlite3_str *s, const hp_table *t, const hp_term *c) {
  const char *expression = c->expression ? c->expression : "";
  size_t n = strcspn(expression, "( ->");

  if (expression[n] == '(') {
    sqlite3_str_appendall(s, "_");
    append_plain(s, expression, n);
  }
  append_word(s, t->columns[c->column].name);
}

static char *name_of(const hp_table *t, const key *k) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendall(s, "idx");
  append_word(s, t->name);
  for (int i = 0; i < k->n; i++) append_term(s, t, &k->at[i]);
  if (k->where) {
    sqlite3_str_appendall(s, "_where");
    append_word(s, t->columns[k->where->column].name);
  }
  return sqlite3_str_finish(s);
}

/* What each column is there for. */
static char *why_of(const hp_table *t, const key *k) {
  static const char *const names[] = {[EQUAL] = "equality",
                                      [RANGE] = "range",
                                      [ORDER] = "order",
                                      [FILTER] = "filter",
                                      [READ] = "covering"};
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (int i = 0; i < k->n; i++) {
    if (i) sqlite3_str_appendall(s, ", ");
    if (k->at[i].expression)
      sqlite3_str_appendall(s, k->at[i].expression);
    else
      sqlite3_str_appendall(s, t->columns[k->at[i].column].name);
    sqlite3_str_appendf(s, " (%s)", names[k->roles[i]]);
  }
  return sqlite3_str_finish(s);
}

static void free_candidate(hp_candidate *c) {
  sqlite3_free(c->body);
  sqlite3_free(c->name);
  sqlite3_free(c->why);
  sqlite3_free(c->helps);
  sqlite3_free(c->together);
}

static void credit(hp_candidate *c, int statement, double weight) {
  if (c->helps[statement]) return;
  c->helps[statement] = true;
  c->weight += weight;
}

/* Takes ownership of the texts. *at is its place. */
static int append(hp_candidates *out, int table, char *body, char *name,
                  char *why, hp_candidate **at) {
  size_t n = (size_t)out->n_statements;
  hp_candidate c = {.table = table,
                    .body = body,
                    .name = name,
                    .why = why,
                    .n_columns = 1,
                    .helps = sqlite3_malloc64(n * sizeof *c.helps + 1),
                    .together = sqlite3_malloc64(n * sizeof *c.together + 1)};
  hp_candidate *grown =
      sqlite3_realloc64(out->at, ((size_t)out->n + 1) * sizeof *grown);

  if (grown) out->at = grown;
  if (!grown || !body || !name || !why || !c.helps || !c.together) {
    free_candidate(&c);
    return SQLITE_NOMEM;
  }
  memset(c.helps, 0, n * sizeof *c.helps);
  memset(c.together, 0, n * sizeof *c.together);
  out->at[out->n] = c;
  *at = &out->at[out->n++];
  return SQLITE_OK;
}

static hp_candidate *find(hp_candidates *c, const char *body) {
  for (int i = 0; i < c->n; i++) {
    if (strcmp(c->at[i].body, body) == 0) return &c->at[i];
  }
  return NULL;
}

/* Adds the index, or credits the one that is there already. */
static int offer(making *m, int table, const key *k) {
  hp_candidate *c;
  char *body;
  int rc = SQLITE_OK;

  if (k->n == 0) return SQLITE_OK;
  body = body_of(&m->tables->at[table], k);
  if (!body) return SQLITE_NOMEM;
  c = find(m->out, body);
  if (c) {
    sqlite3_free(body);
  } else {
    const hp_table *t = &m->tables->at[table];

    rc = append(m->out, table, body, name_of(t, k), why_of(t, k), &c);
    if (rc != SQLITE_OK) return rc;
    c->n_columns = k->n;
    c->is_partial = k->where != NULL;
    c->is_covering = k->is_covering;
  }
  credit(c, m->statement, m->weights[m->statement]);
  return rc;
}

int hp_candidates_offer(hp_candidates *c, int table, const char *body,
                        const char *name, const char *why, int statement,
                        double weight) {
  hp_candidate *at = find(c, body);
  int rc = SQLITE_OK;

  if (!at) {
    sqlite3_str *plain = sqlite3_str_new(NULL);

    append_plain(plain, name, SIZE_MAX);
    rc = append(c, table, sqlite3_mprintf("%s", body),
                sqlite3_str_finish(plain), sqlite3_mprintf("%s", why), &at);
  }
  if (rc == SQLITE_OK) credit(at, statement, weight);
  return rc;
}

/* ---- the order of equalities: columns that more of the work compares come
** first, so that statements can share an index */

static double share(const making *m, int table, const hp_term *t) {
  double sum = 0;

  for (int s = 0; s < m->out->n_statements; s++) {
    bool found = false;

    for (int i = 0; !found && i < m->needs[s].n; i++) {
      const hp_need *n = &m->needs[s].at[i];

      for (int j = 0; n->table == table && j < n->n_eq; j++) {
        if (hp_term_is(&n->eq[j], t)) found = true;
      }
    }
    if (found) sum += m->weights[s];
  }
  return sum;
}

static void sort_equalities(const making *m, hp_need *n) {
  for (int i = 1; i < n->n_eq; i++) {
    for (int j = i; j > 0 && share(m, n->table, &n->eq[j]) >
                                 share(m, n->table, &n->eq[j - 1]);
         j--) {
      hp_term t = n->eq[j];

      n->eq[j] = n->eq[j - 1];
      n->eq[j - 1] = t;
    }
  }
}

/* ---- the keys for one need */

/* The columns that are read besides the key's, when they are few. */
static int offer_covering(making *m, const hp_need *n, key k) {
  const hp_table *t = &m->tables->at[n->table];

  if (n->used >> 63) return SQLITE_OK;
  for (int i = 0; i < t->n_columns; i++) {
    hp_term column = {.column = i};

    if (!(n->used >> i & 1) || i == t->rowid_alias || has(&k, &column)) {
      continue;
    }
    if (k.n >= MAX_COVERING) return SQLITE_OK;
    push(&k, &column, READ);
    k.is_covering = true;
  }
  return offer(m, n->table, &k);
}

/* What else rows are chosen by, so that fewer of the table's are read. Of
** ranges, one had better be searched by. */
static int offer_filtered(making *m, const hp_need *n, key k) {
  int n_before = k.n;

  if (n->n_range && (k.n == 0 || k.roles[k.n - 1] == EQUAL)) return SQLITE_OK;
  push_all(&k, n->eq, n->n_eq, FILTER);
  push_all(&k, n->range, n->n_range, FILTER);
  push_all(&k, n->present, n->n_present, FILTER);
  if (k.n == n_before || k.n > MAX_COVERING) return SQLITE_OK;
  k.is_covering = true;
  return offer(m, n->table, &k);
}

/* Offers k, also covering and filtering. */
static int offer_key(making *m, const hp_need *n, const key *k) {
  int rc = offer(m, n->table, k);

  if (rc == SQLITE_OK) rc = offer_covering(m, n, *k);
  return rc == SQLITE_OK ? offer_filtered(m, n, *k) : rc;
}

typedef int offer_fn(making *m, const hp_need *n, const key *k);

static int offer_plain(making *m, const hp_need *n, const key *k) {
  return offer(m, n->table, k);
}

/* Offers base, base and each range, base and the order. */
static int offer_tails(making *m, const hp_need *n, const key *base,
                       offer_fn *how) {
  key ordered = *base;
  int rc = n->n_range == 0 || base->n ? how(m, n, base) : SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < n->n_range; i++) {
    key k = *base;

    push(&k, &n->range[i], RANGE);
    rc = how(m, n, &k);
  }
  push_all(&ordered, n->order, n->n_order, ORDER);
  if (rc != SQLITE_OK || ordered.n == base->n) return rc;
  return how(m, n, &ordered);
}

static hp_frequency frequency(const making *m, const hp_need *n,
                              const hp_term *t) {
  if (t->expression) return HP_MIDDLING;
  return m->frequency_of(m->arg, n->table, t->column, t->literal);
}

/* All equalities in front; also without those that are lists, behind which rows
** are not in order, or true of many rows, which the planner may not know. What
** has none in front although there is another one is always worse. */
static int offer_bases(making *m, const hp_need *n, const hp_term *where) {
  key all = {.where = where}, tight = {.where = where};
  int rc;

  for (int i = 0; i < n->n_eq; i++) {
    if (where && hp_term_is(&n->eq[i], where)) continue;
    push(&all, &n->eq[i], EQUAL);
    if (n->eq[i].is_list || frequency(m, n, &n->eq[i]) == HP_COMMON) continue;
    push(&tight, &n->eq[i], EQUAL);
  }
  rc = offer_tails(m, n, &all, offer_key);
  if (rc != SQLITE_OK || tight.n == all.n) return rc;
  return offer_tails(m, n, &tight, offer_key);
}

/* A scan backwards gives the reverse order, so only a mixture needs DESC. */
static void simplify_order(hp_need *n) {
  for (int i = 1; i < n->n_order; i++) {
    if (n->order[i].is_desc != n->order[0].is_desc) return;
  }
  for (int i = 0; i < n->n_order; i++) n->order[i].is_desc = false;
}

/* Every equality in front, alone and before the others: statements may share
** the index. */
static int offer_fronts(making *m, const hp_need *n) {
  int rc = SQLITE_OK;

  for (int first = 0; rc == SQLITE_OK && first < n->n_eq; first++) {
    key k = {.n = 0}, single = {.n = 0};

    push(&single, &n->eq[first], EQUAL);
    k = single;
    push_all(&k, n->eq, n->n_eq, EQUAL);
    rc = offer(m, n->table, &k);
    if (rc == SQLITE_OK) rc = offer_tails(m, n, &single, offer_plain);
  }
  return rc;
}

/* Over the rows with where alone; if nothing else is asked, the column itself.
 */
static int offer_rows(making *m, const hp_need *n, const hp_term *where) {
  bool is_alone = n->n_order == 0 && n->n_range == 0;
  key own = {.at = {*where}, .roles = {FILTER}, .n = 1, .where = where};

  for (int i = 0; i < n->n_eq; i++) {
    if (!hp_term_is(&n->eq[i], where)) is_alone = false;
  }
  if (is_alone) return offer(m, n->table, &own);
  return offer_bases(m, n, where);
}

static int offer_partial(making *m, const hp_need *n) {
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < n->n_eq; i++) {
    const hp_term *t = &n->eq[i];

    if (!t->literal || t->collation) continue;
    if (frequency(m, n, t) != HP_RARE) continue;
    rc = offer_rows(m, n, t);
  }
  for (int i = 0; rc == SQLITE_OK && i < n->n_present; i++) {
    hp_term t = {.column = n->present[i].column, .literal = present};

    if (frequency(m, n, &t) != HP_RARE) continue;
    rc = offer_rows(m, n, &t);
  }
  return rc;
}

static int offer_need(making *m, const hp_need *need) {
  hp_need n = *need; /* borrows the texts */
  int rc;

  if (n.by_rowid) return SQLITE_OK;
  sort_equalities(m, &n);
  simplify_order(&n);
  rc = offer_bases(m, &n, NULL);
  if (rc == SQLITE_OK && n.n_eq > 1) rc = offer_fronts(m, &n);
  if (rc == SQLITE_OK) rc = offer_partial(m, &n);
  return rc;
}

int hp_candidates_make(const hp_tables *tables, const hp_needs *needs,
                       const double *weights, int n_statements,
                       hp_frequency_fn *frequency_of, void *arg,
                       hp_candidates *out) {
  making m = {.tables = tables,
              .needs = needs,
              .weights = weights,
              .frequency_of = frequency_of,
              .arg = arg,
              .out = out};
  int rc = SQLITE_OK;

  *out = (hp_candidates){.n_statements = n_statements};
  for (m.statement = 0; m.statement < n_statements; m.statement++) {
    for (int i = 0; rc == SQLITE_OK && i < needs[m.statement].n; i++) {
      rc = offer_need(&m, &needs[m.statement].at[i]);
    }
  }
  return rc;
}

int hp_candidates_chain(hp_candidates *c, const hp_chain *chain) {
  size_t n = (size_t)c->n_chains + 1;
  hp_chain *grown = sqlite3_realloc64(c->chains, n * sizeof *grown);

  if (!grown) return SQLITE_NOMEM;
  c->chains = grown;
  grown[c->n_chains++] = *chain;
  return SQLITE_OK;
}

static bool has_body(const hp_chain *chain, const char *body) {
  for (int i = 0; i < chain->n; i++) {
    if (chain->body[i] == body) return true;
  }
  return false;
}

static void drop_chains(hp_candidates *c, const char *body) {
  int kept = 0;

  for (int i = 0; i < c->n_chains; i++) {
    if (!has_body(&c->chains[i], body)) c->chains[kept++] = c->chains[i];
  }
  c->n_chains = kept;
}

void hp_candidates_drop(hp_candidates *c, int i) {
  drop_chains(c, c->at[i].body);
  free_candidate(&c->at[i]);
  memmove(&c->at[i], &c->at[i + 1], (size_t)(c->n - i - 1) * sizeof *c->at);
  c->n--;
}

void hp_candidates_term(hp_candidates *c) {
  for (int i = 0; i < c->n; i++) free_candidate(&c->at[i]);
  sqlite3_free(c->at);
  sqlite3_free(c->chains);
  *c = (hp_candidates){0};
}
