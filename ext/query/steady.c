/* SPDX-License-Identifier: MIT */
#include "query/steady.h"

#include "schema/program.h"

bool hp_steady_select(sqlite3 *db, const char *select) {
  hp_program p;
  char *err = NULL;
  int rc = hp_program_read(db, select, &p, &err);
  bool is = !rc && !p.doubt && !p.uses_cached && !p.uses_temp && !p.write_mask;

  hp_program_term(&p);
  sqlite3_free(err);
  return is;
}
