/* SPDX-License-Identifier: MIT */
#include "query/query.h"

#include "query/config_sql.h"
#include "query/findings_vtab.h"
#include "query/detectors.h"
#include "query/fingerprint_sql.h"
#include "query/nplus1_vtab.h"
#include "query/persist.h"
#include "query/plan_log.h"
#include "query/plans_vtab.h"
#include "query/portable_sql.h"
#include "query/slow.h"
#include "query/stats.h"
#include "query/stats_vtab.h"
#include "query/suspects.h"
#include "query/trace.h"

int hp_query_register(hp_conn *c) {
  int rc = hp_fingerprint_register(c->db);

  if (!rc) rc = hp_config_register(c);
  if (!rc) rc = hp_portable_register(c);
  if (!rc) rc = hp_stats_vtab_register(c);
  if (!rc) rc = hp_plans_vtab_register(c);
  if (!rc) rc = hp_nplus1_vtab_register(c);
  if (!rc) rc = hp_findings_vtab_register(c);
  if (!rc) rc = hp_trace_begin(c);
  return rc == SQLITE_NOTFOUND ? SQLITE_OK : rc;
}

void hp_query_before_fork(void) {
  hp_persist_before_fork();
  hp_stats_before_fork();
  hp_slow_before_fork();
  hp_plan_log_before_fork();
  hp_detectors_before_fork();
  hp_suspects_before_fork();
}

void hp_query_after_fork(bool is_child) {
  hp_suspects_after_fork();
  hp_detectors_after_fork();
  hp_plan_log_after_fork();
  hp_slow_after_fork();
  hp_stats_after_fork(is_child);
  hp_persist_after_fork(is_child);
}
