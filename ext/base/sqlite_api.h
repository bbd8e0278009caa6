/* SPDX-License-Identifier: MIT
**
** The one door to SQLite. Every file of the extension includes this header
** and never <sqlite3.h>: all calls go through the table that the host hands
** to sqlite3_hotpath_init(), so that the host's own SQLite is the one used.
**
** In unit tests (-DSQLITE_CORE) the same calls link straight to libsqlite3.
*/
#ifndef HP_BASE_SQLITE_API_H
#define HP_BASE_SQLITE_API_H

#include <sqlite3ext.h>
#include <stddef.h>

#ifdef SQLITE_CORE
#define HP_HAS_API(member) (1)
#else
SQLITE_EXTENSION_INIT3
/* True if this host's SQLite was built with the routine. Members that are
** younger than 3.34 must also be gated by sqlite3_libversion_number(): past
** the end of an older host's table there is garbage, not NULL. */
#define HP_HAS_API(member) (sqlite3_api->member != 0)
#endif

/* True if rc tells of the moment and not of what was asked for: the same call
** may succeed a moment later. */
static inline int hp_rc_is_passing(int rc) {
  switch (rc & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_SCHEMA:
  case SQLITE_INTERRUPT:
  case SQLITE_NOMEM: return 1;
  default: return 0;
  }
}

/* True if SQLite, when a statement fails so, may roll back all that is open on
** the connection and throw its schemas away: inside of a constructor nothing
** that SQLite lent it may be touched afterwards. */
static inline int hp_rc_rolls_back(int rc) {
  switch (rc & 0xff) {
  case SQLITE_NOMEM:
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_INTERRUPT: return 1;
  default: return 0;
  }
}

/* Younger than the headers; older hosts take no notice. */
#ifndef SQLITE_RESULT_SUBTYPE
#define SQLITE_RESULT_SUBTYPE 0x001000000
#endif

#define HP_MUST_CHECK        __attribute__((warn_unused_result))
#define HP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
