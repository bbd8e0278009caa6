/* SPDX-License-Identifier: MIT */
#include "schema/gate.h"

#include "schema/stubs.h"

#include <string.h>

/* The tables that CREATE itself writes. */
static bool is_own_table(const char *name) {
  static const char *const own[] = {"sqlite_master", "sqlite_schema",
                                    "sqlite_temp_master", "sqlite_temp_schema",
                                    "sqlite_sequence"};

  for (size_t i = 0; name && i < sizeof own / sizeof *own; i++) {
    if (sqlite3_stricmp(name, own[i]) == 0) return true;
  }
  return false;
}

static bool may_replay(int action, const char *a, const char *b) {
  switch (action) {
  case SQLITE_CREATE_TABLE:
  case SQLITE_CREATE_INDEX:
  case SQLITE_CREATE_VIEW:
  case SQLITE_CREATE_TRIGGER:
  case SQLITE_CREATE_TEMP_TABLE:
  case SQLITE_CREATE_TEMP_INDEX:
  case SQLITE_CREATE_TEMP_VIEW:
  case SQLITE_CREATE_TEMP_TRIGGER:
  case SQLITE_REINDEX:
  case SQLITE_FUNCTION:
  case SQLITE_READ: return true;
  case SQLITE_CREATE_VTABLE: return b && strcmp(b, HP_STUB_MODULE) == 0;
  case SQLITE_INSERT:
  case SQLITE_UPDATE:
  case SQLITE_DELETE: return is_own_table(a);
  default: return false;
  }
}

static bool may_compile(int action) {
  switch (action) {
  case SQLITE_SELECT:
  case SQLITE_READ:
  case SQLITE_INSERT:
  case SQLITE_UPDATE:
  case SQLITE_DELETE:
  case SQLITE_FUNCTION:
  case SQLITE_RECURSIVE:
  case SQLITE_TRANSACTION:
  case SQLITE_SAVEPOINT: return true;
  default: return false;
  }
}

static int answer(void *arg, int action, const char *a, const char *b,
                  const char *database, const char *through) {
  hp_gate *gate = arg;
  bool may = gate->mode == HP_GATE_OPEN ||
             (gate->mode == HP_GATE_REPLAY && may_replay(action, a, b)) ||
             (gate->mode == HP_GATE_COMPILE && may_compile(action));

  if (!may) {
    gate->denied = true;
    return SQLITE_DENY;
  }
  if (gate->mode == HP_GATE_COMPILE && gate->saw) {
    gate->saw(gate->arg, action, a, b, database, through);
  }
  return SQLITE_OK;
}

int hp_gate_install(hp_gate *gate, sqlite3 *db) {
  return sqlite3_set_authorizer(db, answer, gate);
}
