/* SPDX-License-Identifier: MIT
**
** The authorizer of the shadow: an allow-list. What is not named here is
** denied. Never installed on a connection of the host.
*/
#ifndef HP_SCHEMA_GATE_H
#define HP_SCHEMA_GATE_H

#include "base/sqlite_api.h"

#include <stdbool.h>

typedef enum hp_gate_mode {
  HP_GATE_OPEN,   /* SQL of hotpath's own */
  HP_GATE_REPLAY, /* the schema's text: CREATE TABLE, INDEX, VIEW, TRIGGER, and
                  ** the stand-ins of virtual tables */
  HP_GATE_COMPILE /* statements that read and write rows */
} hp_gate_mode;

/* Zero-initialised it is open. Must outlive the connection. */
typedef struct hp_gate {
  hp_gate_mode mode;
  bool denied; /* set when something was denied; cleared by the user */
  /* In HP_GATE_COMPILE, told of each action that is allowed. NULL: nobody. */
  void (*saw)(void *arg, int action, const char *a, const char *b,
              const char *database, const char *through);
  void *arg;
} hp_gate;

/* Makes gate the authorizer of db. An SQLite code. */
HP_MUST_CHECK int hp_gate_install(hp_gate *gate, sqlite3 *db);

#endif
