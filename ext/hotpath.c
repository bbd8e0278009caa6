/* SPDX-License-Identifier: MIT
**
** Entry point: registers each module, nothing else.
*/
#include "hotpath.h"
#include "query/fingerprint_sql.h"

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

/* In the order of the layers; each returns an SQLite result code. */
static const struct {
  const char *name;
  int (*register_on)(sqlite3 *db);
} modules[] = {
    {"query_fingerprint", hp_fingerprint_register},
};

__attribute__((visibility("default"))) int
sqlite3_hotpath_init(sqlite3 *db, char **pz_err,
                     const sqlite3_api_routines *api) {
  size_t i;

  SQLITE_EXTENSION_INIT2(api);
  (void)api;
  for (i = 0; i < sizeof modules / sizeof *modules; i++) {
    int rc = modules[i].register_on(db);

    if (rc == SQLITE_OK) continue;
    if (pz_err)
      *pz_err = sqlite3_mprintf("hotpath: cannot register %s: %s",
                                modules[i].name, sqlite3_errstr(rc));
    return rc;
  }
  return SQLITE_OK_LOAD_PERMANENTLY;
}
