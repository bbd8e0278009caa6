/* SPDX-License-Identifier: MIT
**
** Entry point: registers each module, nothing else.
*/
#include "hotpath.h"
#include "base/conn.h"
#include "cache/cache.h"
#include "query/fingerprint_sql.h"

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

static int register_fingerprint(hp_conn *c) {
  return hp_fingerprint_register(c->db);
}

/* In the order of the layers; each returns an SQLite result code. */
static const struct {
  const char *name;
  int (*run)(hp_conn *c);
} modules[] = {
    {"query_fingerprint", register_fingerprint},
    {"cache", hp_cache_register},
};

__attribute__((visibility("default"))) int
sqlite3_hotpath_init(sqlite3 *db, char **pz_err,
                     const sqlite3_api_routines *api) {
  hp_conn *c;
  int rc;

  SQLITE_EXTENSION_INIT2(api);
  (void)api;
  rc = hp_conn_open(db, &c);
  for (size_t i = 0; i < sizeof modules / sizeof *modules && !rc; i++) {
    rc = modules[i].run(c);
    if (rc && pz_err) {
      *pz_err = sqlite3_mprintf("hotpath: cannot register %s: %s",
                                modules[i].name, sqlite3_errstr(rc));
    }
  }
  hp_conn_close(c);
  return rc ? rc : SQLITE_OK_LOAD_PERMANENTLY;
}
