/* SPDX-License-Identifier: MIT
**
** Entry point: registers each module, nothing else.
*/
#include "hotpath.h"

#include "advisor/advisor_vtab.h"
#include "advisor/usage_vtab.h"
#include "base/conn.h"
#include "base/epoch.h"
#include "cache/cache.h"
#include "query/query.h"
#include "report/report.h"

#include <pthread.h>
#include <sqlite3ext.h>
#include <stddef.h>
SQLITE_EXTENSION_INIT1

#define OLDEST_SQLITE 3034000

static void before_fork(void) {
  hp_query_before_fork();
}

static void in_parent(void) {
  hp_query_after_fork(false);
}

static void in_child(void) {
  hp_conn_after_fork();
  hp_epoch_after_fork();
  hp_cache_after_fork();
  hp_query_after_fork(true);
}

static int watch_rc; /* of watch_forks(), which runs once */

static void watch_forks(void) {
  watch_rc = pthread_atfork(before_fork, in_parent, in_child);
}

/* In the order of the layers; each returns an SQLite result code. */
static const struct {
  const char *name;
  int (*run)(hp_conn *c);
} modules[] = {
    {"analysis", hp_query_register}, {"cache", hp_cache_register},
    {"advice", hp_advisor_register}, {"index_usage", hp_usage_register},
    {"report", hp_report_register},
};

static int register_modules(hp_conn *c, char **pz_err) {
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof modules / sizeof *modules && !rc; i++) {
    rc = modules[i].run(c);
    if (rc)
      *pz_err = sqlite3_mprintf("hotpath: cannot register %s: %s",
                                modules[i].name, sqlite3_errstr(rc));
  }
  return rc;
}

static void keep(void *part) {
  (void)part;
}

/* A connection is done once: SQLite refuses to replace functions while
** `SELECT load_extension(…)` is running. */
static int register_once(hp_conn *c, char **pz_err) {
  static const char done;
  int rc;

  if (hp_conn_part(c, &done)) return SQLITE_OK;
  rc = register_modules(c, pz_err);
  return rc ? rc : hp_conn_set_part(c, &done, c, keep);
}

static int register_all(sqlite3 *db, char **pz_err) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  hp_conn *c;
  int rc;

  pthread_once(&once, watch_forks);
  if (watch_rc) return SQLITE_NOMEM;
  rc = hp_conn_open(db, &c);
  if (rc) return rc;
  rc = register_once(c, pz_err);
  hp_conn_close(c);
  return rc;
}

/* Keeps the host's routines: once, since other threads may be using them by
** now. False if they are another SQLite's, which must not be used on this
** one's connections. */
static bool keep_routines(const sqlite3_api_routines *api) {
#ifdef SQLITE_CORE
  (void)api;
  return true;
#else
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  bool is_ours;

  pthread_mutex_lock(&lock);
  if (!sqlite3_api) SQLITE_EXTENSION_INIT2(api);
  is_ours = sqlite3_api == api;
  pthread_mutex_unlock(&lock);
  return is_ours;
#endif
}

__attribute__((visibility("default"))) int
sqlite3_hotpath_init(sqlite3 *db, char **pz_err,
                     const sqlite3_api_routines *api) {
  char *ignored = NULL;
  int rc;

  if (!pz_err) pz_err = &ignored;
  if (!keep_routines(api)) {
    *pz_err = api->mprintf("hotpath: this process has loaded it already with "
                           "another copy of SQLite; use one of them");
    return SQLITE_ERROR;
  }
  if (sqlite3_libversion_number() < OLDEST_SQLITE) {
    *pz_err = sqlite3_mprintf("hotpath: needs SQLite 3.34.0 or newer, this "
                              "application has %s",
                              sqlite3_libversion());
    return SQLITE_ERROR;
  }
  rc = register_all(db, pz_err);
  sqlite3_free(ignored);
  return rc ? rc : SQLITE_OK_LOAD_PERMANENTLY;
}
