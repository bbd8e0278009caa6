/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include "report/help_vtab.h"
#include "report/report_sql.h"
#include "report/status_vtab.h"
#include "report/version_sql.h"

int hp_report_register(hp_conn *c) {
  int rc = hp_version_register(c->db);

  if (!rc) rc = hp_status_register(c);
  if (!rc) rc = hp_help_register(c);
  if (!rc) rc = hp_report_sql_register(c);
  return rc;
}
