/* SPDX-License-Identifier: MIT */
#include "advisor/need.h"

#include <string.h>

void hp_term_free(hp_term *t) {
  sqlite3_free(t->expression);
  sqlite3_free(t->literal);
  sqlite3_free(t->collation);
}

static void free_terms(hp_term *terms, int n) {
  for (int i = 0; i < n; i++) hp_term_free(&terms[i]);
}

void hp_need_free(hp_need *n) {
  free_terms(n->eq, n->n_eq);
  free_terms(n->range, n->n_range);
  free_terms(n->order, n->n_order);
  free_terms(n->present, n->n_present);
}

void hp_needs_term(hp_needs *n) {
  for (int i = 0; i < n->n; i++) hp_need_free(&n->at[i]);
  sqlite3_free(n->at);
  *n = (hp_needs){0};
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

bool hp_term_is(const hp_term *a, const hp_term *b) {
  return a->column == b->column && same_text(a->expression, b->expression);
}

void hp_terms_add(hp_term *terms, int *n, hp_term t) {
  for (int i = 0; i < *n; i++) {
    if (!hp_term_is(&terms[i], &t)) continue;
    hp_term_free(&t);
    return;
  }
  if (*n < HP_NEED_TERMS)
    terms[(*n)++] = t;
  else
    hp_term_free(&t);
}

static bool same_terms(const hp_term *a, int n_a, const hp_term *b, int n_b) {
  if (n_a != n_b) return false;
  for (int i = 0; i < n_a; i++) {
    if (!hp_term_is(&a[i], &b[i]) || a[i].is_desc != b[i].is_desc ||
        a[i].is_list != b[i].is_list ||
        !same_text(a[i].literal, b[i].literal) ||
        !same_text(a[i].collation, b[i].collation)) {
      return false;
    }
  }
  return true;
}

static bool same_need(const hp_need *a, const hp_need *b) {
  return a->table == b->table && a->by_rowid == b->by_rowid &&
         a->used == b->used && a->in_rowid_order == b->in_rowid_order &&
         same_terms(a->eq, a->n_eq, b->eq, b->n_eq) &&
         same_terms(a->range, a->n_range, b->range, b->n_range) &&
         same_terms(a->order, a->n_order, b->order, b->n_order) &&
         same_terms(a->present, a->n_present, b->present, b->n_present);
}

int hp_needs_add(hp_needs *needs, hp_need *need) {
  hp_need *grown;

  for (int i = 0; i < needs->n; i++) {
    if (!same_need(&needs->at[i], need)) continue;
    hp_need_free(need);
    return SQLITE_OK;
  }
  grown = sqlite3_realloc64(needs->at, ((size_t)needs->n + 1) * sizeof *grown);
  if (!grown) {
    hp_need_free(need);
    return SQLITE_NOMEM;
  }
  needs->at = grown;
  needs->at[needs->n++] = *need;
  return SQLITE_OK;
}
