/* SPDX-License-Identifier: MIT */
#include "advisor/report.h"

void hp_advice_term(hp_advice *a) {
  sqlite3_free(a->ddl);
  sqlite3_free(a->table);
  sqlite3_free(a->helped);
  sqlite3_free(a->harmed);
  sqlite3_free(a->evidence);
}

int hp_report_add(hp_report *r, hp_advice a) {
  hp_advice *grown =
      sqlite3_realloc64(r->at, ((size_t)r->n + 1) * sizeof *grown);

  if (grown) r->at = grown;
  if (!grown || !a.ddl || !a.table || !a.helped || !a.harmed || !a.evidence) {
    hp_advice_term(&a);
    return SQLITE_NOMEM;
  }
  r->at[r->n++] = a;
  return SQLITE_OK;
}

void hp_report_term(hp_report *r) {
  for (int i = 0; i < r->n; i++) hp_advice_term(&r->at[i]);
  for (int i = 0; r->verdicts && i < r->n_verdicts; i++) {
    sqlite3_free(r->verdicts[i].skipped);
  }
  sqlite3_free(r->at);
  sqlite3_free(r->verdicts);
  *r = (hp_report){0};
}
