/* SPDX-License-Identifier: MIT */
#include "base/interrupt.h"
#include "base/hook.h"

bool hp_interrupt_is_set(void *conn) {
  hp_conn *c = conn;
  sqlite3_stmt *stmt;
  int rc;

  hp_hook_mute(c);
  rc = sqlite3_prepare_v2(c->db, "SELECT 1", -1, &stmt, NULL);
  if (!rc) rc = sqlite3_step(stmt);
  sqlite3_finalize(stmt);
  hp_hook_unmute(c);
  return rc == SQLITE_INTERRUPT;
}
