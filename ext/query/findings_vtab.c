/* SPDX-License-Identifier: MIT */
#include "query/findings_vtab.h"

#include "base/rowtab.h"
#include "query/findings.h"

static void put_fingerprint(hp_builder *out, uint64_t fingerprint) {
  char hex[17];

  sqlite3_snprintf(sizeof hex, hex, "%016llx", (sqlite3_uint64)fingerprint);
  hp_builder_text(out, fingerprint ? hex : NULL, -1);
}

static int put(hp_builder *out, const hp_finding *f, int rank) {
  char *evidence = f->n > 1 ? sqlite3_mprintf("%s; and %d more like it",
                                              f->evidence, f->n - 1)
                            : sqlite3_mprintf("%s", f->evidence);

  hp_builder_int(out, rank);
  hp_builder_text(out, f->kind, -1);
  hp_builder_text(out, f->what, -1);
  hp_builder_text(out, evidence, -1);
  hp_builder_text(out, f->fix, -1);
  if (f->saves_ms >= 0)
    hp_builder_real(out, (double)(int64_t)(f->saves_ms * 1e3 + 0.5) / 1e3);
  else
    hp_builder_null(out);
  hp_builder_text(out, f->basis, -1);
  put_fingerprint(out, f->fingerprint);
  sqlite3_free(evidence);
  return evidence ? out->rc : SQLITE_NOMEM;
}

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  hp_findings list;
  int rc = hp_findings_collect(c, &list, err);

  (void)table, (void)args;
  for (int i = 0; i < list.n && !rc; i++) rc = put(out, &list.at[i], i + 1);
  hp_findings_term(&list);
  return rc;
}

static const hp_rowtab findings_table = {
    .name = "query_findings",
    .columns = "rank INT, kind TEXT, what TEXT, evidence TEXT, fix TEXT,"
               " saves_ms REAL, basis TEXT, fingerprint TEXT",
    .fill = fill,
};

int hp_findings_vtab_register(hp_conn *c) {
  return hp_rowtab_register(c, &findings_table);
}
