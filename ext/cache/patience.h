/* SPDX-License-Identifier: MIT
**
** How long the host waits for a computation on its own connection: the option
** compute_timeout. SQLite can only interrupt a connection as a whole, so this
** is done only while nothing else runs on it than the statement that asked and
** the computations inside of it. Otherwise another cursor of the application
** would be ended, too.
*/
#ifndef HP_CACHE_PATIENCE_H
#define HP_CACHE_PATIENCE_H

#include "base/conn.h"
#include "base/watchdog.h"

typedef struct hp_patience {
  hp_watch watch;
  bool is_limited;
} hp_patience;

/* A computation begins on c, before its first step. Ends it after timeout_ms
** (0: never), if that hits nobody else. hp_patience_end() must follow. On the
** connection's thread, as all here. */
void hp_patience_begin(hp_patience *p, hp_conn *c, int64_t timeout_ms);

/* It has ended. True if it was interrupted, even if that came after its last
** step: every statement that runs on c is ended by SQLite now. */
bool hp_patience_end(hp_patience *p, hp_conn *c);

#endif
