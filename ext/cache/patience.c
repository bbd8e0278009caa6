/* SPDX-License-Identifier: MIT */
#include "cache/patience.h"

/* Does only the statement that asked run, beside ours? */
static bool is_alone(const hp_conn *c) {
  int n = 0;

  for (sqlite3_stmt *s = sqlite3_next_stmt(c->db, NULL); s;
       s = sqlite3_next_stmt(c->db, s)) {
    n += sqlite3_stmt_busy(s) != 0;
  }
  return n - c->n_inner <= 1;
}

void hp_patience_begin(hp_patience *p, hp_conn *c, int64_t timeout_ms) {
  p->is_limited = timeout_ms && is_alone(c) &&
                  hp_watchdog_begin(&p->watch, c->db, timeout_ms);
  c->n_inner++;
}

bool hp_patience_end(hp_patience *p, hp_conn *c) {
  c->n_inner--;
  if (!p->is_limited) return false;
  p->is_limited = false;
  return hp_watchdog_end(&p->watch);
}
