/* SPDX-License-Identifier: MIT */
#include "advisor/session.h"

#include "advisor/lens.h"
#include "advisor/phrases.h"
#include "advisor/repeat.h"
#include "advisor/shortlist.h"
#include "schema/text.h"

#include <string.h>

enum { SHADOW_MS = 5000 };

static int explain(hp_session *s, int rc, sqlite3 *db) {
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !*s->err) {
    *s->err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
  return rc;
}

static hp_frequency frequency_of(void *arg, int table, int column,
                                 const char *literal) {
  return hp_frequency_of(arg, table, column, literal);
}

/* ---- the steps */

void *hp_zeroed(size_t n, size_t size) {
  void *p = sqlite3_malloc64((n + 1) * size);

  if (p) memset(p, 0, (n + 1) * size);
  return p;
}

int hp_session_open(hp_session *s, sqlite3 *host) {
  size_t n = (size_t)s->n;
  int rc;

  s->needs = hp_zeroed(n, sizeof *s->needs);
  s->weights = hp_zeroed(n, sizeof *s->weights);
  s->costs = hp_zeroed(n, sizeof *s->costs);
  s->out->verdicts = hp_zeroed(n, sizeof *s->out->verdicts);
  if (!s->needs || !s->weights || !s->costs || !s->out->verdicts) {
    return SQLITE_NOMEM;
  }
  s->out->n_verdicts = s->n;
  rc = hp_sample_plan(host, s->statements, s->n, s->options->max_bytes,
                      &s->sample, s->err);
  if (rc == SQLITE_OK) {
    rc = hp_lab_open(host, s->sample.at ? &s->sample : NULL, &s->lab, s->err);
  }
  if (rc != SQLITE_OK) return rc;
  rc = explain(s, hp_tables_read(hp_lab_db(s->lab), &s->tables),
               hp_lab_db(s->lab));
  if (rc == SQLITE_OK) {
    rc = hp_shadow_open(hp_lab_db(s->lab), SHADOW_MS, &s->shadow, s->err);
  }
  if (rc != SQLITE_OK) return rc;
  return hp_trial_open(s->lab, s->shadow, &s->tables, s->statements, s->n,
                       &s->trial, s->err);
}

bool *hp_session_originals(const hp_session *s) {
  bool *set = hp_zeroed((size_t)hp_lab_count(s->lab), sizeof *set);

  for (int i = 0; set && i < hp_lab_count(s->lab); i++) {
    set[i] = hp_lab_index_at(s->lab, i)->is_original;
  }
  return set;
}

/* Costs with the indexes of the set, none of them guessed at. */
static int cost_surely(hp_session *s, const bool *set) {
  bool is_doubtful = false;
  int rc = hp_trial_costs(s->trial, set, s->costs, s->err);

  if (rc == SQLITE_OK) {
    rc = hp_trial_doubt(s->trial, set, &is_doubtful, s->err);
  }
  if (rc != SQLITE_OK || !is_doubtful) return rc;
  return hp_trial_costs(s->trial, set, s->costs, s->err);
}

/* First without any index that could be dropped: what bytes are worth must not
** depend on which are there, or advice that was followed would give another. */
static int weigh(hp_session *s) {
  bool *set = hp_session_originals(s);
  bool *bare = hp_zeroed((size_t)hp_lab_count(s->lab), sizeof *bare);
  int rc = set && bare ? SQLITE_OK : SQLITE_NOMEM;

  for (int i = 0; rc == SQLITE_OK && i < hp_lab_count(s->lab); i++) {
    bare[i] = hp_lab_index_at(s->lab, i)->is_unique;
  }
  if (rc == SQLITE_OK) rc = hp_trial_costs(s->trial, bare, s->costs, s->err);
  if (rc == SQLITE_OK) s->bare = hp_trial_sum(s->trial, s->costs);
  if (rc == SQLITE_OK) rc = cost_surely(s, set);
  sqlite3_free(set);
  sqlite3_free(bare);
  for (int i = 0; rc == SQLITE_OK && i < s->n; i++) {
    s->weights[i] = s->statements[i].calls * hp_cost_model(&s->costs[i]);
  }
  return rc;
}

