/* SPDX-License-Identifier: MIT
**
** Copies schemas, statistics and stand-ins from a host connection to an empty
** private one: the steps of which a shadow is made.
*/
#ifndef HP_SCHEMA_CLONE_H
#define HP_SCHEMA_CLONE_H

#include "schema/gate.h"

#include <stdint.h>

typedef struct hp_clone {
  sqlite3 *from;        /* the host; borrowed */
  sqlite3 *to;          /* the clone, gate installed; borrowed */
  hp_gate *gate;        /* ditto; open between the calls */
  sqlite3_str *missing; /* a line for each thing left out; borrowed */
  int64_t deadline_ms;  /* on hp_clock_ms(); what is not cloned by then is
                        ** left out */
} hp_clone;

/* Copies everything. SQLITE_OK, or a code with *err set to a sentence (caller
** frees; NULL: out of memory). What single objects lack is no error: it is
** added to missing. */
HP_MUST_CHECK int hp_clone_run(hp_clone *c, char **err);

#endif
