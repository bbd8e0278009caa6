/* SPDX-License-Identifier: MIT */
#include "query/finding.h"

#include <stdlib.h>
#include <string.h>

static void free_texts(hp_finding *f) {
  sqlite3_free(f->what);
  sqlite3_free(f->evidence);
  sqlite3_free(f->fix);
}

static hp_finding *same_fix(hp_findings *list, const hp_finding *f) {
  for (int i = 0; f->fix && i < list->n; i++) {
    hp_finding *g = &list->at[i];
    if (g->fix && !strcmp(g->fix, f->fix) &&
        (!strcmp(g->kind, f->kind) || !strncmp(f->fix, "CREATE INDEX", 12)))
      return g;
  }
  return NULL;
}

static void merge(hp_finding *into, hp_finding *f) {
  if (f->saves_ms > 0) {
    into->saves_ms =
        into->saves_ms > 0 ? into->saves_ms + f->saves_ms : f->saves_ms;
    into->basis = f->basis;
  }
  into->n++;
  free_texts(f);
}

void hp_findings_add(hp_findings *list, hp_finding f) {
  hp_finding *same, *grown;

  if (!f.what || !f.evidence) list->rc = SQLITE_NOMEM;
  if (list->rc) {
    free_texts(&f);
    return;
  }
  if ((same = same_fix(list, &f)) != NULL) {
    merge(same, &f);
    return;
  }
  f.n = 1;
  grown = sqlite3_realloc64(list->at, ((size_t)list->n + 1) * sizeof *grown);
  if (!grown) {
    list->rc = SQLITE_NOMEM;
    free_texts(&f);
    return;
  }
  list->at = grown;
  grown[list->n++] = f;
}

int hp_findings_has(const hp_findings *list, uint64_t fingerprint) {
  for (int i = 0; i < list->n; i++) {
    if (list->at[i].fingerprint == fingerprint) return 1;
  }
  return 0;
}

/* Insertion sort: stable, and the list is short. */
void hp_findings_sort(hp_findings *list) {
  for (int i = 1; i < list->n; i++) {
    hp_finding f = list->at[i];
    int k = i;
    for (; k > 0 && list->at[k - 1].saves_ms < f.saves_ms; k--)
      list->at[k] = list->at[k - 1];
    list->at[k] = f;
  }
}

void hp_findings_term(hp_findings *list) {
  for (int i = 0; i < list->n; i++) free_texts(&list->at[i]);
  sqlite3_free(list->at);
  *list = (hp_findings){0};
}