/* What the texts of views in the statement tell, of views in views not. */
static int note_views(hp_session *s, const char *sql, hp_needs *needs) {
  sqlite3_stmt *views = NULL;
  int rc = sqlite3_prepare_v2(hp_lab_db(s->lab),
                              "SELECT name, sql FROM main.sqlite_schema"
                              " WHERE type = 'view' AND sql NOTNULL",
                              -1, &views, NULL);

  while (rc == SQLITE_OK && sqlite3_step(views) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(views, 0);
    const char *text = (const char *)sqlite3_column_text(views, 1);

    if (!name || !text) rc = SQLITE_NOMEM;
    if (rc == SQLITE_OK && hp_text_mentions(sql, name)) {
      rc = hp_phrases_note(&s->tables, text, needs);
    }
  }
  if (rc == SQLITE_OK) return sqlite3_finalize(views);
  sqlite3_finalize(views);
  return rc;
}

/* What statements need: what the lens sees, and what their texts tell. One that
** the lens cannot compile has no needs. */
static int look(hp_session *s) {
  hp_lens *lens;
  int rc = hp_lens_open(hp_lab_db(s->lab), &s->tables, &lens, s->err);

  for (int i = 0; rc == SQLITE_OK && i < s->n; i++) {
    char *err = NULL;

    if (hp_trial_skipped(s->trial, i)) continue;
    rc = hp_lens_look(lens, s->statements[i].sql, &s->needs[i], &err);
    sqlite3_free(err);
    if (rc == SQLITE_NOMEM) break;
    rc = hp_phrases_note(&s->tables, s->statements[i].sql, &s->needs[i]);
    if (rc == SQLITE_OK) {
      rc = note_views(s, s->statements[i].sql, &s->needs[i]);
    }
  }
  hp_lens_close(lens);
  return rc;
}

/* The columns by which one foreign key of a child is checked when a row of the
** parent goes: for every statement that touches both. */
static int offer_foreign_key(hp_session *s, int child, int parent,
                             const char *columns, const char *name) {
  char *body = sqlite3_mprintf("\"%w\"(%s)", s->tables.at[child].name, columns);
  int rc = body ? SQLITE_OK : SQLITE_NOMEM;

  for (int q = 0; rc == SQLITE_OK && q < s->n; q++) {
    const bool *touches = hp_trial_touches(s->trial, q);

    if (!touches[child] || !touches[parent]) continue;
    rc = hp_candidates_offer(&s->candidates, child, body, name,
                             "checked by a foreign key", q, s->weights[q]);
  }
  sqlite3_free(body);
  return rc;
}

