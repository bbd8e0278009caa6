/* SPDX-License-Identifier: MIT
**
** Entry point: registers each module, nothing else.
*/
#include "hotpath.h"

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

__attribute__((visibility("default"))) int
sqlite3_hotpath_init(sqlite3 *db, char **pz_err,
                     const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  (void)db;
  (void)pz_err;
  (void)api;
  return SQLITE_OK_LOAD_PERMANENTLY;
}
