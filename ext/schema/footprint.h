/* SPDX-License-Identifier: MIT
**
** What a statement reads and writes: tables and columns, through which view or
** trigger, with everything that triggers, foreign keys and REPLACE add. It is
** what the shadow's authorizer saw while the statement was compiled, so it is
** what the statement can touch, not what one run of it did.
*/
#ifndef HP_SCHEMA_FOOTPRINT_H
#define HP_SCHEMA_FOOTPRINT_H

#include "schema/shadow.h"

typedef enum hp_access_mode {
  HP_ACCESS_READ,
  HP_ACCESS_INSERT,
  HP_ACCESS_UPDATE,
  HP_ACCESS_DELETE
} hp_access_mode;

typedef struct hp_access {
  hp_access_mode mode;
  char *database; /* schema name: "main" */
  char *table;    /* also a view, where the statement names one */
  char *column;   /* "": the table as such (INSERT, DELETE, count(*)) */
  char *through;  /* the view, trigger or CTE that does it; "": the statement */
} hp_access;

/* Zero-initialised by hp_footprint_read(). */
typedef struct hp_footprint {
  hp_access *at; /* n of them, sorted by all their fields, without repeats */
  int n;
  bool writes;   /* there is an INSERT, UPDATE or DELETE among them */
  char *unknown; /* NULL, or why the list may be incomplete: "writes the virtual
                 ** table doc". Then it may touch any table */
} hp_footprint;

/* Reads the footprint of sql's first statement. A statement that cannot be
** compiled, or is not one that reads or writes rows, has an empty list and an
** unknown with the reason; that is no error.
** SQLITE_OK or SQLITE_NOMEM; free out in both cases. */
HP_MUST_CHECK int hp_footprint_read(hp_shadow *s, const char *sql,
                                    hp_footprint *out);

/* "read", "insert", "update" or "delete". */
const char *hp_access_mode_name(hp_access_mode mode);

/* True if the statement may write database.table (ASCII case is ignored). */
bool hp_footprint_may_write(const hp_footprint *f, const char *database,
                            const char *table);

/* Frees what f owns; may be called again. */
void hp_footprint_term(hp_footprint *f);

#endif
