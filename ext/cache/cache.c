/* SPDX-License-Identifier: MIT */
#include "cache/cache.h"
#include "cache/cache_sql.h"
#include "cache/cache_vtab.h"
#include "cache/cached_vtab.h"
#include "base/watchdog.h"
#include "base/worker.h"
#include "cache/flight.h"
#include "cache/kv_sql.h"
#include "cache/l1.h"
#include "cache/refresh.h"
#include "cache/stamp.h"
#include "cache/tags.h"
#include "cache/score.h"
#include "cache/warm_sql.h"

int hp_cache_register(hp_conn *c) {
  int rc = hp_cached_vtab_register(c);

  if (!rc) rc = hp_cache_vtab_register(c);
  if (!rc) rc = hp_cache_sql_register(c);
  if (!rc) rc = hp_warm_sql_register(c);
  if (!rc) rc = hp_kv_sql_register(c);
  return rc;
}

void hp_cache_after_fork(void) {
  hp_l1 *l1 = hp_l1_shared();

  hp_worker_after_fork();
  hp_watchdog_after_fork();
  hp_line_after_fork();
  hp_dbfile_after_fork();
  hp_tags_after_fork();
  hp_flight_after_fork();
  hp_score_after_fork();
  if (l1) hp_l1_after_fork(l1);
}