static int offer_foreign_keys(hp_session *s, int child) {
  sqlite3_stmt *rows = NULL;
  char *sql = sqlite3_mprintf(
      "SELECT \"table\", group_concat('\"' || replace(\"from\", '\"', '\"\"')"
      " || '\"', ', '), 'idx_' || %Q || '_' || group_concat(\"from\", '_')"
      " FROM (SELECT * FROM pragma_foreign_key_list(%Q, 'main') ORDER BY id, "
      "seq)"
      " GROUP BY id ORDER BY id",
      s->tables.at[child].name, s->tables.at[child].name);
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(hp_lab_db(s->lab), sql, -1, &rows, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    const char *parent = (const char *)sqlite3_column_text(rows, 0);
    int p = parent ? hp_tables_find(&s->tables, parent) : -1;

    rc = SQLITE_OK;
    if (p < 0) continue;
    rc = offer_foreign_key(s, child, p,
                           (const char *)sqlite3_column_text(rows, 1),
                           (const char *)sqlite3_column_text(rows, 2));
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : explain(s, rc, hp_lab_db(s->lab));
}

static int choose_candidates(hp_session *s) {
  hp_frequencies f = {.db = hp_lab_db(s->lab), .tables = &s->tables};
  int rc = hp_candidates_make(&s->tables, s->needs, s->weights, s->n,
                              frequency_of, &f, &s->candidates);

  hp_frequencies_term(&f);
  for (int t = 0; rc == SQLITE_OK && t < s->tables.n; t++) {
    rc = offer_foreign_keys(s, t);
  }
  s->out->n_candidates = s->candidates.n;
  if (rc == SQLITE_OK) {
    rc = hp_shortlist(&s->candidates, &s->tables, s->shadow, s->statements,
                      s->weights, s->err);
  }
  return rc;
}

/* Names begin like the final ones, and are made unique by a number. */
static int build(hp_session *s, int i) {
  const hp_candidate *c = &s->candidates.at[i];
  char *sql = sqlite3_mprintf("CREATE INDEX \"%w__%d\" ON %s", c->name,
                              hp_lab_count(s->lab), c->body);
  int built, rc;

  if (!sql) return SQLITE_NOMEM;
  rc = hp_lab_build(s->lab, sql, &built, s->err);
  sqlite3_free(sql);
  s->made_of[s->out->n_built++] = i;
  return rc;
}

/* The weightiest first, which decides between equals. */
static int build_all(hp_session *s) {
  bool *done = hp_zeroed((size_t)s->candidates.n, sizeof *done);
  int rc = SQLITE_OK;

  s->n_originals = hp_lab_count(s->lab);
  s->made_of = hp_zeroed((size_t)s->candidates.n, sizeof *s->made_of);
  if (!done || !s->made_of) rc = SQLITE_NOMEM;
  for (int k = 0; rc == SQLITE_OK && k < s->candidates.n; k++) {
    int best = -1;

    for (int i = 0; i < s->candidates.n; i++) {
      if (!done[i] && (best < 0 || s->candidates.at[i].weight >
                                       s->candidates.at[best].weight)) {
        best = i;
      }
    }
    done[best] = true;
    rc = build(s, best);
  }
  sqlite3_free(done);
  return rc;
}

/* Behind its columns an index has the rowid: where rows of one table are asked
** for in that order, one of fewer columns is no mere beginning of another. */
static bool is_ordered_by_rowid(const hp_session *s, int table) {
  if (table < 0) return false;
  for (int q = 0; q < s->n; q++) {
    for (int i = 0; i < s->needs[q].n; i++) {
      const hp_need *need = &s->needs[q].at[i];

      if (need->table == table && need->n_eq && need->in_rowid_order) {
        return true;
      }
    }
  }
  return false;
}

/* What begins with what. An index that a partial one repeats is another one. */
static int compare_all(hp_session *s) {
  size_t n = (size_t)hp_lab_count(s->lab);
  bool *all = hp_zeroed(n, sizeof *all);
  int rc = SQLITE_NOMEM;

  s->repeats = hp_zeroed(n * n, sizeof *s->repeats);
  if (all && s->repeats) {
    memset(all, true, n);
    rc = hp_lab_show(s->lab, all, s->err);
  }
  sqlite3_free(all);
  for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
    const hp_lab_index *x = hp_lab_index_at(s->lab, (int)i);

    if (x->is_partial ||
        is_ordered_by_rowid(s, hp_tables_find(&s->tables, x->table))) {
      continue;
    }
    for (size_t k = 0; k < n; k++) {
      s->repeats[i * n + k] = k == i ? hp_repeat_of_key(s->lab, (int)i)
                                     : hp_repeat_covers(s->lab, (int)k, (int)i);
    }
  }
  return rc;
}

bool hp_session_clashes(const hp_session *s, const bool *set, int in, int out) {
  int n = hp_lab_count(s->lab);

  for (int k = 0; k < n; k++) {
    if (k == out || (k != in && !set[k])) continue;
    if (s->repeats[in * n + k]) return true;
    if (k >= s->n_originals && k != in && s->repeats[k * n + in]) return true;
  }
  return false;
}

bool hp_session_may_add(const hp_session *s, const bool *set, int k, int q) {
  int i = s->n_originals + k;

  return !set[i] && s->candidates.at[s->made_of[k]].helps[q] &&
         !hp_session_clashes(s, set, i, -1);
}

int hp_session_build(hp_session *s) {
  int rc = weigh(s);

  if (rc == SQLITE_OK) rc = look(s);
  if (rc == SQLITE_OK) rc = choose_candidates(s);
  if (rc == SQLITE_OK) rc = build_all(s);
  return rc == SQLITE_OK ? compare_all(s) : rc;
}

double hp_session_bytes(const hp_session *s) {
  int64_t n = s->sample.at ? s->sample.n_bytes : hp_lab_bytes(s->lab);

  for (int i = 0; i < hp_lab_count(s->lab); i++) {
    const hp_lab_index *x = hp_lab_index_at(s->lab, i);

    if (s->sample.at && !x->is_original) break;
    if (!x->is_unique) n -= x->n_bytes;
  }
  return n > 0 ? (double)n : 1;
}

double hp_session_price(const hp_session *s, double base) {
  return base * s->options->min_density / hp_session_bytes(s);
}

void hp_session_close(hp_session *s) {
  hp_candidates_term(&s->candidates);
  for (int i = 0; s->needs && i < s->n; i++) hp_needs_term(&s->needs[i]);
  sqlite3_free(s->needs);
  sqlite3_free(s->weights);
  sqlite3_free(s->made_of);
  sqlite3_free(s->repeats);
  sqlite3_free(s->costs);
  hp_trial_close(s->trial);
  hp_tables_term(&s->tables);
  hp_shadow_close(s->shadow);
  hp_lab_close(s->lab);
  hp_sample_term(&s->sample);
}
