/* SPDX-License-Identifier: MIT
**
** Interrupts statements that take too long. One thread for the whole process,
** started by the first watch and gone again after a while without one.
** All functions are thread-safe.
**
** An interrupt ends every statement that runs on the connection, and SQLite
** forgets it only when all have ended: the caller sees to it that no others
** than his do.
*/
#ifndef HP_BASE_WATCHDOG_H
#define HP_BASE_WATCHDOG_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

#define HP_WATCHDOG_IDLE_MS 2000 /* the thread ends so long after the last */

/* The caller's memory; the watchdog's from begin to end. */
typedef struct hp_watch {
  sqlite3 *db;
  int64_t due_ns; /* of hp_clock_ns() */
  bool is_fired;
  struct hp_watch *next;
} hp_watch;

/* Has db interrupted in after_ms, unless hp_watchdog_end() comes before. False
** if no thread can be had; then there is nothing to end. */
bool hp_watchdog_begin(hp_watch *w, sqlite3 *db, int64_t after_ms);

/* Ends the watch: db will not be interrupted from now on. True if it was. */
bool hp_watchdog_end(hp_watch *w);

/* After fork(), in the child: the thread is not here, and watches are over. */
void hp_watchdog_after_fork(void);

#endif
