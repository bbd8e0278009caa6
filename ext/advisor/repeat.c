/* SPDX-License-Identifier: MIT */
#include "advisor/repeat.h"

/* Columns of index ?2 that are not those of index ?1 in the same places. */
#define OTHERS(of)                                                             \
  "SELECT 1 FROM pragma_index_xinfo(?2, 'main') AS x WHERE x.key AND NOT "     \
  "EXISTS ("                                                                   \
  "SELECT 1 FROM pragma_index_xinfo(" of                                       \
  ", 'main') AS w WHERE w.key AND w.seqno ="                                   \
  " x.seqno AND w.name = x.name AND w.coll = x.coll AND w.\"desc\" ="          \
  " x.\"desc\")"

/* The only value of a query over two names; false if it cannot be told. */
static bool ask(const hp_lab *lab, const char *sql, const char *first,
                const char *second) {
  sqlite3_stmt *stmt = NULL;
  bool yes = false;

  if (sqlite3_prepare_v2(hp_lab_db(lab), sql, -1, &stmt, NULL) == SQLITE_OK) {
    sqlite3_bind_text(stmt, 1, first, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, second, -1, SQLITE_STATIC);
    yes = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
  }
  sqlite3_finalize(stmt);
  return yes;
}

bool hp_repeat_covers(const hp_lab *lab, int wide, int narrow) {
  const hp_lab_index *w = hp_lab_index_at(lab, wide);
  const hp_lab_index *x = hp_lab_index_at(lab, narrow);

  if (w->is_partial || sqlite3_stricmp(w->table, x->table)) return false;
  return ask(lab, "SELECT NOT EXISTS (" OTHERS("?1") ")", w->name, x->name);
}

bool hp_repeat_of_key(const hp_lab *lab, int i) {
  const hp_lab_index *x = hp_lab_index_at(lab, i);

  return ask(
      lab,
      "SELECT EXISTS (SELECT 1 FROM pragma_index_list(?1, 'main') AS l WHERE"
      " l.origin <> 'c' AND NOT EXISTS (" OTHERS("l.name") "))",
      x->table, x->name);
}
